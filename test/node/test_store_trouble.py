"""A store that fails or is slow: it refuses and says why; the robot can always be stopped."""

import itertools
import sqlite3
import threading
import time
from contextlib import closing
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

import sqlalchemy as sa

from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.store_access import store_worker
from orchestrator_ren.ros.future import Future
from orchestrator_ren.srv import CreateTicket
from orchestrator_ren.store import engine
from test.node.conftest import is_zero, settle, stamp_of

SHORT_WAIT_S = 0.3
"""In place of the 5 s that a locked store is waited for."""


@pytest.fixture(autouse=True)
def _short_wait(monkeypatch):
    monkeypatch.setitem(engine.CONNECT_ARGUMENTS['sqlite'], 'timeout', SHORT_WAIT_S)


@pytest.fixture
def path(rig):
    return Path(rig.store_url.removeprefix('sqlite:///'))


def on_writer(rig, *statements):
    """Execute on the connection that the orchestrator writes with."""
    writer = rig.orchestrator._store._database._writer
    if writer._kept is not None:
        connection = writer._kept.connection.driver_connection
    else:
        with closing(writer.engine.raw_connection()) as pooled:
            connection = pooled.driver_connection
    return [connection.execute(each).fetchone() for each in statements]


class Locked:
    """Another process holds the database."""

    code = 307

    def begin(self, _rig, path):
        self._holder = sqlite3.connect(path, isolation_level=None)
        self._holder.execute('BEGIN IMMEDIATE')

    def end(self, _rig, _path):
        self._holder.close()


class Full:
    """The file cannot grow any more."""

    code = 306

    def begin(self, rig, path):
        # What free pages there are would still take a ticket.
        whole = 'VACUUM', 'PRAGMA wal_checkpoint(TRUNCATE)', 'PRAGMA max_page_count = 1'
        on_writer(rig, *whole)
        with closing(sqlite3.connect(path)) as connection:
            free = connection.execute('PRAGMA freelist_count').fetchone()[0]
        assert free == 0

    def end(self, rig, _path):
        on_writer(rig, 'PRAGMA max_page_count = 1000000')


class ReadOnly:
    """The file may not be written any more."""

    code = 305

    def begin(self, rig, _path):
        on_writer(rig, 'PRAGMA query_only = ON')

    def end(self, rig, _path):
        on_writer(rig, 'PRAGMA query_only = OFF')


class Damaged:
    """The file's pages are overwritten."""

    code = 308

    def begin(self, rig, path):
        on_writer(
            rig,
            'PRAGMA wal_checkpoint(TRUNCATE)',
            'PRAGMA cache_size = 0',
            'PRAGMA shrink_memory',
        )
        self._content = path.read_bytes()
        self._write(path, self._content[:4096] + b'\xa5' * (len(self._content) - 4096))

    def end(self, _rig, path):
        self._write(path, self._content)

    def _write(self, path, content):
        with path.open('r+b') as file:
            file.write(content)


TROUBLES = [Locked, Full, ReadOnly, Damaged]


@pytest.mark.parametrize('kind', TROUBLES, ids=lambda kind: kind.__name__)
def test_failing_store_refuses_tickets_while_the_motion_ends_in_standstill(running, path, kind):
    big = '{"note": "' + 'x' * 20000 + '"}'  # more than what is left on a page
    execution, ticket_id = running.drive_until_moving()
    trouble = kind()
    trouble.begin(running, path)
    refused = running.create(metadata=big)
    assert (refused.success, refused.error_code) == (False, kind.code)
    assert str(path) in refused.message
    health = running.status()
    assert (health.error_code, health.status.state) == (kind.code, 'STORE_DOWN')
    assert not is_zero(running.cmd_vel[-1][1]), 'it goes on meanwhile'
    assert running.stop().success
    result = execution.result()
    running.assert_ends_in_zero()
    trouble.end(running, path)
    running.spin_until(lambda: running.status().status.state == 'READY')
    running.spin_until(lambda: running.get(ticket_id).status == 'CANCELLED')
    if kind is not Full:  # small changes still find a place
        assert result.error_code == 310
        assert 'ended CANCELLED' in result.message
    assert running.create(metadata=big).success
    running.spin_until(lambda: running.event_types(ticket_id)[-1:] == ['execution_cancelled'])


@pytest.mark.alone
def test_e_stop_latches_and_resets_while_the_store_is_locked(running, path):
    execution, ticket_id = running.drive_until_moving()
    trouble = Locked()
    trouble.begin(running, path)
    pressed_at_mono_s = time.monotonic()
    running.press()
    running.spin_until(lambda: is_zero(running.cmd_vel[-1][1]))
    assert time.monotonic() - pressed_at_mono_s < 0.1
    assert execution.result().error_code == 310
    running.press(False)
    running.spin_until(lambda: running.reset_e_stop().success)
    trouble.end(running, path)
    running.spin_until(lambda: running.get(ticket_id).status == 'FAILED')
    assert running.get(ticket_id).error_code == 501


def test_ticket_with_an_unsaved_end_is_neither_executed_nor_cancelled(running, path):
    execution, ticket_id = running.drive_until_moving()
    trouble = Locked()
    trouble.begin(running, path)
    running.stop()
    assert execution.result().error_code == 310
    assert running.execute(ticket_id, force=True).result().error_code == 203
    assert running.cancel(ticket_id).error_code == 204
    trouble.end(running, path)
    running.spin_until(lambda: running.event_types(ticket_id)[-1] == 'execution_cancelled')
    assert running.get(ticket_id).status == 'CANCELLED'
    assert running.execute(ticket_id, dry_run=True, force=True).result().success


class SlowCommit:
    """Commits of the orchestrator hang until `release`."""

    def __init__(self, rig):
        self.reached, self._released = threading.Event(), threading.Event()
        sa.event.listen(rig.orchestrator._store._database._writer.engine, 'commit', self._hang)

    def _hang(self, _connection):
        self.reached.set()
        self._released.wait(30.0)

    def release(self):
        self._released.set()


@pytest.fixture
def slow_commit(running):
    """Return what makes the commits of the orchestrator hang from now on."""
    made = []

    def begin():
        made.append(SlowCommit(running))
        return made[0]

    yield begin
    for each in made:
        each.release()


@pytest.mark.alone
def test_while_a_commit_takes_2_s_everything_else_goes_on(running, slow_commit):
    ticket = running.create().ticket
    execution, _ = running.drive_until_moving()
    slow = slow_commit()
    creating = running._clients['create_ticket'].call_async(CreateTicket.Request(command='stop'))
    running.spin_until(slow.reached.is_set)
    began_mono_s = time.monotonic()
    slowest_s = 0.0
    while time.monotonic() - began_mono_s < 2.0:
        asked_mono_s = time.monotonic()
        assert running.status().error_code in (0, 312)  # told once the commit takes long
        assert running.get(ticket.id) == ticket
        assert running.list_tickets().total == 2
        slowest_s = max(slowest_s, time.monotonic() - asked_mono_s)
    assert slowest_s < 1.0, 'it waited for the commit'
    assert not creating.done()
    for times in (
        [at for at, _ in running.cmd_vel if at > began_mono_s],
        [at for at, _ in execution.feedback if at > began_mono_s],
    ):
        gaps = [after - before for before, after in itertools.pairwise(times)]
        assert 0 < max(gaps) < 0.5
    running.press()
    running.spin_until(lambda: is_zero(running.cmd_vel[-1][1]))
    assert time.monotonic() - began_mono_s < 2.5
    slow.release()
    assert running.wait(creating).success
    assert execution.result().error_code == 501


def test_no_request_waits_for_ever_behind_a_store_that_hangs(running, slow_commit, monkeypatch):
    monkeypatch.setattr(store_worker, 'MAX_WAIT_S', 0.2)
    running.created_id()
    slow = slow_commit()
    in_commit = running.send(CreateTicket, 'create_ticket', command='stop')
    running.spin_until(slow.reached.is_set)
    behind = [running.send(CreateTicket, 'create_ticket', command='stop') for _ in range(4)]
    running.spin_for(0.3)
    slow.release()
    assert running.wait(in_commit).success
    assert [running.wait(each).error_code for each in behind] == 4 * [301]
    assert running.list_tickets().total == 2


def test_requests_that_come_while_a_commit_hangs_share_the_next_one(running, slow_commit):
    """Each had a commit of its own: eight clients got no more tickets written than one."""
    commits = []
    writer = running.orchestrator._store._database._writer.engine
    sa.event.listen(writer, 'commit', commits.append)
    slow = slow_commit()
    first = running.send(CreateTicket, 'create_ticket', command='stop')
    running.spin_until(slow.reached.is_set)
    crowd = [
        running.send(CreateTicket, 'create_ticket', command='stop', request_id=request_id)
        for request_id in ('a', 'b', 'c', 'a', '', '')
    ]
    running.spin_until(lambda: len(running.orchestrator._keeper._writer._waiting) == len(crowd))
    slow.release()
    answers = [running.wait(each) for each in (first, *crowd)]
    assert all(each.success for each in answers)
    assert [each.created for each in answers] == [True, True, True, True, False, True, True]
    assert answers[1].ticket == answers[4].ticket
    assert running.list_tickets().total == 6
    assert len(commits) == 2


def test_exception_of_the_store_is_answered_and_stops_nobody_else(running, monkeypatch):
    monkeypatch.setattr(running.orchestrator._store, 'insert', lambda _ticket: 1 / 0)
    response = running.create()
    assert (response.success, response.error_code) == (False, 900)
    monkeypatch.undo()
    assert running.create().success


SHORT = '{speed: 0.5, duration_seconds: 0.3}'


def due_at(rig, due_s, **fields):
    """Create a drive that is due at that time [s]; return its id."""
    return rig.created_id(SHORT, not_before=stamp_of(due_s), **fields)


@pytest.mark.parametrize('kind', [Locked, ReadOnly, Damaged], ids=lambda kind: kind.__name__)
def test_queue_waits_for_a_store_that_is_away_and_goes_on_by_itself(running, path, kind):
    """Each waiting ticket got its turn, could not be written EXECUTING, and was FAILED 301."""
    _, driving_id = running.drive_until_moving('{speed: 0.5, duration_seconds: 1}')
    waiting = [running.created_id(SHORT, queue=True) for _ in range(3)]
    trouble = kind()
    trouble.begin(running, path)
    running.spin_until(lambda: running.status().status.state == 'STORE_DOWN')
    running.spin_until(lambda: is_zero(running.cmd_vel[-1][1]))
    view = running.orchestrator._dispatch.dispatcher.view()
    assert {view.reason(each) for each in waiting} == {'the ticket store cannot be used now'}
    trouble.end(running, path)
    for each in (driving_id, *waiting):
        ticket = running.await_status(each, 'COMPLETED')
        assert ticket.attempt == 1
    assert [each for each in running.started() if each in waiting] == waiting
    running.assert_ends_in_zero()


def lock_just_before(rig, path, due_s):
    """Lock the store when the start of what is due will be the next that is written."""
    rig.spin_until(lambda: time.time() > due_s - 0.3)
    trouble = Locked()
    trouble.begin(rig, path)
    rig.spin_until(lambda: rig.status().status.state == 'STORE_DOWN')
    assert time.time() > due_s
    return trouble


def test_ticket_whose_turn_comes_as_the_store_goes_away_waits_on(running, path):
    settle(running)
    due_s = time.time() + 2.5
    queued_id, awaited_id = due_at(running, due_s, queue=True), due_at(running, due_s)
    execution = running.execute(awaited_id)
    trouble = lock_just_before(running, path, due_s)
    running.assert_never_moved()
    trouble.end(running, path)
    assert execution.result().success
    running.await_status(queued_id, 'COMPLETED')
    assert not running.orchestrator._dispatch.pause.reason


def test_ticket_that_waits_for_the_store_can_be_cancelled(running, path):
    settle(running)
    due_s = time.time() + 2.5
    ticket_id = due_at(running, due_s)
    execution = running.execute(ticket_id)
    trouble = lock_just_before(running, path, due_s)
    assert execution.cancel().goals_canceling
    assert execution.result().error_code == 310
    trouble.end(running, path)
    running.await_status(ticket_id, 'CANCELLED')
    running.assert_never_moved()


def test_ticket_of_before_a_start_that_somebody_stays_for_again_is_not_left(running, monkeypatch):
    """It was counted as left, as its client is gone, and paused the queue: he was there again."""
    settle(running)
    ticket_id = due_at(running, time.time() + 4.0)
    running.execute(ticket_id)
    running.await_event_types(ticket_id, 'ticket_created', 'ticket_queued')
    running.orchestrator._store.close()  # as a kill does
    running.remove(running.orchestrator)
    may_load, stored = Future(), QueuePause.stored

    async def stored_later(pause):
        await may_load
        return await stored(pause)

    monkeypatch.setattr(QueuePause, 'stored', stored_later)
    running.start_orchestrator()
    execution = running.execute(ticket_id)
    executions = running.orchestrator._execution.executions
    running.spin_until(lambda: (found := executions.get(ticket_id)) and found.is_waiting)
    may_load.set_result(None)
    settle(running)
    assert not running.orchestrator._dispatch.pause.reason
    assert execution.result().success
