"""Odometry read out of its bytes says what rclpy's own reading of them says."""

import itertools
import math
import struct

import pytest

pytest.importorskip('rclpy')

from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message, serialize_message
from sensor_msgs.msg import LaserScan

from orchestrator_ren.motion.odometry import Odometer
from orchestrator_ren.motion.way_watch import WayWatch
from orchestrator_ren.ros.motion_conversions import (
    odometry_from_bytes,
    odometry_from_msg,
    scan_from_bytes,
    scan_from_msg,
)

LITTLE, BIG = b'\x00\x01\x00\x00', b'\x00\x00\x00\x00'
FRAMES = ('', 'o', 'odom', 'wheel', 'base_link', 'robot1/base_footprint')


def message_of(frame='odom', child_frame='base_link'):
    """Return a message each of whose numbers is another one."""
    message, numbers = Odometry(child_frame_id=child_frame), itertools.count(1)
    message.header.frame_id = frame
    message.header.stamp.sec, message.header.stamp.nanosec = 1234567890, 987654321
    pose, twist = message.pose.pose, message.twist.twist
    parts = (pose.position, 'xyz'), (pose.orientation, 'xyzw')
    for part, names in (*parts, (twist.linear, 'xyz'), (twist.angular, 'xyz')):
        for name in names:
            setattr(part, name, next(numbers) / 16)
    message.pose.covariance = [-1.0] * 36
    message.twist.covariance = [-2.0] * 36
    return message


def big_endian(message):
    """Return the message as a machine of the other byte order sends it."""
    stamp, pose, twist = message.header.stamp, message.pose, message.twist

    def text(words):
        content = words.encode() + b'\0'
        return struct.pack('>I', len(content)) + content + b'\0' * (-len(content) % 4)

    body = struct.pack('>iI', stamp.sec, stamp.nanosec)
    body += text(message.header.frame_id) + text(message.child_frame_id)
    body += b'\0' * (-len(body) % 8)
    p, q, v, w = (
        pose.pose.position,
        pose.pose.orientation,
        twist.twist.linear,
        twist.twist.angular,
    )
    body += struct.pack('>7d', p.x, p.y, p.z, q.x, q.y, q.z, q.w)
    body += struct.pack('>36d', *pose.covariance)
    body += struct.pack('>6d', v.x, v.y, v.z, w.x, w.y, w.z)
    return BIG + body + struct.pack('>36d', *twist.covariance)


@pytest.mark.parametrize('child_frame', FRAMES)
@pytest.mark.parametrize('frame', FRAMES)
def test_it_is_read_as_rclpy_reads_it_whatever_its_frames_are_called(frame, child_frame):
    message = message_of(frame, child_frame)
    raw = serialize_message(message)
    assert raw[:4] == LITTLE
    assert odometry_from_bytes(raw, 7.0) == odometry_from_msg(message, 7.0)


@pytest.mark.parametrize('child_frame', FRAMES)
@pytest.mark.parametrize('frame', FRAMES)
def test_it_is_read_as_rclpy_reads_it_in_the_other_byte_order(frame, child_frame):
    message = message_of(frame, child_frame)
    raw = big_endian(message)
    assert deserialize_message(raw, Odometry) == message
    assert odometry_from_bytes(raw, 7.0) == odometry_from_msg(message, 7.0)


@pytest.mark.parametrize('value', [math.nan, math.inf, -0.0, 1e308])
def test_what_is_no_number_is_handed_on_as_it_is(value):
    message = message_of()
    message.pose.pose.position.x = message.twist.twist.angular.z = value
    sample = odometry_from_bytes(serialize_message(message), 7.0)
    assert repr(sample.x_m) == repr(sample.yaw_rate_radps) == repr(value)


def test_an_encoding_that_is_not_known_is_left_to_rclpy(monkeypatch):
    message = message_of()
    module = 'orchestrator_ren.ros.motion_conversions'
    monkeypatch.setattr(f'{module}.CDR_ORDERS', {})
    asked = []

    def deserialized(raw, type_):
        asked.append(type_)
        return deserialize_message(raw, type_)

    monkeypatch.setattr(f'{module}.deserialize_message', deserialized)
    raw = serialize_message(message)
    assert odometry_from_bytes(raw, 7.0) == odometry_from_msg(message, 7.0)
    assert asked == [Odometry]


def replaced(at, part, raw):
    return raw[:at] + part + raw[at + len(part) :]


DAMAGES = {
    'nothing': lambda _: b'',
    'cut off in its stamp': lambda raw: raw[:10],
    'cut off in a name': lambda raw: raw[:18],
    'cut off in its pose': lambda raw: raw[:200],
    'cut off in its twist': lambda raw: raw[:400],
    'cut off in the last number': lambda raw: raw[:-1],
    'a name that goes beyond the end': lambda raw: replaced(12, b'\xff\xff\xff\xff', raw),
    'an encoding that nobody knows': lambda raw: replaced(0, b'\x47\x11', raw),
    'the other byte order than it says': lambda raw: replaced(0, BIG, raw),
}


@pytest.mark.parametrize('name', DAMAGES)
def test_odometry_that_cannot_be_read_is_no_sample_and_is_told(name):
    """Whoever looked at the odometry, for a command, a reset or a ticket, was thrown out."""
    odometer = Odometer()
    odometer.add(odometry_from_bytes(DAMAGES[name](serialize_message(message_of())), 7.0))
    assert odometer.fresh(7.0) is None
    assert odometer.trouble(7.0) == 'position is nan, which is no number'


def scan():
    return LaserScan(
        ranges=[1.0] * 361,
        angle_min=-180 / 64,
        angle_increment=1 / 64,
        range_min=0.125,
        range_max=10.0,
    )


def test_a_scan_is_read_as_rclpy_reads_it():
    read = scan_from_bytes(serialize_message(scan()), 7.0)
    assert read == scan_from_msg(scan(), 7.0)
    way = WayWatch(0.5, 0.2, 'inf')
    way.take(read)
    assert way.fault(7.0) == ''


@pytest.mark.parametrize('name', DAMAGES)
def test_a_scan_that_cannot_be_read_is_none_and_is_told(name):
    way = WayWatch(0.5, 0.2, 'inf')
    way.take(scan_from_bytes(DAMAGES[name](serialize_message(scan())), 7.0))
    assert 'the scan is none' in way.fault(7.0)
