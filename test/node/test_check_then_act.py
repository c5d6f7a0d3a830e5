"""What stops acts before anything is waited for; what moves is checked directly before."""

import json
import sqlite3
import threading
import time

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.srv import CreateTicket
from orchestrator_ren.store import engine
from orchestrator_ren.store.ticket_store import TicketStore

from .conftest import is_zero, settle, stamp_of

SHORT = '{speed: 0.5, duration_seconds: 0.6}'
LONG = '{speed: 0.5, duration_seconds: 30}'
SLOW_S = 0.8
LOCKED_S = 1.0


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch):
    """Five times as long as a stop may take; what waits for the lock fails sooner."""
    monkeypatch.setitem(engine.CONNECT_ARGUMENTS['sqlite'], 'timeout', LOCKED_S)


@pytest.fixture
def lock(rig):
    """SQLite's write lock, as another process holds it."""
    other = sqlite3.connect(rig.store_url.removeprefix('sqlite:///'), isolation_level=None)
    yield lambda: other.execute('BEGIN EXCLUSIVE')
    other.close()


def seconds_to_zero(rig):
    began_mono_s = time.monotonic()
    rig.spin_until(lambda: is_zero(rig.cmd_vel[-1][1]), 15.0)
    return time.monotonic() - began_mono_s


# Stops.


def test_stop_ticket_stops_at_once_while_the_store_is_locked(running, lock):
    """The robot drove on for 12 s and more."""
    stop_id = running.created_id('', command='stop')
    running.drive_until_moving(LONG)
    lock()
    stopping = running.execute(stop_id)
    assert seconds_to_zero(running) < 0.2
    result = stopping.result()
    assert (result.success, result.error_code) == (False, 311)
    assert 'the robot was stopped' in result.message


def test_stop_ticket_of_before_this_start_stops_while_the_store_is_locked(running, lock):
    stop_id = running.created_id('', command='stop')
    running.stop_orchestrator()
    running.start_orchestrator()
    running.spin_until(lambda: running.status().success)
    running.drive_until_moving(LONG)
    lock()
    running.execute(stop_id)
    assert seconds_to_zero(running) < 0.2


def test_stop_ticket_of_before_this_start_stops_while_the_store_is_not_read(running, monkeypatch):
    """It was read first: behind 2,000 goals that were refused, that took 3.6 s."""
    stop_id = running.created_id('', command='stop')
    running.stop_orchestrator()
    running.start_orchestrator()
    dispatcher = running.orchestrator._dispatch.dispatcher
    running.spin_until(lambda: dispatcher.is_loaded and running.status().success)
    running.drive_until_moving(LONG)
    is_read, get = threading.Event(), running.orchestrator._store.get
    monkeypatch.setattr(
        running.orchestrator._store, 'get', lambda ticket_id: is_read.wait(5.0) and get(ticket_id)
    )
    stopping = running.execute(stop_id)
    assert seconds_to_zero(running) < 0.2
    is_read.set()
    assert stopping.result().success


def test_stop_that_is_created_with_auto_dispatch_stops_while_the_store_is_locked(automatic, lock):
    automatic.created_id(LONG)
    automatic.spin_until(lambda: automatic.cmd_vel and not is_zero(automatic.cmd_vel[-1][1]))
    lock()
    reply = automatic.send(CreateTicket, 'create_ticket', command='stop')
    assert seconds_to_zero(automatic) < 0.2
    assert automatic.wait(reply).error_code == 311


def test_stop_ticket_is_recorded_afterwards_with_whom_it_ended(running):
    stop_id = running.created_id('', command='stop')
    execution, driving_id = running.drive_until_moving(LONG)
    result = running.execute(stop_id).result()
    assert result.success
    assert json.loads(result.ticket.result)['stopped_tickets'] == [driving_id]
    assert execution.result().ticket.status == 'CANCELLED'


def test_stop_that_was_due_before_it_was_created_stops_while_the_store_is_locked(automatic, lock):
    automatic.created_id(LONG)
    automatic.spin_until(lambda: automatic.cmd_vel and not is_zero(automatic.cmd_vel[-1][1]))
    lock()
    due = stamp_of(time.time() - 1.0)
    automatic.send(CreateTicket, 'create_ticket', command='stop', not_before=due)
    assert seconds_to_zero(automatic) < 0.2


def test_stop_that_is_created_with_auto_dispatch_tells_whom_it_ended(automatic):
    driving_id = automatic.created_id(LONG)
    automatic.spin_until(lambda: automatic.cmd_vel and not is_zero(automatic.cmd_vel[-1][1]))
    ticket = automatic.await_status(automatic.created_id('', command='stop'), 'COMPLETED')
    assert json.loads(ticket.result)['stopped_tickets'] == [driving_id]


def test_stop_that_is_over_stops_once_more_though_it_is_refused(running):
    stop_id = running.created_id('', command='stop')
    assert running.execute(stop_id).result().success
    running.drive_until_moving(LONG)
    assert running.execute(stop_id).result().error_code == 204
    assert seconds_to_zero(running) < 0.2


@pytest.mark.parametrize('how', ['ticket', 'goal'])
def test_dry_run_of_a_stop_stops_nothing(running, how):
    stop_id = running.created_id('', command='stop', dry_run=how == 'ticket')
    execution, _ = running.drive_until_moving(LONG)
    assert running.execute(stop_id, dry_run=how == 'goal').result().success
    running.spin_for(0.2)
    assert not execution.is_done
    assert not is_zero(running.cmd_vel[-1][1])


# What moves, directly before.


@pytest.fixture
def slow_start(monkeypatch):
    """It takes its time until EXECUTING is on disk."""
    change = TicketStore.change

    def slowly(self, before, after, *args):
        if after.status.value == 'EXECUTING':
            time.sleep(SLOW_S)  # the disk; it is another thread that waits
        return change(self, before, after, *args)

    monkeypatch.setattr(TicketStore, 'change', slowly)


def press(rig):
    rig.press()
    rig.spin_until(lambda: rig.statuses[-1].state == 'STOPPED')


@pytest.mark.parametrize('command', ['reach', 'drive'])
def test_e_stop_while_executing_is_being_written_keeps_it_from_beginning(
    extra, slow_start, command
):
    """An interlocked service was called 0.76 s after the latch."""
    extra.start()
    execution = extra.execute(extra.created_id(SHORT if command == 'drive' else '', command))
    extra.spin_until(lambda: execution.feedback and execution.feedback[-1][1].message)
    press(extra)
    assert execution.result().error_code == 501
    assert reached(execution) == 0
    assert all(is_zero(twist) for _, twist in extra.cmd_vel)


def reached(execution):
    """Return how often a `reach` has reached out."""
    return json.loads(execution.result().ticket.result).get('reached', 0)


def test_cancel_while_executing_is_being_written_keeps_it_from_beginning(extra, slow_start):
    extra.start()
    ticket_id = extra.created_id('', command='reach')
    execution = extra.execute(ticket_id)
    extra.spin_until(lambda: execution.feedback)
    assert extra.cancel(ticket_id).success
    ticket = execution.result().ticket
    assert (ticket.status, reached(execution)) == ('CANCELLED', 0)


def test_deadline_while_executing_is_being_written_keeps_it_from_beginning(extra, slow_start):
    extra.start()
    deadline = stamp_of(time.time() + SLOW_S / 2)
    execution = extra.execute(extra.created_id('', command='reach', deadline=deadline))
    assert execution.result().error_code == 208
    assert reached(execution) == 0


def test_end_of_the_orchestrator_while_executing_is_being_written_keeps_it_from_beginning(
    extra, slow_start
):
    extra.start()
    ticket_id = extra.created_id('', command='reach')
    extra.execute(ticket_id)
    extra.spin_until(lambda: extra.get(ticket_id).status == 'QUEUED')
    extra.stop_orchestrator()
    extra.start_orchestrator()
    ticket = extra.get(ticket_id)
    assert ticket.error_code == 205
    assert 'reached' not in ticket.result


# A queue that was filled before this start.


@pytest.mark.parametrize('command', ['drive', 'grip'])
@pytest.mark.parametrize('before', ['manual', 'auto'])
def test_queue_that_was_filled_before_this_start_waits_until_somebody_says_so(
    extra, command, before
):
    """The next drive moved 0.42 s after READY; a backlog of `manual` drove off."""
    extra.start(orchestrator={'dispatch': before})
    settle(extra)
    extra.pause_queue()
    ticket_id = extra.created_id(SHORT if command == 'drive' else '', command)
    forget_the_pause(extra)
    extra.start_orchestrator(dispatch='auto')
    settle(extra)
    extra.spin_for(0.6)
    assert 'waited from before this start' in extra.queue().pause_reason
    assert 'call resume_queue' in extra.status().message
    assert extra.get(ticket_id).status in ('PENDING', 'QUEUED')
    assert all(is_zero(twist) for _, twist in extra.cmd_vel)
    assert extra.resume_queue().success
    extra.await_status(ticket_id, 'EXECUTING' if command == 'grip' else 'COMPLETED')


def forget_the_pause(rig):
    """End the orchestrator; its queue was not paused then."""
    rig.stop_orchestrator()
    store = sqlite3.connect(rig.store_url.removeprefix('sqlite:///'), isolation_level=None)
    store.execute("UPDATE marks SET value = 0 WHERE name = 'pause'")
    store.close()


def test_pause_over_what_waited_holds_over_another_restart(extra):
    extra.start()
    ticket_id = extra.created_id(SHORT)
    for _ in range(2):
        extra.stop_orchestrator()
        extra.start_orchestrator(dispatch='auto')
        settle(extra)
        assert 'waited from before this start' in extra.queue().pause_reason
    assert extra.get(ticket_id).status in ('PENDING', 'QUEUED')


def test_ticket_that_is_created_while_the_queue_is_read_does_not_pause_it(extra):
    extra.start(orchestrator={'dispatch': 'auto'})
    ticket_id = extra.created_id(SHORT)
    extra.await_status(ticket_id, 'COMPLETED')
