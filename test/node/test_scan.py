"""Tickets that look around: with a lidar, without one, and turning."""

import json
import math
import time
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from sensor_msgs.msg import LaserScan

from orchestrator_ren.ros import qos

BEAMS = 90


class Lidar:
    """Sees a half circle ahead: one wall post, fixed in the world, among far returns."""

    def __init__(self, rig, post_bearing_rad=0.0):
        self._rig = rig
        self._post_bearing_rad = post_bearing_rad
        self._publisher = rig.client.create_publisher(LaserScan, 'scan', qos.SENSOR)
        self._timer = rig.client.create_timer(0.05, self._publish)

    def _publish(self):
        step_rad = math.pi / BEAMS
        message = LaserScan(angle_min=-math.pi / 2, angle_max=math.pi / 2)
        message.angle_increment, message.range_min, message.range_max = step_rad, 0.1, 10.0
        heading_rad = self._rig.base.yaw_rad if self._rig.base else 0.0
        for beam in range(BEAMS):
            bearing_rad = -math.pi / 2 + beam * step_rad + heading_rad - self._post_bearing_rad
            is_post = abs(math.remainder(bearing_rad, math.tau)) <= step_rad
            message.ranges.append(0.6 if is_post else 5.0)
        self._publisher.publish(message)

    def stop(self):
        self._timer.cancel()


def scan(rig, params='{}', **fields):
    ticket = rig.execute(rig.created_id(params, command='scan', **fields)).result().ticket
    return ticket, json.loads(ticket.result or '{}')


def test_scan_tells_what_the_lidar_sees(running):
    Lidar(running, math.radians(30))
    ticket, result = scan(running)
    assert ticket.status == 'COMPLETED', ticket.error
    assert result['nearest'] == pytest.approx(0.6)
    assert result['nearest_bearing'] == pytest.approx(30.0, abs=2.5)
    assert result['coverage'] == pytest.approx(0.5, abs=0.02)
    assert running.cmd_vel == [], 'nothing moves'


def test_scan_without_a_lidar_fails_with_407_in_time(running):
    began_mono_s = time.monotonic()
    ticket, _ = scan(running, '{timeout_seconds: 0.5}')
    assert (ticket.status, ticket.error_code) == ('FAILED', 407)
    assert time.monotonic() - began_mono_s < 1.5


def test_scan_that_does_not_turn_goes_on_under_the_e_stop_and_beside_a_drive(running):
    Lidar(running)
    execution, _ = running.drive_until_moving()
    assert scan(running)[0].status == 'COMPLETED'
    running.press()
    assert execution.result().error_code == 501
    assert scan(running)[0].status == 'COMPLETED'
    refused = running.execute(running.created_id('{rotate: true}', command='scan')).result()
    assert refused.error_code == 501


def test_scan_that_turns_sees_what_is_behind_and_ends_where_it_began(running):
    Lidar(running, math.pi)
    ticket, result = scan(running, '{rotate: true}')
    assert ticket.status == 'COMPLETED', ticket.error
    assert result['coverage'] == 1.0
    assert result['nearest'] == pytest.approx(0.6)
    assert abs(result['nearest_bearing']) == pytest.approx(180.0, abs=10.0)
    assert running.base.yaw_rad == pytest.approx(math.tau, abs=0.05)
    assert result['standstill'] == 'measured'
    running.assert_ends_in_zero()


def test_cancelled_turn_ends_in_zero(running):
    Lidar(running)
    ticket_id = running.created_id('{rotate: true}', command='scan')
    execution = running.execute(ticket_id)
    running.spin_until(lambda: running.cmd_vel and running.cmd_vel[-1][1].angular.z > 0.1)
    running.cancel(ticket_id)
    assert execution.result().ticket.status == 'CANCELLED'
    running.assert_ends_in_zero()


def test_turn_that_is_held_up_fails_with_409_and_stands(running):
    """The wheels pushed for 18 s more, before that was 403."""
    Lidar(running)
    execution = running.execute(running.created_id('{rotate: true}', command='scan'))
    running.spin_until(lambda: running.base.yaw_rad > 1.0)
    running.base.is_held_up = True
    held_at_mono_s = time.monotonic()
    assert execution.result(5.0).error_code == 409
    assert time.monotonic() - held_at_mono_s < 2.0
    running.assert_ends_in_zero()


def test_lidar_that_dies_while_it_turns_fails_with_407_and_stands(running):
    lidar = Lidar(running)
    execution = running.execute(
        running.created_id('{rotate: true, timeout_seconds: 0.7}', command='scan')
    )
    running.spin_until(lambda: running.cmd_vel and running.cmd_vel[-1][1].angular.z > 0.1)
    lidar.stop()
    assert execution.result().error_code == 407
    running.assert_ends_in_zero()


def test_picture_of_a_scan_is_written(running, monkeypatch, tmp_path):
    pytest.importorskip('matplotlib')
    monkeypatch.setenv('ROS_HOME', str(tmp_path))
    running.stop_orchestrator()
    running.start_orchestrator()
    Lidar(running)
    ticket, result = scan(running, '{image: true}')
    assert ticket.status == 'COMPLETED', ticket.error
    picture = Path(result['image'])
    assert tmp_path in picture.parents
    assert picture.read_bytes().startswith(b'\x89PNG')
