"""Old finished tickets are removed, with all that belongs to them, and no others."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_ren.errors import TicketNotFound
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.ticket import Status

from .samples import (
    LATER,
    NOW,
    Execute,
    OpenStore,
    everything_in,
    new_ticket,
    on_every_database,
    stored_in,
)

FINAL = [status for status in Status if status.is_final]
ALL = 1000


def ended(store: TicketStore, number: int, status: Status = Status.COMPLETED) -> str:
    """Store a ticket that ended `number` hours later, and return its id."""
    at = LATER + timedelta(hours=number)
    return stored_in(store, status, number, at, metadata={'operator': 'ren'}).id


def ids_in(store: TicketStore) -> list[str]:
    return [ticket.id for ticket in store.page(TicketFilter(), ALL).tickets][::-1]


@on_every_database
def test_what_ended_before_an_instant_is_removed(store: TicketStore) -> None:
    ids = [ended(store, number, status) for number, status in enumerate(FINAL)]
    assert store.prune(LATER + timedelta(hours=1), keep=ALL, limit=ALL) == 1
    assert ids_in(store) == ids[1:]


@on_every_database
def test_more_than_a_number_are_removed_the_oldest_end_first(store: TicketStore) -> None:
    ids = [ended(store, number) for number in (4, 1, 3, 2)]
    assert store.prune(NOW, keep=2, limit=ALL) == 2
    assert ids_in(store) == [ids[2], ids[0]]


@on_every_database
def test_with_a_ticket_all_that_belongs_to_it_goes(store: TicketStore, execute: Execute) -> None:
    kept = ended(store, 2)
    content = everything_in(execute)
    gone = ended(store, 1)
    assert store.prune(LATER + timedelta(hours=2), keep=ALL, limit=ALL) == 1
    assert everything_in(execute) == content
    with pytest.raises(TicketNotFound):
        store.history(gone, 1)
    assert store.history(kept, 1)[1] == 4


@on_every_database
@pytest.mark.parametrize('keep', [0, ALL])
def test_an_unfinished_ticket_is_never_removed(keep: int, store: TicketStore) -> None:
    tickets = [
        stored_in(store, status, number)
        for number, status in enumerate([Status.PENDING, Status.QUEUED, Status.EXECUTING])
    ]
    assert store.prune(LATER + timedelta(days=999), keep=keep, limit=ALL) == 0
    assert ids_in(store) == [ticket.id for ticket in tickets]


@on_every_database
def test_no_more_than_the_limit_is_removed_at_a_time(store: TicketStore) -> None:
    ids = [ended(store, number) for number in range(5)]
    removed = [store.prune(LATER + timedelta(hours=9), keep=0, limit=2) for _ in range(4)]
    assert removed == [2, 2, 1, 0]
    assert len(ids) == sum(removed)


@on_every_database
def test_what_is_left_is_counted_and_sound(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    for number, status in enumerate([*FINAL, *FINAL, *Status]):
        ended(store, number, status) if status.is_final else stored_in(store, status, number)
    assert store.prune(LATER + timedelta(hours=3), keep=4, limit=ALL) == 5
    counts = store.count_by_status()
    assert sum(counts.values()) == store.page(TicketFilter(), 1).total == len(ids_in(store)) == 7
    assert [each for each in verify(url) if each.problem] == []
    store.close()
    assert open_store(url).count_by_status() == counts


@settings(max_examples=30, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.tuples(st.sampled_from(Status), st.integers(0, 9)), max_size=8),
    st.integers(0, 9),
    st.integers(0, 9),
    st.integers(1, 9),
)
def test_in_any_store_exactly_the_old_and_the_surplus_go(
    empty_store: Callable[[], TicketStore],
    tickets: list[tuple[Status, int]],
    age: int,
    keep: int,
    limit: int,
) -> None:
    store = empty_store()
    ends = []
    for number, (status, hours) in enumerate(tickets):
        ticket = stored_in(store, status, number, LATER + timedelta(hours=hours))
        if status.is_final:
            ends.append((hours, ticket.id))
    ends.sort()
    doomed = [
        ticket_id
        for place, (hours, ticket_id) in enumerate(ends)
        if hours < age or place < len(ends) - keep
    ][:limit]
    assert store.prune(LATER + timedelta(hours=age), keep, limit) == len(doomed)
    everything = {new_ticket(number).id for number in range(len(tickets))}
    assert set(ids_in(store)) == everything - set(doomed)
    assert sum(store.count_by_status().values()) == len(everything) - len(doomed)
