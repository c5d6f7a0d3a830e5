"""A step of a ticket's life: legal, from what is stored, and with its event or not at all."""

import itertools
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import IllegalTransition, StoreConflict, StoreUnavailable
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import TYPE_OF_STATUS, Actor, EventType
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status, Ticket

from .samples import (
    LATER,
    MUCH_LATER,
    Execute,
    columns_of,
    ended_before,
    everything_in,
    new_ticket,
    on_every_database,
    start,
    stepped,
    stored_in,
    walk,
)

pytestmark = on_every_database

# test_lifecycle.py has these written out.
LEGAL = [(before, after) for before in Status for after in lifecycle.TRANSITIONS[before]]
ILLEGAL = [
    (before, after) for before in Status for after in Status if (before, after) not in LEGAL
]


def test_a_change_is_written_with_its_event(store: TicketStore) -> None:
    for number, (before, after) in enumerate(LEGAL):
        ticket = stored_in(store, before, number)
        changed = stepped(ticket, after)
        event = store.change(ticket, changed, Actor.DISPATCHER, 'a test')
        assert store.get(ticket.id) == changed
        history, total = store.history(ticket.id, 10)
        assert history[-1] == event
        assert event.step == total == len(history)
        assert (event.type, event.actor) == (TYPE_OF_STATUS[after], Actor.DISPATCHER)
        assert (event.previous_status, event.status) == (before, after)
        assert (event.at, event.attempt) == (LATER, changed.attempt)


def test_a_ticket_whose_turn_has_come_is_executing_since_then(store: TicketStore) -> None:
    waiting = stored_in(store, Status.QUEUED)
    ticket = start(store, waiting, MUCH_LATER)
    assert ticket == store.get(waiting.id)
    assert (ticket.status, ticket.started_at) == (Status.EXECUTING, MUCH_LATER)
    event = store.history(waiting.id, 10)[0][-1]
    assert (event.actor, event.message, event.at) == (Actor.DISPATCHER, 'its turn', MUCH_LATER)
    counts = store.count_by_status()
    assert (counts[Status.QUEUED], counts[Status.EXECUTING]) == (0, 1)


def test_an_illegal_step_is_refused_by_the_store_too(store: TicketStore, execute: Execute) -> None:
    tickets = {status: stored_in(store, status, number) for number, status in enumerate(Status)}
    content = everything_in(execute)
    for before, after in ILLEGAL:
        completed_at = LATER if after.is_final else None
        forced = replace(
            tickets[before], status=after, started_at=LATER, completed_at=completed_at
        )
        with pytest.raises(IllegalTransition, match=f'from {before.value} to {after.value}'):
            store.change(tickets[before], forced, Actor.CLIENT)
    assert everything_in(execute) == content


# Steps by hand, past the store.


def step_by_hand(execute: Execute, after: Status, ticket_id: str) -> None:
    columns = columns_of(after)
    assignments = ', '.join(f'{name} = :{name}' for name in columns)
    execute(f'UPDATE tickets SET {assignments} WHERE id = :id', **columns, id=ticket_id)


def test_a_legal_step_can_be_made_by_hand(store: TicketStore, execute: Execute) -> None:
    for number, (before, after) in enumerate(LEGAL):
        ticket = stored_in(store, before, number)
        step_by_hand(execute, after, ticket.id)
        assert store.get(ticket.id).status is after


def test_an_illegal_step_by_hand_is_refused_by_the_database(
    store: TicketStore, execute: Execute
) -> None:
    tickets = {status: stored_in(store, status, number) for number, status in enumerate(Status)}
    content = everything_in(execute)
    for before, after in ILLEGAL:
        with pytest.raises(sa.exc.DBAPIError, match="illegal step of a ticket's life"):
            step_by_hand(execute, after, tickets[before].id)
    assert everything_in(execute) == content


def insert_by_hand(execute: Execute, table: str, row: dict[str, Any]) -> None:
    values = ', '.join(f':{name}' for name in row)
    execute(f'INSERT INTO {table} ({", ".join(row)}) VALUES ({values})', **row)


def test_a_row_by_hand_begins_pending(store: TicketStore, execute: Execute) -> None:
    for status in Status:
        row = {
            **dict.fromkeys(('params', 'metadata', 'result'), '{}'),
            **{'id': 'x', 'command': 'stop', 'priority': 2, 'timeout_s': 1.0, 'dry_run': False},
            **{'term': 0, 'created_at': 0, 'updated_at': 0, 'error': ''},
            **columns_of(status),
        }
        if status is Status.PENDING:
            insert_by_hand(execute, 'tickets', row)
            assert store.get('x').status is Status.PENDING
            continue
        with pytest.raises(sa.exc.DBAPIError, match='illegal step: a ticket is created PENDING'):
            insert_by_hand(execute, 'tickets', {**row, 'id': 'y'})
    assert execute('SELECT id FROM tickets') == [('x',)]


@pytest.mark.parametrize('step', [1, 2])
def test_the_history_takes_legal_steps_only(
    step: int, store: TicketStore, execute: Execute
) -> None:
    """An event without a previous status could claim any step but the first."""
    store.insert(new_ticket())
    execute('DELETE FROM events')
    taken = []
    for before, after in itertools.product([None, *Status], Status):
        row = {
            'ticket_id': new_ticket().id, 'step': step, 'at': 0, 'type': '', 'actor': '',
            'previous_status': before.value if before else None, 'status': after.value,
            'attempt': 0, 'error_code': 0, 'message': '', 'details': '', 'hash': '',
        }  # fmt: skip
        try:
            insert_by_hand(execute, 'events', row)
        except sa.exc.IntegrityError as error:
            assert 'step_is_legal' in str(error)  # noqa: PT017 (it need not be raised)
        else:
            taken.append((before, after))
            execute('DELETE FROM events')
    assert set(taken) == ({(None, Status.PENDING)} if step == 1 else set(LEGAL))


# Only if the stored ticket is still the one before.


def test_of_two_who_change_the_same_ticket_one_loses(store: TicketStore) -> None:
    before = stored_in(store, Status.QUEUED)
    cancelled = lifecycle.cancel(before, LATER, 'first')
    store.change(before, cancelled, Actor.CLIENT)
    with pytest.raises(StoreConflict, match=before.id):
        store.change(before, lifecycle.start(before, LATER), Actor.DISPATCHER)
    assert store.get(before.id) == cancelled
    assert store.history(before.id, 10)[1] == 3


def test_the_end_of_an_earlier_attempt_does_not_end_the_next(store: TicketStore) -> None:
    first = stored_in(store, Status.EXECUTING)
    second = walk(store, first, Status.FAILED, Status.QUEUED, Status.EXECUTING)
    with pytest.raises(StoreConflict):
        store.change(first, lifecycle.complete(first, LATER, {}), Actor.DISPATCHER)
    assert store.get(first.id) == second


def test_a_ticket_that_another_robot_has_by_now_is_not_changed(
    store: TicketStore, execute: Execute
) -> None:
    ticket = stored_in(store, Status.PENDING)
    execute("UPDATE tickets SET robot = 'another'")
    with pytest.raises(StoreConflict):
        store.change(ticket, lifecycle.enqueue(ticket, LATER, force=False), Actor.CLIENT)
    assert store.get(ticket.id) == replace(ticket, robot='another')
    assert store.history(ticket.id, 10)[1] == 1


def test_a_ticket_of_an_older_term_is_changed_and_takes_this_one(
    store: TicketStore, execute: Execute
) -> None:
    ticket = stored_in(store, Status.PENDING)
    execute('UPDATE tickets SET term = 0')
    walk(store, ticket, Status.QUEUED)
    assert execute('SELECT term FROM tickets') == [(store.term,)]


def test_a_ticket_that_is_not_there_cannot_be_changed(store: TicketStore) -> None:
    with pytest.raises(StoreConflict):
        walk(store, new_ticket(), Status.QUEUED)


# One transaction for a change and its event.


@pytest.mark.parametrize(
    ('status', 'call'),
    [
        (Status.PENDING, lambda store, ticket: walk(store, ticket, Status.QUEUED)),
        (Status.QUEUED, start),
        (Status.EXECUTING, lambda store, _: store.recover(LATER, lambda _: RecoveryPolicy.FAIL)),
        (Status.COMPLETED, lambda store, _: store.prune(ended_before(LATER), keep=0, limit=1)),
    ],
    ids=['change', 'start', 'recover', 'prune'],
)
def test_without_its_event_nothing_is_changed(
    status: Status,
    call: Callable[[TicketStore, Ticket], Any],
    store: TicketStore,
    execute: Execute,
) -> None:
    ticket = stored_in(store, status, metadata={'operator': 'ren'})
    content, counts = everything_in(execute), store.count_by_status()
    execute('ALTER TABLE events RENAME TO elsewhere')
    with pytest.raises(StoreUnavailable, match='events'):
        call(store, ticket)
    execute('ALTER TABLE elsewhere RENAME TO events')
    assert everything_in(execute) == content
    assert store.count_by_status() == counts
    call(store, ticket)
    assert store.count_by_status() != counts


def test_a_change_tells_its_cause_or_else_the_ticket_does(store: TicketStore) -> None:
    ticket = stored_in(store, Status.QUEUED)
    for status in (Status.EXECUTING, Status.FAILED):
        after = stepped(ticket, status)
        store.change(ticket, after, Actor.SAFETY, 'the cause')
        ticket = after
    events, _ = store.history(ticket.id, 10)
    assert [event.message for event in events[2:]] == ['the cause', ticket.error]
    assert events[-1].type is EventType.EXECUTION_FAILED
    assert (events[-1].error_code, events[-1].details['result']) == (501, ticket.result)
