"""Sensors that lie, or say nothing: what they do to tickets, to the e-stop, to the diagnostics."""

import json
import math
import time

import pytest

rclpy = pytest.importorskip('rclpy')

from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan

from orchestrator_ren.gate import parameters as gate_parameters
from orchestrator_ren.orchestrator import parameters as orchestrator_parameters
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.graph import publishers_of

from .conftest import diagnostics_of, is_zero, level, stamp_of

SHORT = '{speed: 0.5, duration_seconds: 1}'
LONG = '{speed: 0.5, duration_seconds: 30}'


class Liar:
    """Stands between a base and its publisher, and spoils what passes."""

    def __init__(self, base):
        self.lie = lambda message: message
        self._publisher, base._publisher = base._publisher, self

    def publish(self, message):
        spoilt = self.lie(message)
        if spoilt is not None:
            self._publisher.publish(spoilt)


def turned(message, turn_rad):
    q = message.pose.pose.orientation
    yaw_rad = 2.0 * math.atan2(q.z, q.w) + turn_rad
    q.z, q.w = math.sin(yaw_rad / 2), math.cos(yaw_rad / 2)
    return message


def shifted(message, x_m=0.0):
    message.pose.pose.position.x += x_m
    return message


def stretched(message, factor):
    q = message.pose.pose.orientation
    q.z, q.w = q.z * factor, q.w * factor
    return message


def without_twist(message):
    message.twist.twist = Odometry().twist.twist
    return message


def result_of(ticket):
    return json.loads(ticket.result or '{}')


def source(rig):
    return rig.e_stop_states[-1].source


# Odometry that jumps.


@pytest.mark.parametrize(
    'lie',
    [
        lambda message: turned(shifted(message, -40.0), math.pi / 2),
        lambda message: turned(message, math.pi / 2),
        lambda message: shifted(message, 2.0),
    ],
    ids=['-40 m and 90 degrees', '90 degrees', '2 m'],
)
def test_odometry_that_jumps_ends_the_motion_at_once_and_its_jump_is_no_way(running, lie):
    liar = Liar(running.base)
    execution, _ = running.drive_until_moving(LONG)
    running.spin_for(0.5)
    liar.lie, lied_at_mono_s = lie, time.monotonic()
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 410)
    assert 'odometry jumped by' in ticket.error
    zero_at_mono_s = next(
        at for at, twist in running.cmd_vel if at > lied_at_mono_s and is_zero(twist)
    )
    assert zero_at_mono_s - lied_at_mono_s < 0.25
    assert all(twist.angular.z == 0.0 for _, twist in running.cmd_vel), 'it never turned'
    assert result_of(ticket)['distance_traveled'] == pytest.approx(running.base.x_m, abs=0.1)
    running.assert_ends_in_zero()


def test_a_jump_between_two_motions_is_neither_the_end_nor_the_way_of_the_next(running):
    liar = Liar(running.base)
    liar.lie = lambda message: shifted(message, 7.0)
    sensors = running.orchestrator._execution.sensors
    running.spin_until(lambda: sensors.odometer.jump_count)
    ticket = running.execute(running.created_id(SHORT)).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert result_of(ticket)['distance_traveled'] == pytest.approx(0.5, abs=0.15)


def test_odometry_that_begins_again_elsewhere_adds_no_way_to_the_next_motion(running):
    liar, sensors = Liar(running.base), running.orchestrator._execution.sensors
    liar.lie = lambda message: None
    running.spin_until(lambda: not sensors.hears_odometry)
    liar.lie = lambda message: shifted(message, 1.5)

    def is_elsewhere():  # what was sent before the silence may come late on a busy machine
        return sensors.sample is not None and sensors.sample.x_m > 1.0

    running.spin_until(is_elsewhere)
    ticket = running.execute(running.created_id(SHORT)).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert result_of(ticket)['distance_traveled'] == pytest.approx(0.5, abs=0.15)


def test_two_sources_far_apart_end_the_motion_and_are_named(running):
    found = diagnostics_of(running)
    execution, _ = running.drive_until_moving(LONG)
    second = running.client.create_publisher(Odometry, 'odom', 10)
    other = Odometry()
    other.pose.pose.position.x, other.pose.pose.orientation.w = 600.0, 1.0
    running.client.create_timer(0.02, lambda: second.publish(other))
    ticket = execution.result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 410)
    assert result_of(ticket)['distance_traveled'] == pytest.approx(running.base.x_m, abs=0.1)
    running.spin_until(lambda: level(found, 'odometry') == 2)
    names = [f'/{running.options["namespace"]}/{name}' for name in ('base', 'client')]
    assert ', '.join(names) in found['odometry'].message
    assert 'jumped' in found['odometry'].message


# A twist, or a pose, that lies of standing.


def test_a_pose_that_moves_on_is_no_standstill_whatever_the_twist_says(running):
    liar = Liar(running.base)
    liar.lie = without_twist
    execution, ticket_id = running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    running.press()
    running.spin_until(lambda: running.e_stop_states[-1].state == 'STOPPED')
    running.press(False)
    running.spin_until(lambda: running.e_stop_states[-1].state == 'READY_TO_RESET')
    running.spin_for(0.3)
    refused = running.reset_e_stop()
    assert not refused.success
    assert 'm/s and 0.000 rad/s; standing is below 0.01 m/s and 0.01 rad/s' in refused.message
    assert execution.result().ticket.status == 'FAILED'
    assert result_of(running.get(ticket_id))['standstill'] == 'not reached'
    running.base.is_stuck_moving = False
    running.spin_until(lambda: running.reset_e_stop().success)


def biased(message):
    message.twist.twist.angular.z += 0.012
    return message


def test_a_gyro_with_a_bias_is_told_with_both_limits(running):
    Liar(running.base).lie = biased
    ticket = running.execute(running.created_id(SHORT)).result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 402)
    assert '0.012 rad/s; standing is below 0.01 m/s' in ticket.error
    assert '0.01 rad/s (standstill_yaw_rate_radps)' in ticket.error


def test_a_gyro_with_a_bias_is_no_motion_where_the_limit_is_above_it(rig):
    limits = {'standstill_yaw_rate_radps': 0.02}
    rig.start(gate_parameters=limits, orchestrator=limits)
    Liar(rig.base).lie = biased
    rig.spin_for(0.2)
    ticket = rig.execute(rig.created_id(SHORT)).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    rig.press()
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'STOPPED')
    rig.press(False)
    rig.spin_until(lambda: rig.reset_e_stop().success)


# Odometry that is none.


@pytest.mark.parametrize('factor', [1.2, 0.0, math.nan])
def test_an_orientation_that_is_no_rotation_counts_as_no_odometry(rig, factor):
    rig.add_base()
    Liar(rig.base).lie = lambda message: stretched(message, factor)
    rig.start_gate()
    rig.start_orchestrator()
    found = diagnostics_of(rig)
    rig.spin_until(lambda: level(found, 'odometry') == 2)
    assert 'orientation' in found['odometry'].message
    assert not rig.statuses[-1].hears_odometry
    params = '{speed: 0.5, direction: 90, duration_seconds: 0.5}'
    refused = rig.execute(rig.created_id(params)).result()
    assert refused.error_code == 405, 'to have some that lies is not to have none'
    assert 'counts as none: orientation' in refused.message
    assert all(is_zero(twist) for _, twist in rig.cmd_vel)


def test_an_orientation_of_nearly_length_one_is_a_rotation(running):
    Liar(running.base).lie = lambda message: stretched(message, 1.05)
    params = '{speed: 0.5, direction: 90, duration_seconds: 0.5}'
    ticket = running.execute(running.created_id(params)).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert running.base.yaw_rad == pytest.approx(math.pi / 2, abs=0.05)


def test_an_orientation_that_goes_bad_ends_the_motion_and_the_next_is_told_why(running):
    liar = Liar(running.base)
    execution, _ = running.drive_until_moving()
    liar.lie = lambda message: stretched(message, 1.2)
    assert execution.result().error_code == 404
    running.assert_ends_in_zero()
    refused = running.execute(running.created_id(SHORT)).result()
    assert refused.error_code == 405
    assert 'orientation has length 1.20' in refused.message


def test_odometry_at_two_hertz_is_none_and_is_told(running):
    liar, sent_at_mono_s = Liar(running.base), [0.0]

    def seldom(message):
        if time.monotonic() - sent_at_mono_s[0] < 0.48:
            return None
        sent_at_mono_s[0] = time.monotonic()
        return message

    found = diagnostics_of(running)
    liar.lie = seldom
    sensors = running.orchestrator._execution.sensors
    running.spin_until(lambda: 'Hz' in sensors.odometer.trouble(time.monotonic()))
    for _ in range(4):
        running.spin_for(0.3)
        refused = running.execute(running.created_id(SHORT)).result()
        assert refused.error_code == 405
        assert 'at least 5 Hz is needed' in refused.message
    assert not running.statuses[-1].hears_odometry
    running.spin_until(lambda: 'it comes at 2.0 Hz' in found['odometry'].message)
    assert level(found, 'odometry') == 2
    liar.lie = lambda message: message
    running.spin_until(lambda: level(found, 'odometry') == 0)


def test_publishers_are_those_on_the_name_as_it_is_remapped(rig):
    node = rclpy.create_node(
        'looks', cli_args=['--ros-args', '-r', 'odom:=wheel/odom'], **rig.options
    )
    rig._add(node)
    publisher = rig._add(rclpy.create_node('wheels', **rig.options))
    publisher.create_publisher(Odometry, 'wheel/odom', 10)
    rig.client.create_publisher(Odometry, 'odom', 10)
    namespace = f'/{rig.options["namespace"]}'
    rig.spin_until(lambda: publishers_of(node, 'odom') == [f'{namespace}/wheels'])
    rig.spin_until(lambda: publishers_of(rig.client, 'odom') == [f'{namespace}/client'])
    publisher.create_publisher(Odometry, 'wheel/odom', 10)
    rig.spin_until(lambda: publishers_of(node, 'odom') == [f'{namespace}/wheels'] * 2)


# A lidar that says nothing.


class Lidar:
    """Looks all around; `spoil` changes what it sends."""

    def __init__(self, rig, spoil=None):
        self.spoil = spoil
        self._publisher = rig.client.create_publisher(LaserScan, 'scan', qos.SENSOR)
        self._timer = rig.client.create_timer(0.05, self._publish)

    def await_listener(self, rig):
        rig.spin_until(lambda: self._publisher.get_subscription_count() > 0)
        rig.spin_for(0.2)

    def _publish(self):
        message = LaserScan(ranges=[math.inf] * 360, range_min=0.1, range_max=10.0)
        message.angle_min, message.angle_increment = -math.pi, math.radians(1)
        if self.spoil is not None:
            self.spoil(message)
        self._publisher.publish(message)


def all_at(range_m):
    def spoil(message):
        message.ranges = [range_m] * 360

    return spoil


def ahead_at(range_m, beams=1):
    def spoil(message):
        for place in range(180 - beams // 2, 180 - beams // 2 + beams):
            message.ranges[place] = range_m

    return spoil


def half(message):
    message.ranges, message.angle_min = [math.inf] * 181, -math.pi / 2


def with_field(name, value):
    return lambda message: setattr(message, name, value)


BLIND = {
    '-inf ahead': (ahead_at(-math.inf), 'an obstacle at 0.00 m on the way'),
    'below range_min': (all_at(0.05), 'an obstacle at 0.00 m on the way'),
    'zero': (ahead_at(0.0), 'an obstacle at 0.00 m on the way'),
    'all NaN': (all_at(math.nan), 'the scan has no reading'),
    'empty': (with_field('ranges', []), 'the scan has no reading'),
    'NaN ahead': (ahead_at(math.nan, 40), 'the scan does not cover the way'),
    'increment NaN': (with_field('angle_increment', math.nan), 'the scan is none'),
    'increment 0': (with_field('angle_increment', 0.0), 'the scan is none'),
    'degrees': (with_field('angle_increment', 1.0), 'the scan is none'),
    'range_max NaN': (with_field('range_max', math.nan), 'the scan is none'),
    'short-sighted': (with_field('range_max', 0.4), 'the scan sees only 0.4 m far'),
    'looks back': (
        lambda message: (half(message), setattr(message, 'angle_min', math.pi / 2)),
        'the scan does not cover the way',
    ),
    'repeated': (with_field('header', None), 'no scan for 0.'),
}


@pytest.mark.parametrize('name', BLIND)
def test_a_lidar_that_says_nothing_of_the_way_lets_nothing_move(rig, name):
    spoil, reason = BLIND[name]
    if name == 'repeated':
        stamp = stamp_of(1000.0)
        spoil = lambda message: setattr(message.header, 'stamp', stamp)  # noqa: E731
    rig.start(gate_parameters={'stop_distance_m': 0.5})
    lidar = Lidar(rig, spoil)
    lidar.await_listener(rig)
    if name == 'repeated':
        rig.spin_for(0.6)
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501
    assert reason in source(rig)
    assert all(is_zero(twist) for _, twist in rig.cmd_vel)


def test_a_lidar_that_looks_ahead_lets_the_robot_drive_ahead_and_not_back(rig):
    rig.start(gate_parameters={'stop_distance_m': 0.5}, orchestrator={'base': 'holonomic'})
    Lidar(rig, half).await_listener(rig)
    ahead = rig.execute(rig.created_id(SHORT)).result()
    assert ahead.success, ahead.message
    sent = len(rig.cmd_vel)
    back = rig.created_id('{speed: 0.5, direction: 180, duration_seconds: 1}')
    assert rig.execute(back).result().error_code == 501
    assert source(rig) == 'the scan does not cover the way'
    assert all(is_zero(twist) for _, twist in rig.cmd_vel[sent:])


@pytest.mark.parametrize(('open_space', 'range_m'), [('nan', math.nan), ('zero', 0.0)])
def test_a_lidar_may_send_open_space_in_its_own_way(rig, open_space, range_m):
    own_way = {'scan_open_space': open_space}
    rig.start(gate_parameters={'stop_distance_m': 0.5, **own_way}, orchestrator=own_way)
    lidar = Lidar(rig, all_at(range_m))
    lidar.await_listener(rig)
    driven = rig.execute(rig.created_id(SHORT)).result()
    assert driven.success, driven.message
    looked = rig.execute(rig.created_id('{}', command='scan')).result().ticket
    assert result_of(looked)['free_sectors'] == [[-180.0, 180.0]]
    lidar.spoil = ahead_at(-math.inf)
    rig.spin_for(0.1)
    assert rig.execute(rig.created_id(SHORT)).result().error_code == 501


def test_a_single_beam_without_a_reading_stops_nobody(rig):
    rig.start(gate_parameters={'stop_distance_m': 0.5})
    Lidar(rig, ahead_at(math.nan)).await_listener(rig)
    result = rig.execute(rig.created_id(SHORT)).result()
    assert result.success, result.message


# The same reading in scan tickets.


def test_scan_tells_what_is_too_near_to_measure_as_near(running):
    Lidar(running, ahead_at(-math.inf))
    ticket = running.execute(running.created_id('{}', command='scan')).result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    result = result_of(ticket)
    assert (result['nearest'], result['nearest_bearing']) == (0.0, 0.0)
    assert [each['free'] for each in result['sectors']].count(False) == 1


@pytest.mark.parametrize(
    ('spoil', 'reason'),
    [
        (all_at(math.nan), 'the scan has no reading'),
        (with_field('angle_increment', math.nan), 'the scan is none'),
    ],
)
def test_scan_without_a_reading_is_missing_and_says_why(running, spoil, reason):
    Lidar(running, spoil)
    params = '{timeout_seconds: 0.5}'
    ticket = running.execute(running.created_id(params, command='scan')).result().ticket
    assert (ticket.status, ticket.error_code) == ('FAILED', 407)
    assert reason in ticket.error


def test_scan_waits_for_one_that_shows_something(running):
    lidar = Lidar(running, all_at(math.nan))
    execution = running.execute(running.created_id('{timeout_seconds: 5}', command='scan'))
    running.spin_for(0.3)
    lidar.spoil = all_at(3.0)
    ticket = execution.result().ticket
    assert ticket.status == 'COMPLETED', ticket.error
    assert result_of(ticket)['nearest'] == 3.0


# Both nodes judge alike.


@pytest.mark.parametrize(
    'name', ['standstill_speed_mps', 'standstill_yaw_rate_radps', 'scan_open_space']
)
def test_what_both_nodes_judge_by_is_the_same_in_both_tables(name):
    tables = orchestrator_parameters.PARAMETERS, gate_parameters.PARAMETERS
    one, other = (next(each for each in table if each.name == name) for table in tables)
    assert one == other


# Honest robots.


@pytest.mark.parametrize('noise_m', [0.003, 0.006])
def test_honest_robot_whose_pose_trembles_drives_stands_and_tells_its_way(running, noise_m):
    """Pose noise of 3 mm was a motion: 402, latched, no reset, and metres of way at rest."""
    running.base.noise_m = noise_m
    for _ in range(2):
        ticket = running.execute(running.created_id(SHORT)).result().ticket
        assert ticket.status == 'COMPLETED', ticket.error
        assert result_of(ticket)['distance_traveled'] == pytest.approx(0.5, abs=0.06)
    running.press()
    running.spin_until(lambda: running.e_stop_states[-1].state == 'STOPPED')
    running.press(False)
    running.spin_until(lambda: running.reset_e_stop().success, 2.0)


def test_reset_is_refused_where_odometry_fell_silent_while_the_robot_rolled(running):
    """Silence was taken for no odometry at all: free, at 0.5 m/s."""
    running.drive_until_moving()
    running.spin_until(lambda: running.base.speed_mps > 0.3)
    running.base.is_stuck_moving = True
    running.press()
    running.spin_until(lambda: running.e_stop_states[-1].state == 'STOPPED')
    running.press(False)
    running.base.has_odometry = False
    running.spin_for(0.8)
    refused = running.reset_e_stop()
    assert not refused.success
    assert 'odometry showed the robot moving' in refused.message
    running.base.is_stuck_moving = False
    running.base.has_odometry = True
    running.spin_until(lambda: running.reset_e_stop().success)
