"""Which tickets a list shows, in which order, and where its next page begins."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from orchestrator_ren.errors import OutOfRange, PageTokenInvalid, UnknownStatus
from orchestrator_ren.tickets.ticket import Status, Ticket

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
"""Entries on a page."""

MAX_PAGE_BYTES = 2**20
"""A page ends before it is larger: whoever asks for more follows the token, or the offset. Nobody
else is answered while one is sent, and a larger one would take longer than 5 ms."""

ROW_BYTES = 4096
"""What a ticket or an event counts on a page besides its texts."""


MAX_LABELS = 32
MAX_LABEL_CHARACTERS = 256
"""What of a ticket's metadata can be searched: its first entries, up to this length each."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


@dataclass(frozen=True)
class Position:
    """A ticket's place in the order of lists, which is that of their creation."""

    created_at: datetime
    ticket_id: str

    @classmethod
    def of(cls, ticket: Ticket) -> Position:
        """Return the place of a ticket."""
        return cls(ticket.created_at, ticket.id)

    def to_token(self) -> str:
        """Return the page token: opaque to clients."""
        return f'{(self.created_at - _EPOCH) // timedelta(microseconds=1)}.{self.ticket_id}'


@dataclass(frozen=True)
class TicketFilter:
    """What all tickets of a list have; an empty field matches every ticket.

    Attributes:
        statuses: Any of these.
        command: Name of the command.
        labels: Label and value of metadata entries, as made by `labels_of`; all must match.
        created_from: Created then or later, aware UTC.
        created_until: Created before that, aware UTC.
        updated_since: Changed then or later, aware UTC.
        is_oldest_first: Whether the oldest comes first; else the newest.
        robot: Whose they are; empty = for any, and taken by none; None = all of the store.
    """

    statuses: frozenset[Status] = frozenset()
    command: str = ''
    labels: tuple[tuple[str, str], ...] = ()
    created_from: datetime | None = None
    created_until: datetime | None = None
    updated_since: datetime | None = None
    is_oldest_first: bool = False
    robot: str | None = None


@dataclass(frozen=True)
class Page:
    """Some of the tickets that match a filter, in its order.

    Attributes:
        tickets: This page.
        total: How many match in all.
        total_is_exact: False when there are more than `total`, which nobody counted.
        next_token: Gives the next page; empty = this is the last.
    """

    tickets: list[Ticket] = field(default_factory=list)
    total: int = 0
    total_is_exact: bool = True
    next_token: str = ''


def position_of_token(token: str, offset: int) -> Position | None:
    """Return the place a page token stands for; None for the empty one.

    Raises:
        PageTokenInvalid: It is none of ours, or comes with an offset.
    """
    if not token:
        return None
    found = re.fullmatch(r'(-?\d{1,18})\.(\S{1,64})', token, re.ASCII)
    if found is None:
        raise PageTokenInvalid(token=token[:80], detail='is not one that list_tickets gave')
    if offset:
        raise PageTokenInvalid(token=token[:80], detail=f'goes with offset 0, not {offset}')
    try:
        created_at = _EPOCH + timedelta(microseconds=int(found[1]))
    except OverflowError:
        raise PageTokenInvalid(
            token=token[:80], detail='is not one that list_tickets gave'
        ) from None
    return Position(created_at, found[2])


def statuses_of_request(names: Iterable[str]) -> frozenset[Status]:
    """Return the statuses of that name, in capitals or not.

    Raises:
        UnknownStatus: One is none.
    """
    known = ', '.join(Status.__members__)
    found = set()
    for name in names:
        if name.upper() not in Status.__members__:
            raise UnknownStatus(status=name, known=known)
        found.add(Status(name.upper()))
    return frozenset(found)


class PageBudget:
    """How much still goes on a page; the first row always does."""

    def __init__(self) -> None:
        self._bytes: int | None = None

    def takes(self, text_bytes: int) -> bool:
        """Whether a row whose texts are so long goes on the page; then it is on it."""
        size = (self._bytes or 0) + ROW_BYTES + text_bytes
        if self._bytes is not None and size > MAX_PAGE_BYTES:
            return False
        self._bytes = size
        return True


def limit_of_request(limit: int) -> int:
    """Return the number of entries on a page, 0 meaning `DEFAULT_LIMIT`.

    Raises:
        OutOfRange: It is above `MAX_LIMIT`; ask for less, and for the next page.
    """
    if limit > MAX_LIMIT:
        raise OutOfRange(
            field='limit', value=limit, limit=f'1 to {MAX_LIMIT}, or 0 for {DEFAULT_LIMIT}'
        )
    return limit or DEFAULT_LIMIT


def labels_of(metadata: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return the entries of a metadata object that lists can filter by, both parts as JSON.

    Those are texts, numbers, booleans and null at the top level; 2 and 2.0 are the same.
    """
    labels = []
    for label, value in metadata.items():
        if isinstance(value, (dict, list)):
            continue
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        texts = json.dumps(label), json.dumps(value)
        if max(map(len, texts)) <= MAX_LABEL_CHARACTERS:
            labels.append(texts)
    return tuple(labels[:MAX_LABELS])


def labels_of_request(metadata: dict[str, Any]) -> tuple[tuple[str, str], ...]:
    """Return what a filter's metadata object asks for.

    Raises:
        OutOfRange: An entry cannot be searched for: it is an object, a list or too long.
    """
    labels = labels_of(metadata)
    if len(labels) < len(metadata):
        limit = (
            f'at most {MAX_LABELS} entries of text, number, true, false or null,'
            f' each at most {MAX_LABEL_CHARACTERS} characters long'
        )
        raise OutOfRange(field='metadata', value=str(metadata)[:80], limit=limit)
    return labels
