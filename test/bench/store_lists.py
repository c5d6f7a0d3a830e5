"""The lists of which a page is measured."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import filling

from orchestrator_ren.tickets.listing import DEFAULT_LIMIT, TicketFilter, labels_of
from orchestrator_ren.tickets.ticket import Status

FIRST_PAGE = 'page, first 100'

Labels = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class ListAsked:
    """A list that clients ask for.

    Attributes:
        wanted: Returns its filter, a different one each time.
        limit: Most tickets on the page.
        is_deep: Whether it begins in the middle of the tickets instead of at the newest.
    """

    name: str
    wanted: Callable[[], TicketFilter]
    limit: int = DEFAULT_LIMIT
    is_deep: bool = False


def lists(size: int, chance: random.Random) -> list[ListAsked]:
    """Return the lists to measure with a store of `size` tickets."""

    def any_ticket() -> int:
        return chance.randrange(max(size, 1))

    def status() -> frozenset[Status]:
        return frozenset({chance.choice(list(Status))})

    def operator() -> Labels:
        return labels_of({'operator': chance.choice(filling.OPERATORS)})

    def session() -> Labels:
        return labels_of({'session_id': any_ticket() // filling.TICKETS_A_SESSION})

    def week() -> TicketFilter:
        begin = filling.created_at(any_ticket())
        return TicketFilter(created_from=begin, created_until=begin + timedelta(days=7))

    return [
        ListAsked(FIRST_PAGE, TicketFilter),
        ListAsked('page, first 10', TicketFilter, limit=10),
        ListAsked('page, from the middle on', TicketFilter, is_deep=True),
        ListAsked('page of a status', lambda: TicketFilter(status())),
        ListAsked('page of scan, a status', lambda: TicketFilter(status(), 'scan')),
        ListAsked('page of an operator', lambda: TicketFilter(labels=operator())),
        ListAsked('page of a session', lambda: TicketFilter(labels=session())),
        ListAsked(
            'page of operator, session', lambda: TicketFilter(labels=operator() + session())
        ),
        ListAsked('page of operator, status', lambda: TicketFilter(status(), labels=operator())),
        ListAsked('page of a week', week),
    ]
