"""Old finished tickets are removed, with all that belongs to them, and no others."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_ren.errors import TicketNotFound
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.run_clock import Old
from orchestrator_ren.tickets.ticket import Status

from .samples import (
    LATER,
    MUCH_LATER,
    NOW,
    Execute,
    OpenStore,
    ended_before,
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
    assert store.prune(ended_before(LATER + timedelta(hours=1)), keep=ALL, limit=ALL) == 1
    assert ids_in(store) == ids[1:]


@on_every_database
def test_more_than_a_number_are_removed_the_oldest_end_first(store: TicketStore) -> None:
    ids = [ended(store, number) for number in (4, 1, 3, 2)]
    assert store.prune(ended_before(NOW), keep=2, limit=ALL) == 2
    assert ids_in(store) == [ids[2], ids[0]]


@on_every_database
def test_with_a_ticket_all_that_belongs_to_it_goes(store: TicketStore, execute: Execute) -> None:
    kept = ended(store, 2)
    content = everything_in(execute)
    gone = ended(store, 1)
    assert store.prune(ended_before(LATER + timedelta(hours=2)), keep=ALL, limit=ALL) == 1
    content['marks'].append(('robot', 'last_event', 8))
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
    assert store.prune(ended_before(LATER + timedelta(days=999)), keep=keep, limit=ALL) == 0
    assert ids_in(store) == [ticket.id for ticket in tickets]


@on_every_database
def test_no_more_than_the_limit_is_removed_at_a_time(store: TicketStore) -> None:
    ids = [ended(store, number) for number in range(5)]
    removed = [
        store.prune(ended_before(LATER + timedelta(hours=9)), keep=0, limit=2) for _ in range(4)
    ]
    assert removed == [2, 2, 1, 0]
    assert len(ids) == sum(removed)


@on_every_database
def test_what_is_left_is_counted_and_sound(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    for number, status in enumerate([*FINAL, *FINAL, *Status]):
        ended(store, number, status) if status.is_final else stored_in(store, status, number)
    assert store.prune(ended_before(LATER + timedelta(hours=3)), keep=4, limit=ALL) == 5
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
    assert store.prune(ended_before(LATER + timedelta(hours=age)), keep, limit) == len(doomed)
    everything = {new_ticket(number).id for number in range(len(tickets))}
    assert set(ids_in(store)) == everything - set(doomed)
    assert sum(store.count_by_status().values()) == len(everything) - len(doomed)


# What the time of an end says depends on the clock that it was taken from.

IN_1970 = datetime(1970, 1, 1, 0, 10, tzinfo=timezone.utc)


def ended_at(store: TicketStore, number: int, at: datetime) -> str:
    return stored_in(store, Status.COMPLETED, number, at).id


@on_every_database
def test_what_this_run_has_ended_lately_stays_whatever_its_time_says(store: TicketStore) -> None:
    """A ticket that had ended in 1970, by a clock without battery, was 56 years old."""
    recent = IN_1970 - timedelta(minutes=9), IN_1970 + timedelta(minutes=9)
    mine = ended_at(store, 1, IN_1970)
    old = Old(store.term, MUCH_LATER, is_unknown_old=True, recent=(recent, (NOW, LATER)))
    assert store.prune(old, keep=ALL, limit=ALL) == 0
    assert ids_in(store) == [mine]
    lately = Old(store.term, MUCH_LATER, recent=((NOW, LATER),))
    assert store.prune(lately, keep=ALL, limit=ALL) == 1


@on_every_database
def test_of_earlier_runs_a_time_that_is_not_known_is_not_old_at_once(store: TicketStore) -> None:
    unknown, known = ended_at(store, 1, IN_1970), ended_at(store, 2, LATER)
    later_run = store.term + 1
    assert store.prune(Old(later_run, LATER), keep=ALL, limit=ALL) == 0
    assert store.prune(Old(later_run, MUCH_LATER), keep=ALL, limit=ALL) == 1
    assert ids_in(store) == [unknown]
    assert store.prune(Old(later_run, NOW, is_unknown_old=True), keep=ALL, limit=ALL) == 1
    assert known != unknown


@on_every_database
def test_of_too_many_those_go_last_that_this_run_ended_by_a_clock_not_set(
    store: TicketStore,
) -> None:
    mine, dated = ended_at(store, 1, IN_1970), [ended_at(store, n, LATER) for n in (2, 3)]
    old = Old(store.term, NOW, recent=((IN_1970, IN_1970),))
    assert store.prune(old, keep=2, limit=ALL) == 1
    assert ids_in(store) == [mine, dated[1]]
    assert store.prune(old, keep=0, limit=ALL) == 2


@on_every_database
def test_tickets_that_stay_do_not_keep_others_from_going(store: TicketStore) -> None:
    """They were the first in every batch, which was then empty."""
    mine = [ended_at(store, number, IN_1970) for number in range(5)]
    recent = (IN_1970, IN_1970), (LATER, MUCH_LATER)
    gone = ended_at(store, 9, NOW + timedelta(seconds=1))
    assert store.prune(Old(store.term, NOW, recent=recent), keep=ALL, limit=2) == 1
    assert gone not in ids_in(store)
    assert set(mine) <= set(ids_in(store))
