"""A store that hangs: everybody is answered, the robot stops, and nothing is lost."""

import sqlite3
import threading
import time

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.orchestrator.execution import runner
from orchestrator_ren.orchestrator.store_access import patience, store_keeper, store_worker
from orchestrator_ren.orchestrator.ticket_holders import Holder
from orchestrator_ren.srv import CancelTicket, CreateTicket, GetTicket
from orchestrator_ren.store import engine

from .conftest import is_zero, stamp_of

ANSWER_S, SHORT_S = 2.0, 0.4
"""In place of the 5.5 s after which who asks is answered, and of the other limits."""

IN_TIME_S = ANSWER_S + 1.0 + 1.0
"""With the time between two ticks, and a margin for a busy machine."""


@pytest.fixture(autouse=True)
def _impatient(monkeypatch):
    monkeypatch.setattr(patience, 'ANSWER_S', ANSWER_S)
    monkeypatch.setattr(patience, 'ENDING_S', SHORT_S)
    monkeypatch.setattr(store_worker, 'MAX_WAIT_S', SHORT_S)
    monkeypatch.setattr(store_keeper, 'HANG_S', SHORT_S)
    monkeypatch.setattr(runner, 'MAX_START_S', SHORT_S)
    monkeypatch.setitem(engine.CONNECT_ARGUMENTS['sqlite'], 'timeout', SHORT_S)


class Hang:
    """Calls of one method of the store wait for `release`, before or after what they do."""

    def __init__(self, monkeypatch, store, name, *, is_done_first=False):
        self.reached, self._released = threading.Event(), threading.Event()
        self._call, self._is_done_first = getattr(store, name), is_done_first
        monkeypatch.setattr(store, name, self._hang)

    def release(self):
        self._released.set()

    def _hang(self, *args):
        outcome = self._call(*args) if self._is_done_first else None
        self.reached.set()
        self._released.wait(30.0)
        return outcome if self._is_done_first else self._call(*args)


@pytest.fixture
def hang(rig, monkeypatch):
    """Return what makes calls of the orchestrator's store hang from now on."""
    made = []

    def begin(name, **options):
        made.append(Hang(monkeypatch, rig.orchestrator._store, name, **options))
        return made[-1]

    yield begin
    for each in made:
        each.release()


def answer_in_time(rig, future):
    """Return the answer, which must not take long."""
    began_mono_s = time.monotonic()
    answer = rig.wait(future)
    assert time.monotonic() - began_mono_s < IN_TIME_S
    return answer


def await_ready(rig):
    rig.spin_until(lambda: rig.status().success)


# Tickets.


@pytest.mark.parametrize('is_done_first', [True, False], ids=['written', 'not yet written'])
def test_every_create_is_answered_and_what_was_begun_is_found_afterwards(
    running, hang, is_done_first
):
    """The next create was unanswered for as long as the first one hung, and the status READY."""
    slow = hang('insert', is_done_first=is_done_first)
    first = running.send(CreateTicket, 'create_ticket', command='stop', request_id='a')
    running.spin_until(slow.reached.is_set)
    second = running.send(CreateTicket, 'create_ticket', command='stop', request_id='b')
    assert answer_in_time(running, second).error_code == 301
    assert answer_in_time(running, first).error_code == 312
    running.spin_until(lambda: running.statuses[-1].state == 'STORE_DOWN')
    assert running.status().error_code == 312
    slow.release()
    await_ready(running)
    found = running.create('', 'stop', request_id='a')
    assert (found.success, found.created, found.ticket.status) == (True, False, 'PENDING')
    assert running.create('', 'stop', request_id='b').created
    assert running.list_tickets().total == 2


def test_ticket_that_is_written_late_is_executed_once(automatic, hang):
    slow = hang('insert_queued')
    created = automatic.send(CreateTicket, 'create_ticket', command='stop', request_id='a')
    assert answer_in_time(automatic, created).error_code == 311
    slow.release()
    ticket = automatic.spin_until(lambda: automatic.list_tickets().tickets)[0]
    assert automatic.await_status(ticket.id, 'COMPLETED').attempt == 1
    automatic.await_event_types(
        ticket.id, 'ticket_created', 'ticket_queued', 'execution_started', 'execution_completed'
    )


def test_reader_that_hangs_is_answered_for_and_status_says_so(running, hang):
    ticket_id = running.created_id()
    slow = hang('get')
    asked = [running.send(GetTicket, 'get_ticket', ticket_id=ticket_id) for _ in range(2)]
    assert {answer_in_time(running, each).error_code for each in asked} == {301, 312}
    running.spin_until(lambda: running.statuses[-1].state == 'STORE_DOWN')
    slow.release()
    await_ready(running)
    assert running.get(ticket_id).status == 'PENDING'


# What stops.


def test_running_motion_is_cancelled_at_once_while_the_store_hangs(running, hang):
    execution, ticket_id = running.drive_until_moving()
    slow = hang('end')
    other = hang('get')
    cancelled_mono_s = time.monotonic()
    response = running.cancel(ticket_id)
    running.spin_until(lambda: is_zero(running.cmd_vel[-1][1]))
    assert time.monotonic() - cancelled_mono_s < 0.5
    assert (response.success, response.message) == (True, 'stopping')
    running.spin_until(slow.reached.is_set)
    other.release()
    assert execution.result(IN_TIME_S + 5.0).error_code == 310
    slow.release()
    running.await_status(ticket_id, 'CANCELLED')
    running.spin_until(lambda: 'execution_cancelled' in running.event_types(ticket_id))
    running.spin_for(1.5)
    assert running.event_types(ticket_id).count('execution_cancelled') == 1


def test_stop_that_is_created_stops_first_while_the_store_hangs(automatic, hang):
    automatic.created_id('{speed: 0.5, duration_seconds: 30}')
    automatic.spin_until(lambda: automatic.cmd_vel and not is_zero(automatic.cmd_vel[-1][1]))
    hang('insert_queued')
    asked_mono_s = time.monotonic()
    created = automatic.send(CreateTicket, 'create_ticket', command='stop')
    automatic.spin_until(lambda: is_zero(automatic.cmd_vel[-1][1]))
    assert time.monotonic() - asked_mono_s < 0.5
    assert answer_in_time(automatic, created).error_code == 311


@pytest.mark.parametrize('status', ['QUEUED', 'EXECUTING'])
def test_motion_whose_start_hung_does_not_begin_any_more(running, hang, status):
    """Somebody who has waited for 40 s walks up to the robot, and it starts."""
    busy, busy_id = running.drive_until_moving()
    ticket_id = running.created_id()
    if status == 'QUEUED':
        running.cancel(busy_id)
        busy.result()
        slow = hang('change', is_done_first=True)
        execution = running.execute(ticket_id)
    else:
        execution = running.execute(ticket_id)
        running.await_status(ticket_id, 'QUEUED')
        slow = hang('change', is_done_first=True)
        running.cancel(busy_id)
        busy.result()
    running.spin_until(slow.reached.is_set)
    seen = len(running.cmd_vel)
    running.spin_for(SHORT_S * 1.5)
    slow.release()
    assert execution.result().error_code == 312
    assert running.get(ticket_id).status == 'FAILED'
    assert all(is_zero(twist) for _, twist in running.cmd_vel[seen:])


# What waits.


def waiting_id(rig, **fields):
    ticket_id = rig.created_id('', command='listen', **fields)
    assert rig.get(ticket_id).status == 'QUEUED'
    return ticket_id


def test_cancel_of_a_waiting_ticket_is_promised_and_kept(automatic, hang):
    """The cancel was answered when the store worked again, after 40 s."""
    automatic.pause_queue()
    ticket_id = waiting_id(automatic)
    slow = hang('end')
    cancelling = automatic.send(CancelTicket, 'cancel_ticket', ticket_id=ticket_id)
    answer = answer_in_time(automatic, cancelling)
    assert answer.error_code == 310
    assert 'ended CANCELLED' in answer.message
    assert len(automatic.orchestrator._dispatch.dispatcher) == 0
    assert automatic.cancel(ticket_id).error_code == 204
    slow.release()
    automatic.await_status(ticket_id, 'CANCELLED')


def test_ticket_whose_turn_came_to_a_goal_that_was_refused_waits_on(automatic, hang):
    """It was QUEUED in the store, and in no queue: nobody executed it until the next start."""
    ahead_id = automatic.created_id('', command='listen')
    automatic.await_status(ahead_id, 'EXECUTING')
    ticket_id = waiting_id(automatic)
    slow = hang('get')
    execution = automatic.execute(ticket_id)
    automatic.spin_until(slow.reached.is_set)
    assert automatic.cancel(ahead_id).success
    assert execution.result().error_code == 312
    slow.release()
    await_ready(automatic)
    automatic.resume_queue()
    automatic.await_status(ticket_id, 'EXECUTING')


def test_cancel_is_kept_when_the_store_fails_instead(automatic):
    automatic.pause_queue()
    ticket_id = waiting_id(automatic)
    path = automatic.store_url.removeprefix('sqlite:///')
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    assert automatic.cancel(ticket_id).error_code == 310
    holder.close()
    automatic.await_status(ticket_id, 'CANCELLED')


def test_deadlines_that_pass_while_the_store_is_away_are_all_kept(automatic):
    """Of 2,500, 2,003 stayed QUEUED for ever, in no queue."""
    automatic.pause_queue()
    deadline = stamp_of(time.time() + 3.0)
    ids = [automatic.created_id('', command='listen', deadline=deadline) for _ in range(60)]
    path = automatic.store_url.removeprefix('sqlite:///')
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    automatic.spin_until(lambda: automatic.statuses[-1].state == 'STORE_DOWN')
    automatic.spin_until(lambda: automatic.statuses[-1].waiting == 0)
    assert automatic.list_tickets(statuses=['QUEUED']).total == len(ids)
    holder.close()
    automatic.spin_until(lambda: automatic.list_tickets(statuses=['FAILED']).total == len(ids))
    assert {automatic.get(each).error_code for each in ids} == {208}
    automatic.spin_until(
        lambda: all('execution_failed' in automatic.event_types(each) for each in ids)
    )
    assert all(automatic.event_types(each).count('execution_failed') == 1 for each in ids)


def test_stop_that_could_not_be_executed_waits_in_no_queue(automatic, hang):
    """It stayed QUEUED for ever: a stop waits in no queue that would try it again."""
    slow = hang('get')
    stop_id = automatic.created_id('', command='stop')
    automatic.spin_until(slow.reached.is_set)
    holders = automatic.orchestrator._holders
    automatic.spin_until(lambda: not holders.has(stop_id, Holder.EXECUTION))
    slow.release()
    await_ready(automatic)
    assert automatic.await_status(stop_id, 'FAILED').error_code == 312


def test_pause_that_could_not_be_written_is_written_later(automatic):
    """It was lost with the next restart."""
    path = automatic.store_url.removeprefix('sqlite:///')
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    assert not automatic.pause_queue().success
    assert automatic.queue().pause_reason
    holder.close()
    store = automatic.orchestrator._store
    automatic.spin_until(lambda: store.mark('pause') == 1)
    assert automatic.resume_queue().success
    assert store.mark('pause') == 0
