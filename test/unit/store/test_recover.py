"""After a crash: what was executing ends, step by step, as its command's policy says."""

import pytest

from orchestrator_ren.errors import Interrupted
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status

from .samples import (
    LATER,
    MUCH_LATER,
    OpenStore,
    on_every_database,
    stored_in,
    walk,
)

pytestmark = on_every_database


def fail(_command: str) -> RecoveryPolicy:
    return RecoveryPolicy.FAIL


def requeue(_command: str) -> RecoveryPolicy:
    return RecoveryPolicy.REQUEUE


@pytest.mark.parametrize('policy_of', [fail, requeue])
def test_what_was_not_executing_stays_as_it_is(
    policy_of: object, store: TicketStore, url: str, open_store: OpenStore
) -> None:
    before = {status: stored_in(store, status, n) for n, status in enumerate(Status)}
    store.close()
    again = open_store(url)
    changes = again.recover(MUCH_LATER, policy_of)  # type: ignore[arg-type]
    assert {ticket.id for ticket, _ in changes} == {before[Status.EXECUTING].id}
    for status in set(Status) - {Status.EXECUTING}:
        assert again.get(before[status].id) == before[status]


def test_an_interrupted_attempt_fails(store: TicketStore) -> None:
    before = stored_in(store, Status.EXECUTING)
    [(ticket, event)] = store.recover(MUCH_LATER, fail)
    assert ticket == store.get(before.id)
    assert (ticket.status, ticket.attempt) == (Status.FAILED, 1)
    assert (ticket.error_code, ticket.completed_at) == (Interrupted.code, MUCH_LATER)
    assert (event.actor, event.previous_status) == (Actor.RECOVERY, Status.EXECUTING)
    assert (event.step, event.message) == (4, ticket.error)
    assert store.history(before.id, 10)[0][-1] == event


def test_what_is_harmless_waits_for_a_new_attempt(store: TicketStore) -> None:
    before = stored_in(store, Status.EXECUTING)
    [(failed, end), (queued, event)] = store.recover(MUCH_LATER, requeue)
    assert store.get(before.id) == queued
    assert (queued.status, queued.attempt) == (Status.QUEUED, 2)
    assert (queued.error_code, queued.started_at, queued.completed_at) == (0, None, None)
    assert (failed.status, failed.error_code) == (Status.FAILED, Interrupted.code)
    history, total = store.history(before.id, 10)
    assert history[3:] == [end, event]
    assert total == 5
    assert [(each.status, each.attempt, each.error_code) for each in history[3:]] == [
        (Status.FAILED, 1, 205),
        (Status.QUEUED, 2, 0),
    ]
    assert {each.actor for each in history[3:]} == {Actor.RECOVERY}
    assert event.message == 'the recovery policy of the command'


def test_each_command_has_its_own_policy(store: TicketStore) -> None:
    drive = stored_in(store, Status.EXECUTING, 1, command='drive')
    report = stored_in(store, Status.EXECUTING, 2, command='report')
    store.recover(MUCH_LATER, lambda command: requeue('') if command == 'report' else fail(''))
    assert store.get(drive.id).status is Status.FAILED
    assert store.get(report.id).status is Status.QUEUED


def test_recovering_twice_finds_nothing_more(store: TicketStore) -> None:
    stored_in(store, Status.EXECUTING, 1)
    stored_in(store, Status.EXECUTING, 2)
    assert len(store.recover(MUCH_LATER, requeue)) == 4
    assert store.recover(MUCH_LATER, requeue) == []


def test_what_this_run_executes_is_left_to_it(store: TicketStore) -> None:
    alive = stored_in(store, Status.EXECUTING, 1)
    left = stored_in(store, Status.EXECUTING, 2)
    changes = store.recover(MUCH_LATER, fail, alive=[alive.id])
    assert [ticket.id for ticket, _ in changes] == [left.id]
    assert store.get(alive.id) == alive


def test_a_recovered_ticket_is_counted_where_it_stays(store: TicketStore) -> None:
    stored_in(store, Status.EXECUTING)
    store.recover(MUCH_LATER, requeue)
    assert store.count_by_status() == {**dict.fromkeys(Status, 0), Status.QUEUED: 1}


def test_a_recovered_ticket_can_be_executed_to_its_end(store: TicketStore) -> None:
    stored_in(store, Status.EXECUTING)
    [_, (queued, _)] = store.recover(LATER, requeue)
    ended = walk(store, queued, Status.EXECUTING, Status.COMPLETED)
    assert (ended.attempt, store.history(ended.id, 10)[1]) == (2, 7)
