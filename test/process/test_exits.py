"""Every way out of a motion, between real processes: the last Twist is zero, and stays it."""

import json
import signal
import sqlite3
import time
from contextlib import closing

import pytest
from geometry_msgs.msg import Twist
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.nodes.process import REPEAT_S

from .conftest import System

GATES = pytest.mark.parametrize('gate', ['in_process', 'external'])
ODOMETRY = pytest.mark.parametrize('odometry', ['odometry', 'no odometry'])
ROBOTS = [
    (gate, odometry)
    for gate in ('in_process', 'external')
    for odometry in ('odometry', 'no odometry')
]
ZERO_S = 0.1
"""How soon after a signal the zero must be there [s]."""

SILENCE_S = 0.25 + 0.1
"""The gate's limit for a silent orchestrator, and what a busy machine adds [s]."""


# Ways out that the system survives: one robot for all of them.


@pytest.fixture(scope='module', params=ROBOTS, ids=' and '.join)
def robot(request, context, domain_id, tmp_path_factory):
    gate, odometry = request.param
    folder = tmp_path_factory.mktemp('robot')
    made = System(context, domain_id, f'exits_{ROBOTS.index(request.param)}', folder)
    made.start_robot(gate, odometry, orchestrator='orchestrator_with_extra_commands')
    made.has_odometry = odometry == 'odometry'
    yield made
    made.close()


@pytest.fixture
def standing(robot):
    """The robot, with nothing recorded yet."""
    robot.cmd_vel.clear()
    return robot


def complete(robot):
    ticket_id = robot.create('{speed: 1.0, direction: 45, duration_seconds: 1}')
    return robot.result(robot.execute(ticket_id))


def cancel_by_service(robot):
    ticket_id, future = robot.drive_until_moving()
    assert robot.cancel(ticket_id).success
    return robot.result(future)


def cancel_the_goal(robot):
    ticket_id = robot.create('{speed: 1.0, duration_seconds: 30}')
    sending = robot.action.send_goal_async(ExecuteTicket.Goal(ticket_id=ticket_id))
    robot.spin_until(sending.done)
    robot.spin_until(lambda: robot.speed_mps > 0.5)
    sending.result().cancel_goal_async()
    return robot.result(sending.result().get_result_async())


def exceed_the_timeout(robot):
    ticket_id = robot.create(command='dawdle', timeout_seconds=1.0)
    return robot.result(robot.execute(ticket_id))


def raise_in_the_command(robot):
    return robot.result(robot.execute(robot.create(command='stumble')))


def block_the_orchestrator(robot):
    return robot.result(robot.execute(robot.create(command='hang')))


def block_the_orchestrator_to_the_end(robot):
    return robot.result(robot.execute(robot.create(command='hang_up')))


def press_e_stop(robot):
    _, future = robot.drive_until_moving()
    robot.e_stop.publish(Bool(data=True))
    result = robot.result(future)
    robot.spin_until(lambda: robot.cmd_vel[-1] == Twist())
    robot.e_stop.publish(Bool(data=False))
    robot.spin_until(lambda: robot.reset_e_stop().success)
    robot.spin_until(lambda: robot.statuses[-1].state == 'READY')
    return result


def call_stop(robot):
    _, future = robot.drive_until_moving()
    assert robot.call(Trigger, 'stop').success
    return robot.result(future)


def execute_a_stop_ticket(robot):
    _, future = robot.drive_until_moving()
    robot.execute(robot.create(command='stop'))
    return robot.result(future)


@pytest.mark.parametrize(
    ('way_out', 'status', 'codes'),
    [
        (complete, 'COMPLETED', {0}),
        (cancel_by_service, 'CANCELLED', {0}),
        (cancel_the_goal, 'CANCELLED', {0}),
        (exceed_the_timeout, 'FAILED', {401}),
        (raise_in_the_command, 'FAILED', {900}),
        (block_the_orchestrator_to_the_end, 'FAILED', {503}),
        (block_the_orchestrator, 'FAILED', {503}),
        (press_e_stop, 'FAILED', {501}),
        (call_stop, 'CANCELLED', {0}),
        (execute_a_stop_ticket, 'CANCELLED', {0}),
    ],
)
def test_way_out_ends_in_zero(standing, way_out, status, codes):
    result = way_out(standing)
    assert result.ticket.status == status, result.message
    assert result.error_code in codes
    seen = json.loads(result.ticket.result)['standstill']
    assert seen == ('measured' if standing.has_odometry else 'not measured: no odometry')
    standing.assert_ends_in_zero()


@GATES
def test_done_covers_the_distance(system, gate):
    system.start_robot(gate)
    ticket_id = system.create('{speed: 1.5, direction: 45, duration_seconds: 2}')
    result = system.result(system.execute(ticket_id))
    assert result.success, result.message
    travelled = json.loads(result.ticket.result)
    assert travelled['distance_traveled'] == pytest.approx(3.0, rel=0.01)
    assert travelled['distance_source'] == 'odometry'
    system.assert_ends_in_zero()


@GATES
def test_lost_odometry_ends_in_zero(system, gate):
    system.start_robot(gate)
    _, future = system.drive_until_moving()
    system.robot.send_signal(signal.SIGSTOP)  # odometry falls silent
    result = system.result(future)
    system.robot.send_signal(signal.SIGCONT)
    assert (result.ticket.status, result.error_code) == ('FAILED', 404)
    system.assert_ends_in_zero()


# Ways out that end a process.


@GATES
@ODOMETRY
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signalled_orchestrator_ends_in_zero_with_exit_code_0(system, gate, odometry, number):
    orchestrator, _ = system.start_robot(gate, odometry)
    ticket_id, _ = system.drive_until_moving()
    before_mono_s = time.monotonic()
    assert system.end(orchestrator, number) == 0
    assert time.monotonic() - before_mono_s < 2.0
    assert system.zero_at_mono_s - before_mono_s < ZERO_S
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
        assert system.zero_at_mono_s - before_mono_s < ZERO_S
    system.assert_ends_in_zero()
    assert 'Traceback' not in system.log('orchestrator')


@GATES
def test_second_signal_ends_the_process_at_once_after_the_zero(system, gate, tmp_path):
    path = tmp_path / 'locked.db'
    orchestrator, _ = system.start_robot(gate, store_url=f'sqlite:///{path}')
    system.drive_until_moving()
    with closing(sqlite3.connect(path, isolation_level=None)) as holder:
        holder.execute('BEGIN IMMEDIATE')  # the orderly end has to wait for the store
        orchestrator.send_signal(signal.SIGTERM)
        before_mono_s = time.monotonic()
        system.spin_until(lambda: time.monotonic() - before_mono_s > REPEAT_S + 0.1)
        assert orchestrator.poll() is None
        assert system.zero_at_mono_s > before_mono_s
        second_mono_s = time.monotonic()
        assert system.end(orchestrator, signal.SIGTERM) == 1
        assert time.monotonic() - second_mono_s < 0.2
    system.assert_ends_in_zero()


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


@ODOMETRY
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_signalled_gate_ends_in_zero_with_exit_code_0(system, odometry, number):
    _, gate = system.start_robot('external', odometry)
    _, future = system.drive_until_moving()
    before_mono_s = time.monotonic()
    assert system.end(gate, number) == 0
    assert system.zero_at_mono_s - before_mono_s < ZERO_S
    assert system.result(future).error_code == 502
    system.assert_ends_in_zero()
    assert 'Traceback' not in system.log('cmd_vel_gate')


def test_killed_gate_is_seen_within_half_a_second(system):
    _, gate = system.start_robot('external')
    _, future = system.drive_until_moving()
    before_mono_s = time.monotonic()
    gate.kill()
    system.spin_until(lambda: system.statuses[-1].state == 'NO_GATE')
    assert time.monotonic() - before_mono_s < 0.5
    assert system.result(future).error_code == 502
    system.spin_until(lambda: abs(system.speed_mps) < 0.01)  # by the base's own watchdog
    started = len(system.e_stop_states)
    system.start('cmd_vel_gate')
    system.spin_until(lambda: len(system.e_stop_states) > started)
    system.spin_until(lambda: system.statuses[-1].state == 'READY')
    system.cmd_vel.clear()
    system.spin_for(1.0)
    assert all(twist == Twist() for twist in system.cmd_vel), 'a new gate resumes nothing'
    assert abs(system.speed_mps) < 0.01


@ODOMETRY
def test_killed_orchestrator_is_stopped_by_the_external_gate(system, odometry):
    orchestrator, _ = system.start_robot('external', odometry)
    ticket_id, _ = system.drive_until_moving()
    before_mono_s = time.monotonic()
    system.end(orchestrator, signal.SIGKILL)
    system.spin_until(lambda: system.zero_at_mono_s > before_mono_s)
    assert system.zero_at_mono_s - before_mono_s < SILENCE_S
    system.assert_ends_in_zero()
    system.restart_orchestrator(gate='external')
    ticket = system.get(ticket_id)
    assert (ticket.status, ticket.error_code) == ('FAILED', 205)
