"""Whatever latches the e-stop stays until a reset, over restarts too."""

import math
import os
import time
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from geometry_msgs.msg import Twist
from sensor_msgs.msg import LaserScan
from std_msgs.msg import Bool, Empty

from orchestrator_ren.gate.node import CmdVelGate
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate import Reset
from orchestrator_ren.ros import qos

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


def test_latch_file_that_cannot_be_written_is_told_before_anything_latches(rig):
    """The diagnostics said "written"."""
    rig.start_gate(latch_file='/proc/no/e_stop.json')
    found = diagnostics_of(rig)
    rig.spin_until(lambda: level(found, 'latch file') == 1)


def test_latch_file_that_can_be_written_is_told_and_not_made(rig):
    rig.start_gate()
    found = diagnostics_of(rig)
    rig.spin_until(
        lambda: 'latch file' in found and found['latch file'].message == 'can be written'
    )
    assert not Path(rig.latch_file).exists()


# What is on disk is the latch.


def test_button_that_is_still_pressed_is_so_after_a_restart_of_the_gate(running):
    """It came back READY_TO_RESET: a volatile publisher does not say `true` again."""
    running.press()
    running.spin_until(lambda: state(running) == 'STOPPED')
    for _ in range(2):
        running.restart_gate()
        assert state(running) == 'STOPPED'
        assert 'topic must say false' in running.reset_e_stop().message
    running.spin_until(lambda: running.e_stop.get_subscription_count() >= 2)
    running.press(False)
    running.spin_until(lambda: state(running) == 'READY_TO_RESET')
    running.restart_gate()
    assert state(running) == 'READY_TO_RESET'
    assert running.reset_e_stop().success


def test_heartbeat_that_is_silent_is_so_after_a_restart(rig):
    rig.start(gate_parameters={'heartbeat_timeout_s': 0.5})
    rig.spin_until(lambda: causes(rig) == {'heartbeat'})
    rig.restart_gate(heartbeat_timeout_s=60.0)
    assert state(rig) == 'STOPPED'
    assert 'heartbeat' in rig.reset_e_stop().message
    publisher = rig.client.create_publisher(Empty, 'heartbeat', 10)
    rig.spin_until(lambda: publisher.publish(Empty()) or state(rig) == 'READY_TO_RESET')


def test_heartbeat_that_is_needed_no_more_does_not_keep_the_robot_latched_for_ever(rig):
    rig.start(gate_parameters={'heartbeat_timeout_s': 0.3})
    rig.spin_until(lambda: causes(rig) == {'heartbeat'})
    rig.restart_gate()
    assert state(rig) == 'READY_TO_RESET'
    assert rig.reset_e_stop().success


def test_robot_that_does_not_stand_is_so_after_a_restart(running):
    _, ticket_id = running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    running.cancel(ticket_id)
    running.spin_until(lambda: causes(running) == {'not_standing'})
    running.restart_gate()
    assert state(running) == 'STOPPED'
    assert 'standing' in running.reset_e_stop().message
    running.base.is_stuck_moving = False
    running.spin_until(lambda: state(running) == 'READY_TO_RESET')


def test_other_publisher_is_there_after_a_restart_until_the_gate_finds_him_gone(rig):
    rig.start(gate_parameters={'stop_on_second_publisher': True})
    second = rig.client.create_publisher(Twist, 'cmd_vel', 1)
    rig.spin_until(lambda: causes(rig) == {'publisher'})
    rig.restart_gate(stop_on_second_publisher=True)
    assert state(rig) == 'STOPPED'
    rig.spin_for(1.5)
    assert state(rig) == 'STOPPED'
    assert 'publisher' in rig.reset_e_stop().message
    rig.gate.begin_stop()  # he goes while no gate looks
    rig.wait(rig.executor.create_task(rig.gate.finish_stop()))
    rig.remove(rig.gate)
    rig.client.destroy_publisher(second)
    seen = len(rig.e_stop_states)
    rig.start_gate(stop_on_second_publisher=True)
    rig.spin_until(lambda: len(rig.e_stop_states) > seen and state(rig) == 'READY_TO_RESET')


@pytest.mark.parametrize(
    ('content', 'expected'),
    [
        ('{"causes": ["topic"], "source": "x"}', 'STOPPED'),
        ('{"causes": ["obstacle", "restart"], "source": "x"}', 'READY_TO_RESET'),
        ('{"causes": ["topic"], "active": [], "source": "x"}', 'READY_TO_RESET'),
        ('{"causes": [], "active": ["topic"], "source": "x"}', 'STOPPED'),
        ('{"causes": ["start"], "active": ["start"], "source": "x"}', 'READY_TO_RESET'),
        ('{"causes": [], "source": ""}', 'FREE'),
    ],
)
def test_files_of_other_versions_are_read_for_the_worse(rig, content, expected):
    Path(rig.latch_file).write_text(content)
    rig.start_gate()
    rig.spin_until(lambda: rig.e_stop_states)
    assert state(rig) == expected


@pytest.fixture
def full_disk(monkeypatch):
    """Let nothing be synced; return the function that frees some space."""

    def fail(_file):
        raise OSError(28, 'No space left on device')

    with monkeypatch.context() as patched:
        patched.setattr(os, 'fsync', fail)
        yield patched.undo


def test_latch_that_could_not_be_written_is_written_once_the_disk_has_room(running, full_disk):
    """A gate that was restarted after that was free."""
    found = diagnostics_of(running)
    running.press()
    running.spin_until(lambda: level(found, 'latch file') == 1)
    full_disk()
    running.spin_until(lambda: level(found, 'latch file') == 0)
    running.remove(running.gate)  # killed: it writes nothing any more
    running.start_gate()
    seen = len(running.e_stop_states)
    running.spin_until(lambda: len(running.e_stop_states) > seen)
    assert state(running) == 'STOPPED'


def test_reset_that_could_not_be_written_is_written_once_the_disk_has_room(running, full_disk):
    full_disk()
    press_and_release(running)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(os, 'fsync', lambda _file: os.stat('/nowhere'))
        assert running.reset_e_stop().success
        running.spin_until(lambda: running.gate._kept.trouble)
    running.spin_until(lambda: not running.gate._kept.trouble)
    running.restart_gate()
    assert state(running) == 'FREE'


def test_latch_file_that_somebody_removes_is_written_again(running):
    press_and_release(running)
    path = Path(running.latch_file)
    running.spin_until(path.exists)
    path.unlink()
    running.spin_until(path.exists, 3.0)


def robot(rig, namespace):
    """Start the gate of that namespace; return the e-stop that it starts with, and the gate."""
    node = rig._add(CmdVelGate(context=rig.context, namespace=namespace))
    return node._e_stop, node


def test_nameless_robot_and_one_called_robot_have_latches_of_their_own(rig, monkeypatch, tmp_path):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    for first, second in (('/robot', '/'), ('/', '/robot')):
        _, node = robot(rig, first)
        node._on_e_stop(Bool(data=True))
        node._kept.close()
        rig.remove(node)
        free, other = robot(rig, second)
        assert not free.is_latched
        rig.remove(other)
        again, node = robot(rig, first)
        assert again.is_latched
        node._on_e_stop(Bool(data=False))
        node._judge.take(Reset())
        node._kept.close()
        rig.remove(node)


@pytest.mark.parametrize('namespace', ['/', '/robot'])
def test_latch_that_an_older_version_wrote_is_kept_by_both_that_may_have(
    rig, monkeypatch, tmp_path, namespace
):
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    former = tmp_path / 'orchestrator_ren' / 'robot.e_stop.json'
    former.parent.mkdir()
    former.write_text('{"causes": ["obstacle"], "source": "old"}')
    for other in ('/', '/robot'):
        e_stop, node = robot(rig, other)
        assert (e_stop.is_latched, e_stop.source) == (True, 'old')
        node._judge.take(Reset())
        node._kept.close()
        rig.remove(node)
    e_stop, node = robot(rig, namespace)
    assert not e_stop.is_latched, 'reset once, it is free'
    rig.remove(node)


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


def test_a_gate_that_hears_its_heartbeat_does_not_tick_and_latches_in_time_all_the_same(rig):
    """With `heartbeat_timeout_s`, an idle gate took two and a half times what it takes without."""
    rig.start_gate(heartbeat_timeout_s=0.5)
    rig.spin_until(lambda: rig.e_stop_states)
    rig.spin_until(lambda: causes(rig) == {'heartbeat'})
    publisher, sent_at_mono_s = rig.client.create_publisher(Empty, 'heartbeat', 10), [0.0]

    def send():
        sent_at_mono_s[0] = time.monotonic()
        publisher.publish(Empty())

    timer = rig.client.create_timer(0.1, send)
    rig.spin_until(lambda: state(rig) == 'READY_TO_RESET')
    assert rig.reset_e_stop().success
    rig.spin_until(lambda: rig.gate._tick_timer.is_canceled())
    ticks = []
    for _ in range(8):
        rig.spin_for(0.05)
        ticks.append(rig.gate._tick_timer.is_canceled())
    assert all(ticks)
    timer.cancel()
    rig.spin_until(lambda: state(rig) == 'STOPPED' or causes(rig) == {'heartbeat'})
    assert 0.5 < time.monotonic() - sent_at_mono_s[0] < 0.6


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
