"""`queue_ticket`, and `create_ticket` with `queue`: asked for, and nobody stays."""

import json
from datetime import timedelta

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.srv import GetEvents, ListTickets, QueueTicket
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Status, Ticket

from .conftest import Rig, settle

BRIEF = {'params': '{ticks: 0}', 'command': 'brief'}
LONG = '{speed: 0.5, duration_seconds: 30}'
SHORT = '{speed: 0.5, duration_seconds: 0.3}'


@pytest.fixture
def manual(extra: Rig) -> Rig:
    """The rig as it is by default: nothing is executed without being asked."""
    extra.start()
    settle(extra)
    return extra


def queue_ticket(rig: Rig, ticket_id: str, **fields):
    return rig.call(QueueTicket, 'queue_ticket', ticket_id=ticket_id, **fields)


def causes(rig: Rig, ticket_id: str) -> list[tuple[str, str, str]]:
    return [(each.type, each.message, each.requested_by) for each in rig.history(ticket_id)]


def test_queued_ticket_runs_to_its_end_though_nobody_stays(manual):
    ticket_id = manual.created_id(SHORT, requested_by='ann')
    answer = queue_ticket(manual, ticket_id, requested_by='ren')
    assert answer.success
    assert answer.ticket.status == 'QUEUED'
    assert answer.ticket.status_code == answer.ticket.CODE_QUEUED
    assert manual.await_status(ticket_id, 'COMPLETED').requested_by == 'ann'
    assert causes(manual, ticket_id)[:2] == [
        ('ticket_created', 'create_ticket', 'ann'),
        ('ticket_queued', 'queue_ticket', 'ren'),
    ]
    manual.assert_ends_in_zero()


def test_ticket_is_created_and_asked_for_in_one_call(manual):
    answer = manual.create(SHORT, queue=True, requested_by='ren')
    assert (answer.success, answer.ticket.status) == (True, 'QUEUED')
    manual.await_status(answer.ticket.id, 'COMPLETED')
    told = causes(manual, answer.ticket.id)
    assert told[1] == ('ticket_queued', 'create_ticket', 'ren')
    stamps = [each.stamp for each in manual.history(answer.ticket.id)]
    assert stamps[0] == stamps[1], 'in one commit'


def test_same_request_with_queue_asks_for_the_earlier_ticket(manual):
    earlier = manual.create(**BRIEF, request_id='key').ticket
    assert earlier.status == 'PENDING'
    again = manual.create(**BRIEF, request_id='key', queue=True)
    assert (again.success, again.created, again.ticket.id) == (True, False, earlier.id)
    manual.await_status(earlier.id, 'COMPLETED')
    replayed = manual.create(**BRIEF, request_id='key', queue=True)
    assert (replayed.success, replayed.ticket.status) == (True, 'COMPLETED')


def test_ticket_asked_for_twice_runs_once(manual):
    manual.pause_queue()
    ticket_id = manual.created_id(**BRIEF)
    assert [queue_ticket(manual, ticket_id).success for _ in range(3)] == [True] * 3
    assert manual.queue().total == 1
    manual.resume_queue()
    manual.await_status(ticket_id, 'COMPLETED')
    assert manual.get(ticket_id).attempt == 1
    refused = queue_ticket(manual, ticket_id)
    assert (refused.success, refused.error_code) == (False, 204)
    assert queue_ticket(manual, ticket_id, force=True).success
    assert manual.await_status(ticket_id, 'COMPLETED').attempt == 2


def test_executing_ticket_cannot_be_queued(manual):
    ticket_id = manual.created_id(LONG)
    queue_ticket(manual, ticket_id)
    manual.await_status(ticket_id, 'EXECUTING')
    refused = queue_ticket(manual, ticket_id, force=True)
    assert (refused.success, refused.error_code) == (False, 203)


def test_unknown_ticket_cannot_be_queued(manual):
    refused = queue_ticket(manual, 'tick-20260101-00000000')
    assert (refused.success, refused.error_code) == (False, 201)


def test_queued_motion_is_refused_while_the_e_stop_is_latched(manual):
    ticket_id = manual.created_id(SHORT)
    manual.press()
    manual.spin_until(lambda: not manual.status().success)
    refused = queue_ticket(manual, ticket_id)
    assert (refused.success, refused.error_code) == (False, 501)
    assert manual.get(ticket_id).status == 'PENDING'
    assert manual.queue().total == 0


def test_motion_created_and_queued_while_the_e_stop_is_latched_waits_for_a_resume(manual):
    manual.press()
    manual.spin_until(lambda: not manual.status().success)
    answer = manual.create(SHORT, queue=True)
    assert answer.success
    manual.spin_until(lambda: manual.queue().pause_reason)
    manual.press(False)
    manual.spin_until(lambda: manual.reset_e_stop().success)
    manual.spin_until(lambda: manual.status().success)
    manual.cmd_vel.clear()
    manual.spin_for(0.5)
    manual.assert_never_moved()
    assert manual.get(answer.ticket.id).status == 'QUEUED'
    assert manual.resume_queue().success
    manual.await_status(answer.ticket.id, 'COMPLETED')


@pytest.mark.parametrize('how', ['e-stop', 'stop'])
def test_what_stops_the_robot_keeps_the_queued_motions_waiting(manual, how):
    driving, waiting = (manual.create(each, queue=True).ticket.id for each in (LONG, SHORT))
    manual.spin_until(lambda: manual.base.speed_mps > 0.1)
    if how == 'e-stop':
        manual.press()
        assert manual.await_status(driving, 'FAILED').error_code == 501
        manual.press(False)
        manual.spin_until(lambda: manual.reset_e_stop().success)
    else:
        assert manual.stop().success
        manual.await_status(driving, 'CANCELLED')
    manual.assert_ends_in_zero()
    manual.cmd_vel.clear()
    manual.spin_for(0.5)
    manual.assert_never_moved()
    assert manual.get(waiting).status == 'QUEUED'
    manual.spin_until(lambda: manual.resume_queue().success)
    manual.await_status(waiting, 'COMPLETED')


def test_without_queued_tickets_an_e_stop_pauses_nothing(manual):
    """Who executes each ticket himself needs no resume after a reset."""
    manual.press()
    manual.spin_until(lambda: not manual.status().success)
    manual.press(False)
    manual.spin_until(lambda: manual.reset_e_stop().success)
    manual.spin_until(lambda: manual.status().success)
    assert manual.queue().pause_reason == ''
    assert manual.execute(manual.created_id(SHORT)).result().success


def test_who_executes_a_queued_ticket_waits_for_its_end(manual):
    ticket_id = manual.create(LONG.replace('30', '0.5'), queue=True).ticket.id
    manual.await_status(ticket_id, 'EXECUTING')
    result = manual.execute(ticket_id).result()
    assert (result.success, result.ticket.attempt) == (True, 1)


def test_queued_dry_run_moves_nothing(manual):
    ticket_id = manual.created_id(SHORT)
    manual.cmd_vel.clear()
    assert queue_ticket(manual, ticket_id, dry_run=True).success
    ticket = manual.await_status(ticket_id, 'COMPLETED')
    assert '"executed": false' in ticket.result
    manual.assert_never_moved()
    assert queue_ticket(manual, ticket_id, force=True).success
    assert '"executed": true' in manual.await_status(ticket_id, 'COMPLETED').result


def test_stop_ticket_that_is_queued_stops_before_it_is_written(manual):
    driving = manual.create(LONG, queue=True).ticket.id
    manual.spin_until(lambda: manual.base.speed_mps > 0.1)
    ticket_id = manual.created_id('', 'stop')
    assert queue_ticket(manual, ticket_id).success
    manual.await_status(driving, 'CANCELLED')
    assert driving in manual.await_status(ticket_id, 'COMPLETED').result
    manual.assert_ends_in_zero()


def test_cancelled_ticket_of_the_queue_tells_who_cancelled_it(manual):
    manual.pause_queue()
    ticket_id = manual.create(SHORT, queue=True).ticket.id
    manual.cancel(ticket_id, requested_by='ann')
    manual.await_status(ticket_id, 'CANCELLED')
    assert manual.queue().total == 0
    assert causes(manual, ticket_id)[-1][2] == 'ann'


# After a restart.


def left(rig: Rig, name: str, **flags) -> str:
    """Leave a ticket QUEUED in the store, as an orchestrator that was killed does."""
    store = TicketStore(rig.store_url)
    store.open()
    at = utc_now() - timedelta(minutes=1)
    params = {'ticks': 0} if name == 'brief' else {'speed': 0.5, 'duration_seconds': 0.3}
    ticket = Ticket('tick-20261127-00000001', name, params, at, at, timeout_s=5.0, robot='robot')
    store.insert(ticket)
    queued = lifecycle.enqueue(ticket, at, force=False, **flags)
    store.change(ticket, queued, Actor.CLIENT, 'the test')
    store.close()
    return ticket.id


def test_queued_ticket_goes_on_after_a_restart(extra):
    ticket_id = left(extra, 'brief')
    extra.start()
    extra.await_status(ticket_id, 'COMPLETED')


def test_queued_motion_waits_for_a_resume_after_a_restart(extra):
    ticket_id = left(extra, 'drive')
    extra.start()
    settle(extra)
    extra.spin_until(lambda: 'before this start' in extra.queue().pause_reason)
    assert [each.ticket_id for each in extra.queue().entries] == [ticket_id]
    extra.spin_for(0.3)
    extra.assert_never_moved()
    assert extra.resume_queue().success
    extra.await_status(ticket_id, 'COMPLETED')


def test_ticket_somebody_stayed_for_waits_for_a_resume_after_a_restart(extra):
    ticket_id = left(extra, 'brief', is_awaited=True)
    extra.start()
    extra.spin_until(lambda: 'who stayed' in extra.queue().pause_reason)
    assert extra.get(ticket_id).status == 'QUEUED'
    assert extra.resume_queue().success
    extra.await_status(ticket_id, 'COMPLETED')


def test_dry_run_of_a_motion_is_one_after_a_restart_too(extra):
    """It drove: that it was asked for as a dry run was nowhere but in memory."""
    ticket_id = left(extra, 'drive', dry_run=True)
    extra.start()
    settle(extra)
    assert '"executed": false' in extra.await_status(ticket_id, 'COMPLETED').result
    extra.assert_never_moved()


def test_execute_ticket_leaves_word_that_somebody_stays(manual):
    ticket_id = manual.created_id(**BRIEF)
    assert manual.execute(ticket_id, dry_run=True, requested_by='ren').result().success
    (queued,) = [each for each in manual.history(ticket_id) if each.type == 'ticket_queued']
    assert queued.requested_by == 'ren'
    assert json.loads(queued.details) == {'awaited': True, 'dry_run': True}
    stored = manual.orchestrator._store.get(ticket_id)
    assert (stored.is_awaited, stored.dry_attempt) == (True, True)
    assert stored.status is Status.COMPLETED


# The story of all tickets.


def test_events_are_read_back_as_they_were_told(manual):
    ids = [manual.create(**BRIEF, queue=True).ticket.id for _ in range(3)]
    for each in ids:
        manual.await_status(each, 'COMPLETED')
        manual.spin_until(lambda: 'execution_completed' in manual.event_types(each))  # noqa: B023
    story, after = [], 0
    while page := manual.call(GetEvents, 'get_events', after=after, limit=5).events:
        story += page
        after = page[-1].number
    assert [each.number for each in story] == list(range(1, 13))
    told = [each for each in manual.events if each.ticket_id]
    assert sorted(told, key=lambda each: each.number) == story
    last = manual.call(GetEvents, 'get_events', after=2**64 - 1)
    assert (last.success, list(last.events), last.last_number) == (True, [], 12)
    assert all(each.number == 0 for each in manual.events if not each.ticket_id)


def test_too_large_a_page_of_events_is_refused(manual):
    refused = manual.call(GetEvents, 'get_events', limit=1001)
    assert (refused.success, refused.error_code) == (False, 106)


def test_lists_come_in_either_order_and_by_the_last_change(manual):
    ids = [manual.created_id(**BRIEF) for _ in range(3)]
    assert [each.id for each in manual.list_tickets(order=1).tickets] == ids
    assert [each.id for each in manual.list_tickets().tickets] == ids[::-1]
    queue_ticket(manual, ids[0])
    changed = manual.await_status(ids[0], 'COMPLETED')
    found = manual.list_tickets(updated_since=changed.updated_at).tickets
    assert [each.id for each in found] == [ids[0]]


def test_unknown_order_is_refused(manual):
    refused = manual.call(ListTickets, 'list_tickets', order=7)
    assert (refused.success, refused.error_code) == (False, 106)
