"""The events of all tickets: numbered without gaps, whatever is refused, removed or begun anew."""

from datetime import timedelta

import pytest

from orchestrator_ren.errors import RequestIdConflict, StoreConflict
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ending import DueEnd, cancelled
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import MAX_PAGE_BYTES
from orchestrator_ren.tickets.ticket import Status

from .samples import (
    LATER,
    Execute,
    ended_before,
    new_ticket,
    on_every_database,
    stored_in,
    walk,
)


def told(store: TicketStore) -> list[tuple[int, str, int]]:
    """Return number, ticket and step of all events."""
    found, last = store.events_after(0, 1000)
    assert last == (found[-1].number if found else 0)
    return [(event.number, event.ticket_id, event.step) for event in found]


@on_every_database
def test_events_of_all_tickets_have_one_row_of_numbers(store: TicketStore) -> None:
    one, _ = store.insert(new_ticket(1))
    other, _ = store.insert(new_ticket(2))
    walk(store, other, Status.QUEUED)
    walk(store, one, Status.CANCELLED)
    assert told(store) == [(1, one.id, 1), (2, other.id, 1), (3, other.id, 2), (4, one.id, 2)]


@on_every_database
def test_events_tell_their_numbers_as_they_are_written(store: TicketStore) -> None:
    ticket, created = store.insert(new_ticket(1))
    assert created is not None
    queued = lifecycle.enqueue(ticket, LATER, force=False)
    changed = store.change(ticket, queued, Actor.CLIENT, 'the test', 'ren')
    assert [created, changed] == store.events_after(0, 10)[0] == store.history(ticket.id, 10)[0]
    assert [created.number, changed.number] == [1, 2]


@on_every_database
def test_what_is_refused_takes_no_number(store: TicketStore) -> None:
    ticket, _ = store.insert(new_ticket(1, request_id='key'))
    stored_in(store, Status.QUEUED, 2)
    with pytest.raises(StoreConflict):
        store.insert(new_ticket(1))
    with pytest.raises(RequestIdConflict):
        store.insert(new_ticket(3, request_id='key', command='stop'))
    with pytest.raises(StoreConflict):
        walk(store, new_ticket(9), Status.QUEUED)
    with store.together():
        store.insert(new_ticket(4))
        with pytest.raises(StoreConflict):
            store.insert(new_ticket(1))
        store.end([DueEnd(ticket.id, cancelled('enough'), LATER)])
    assert [number for number, _, _ in told(store)] == [1, 2, 3, 4, 5]


@on_every_database
def test_numbers_go_on_after_a_restart(store: TicketStore) -> None:
    stored_in(store, Status.FAILED, 1)
    store.close()
    store.open()
    stored_in(store, Status.PENDING, 2)
    assert [number for number, _, _ in told(store)] == [1, 2, 3, 4, 5]


@on_every_database
@pytest.mark.parametrize('restart', [True, False])
def test_the_number_of_a_removed_event_is_not_given_again(
    store: TicketStore, restart: bool
) -> None:
    kept = stored_in(store, Status.PENDING, 1)
    stored_in(store, Status.COMPLETED, 2)
    old = ended_before(LATER + timedelta(hours=1))
    assert store.prune(old, keep=10, limit=10) == 1
    assert store.prune(old, keep=10, limit=10) == 0
    assert store.events_after(1, 10) == ([], 5)
    if restart:
        store.close()
        store.open()
    walk(store, kept, Status.QUEUED)
    assert told(store) == [(1, kept.id, 1), (6, kept.id, 2)]


@on_every_database
def test_events_come_page_by_page(store: TicketStore) -> None:
    for number in range(3):
        stored_in(store, Status.COMPLETED, number)
    found, after = [], 0
    while page := store.events_after(after, 5)[0]:
        found += page
        after = page[-1].number
    assert [event.number for event in found] == list(range(1, 13))
    assert {event.command for event in found} == {'drive'}


def test_a_page_of_events_ends_before_it_is_too_large(store: TicketStore) -> None:
    text = 'x' * (MAX_PAGE_BYTES // 3)
    for number in range(4):
        store.insert(new_ticket(number, params={'text': text}))
    assert [event.number for event in store.events_after(0, 10)[0]] == [1, 2]
    assert [event.number for event in store.events_after(2, 10)[0]] == [3, 4]


# Created and asked for at once.


@on_every_database
def test_a_ticket_is_created_and_queued_in_one_commit(store: TicketStore, url: str) -> None:
    ticket = new_ticket(1, requested_by='ren')
    queued = lifecycle.enqueue(ticket, ticket.created_at, force=False)
    stored, (created, asked) = store.insert_queued(ticket, queued, Actor.CLIENT, 'both')
    assert stored == queued == store.get(ticket.id)
    assert (created.requested_by, asked.requested_by) == ('ren', 'ren')
    assert [(created.number, created.step), (asked.number, asked.step)] == [(1, 1), (2, 2)]
    assert store.count_by_status()[Status.QUEUED] == 1
    assert store.count_by_status()[Status.PENDING] == 0
    assert [each.problem for each in verify(url)] == ['']


@on_every_database
def test_a_request_known_already_is_not_queued_again(store: TicketStore) -> None:
    ticket = new_ticket(1, request_id='key')
    earlier, _ = store.insert(ticket)
    again = new_ticket(2, request_id='key')
    queued = lifecycle.enqueue(again, LATER, force=False)
    assert store.insert_queued(again, queued, Actor.CLIENT, 'both') == (earlier, [])
    assert len(told(store)) == 1


@on_every_database
def test_a_ticket_that_cannot_be_queued_is_not_created(
    store: TicketStore, execute: Execute
) -> None:
    ticket = new_ticket(1)
    with pytest.raises(Exception, match='attempt'):
        store.insert_queued(
            ticket, new_ticket(1, status=Status.QUEUED, attempt=0), Actor.CLIENT, 'both'
        )
    assert told(store) == []
    assert execute('SELECT count(*) FROM tickets') == [(0,)]


# Who asked.


@on_every_database
def test_who_asked_is_on_disk(store: TicketStore, url: str) -> None:
    ticket, _ = store.insert(new_ticket(1, requested_by='ren'))
    store.end([DueEnd(ticket.id, cancelled('enough', requested_by='ann'), LATER)])
    events, _ = store.history(ticket.id, 10)
    assert [event.requested_by for event in events] == ['ren', 'ann']
    assert store.get(ticket.id).requested_by == 'ren'
    assert [each.problem for each in verify(url)] == ['']
