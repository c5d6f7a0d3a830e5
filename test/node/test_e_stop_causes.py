"""Whatever latches the e-stop stays until a reset, over restarts too."""

import math
import time
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from geometry_msgs.msg import Twist
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Empty

from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.nodes import qos

from .conftest import diagnostics_of, level

SHORT = '{speed: 0.5, duration_seconds: 1}'


def state(rig):
    return rig.e_stop_states[-1].state


def causes(rig):
    """Return the flags that are set."""
    return {each.value for each in Cause if getattr(rig.e_stop_states[-1], f'cause_{each.value}')}


def press_and_release(rig):
    rig.press()
    rig.spin_until(lambda: state(rig) == 'STOPPED')
    rig.press(False)
    rig.spin_until(lambda: state(rig) == 'READY_TO_RESET')


# The latch survives.


def test_latch_survives_a_restart_of_the_gate_until_it_is_reset(running):
    press_and_release(running)
    running.restart_gate()
    assert state(running) == 'READY_TO_RESET'
    assert causes(running) == {'topic', 'restart'}
    assert running.execute(running.created_id(SHORT)).result().error_code == 501
    running.restart_gate()
    assert state(running) == 'READY_TO_RESET'
    assert running.reset_e_stop().success
    running.restart_gate()
    assert state(running) == 'FREE'


def test_latch_survives_a_restart_of_the_orchestrator(running):
    press_and_release(running)
    running.stop_orchestrator()
    term = running.statuses[-1].term
    running.start_orchestrator()
    running.spin_until(lambda: running.statuses[-1].term > term)  # not what the first one said
    running.spin_until(lambda: running.statuses[-1].state == 'STOPPED')
    assert running.execute(running.created_id(SHORT)).result().error_code == 501


@pytest.mark.parametrize(
    'content', [b'', b'{}', b'garbage', b'{"causes": ["moon"], "source": ""}', b'\xff\xfe', None]
)
def test_latch_file_that_cannot_be_read_starts_latched(rig, content):
    path = Path(rig.latch_file)
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    rig.start()
    assert causes(rig) == {'restart'}
    assert str(path) in rig.e_stop_states[-1].source
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501


def test_gate_that_was_never_latched_leaves_no_file_and_starts_free(running):
    running.execute(running.created_id(SHORT)).result()
    running.restart_gate()
    assert state(running) == 'FREE'
    assert not Path(running.latch_file).exists()


def test_latch_that_cannot_be_written_still_stops_and_is_told(rig):
    rig.start(gate_parameters={'latch_file': '/proc/no/e_stop.json'})
    found = diagnostics_of(rig)
    press_and_release(rig)
    rig.spin_until(lambda: level(found, 'latch file') == 1)
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501


# The heartbeat.


def test_silent_heartbeat_stops_the_motion_and_latches(rig):
    rig.start(gate_parameters={'heartbeat_timeout_s': 0.5})
    publisher = rig.client.create_publisher(Empty, 'heartbeat', 10)
    timer = rig.client.create_timer(0.1, lambda: publisher.publish(Empty()))
    rig.spin_until(lambda: publisher.get_subscription_count() > 0)
    rig.spin_for(0.2)
    rig.reset_e_stop()  # it may have waited for the first one
    rig.spin_until(lambda: rig.status().success)
    execution, _ = rig.drive_until_moving()
    timer.cancel()
    silent_at_mono_s = time.monotonic()
    assert execution.result().error_code == 501
    assert time.monotonic() - silent_at_mono_s < 1.5
    assert causes(rig) == {'heartbeat'}
    rig.assert_ends_in_zero()
    assert 'heartbeat' in rig.reset_e_stop().message
    timer.reset()
    rig.spin_until(lambda: state(rig) == 'READY_TO_RESET')
    assert rig.reset_e_stop().success


def test_heartbeat_that_is_needed_and_never_came_latches(rig):
    rig.start(gate_parameters={'heartbeat_timeout_s': 0.3})
    rig.spin_until(lambda: causes(rig) == {'heartbeat'})


# Obstacles.


class Lidar:
    """Publishes scans that show one obstacle straight ahead."""

    def __init__(self, rig):
        self.range_m = math.inf
        self._publisher = rig.client.create_publisher(LaserScan, 'scan', qos.SENSOR)
        self._timer = rig.client.create_timer(0.05, self._publish)
        rig.spin_until(lambda: self._publisher.get_subscription_count() > 0)
        rig.spin_for(0.2)

    def _publish(self):
        ranges = [math.inf] * 360
        ranges[180] = self.range_m
        message = LaserScan(ranges=ranges, range_min=0.1, range_max=10.0)
        message.angle_min, message.angle_increment = -math.pi, math.radians(1)
        self._publisher.publish(message)


def test_obstacle_on_the_way_stops_the_motion_and_latches(rig):
    rig.start(gate_parameters={'stop_distance_m': 1.0})
    lidar = Lidar(rig)
    assert rig.execute(rig.created_id(SHORT)).result().success
    execution, _ = rig.drive_until_moving()
    lidar.range_m = 0.8
    assert execution.result().error_code == 501
    assert causes(rig) == {'obstacle'}
    assert '0.80 m' in rig.e_stop_states[-1].source
    rig.assert_ends_in_zero()
    assert rig.reset_e_stop().success
    rig.spin_until(lambda: rig.status().success)
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501, 'it is still there'


def test_without_a_scan_nothing_moves_where_one_is_asked_for(rig):
    rig.start(gate_parameters={'stop_distance_m': 1.0})
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501
    assert causes(rig) == {'obstacle'}
    assert all(twist == Twist() for _, twist in rig.cmd_vel)


# Standstill.


def test_robot_that_moves_on_after_the_zero_latches_the_e_stop(running):
    execution, ticket_id = running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    running.cancel(ticket_id)
    result = execution.result()
    assert result.ticket.status == 'FAILED'
    assert result.error_code in (402, 501)
    running.spin_until(lambda: causes(running) == {'not_standing'})
    assert 'standing' in running.reset_e_stop().message
    running.base.is_stuck_moving = False
    running.spin_until(lambda: state(running) == 'READY_TO_RESET')
    assert running.reset_e_stop().success


def test_reset_is_refused_while_the_robot_rolls(running):
    running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    press_and_release(running)
    running.spin_for(0.3)
    refused = running.reset_e_stop()
    assert not refused.success
    assert 'odometry shows the robot moving' in refused.message
    running.base.is_stuck_moving = False
    running.spin_until(lambda: running.reset_e_stop().success)


# A second publisher, and the diagnostics.


def test_second_publisher_on_cmd_vel_is_an_error_in_the_diagnostics(running):
    found = diagnostics_of(running)
    running.spin_until(lambda: level(found, 'cmd_vel') == 0)
    second = running.client.create_publisher(Twist, 'cmd_vel', 1)
    running.spin_until(lambda: level(found, 'cmd_vel') == 2)
    assert state(running) == 'FREE'
    running.client.destroy_publisher(second)
    running.spin_until(lambda: level(found, 'cmd_vel') == 0)


def test_second_publisher_on_cmd_vel_latches_where_that_is_asked_for(rig):
    rig.start(gate_parameters={'stop_on_second_publisher': True})
    second = rig.client.create_publisher(Twist, 'cmd_vel', 1)
    rig.spin_until(lambda: causes(rig) == {'publisher'})
    assert 'publisher' in rig.reset_e_stop().message
    rig.client.destroy_publisher(second)
    rig.spin_until(lambda: state(rig) == 'READY_TO_RESET')
    assert rig.reset_e_stop().success


def test_latched_e_stop_is_an_error_in_the_diagnostics(running):
    found = diagnostics_of(running)
    running.spin_until(lambda: level(found, 'e-stop') == 0)
    press_and_release(running)
    running.spin_until(lambda: level(found, 'e-stop') == 2)
    assert 'READY_TO_RESET' in found['e-stop'].message
