"""More than one where there may be one only, and what keeps a drive from starting."""

import pytest

pytest.importorskip('rclpy')

from geometry_msgs.msg import Twist
from rosgraph_msgs.msg import Clock
from std_msgs.msg import Bool

from orchestrator_ren.msg import DriveCommand
from orchestrator_ren.ros import qos

from ..programs import Programs
from .conftest import diagnostics_of, is_zero, level, stamp_of

SHORT = '{speed: 0.5, duration_seconds: 0.6}'
LONG = '{speed: 0.5, duration_seconds: 30}'


class Colleague(Programs):
    """Programs of the same robot, in processes of their own: made in this one, they hold it up."""

    def __init__(self, rig, domain_id, home):
        super().__init__(domain_id, rig.options['namespace'], home)
        self._rig = rig

    def end(self):
        """End all in order."""
        for each in self._processes:
            each.terminate()
        self._rig.spin_until(lambda: all(each.poll() is not None for each in self._processes))


@pytest.fixture
def colleague(running, domain_id, tmp_path):
    made = Colleague(running, domain_id, tmp_path)
    yield made
    made.close()


def state_of(node):
    """Return what an orchestrator says of itself."""
    return node._health.status()


def await_state(rig, state):
    """Return what the rig's own orchestrator says once it is in that state."""
    rig.spin_until(lambda: state_of(rig.orchestrator).state == state)
    return state_of(rig.orchestrator)


def test_second_gate_is_told_with_its_name_and_nothing_moves_meanwhile(running, colleague):
    """Drives failed with 900, 503, or were cancelled by a stop that nobody called; READY."""
    execution, _ = running.drive_until_moving(LONG)
    colleague.start('cmd_vel_gate')
    assert execution.result().error_code in (502, 507)
    detail = await_state(running, 'NOT_ALONE').detail
    assert '2 cmd_vel gates' in detail
    assert 'cmd_vel_gate' in detail
    refused = running.execute(running.created_id(SHORT)).result()
    assert (refused.error_code, refused.ticket.status) == (507, 'PENDING')
    running.assert_ends_in_zero()
    colleague.end()
    await_state(running, 'READY')
    result = running.execute(running.created_id(SHORT)).result()
    assert result.success, result.message


def test_gate_that_finds_another_one_there_ends_and_the_first_stays(running, colleague):
    running.spin_until(lambda: running.e_stop_states[-1].uptime_seconds > 0.5)
    second = colleague.start('cmd_vel_gate')
    running.spin_until(lambda: second.poll() is not None)
    assert second.returncode == 1
    assert '507' in colleague.log('cmd_vel_gate')
    running.spin_for(1.5)
    assert running.gate.fatal is None


def test_recording_of_a_gate_ends_no_gate(running):
    """A bag of all topics, played back, ended the live gate."""
    recorded = running.e_stop_states[-1]
    publisher = running.client.create_publisher(type(recorded), 'e_stop_state', qos.LATCHED)
    running.spin_until(lambda: running.gate._other_gates._subscription is not None)
    for step in range(10):
        recorded.gate_id, recorded.uptime_seconds = 7, 9999.0 + 0.1 * step
        publisher.publish(recorded)
        running.spin_for(0.1)
    assert running.gate.fatal is None
    assert running.execute(running.created_id(SHORT)).result().error_code == 507
    running.client.destroy_publisher(publisher)
    await_state(running, 'READY')


def test_second_orchestrator_is_told_to_both_and_nothing_moves_meanwhile(running, colleague):
    """A colleague's container: both READY, requests split between them, "not known"."""
    execution, _ = running.drive_until_moving(LONG)
    colleague.start('orchestrator', gate='external')
    assert execution.result().error_code in (507, 508)
    assert '2 orchestrators' in await_state(running, 'NOT_ALONE').detail
    running.spin_until(lambda: '2 orchestrators' in colleague.log('orchestrator'))
    running.assert_ends_in_zero()
    colleague.end()
    await_state(running, 'READY')
    began_m = running.base.x_m
    result = running.execute(running.created_id(SHORT)).result()
    assert result.success, result.message
    assert running.base.x_m - began_m == pytest.approx(0.3, abs=0.05)


def test_orchestrator_that_takes_the_place_of_one_that_died_is_alone(running):
    dispatcher = running.orchestrator._dispatch.dispatcher
    running.spin_until(lambda: dispatcher.is_loaded)
    running.remove(running.orchestrator)  # as a kill: it says no word more
    running.start_orchestrator(store_url=f'{running.store_url}.next')
    running.spin_until(lambda: running.statuses[-1].state == 'READY', 1.5)


def test_second_publisher_of_commands_is_an_error_in_the_diagnostics_with_its_name(running):
    found = diagnostics_of(running)
    running.spin_until(lambda: level(found, 'drive_command') == 0)
    running.client.create_publisher(DriveCommand, 'drive_command', qos.VELOCITY)
    running.spin_until(lambda: level(found, 'drive_command') == 2)
    assert '/client' in found['drive_command'].message
    assert running.status().success, 'it only stands there'


def test_second_publisher_latches_where_cmd_vel_is_remapped_too(rig):
    """Two publishers, and "the only one": `count_publishers` does not remap."""
    rig.add_base()
    remap = ['--ros-args', '-r', 'cmd_vel:=base/cmd_vel']
    rig.start_gate(cli_args=remap, stop_on_second_publisher=True)
    rig.spin_until(lambda: rig.e_stop_states)
    rig.client.create_publisher(Twist, 'cmd_vel', 1)
    rig.spin_for(1.2)
    assert rig.e_stop_states[-1].state == 'FREE', 'that is another topic'
    found = diagnostics_of(rig)
    second = rig.client.create_publisher(Twist, 'base/cmd_vel', 1)
    rig.spin_until(lambda: rig.e_stop_states[-1].cause_publisher)
    assert '/client' in rig.e_stop_states[-1].source
    rig.spin_until(lambda: level(found, 'cmd_vel') == 2)
    assert '/client' in found['cmd_vel'].message
    rig.client.destroy_publisher(second)
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'READY_TO_RESET')


# READY means that a drive would start.


def test_without_a_clock_it_is_not_ready(rig):
    rig.start(
        gate_parameters={'use_sim_time': True}, orchestrator={'use_sim_time': True}, base=False
    )
    await_state(rig, 'NO_CLOCK')
    status = rig.status()
    assert (status.success, status.error_code) == (False, 406)
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 406


def test_without_the_odometry_that_is_required_it_is_not_ready(rig):
    rig.start(orchestrator={'require_odometry': True}, base=False)
    await_state(rig, 'NO_ODOMETRY')
    assert rig.status().error_code == 405
    rig.add_base()
    await_state(rig, 'READY')


def test_with_odometry_that_has_fallen_silent_it_is_not_ready(running):
    running.base.has_odometry = False
    await_state(running, 'NO_ODOMETRY')
    running.base.has_odometry = True
    await_state(running, 'READY')


def test_without_the_scan_that_is_needed_it_is_not_ready(rig):
    rig.start(gate_parameters={'stop_distance_m': 0.5})
    assert 'no scan has come yet' in await_state(rig, 'NO_SCAN').detail
    assert rig.status().error_code == 407


def test_while_the_clock_stands_it_is_not_ready(rig):
    clock = rig.client.create_publisher(Clock, '/clock', 10)
    rig.start(
        gate_parameters={'use_sim_time': True}, orchestrator={'use_sim_time': True}, base=False
    )
    now = iter(range(100, 10_000))
    timer = rig.client.create_timer(0.02, lambda: clock.publish(Clock(clock=stamp_of(next(now)))))
    await_state(rig, 'READY')
    timer.cancel()
    assert 'stands' in await_state(rig, 'NO_CLOCK').detail


def test_without_anybody_who_listens_to_cmd_vel_it_is_not_ready_and_moves_nothing(rig):
    """`cmd_vel` remapped on one side, without odometry: COMPLETED, "distance_traveled 1.0"."""
    rig.start_gate(cli_args=['--ros-args', '-r', 'cmd_vel:=elsewhere'])
    rig.start_orchestrator()
    assert 'nobody listens' in await_state(rig, 'NO_BASE').detail
    refused = rig.execute(rig.created_id(SHORT)).result()
    assert (refused.error_code, refused.ticket.status) == (508, 'PENDING')


def test_latched_e_stop_is_told_before_all_else(running, colleague):
    running.press()
    running.spin_until(lambda: running.status().error_code == 501)
    colleague.start('orchestrator', gate='external')
    running.spin_until(lambda: running.client.count_publishers('status') == 2)
    running.spin_for(1.5)
    assert state_of(running.orchestrator).state == 'STOPPED'
    running.e_stop.publish(Bool(data=False))
    assert all(is_zero(twist) for _, twist in running.cmd_vel)
