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
from orchestrator_ren.gate.velocity_publisher import STOP_ZEROS
from orchestrator_ren.ros.end_request import REPEAT_S
from orchestrator_ren.srv import CreateTicket, GetStatus

from .conftest import System

GATES = pytest.mark.parametrize('gate', ['in_process', 'external'])
ODOMETRY = pytest.mark.parametrize('odometry', ['odometry', 'no odometry'])
ROBOTS = [
    (gate, odometry)
    for odometry in ('odometry', 'no odometry')
    for gate in ('in_process', 'external')
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
    made.orchestrator, _ = made.start_robot(
        gate, odometry, orchestrator='orchestrator_with_extra_commands'
    )
    made.has_odometry = odometry == 'odometry'
    yield made
    made.close()


def robots(*of_them):
    return pytest.mark.parametrize('robot', of_them, indirect=True, ids=' and '.join)


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


def exit_in_the_command(robot):
    return robot.result(robot.execute(robot.create(command='quit')))


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
        (exit_in_the_command, 'FAILED', {900}),
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


@robots(*ROBOTS[:2])
def test_done_covers_the_distance(standing):
    ticket_id = standing.create('{speed: 1.5, direction: 45, duration_seconds: 2}')
    result = standing.result(standing.execute(ticket_id))
    assert result.success, result.message
    travelled = json.loads(result.ticket.result)
    assert travelled['distance_traveled'] == pytest.approx(3.0, rel=0.01)
    assert travelled['distance_source'] == 'odometry'
    standing.assert_ends_in_zero()


@robots(*ROBOTS[:2])
def test_lost_odometry_ends_in_zero(standing):
    _, future = standing.drive_until_moving()
    standing.robot.send_signal(signal.SIGSTOP)  # odometry falls silent
    result = standing.result(future)
    standing.robot.send_signal(signal.SIGCONT)
    assert (result.ticket.status, result.error_code) == ('FAILED', 404)
    standing.assert_ends_in_zero()
    standing.spin_until(lambda: standing.statuses[-1].hears_odometry)


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


@pytest.mark.alone
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


@pytest.mark.parametrize('program', ['sim_robot', 'cmd_vel_gate', 'orchestrator'])
def test_ctrl_c_until_the_last_moment_is_no_death_by_it(system, program):
    """`launch` told of a robot that has died, where the second SIGINT met the end of Python."""
    process = system.start(program)
    system.spin_until(lambda: 'rclpy 7' in system.log(program) or 'rclpy 9' in system.log(program))
    system.spin_for(1.0)
    until_mono_s = time.monotonic() + REPEAT_S
    while process.poll() is None and time.monotonic() < until_mono_s:
        process.send_signal(signal.SIGINT)
        time.sleep(0.002)
    system.spin_until(lambda: process.poll() is not None, 10.0)
    assert process.returncode == 0


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


@pytest.mark.alone
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


@pytest.mark.alone
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


# Ends that were none: the process died with the robot moving.

OTHERS = [
    *(signal.SIGHUP, signal.SIGQUIT, signal.SIGTSTP, signal.SIGUSR1, signal.SIGALRM),
    *(signal.SIGXCPU, signal.SIGABRT, signal.SIGRTMIN + 2),
]


@pytest.mark.parametrize('number', OTHERS)
def test_any_signal_that_can_be_caught_ends_a_motion_in_zero(system, number):
    orchestrator, _ = system.start_robot()
    system.drive_until_moving()
    before_mono_s = time.monotonic()
    assert system.end(orchestrator, number) == 0
    assert 0.0 < system.zero_at_mono_s - before_mono_s < ZERO_S
    system.assert_ends_in_zero()
    assert 'service_stopped' in system.log('orchestrator')
    assert 'Traceback' not in system.log('orchestrator')


@pytest.mark.parametrize('number', [signal.SIGHUP, signal.SIGTSTP, signal.SIGUSR2])
def test_any_signal_that_can_be_caught_ends_the_gate_in_zero(system, number):
    _, gate = system.start_robot('external')
    _, future = system.drive_until_moving()
    before_mono_s = time.monotonic()
    assert system.end(gate, number) == 0
    assert 0.0 < system.zero_at_mono_s - before_mono_s < ZERO_S
    assert system.result(future).error_code == 502
    system.assert_ends_in_zero()


@robots(ROBOTS[0])
@pytest.mark.parametrize('number', [signal.SIGTTIN, signal.SIGTTOU, signal.SIGWINCH])
def test_signal_that_a_terminal_sends_to_the_background_disturbs_nothing(robot, number):
    ticket_id, future = robot.drive_until_moving()
    robot.orchestrator.send_signal(number)
    robot.spin_for(0.5)
    assert robot.orchestrator.poll() is None
    assert robot.speed_mps > 0.5
    assert robot.cancel(ticket_id).success
    assert robot.result(future).ticket.status == 'CANCELLED'


def test_lost_session_is_survived_where_nohup_says_so(system):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        process = system.start('cmd_vel_gate')
    finally:
        signal.signal(signal.SIGHUP, before)
    system.spin_until(lambda: system.e_stop_states)
    process.send_signal(signal.SIGHUP)
    seen = len(system.e_stop_states)
    system.spin_until(lambda: len(system.e_stop_states) > seen + 10)
    assert system.end(process, signal.SIGTERM) == 0


@pytest.mark.parametrize(('error', 'code'), [('SystemExit', 4), ('KeyboardInterrupt', 1)])
def test_what_exits_in_a_callback_ends_the_process_in_order(system, error, code):
    orchestrator, _ = system.start_robot(orchestrator='orchestrator_with_extra_commands')
    ticket_id = system.create(f'{{error: {error}}}', command='spoil')
    system.execute(ticket_id)
    system.spin_until(lambda: orchestrator.poll() is not None)
    assert orchestrator.returncode == code
    assert any(each != Twist() for each in system.cmd_vel), 'it was to raise during a motion'
    assert system.cmd_vel[-1] == Twist()
    system.assert_ends_in_zero()
    log = system.log('orchestrator_with_extra_commands')
    assert error in log
    assert 'service_stopped' in log
    system.restart_orchestrator()
    ticket = system.get(ticket_id)
    assert (ticket.status, ticket.error_code) == ('FAILED', 205)


def test_memory_that_runs_out_in_a_callback_stops_the_robot_and_not_the_process(system):
    orchestrator, _ = system.start_robot(orchestrator='orchestrator_with_extra_commands')
    future = system.execute(system.create('{error: MemoryError}', command='spoil'))
    assert system.result(future).error_code == 900
    assert any(each != Twist() for each in system.cmd_vel), 'it was to raise during a motion'
    system.assert_ends_in_zero()
    assert orchestrator.poll() is None


def test_process_that_is_blocked_and_told_to_end_sends_the_zero_all_the_same(system):
    orchestrator, _ = system.start_robot(orchestrator='orchestrator_with_extra_commands')
    system.execute(system.create(command='hang_long'))
    system.spin_until(lambda: system.speed_mps > 0.3)
    system.spin_until(lambda: abs(system.speed_mps) < 0.01)  # by the base's own watchdog
    assert system.cmd_vel[-1] != Twist()
    assert system.end(orchestrator, signal.SIGTERM) == 1
    system.assert_ends_in_zero()


def test_process_that_was_blocked_when_it_was_told_to_end_ends_in_order(system):
    orchestrator, _ = system.start_robot(orchestrator='orchestrator_with_extra_commands')
    system.execute(system.create(command='hang'))
    system.spin_until(lambda: system.speed_mps > 0.3)
    seen = 0
    while seen != len(system.cmd_vel):
        seen = len(system.cmd_vel)
        system.spin_for(0.15)
    assert system.end(orchestrator, signal.SIGTERM) == 0
    system.assert_ends_in_zero()
    assert 'service_stopped' in system.log('orchestrator_with_extra_commands')


@pytest.mark.parametrize('method', ['parse', 'needs', 'predict'])
@pytest.mark.parametrize('when', ['creation', 'execution'])
def test_exit_in_what_a_command_is_asked_before_it_runs_is_answered(robot, method, when):
    """The store's thread swallowed it, and the client waited for ever."""
    params = f'{{method: {method}, when: {when}}}'
    created = robot.call(CreateTicket, 'create_ticket', command='quit_where', params=params)
    if created.success:
        result = robot.result(robot.execute(created.ticket.id))
        assert result.success == (when == 'creation')
        assert when == 'creation' or (result.error_code, '5' in result.message) == (900, True)
    else:
        assert (created.error_code, 'SystemExit: 5' in created.message) == (900, True)
    assert robot.call(GetStatus, 'get_status').success


@pytest.mark.parametrize(
    ('command', 'line'), [('quit', 'sys.exit(3)'), ('sneak', 'context.drive(SLOWLY)')]
)
def test_log_shows_where_a_command_went_wrong(robot, command, line):
    """It had no traceback of `sys.exit`, and none of a velocity that was not declared."""
    result = robot.result(robot.execute(robot.create('{}', command=command)))
    assert result.error_code == 900
    robot.spin_until(lambda: line in robot.log('orchestrator_with_extra_commands'))


def test_command_that_never_answers_keeps_no_process_from_its_end(system):
    process, _ = system.start_robot(orchestrator='orchestrator_with_extra_commands')
    refused = system.call(CreateTicket, 'create_ticket', command='ponder')
    assert (refused.success, refused.error_code) == (False, 212)
    assert system.end(process, signal.SIGTERM) == 0


def start_beside(system, kind):
    """Start a gate beside a node that is bad at something."""
    system.environment['BAD_AT'] = kind
    return system.start('bad_neighbour')


@pytest.mark.parametrize('kind', ['begin_stop', 'finish_stop', 'late finish_stop'])
def test_node_that_cannot_stop_keeps_no_other_from_its_zeros(system, kind):
    """The exit code was 0."""
    process = start_beside(system, kind)
    system.spin_until(lambda: system.e_stop_states and system.client.count_publishers('cmd_vel'))
    system.spin_for(0.5)
    assert system.end(process, signal.SIGTERM) == 1
    system.spin_until(lambda: len(system.cmd_vel) >= STOP_ZEROS)
    assert set(map(str, system.cmd_vel)) == {str(Twist())}
    raised = 'RecursionError' if 'late' in kind else 'SystemExit'
    assert raised in system.log('bad_neighbour')


def test_what_a_coroutine_raises_after_an_await_stops_the_robot_and_is_told(system):
    """With rclpy 7.1.9 to 7.1.11 it vanished (rclpy#1642)."""
    process = start_beside(system, 'coroutine')
    system.spin_until(lambda: system.cmd_vel)
    system.spin_until(lambda: 'RecursionError: coroutine' in system.log('bad_neighbour'))
    assert 'a callback raised' in system.log('bad_neighbour')
    assert system.end(process, signal.SIGTERM) == 0


def test_callback_that_raises_all_the_time_leaves_room_for_the_gate(system):
    process = start_beside(system, 'callback')
    system.spin_until(lambda: system.e_stop_states)
    system.spin_until(lambda: system.e_stop.get_subscription_count() >= 2)
    system.e_stop.publish(Bool(data=True))
    system.spin_until(lambda: system.e_stop_states[-1].state == 'STOPPED')
    assert system.end(process, signal.SIGTERM) == 0


def test_process_whose_middleware_hangs_at_the_end_ends_all_the_same_with_its_code(system):
    """Fast DDS does, now and then, where many end at once: 1 after 4 s, and Python's stacks."""
    process = start_beside(system, 'destroy_node')
    system.spin_until(lambda: system.e_stop_states and system.client.count_publishers('cmd_vel'))
    assert system.end(process, signal.SIGINT) == 0
    assert 'most recent call' not in system.log('bad_neighbour')


def test_signal_ends_a_process_that_hangs_while_it_starts(system):
    process = start_beside(system, 'start')
    system.spin_for(2.0)
    assert process.poll() is None
    assert system.end(process, signal.SIGINT) == 1


def test_rclpy_that_somebody_has_shut_down_ends_the_process(system):
    """It did nothing any more, at full speed."""
    process = start_beside(system, 'shutdown')
    system.spin_until(lambda: process.poll() is not None, 10.0)
    assert process.returncode == 1
    assert 'nothing can be sent any more' in system.log('bad_neighbour')
