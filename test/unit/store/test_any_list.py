"""Any list of any tickets has exactly what a plain search through all of them finds."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.listing import TicketFilter, labels_of, position_of_token
from orchestrator_ren.tickets.ticket import Status, Ticket

from .samples import NOW, new_ticket, stored_in

COMMANDS = ['drive', 'stop']
instants = st.integers(0, 6).map(lambda seconds: NOW + timedelta(seconds=seconds))
entries = st.dictionaries(st.sampled_from('ab'), st.sampled_from([1, 1.0, True, '1', None, [1]]))
tickets = st.lists(
    st.tuples(st.sampled_from(Status), st.sampled_from(COMMANDS), instants, entries), max_size=9
)
filters = st.builds(
    TicketFilter,
    statuses=st.frozensets(st.sampled_from(Status), max_size=3),
    command=st.sampled_from(['', *COMMANDS]),
    labels=st.dictionaries(st.sampled_from('ab'), st.sampled_from([1, True, '1', None])).map(
        labels_of
    ),
    created_from=st.none() | instants,
    created_until=st.none() | instants,
    updated_since=st.none() | instants,
    is_oldest_first=st.booleans(),
)


def matches(ticket: Ticket, wanted: TicketFilter) -> bool:
    return (
        (not wanted.statuses or ticket.status in wanted.statuses)
        and wanted.command in ('', ticket.command)
        and set(wanted.labels) <= set(labels_of(ticket.metadata))
        and (wanted.created_from is None or ticket.created_at >= wanted.created_from)
        and (wanted.created_until is None or ticket.created_at < wanted.created_until)
        and (wanted.updated_since is None or ticket.updated_at >= wanted.updated_since)
    )


def by_tokens(store: TicketStore, wanted: TicketFilter, limit: int) -> Iterator[Any]:
    token = ''
    while True:
        page = store.page(wanted, limit, after=position_of_token(token, 0))
        yield page
        token = page.next_token
        if not token:
            return


def by_offsets(store: TicketStore, wanted: TicketFilter, limit: int) -> Iterator[Any]:
    offset = 0
    while True:
        page = store.page(wanted, limit, offset)
        yield page
        offset += limit
        if not page.next_token:
            return


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(tickets, st.lists(filters, min_size=1, max_size=4), st.integers(1, 4))
def test_any_list_has_what_a_plain_search_finds(
    empty_store: Callable[[], TicketStore],
    content: list[Any],
    wanted: list[TicketFilter],
    limit: int,
) -> None:
    store = empty_store()
    stored = [
        stored_in(store, status, number, command=command, created_at=created_at, metadata=metadata)
        for number, (status, command, created_at, metadata) in enumerate(content)
    ]
    stored.sort(key=lambda ticket: (ticket.created_at, ticket.id), reverse=True)
    for each in wanted:
        expected = [ticket for ticket in stored if matches(ticket, each)]
        if each.is_oldest_first:
            expected.reverse()
        for walk in (by_tokens, by_offsets):
            pages = list(walk(store, each, limit))
            assert [ticket for page in pages for ticket in page.tickets] == expected
            assert {(page.total, page.total_is_exact) for page in pages} == {(len(expected), True)}
            assert len(pages) == max(1, -(-len(expected) // limit))


def test_the_search_above_knows_a_match() -> None:
    ticket = new_ticket(1, metadata={'a': 1.0})
    assert matches(ticket, TicketFilter(labels=labels_of({'a': 1})))
    assert not matches(ticket, TicketFilter(labels=labels_of({'a': True})))
