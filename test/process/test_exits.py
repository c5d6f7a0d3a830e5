"""Every way out of a motion, between real processes: the last Twist is zero, and stays it."""

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from std_msgs.msg import Bool

GATES = pytest.mark.parametrize('gate', ['in_process', 'external'])


@GATES
def test_done_ends_in_zero_and_covers_the_distance(system, gate):
    system.start_robot(gate)
    ticket_id = system.create('{speed: 1.5, direction: 45, duration_seconds: 2}')
    result = system.result(system.execute(ticket_id))
    assert result.success, result.message
    travelled = json.loads(result.ticket.result)
    assert travelled['distance_traveled'] == pytest.approx(3.0, rel=0.01)
    assert travelled['distance_source'] == 'odometry'
    system.assert_ends_in_zero()


@GATES
def test_cancelled_ends_in_zero(system, gate):
    system.start_robot(gate)
    ticket_id, future = system.drive_until_moving()
    assert system.cancel(ticket_id).success
    assert system.result(future).ticket.status == 'CANCELLED'
    system.assert_ends_in_zero()


@GATES
def test_failed_ends_in_zero(system, gate):
    system.start_robot(gate)
    _, future = system.drive_until_moving()
    system.robot.send_signal(signal.SIGSTOP)  # odometry falls silent
    result = system.result(future)
    system.robot.send_signal(signal.SIGCONT)
    assert (result.ticket.status, result.error_code) == ('FAILED', 404)
    system.assert_ends_in_zero()


@GATES
def test_e_stopped_ends_in_zero(system, gate):
    system.start_robot(gate)
    _, future = system.drive_until_moving()
    system.e_stop.publish(Bool(data=True))
    assert system.result(future).error_code == 501
    system.assert_ends_in_zero()


@GATES
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signalled_orchestrator_ends_in_zero_with_exit_code_0(system, gate, number):
    orchestrator, _ = system.start_robot(gate)
    ticket_id, _ = system.drive_until_moving()
    before_mono_s = time.monotonic()
    assert system.end(orchestrator, number) == 0
    assert time.monotonic() - before_mono_s < 2.0
    system.assert_ends_in_zero()
    log = system.log('orchestrator')
    assert 'service_stopped' in log
    assert 'Traceback' not in log
    system.restart_orchestrator(gate=gate)
    ticket = system.get(ticket_id)
    assert (ticket.status, ticket.error_code) == ('FAILED', 205)


@GATES
def test_signalled_orchestrator_ends_in_zero_while_its_store_is_locked(system, gate, tmp_path):
    path = tmp_path / 'locked.db'
    orchestrator, _ = system.start_robot(gate, store_url=f'sqlite:///{path}')
    system.drive_until_moving()
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute('BEGIN IMMEDIATE')
        before_mono_s = time.monotonic()
        assert system.end(orchestrator, signal.SIGTERM) == 1, 'its ticket could not be saved'
        assert time.monotonic() - before_mono_s < 3.0
    system.assert_ends_in_zero()
    assert 'Traceback' not in system.log('orchestrator')


def test_ctrl_c_that_comes_twice_at_once_ends_in_order(system):
    orchestrator, gate = system.start_robot('external')
    ticket_id, _ = system.drive_until_moving()
    for process in (orchestrator, gate):
        process.send_signal(signal.SIGINT)
        process.send_signal(signal.SIGINT)
    assert system.end(orchestrator, signal.SIGINT) == 0
    assert gate.wait(5.0) == 0
    system.assert_ends_in_zero()
    assert 'service_stopped' in system.log('orchestrator')
    system.start('cmd_vel_gate')
    system.restart_orchestrator(gate='external')
    assert system.get(ticket_id).status == 'FAILED'


@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signalled_gate_ends_in_zero_with_exit_code_0(system, number):
    _, gate = system.start_robot('external')
    _, future = system.drive_until_moving()
    assert system.end(gate, number) == 0
    assert system.result(future).error_code == 502
    system.assert_ends_in_zero()
    assert 'Traceback' not in system.log('cmd_vel_gate')


def test_killed_orchestrator_is_stopped_by_the_external_gate(system):
    orchestrator, _ = system.start_robot('external')
    ticket_id, _ = system.drive_until_moving()
    system.end(orchestrator, signal.SIGKILL)
    system.assert_ends_in_zero()
    system.restart_orchestrator(gate='external')
    ticket = system.get(ticket_id)
    assert (ticket.status, ticket.error_code) == ('FAILED', 205)


def test_frozen_orchestrator_is_stopped_and_does_not_resume(system):
    orchestrator, _ = system.start_robot('external')
    _, future = system.drive_until_moving()
    orchestrator.send_signal(signal.SIGSTOP)
    system.spin_until(lambda: abs(system.speed_mps) < 0.01)
    orchestrator.send_signal(signal.SIGCONT)
    assert system.result(future).error_code in (502, 503)
    system.assert_ends_in_zero()
