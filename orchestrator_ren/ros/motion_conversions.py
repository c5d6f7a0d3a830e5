"""ROS messages of motion and safety to domain objects and back; no logic.

The gate imports no other: nothing of tickets or the store can delay its start, or fail it.
"""

from __future__ import annotations

import math
import struct

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.serialization import deserialize_message
from sensor_msgs.msg import LaserScan

from orchestrator_ren import msg
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_word import GateWord
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.velocity import Velocity

TOLD_LIMITS = (
    *('max_speed_mps', 'max_yaw_rate_radps', 'max_acceleration_mps2', 'max_deceleration_mps2'),
    *('max_yaw_acceleration_radps2', 'stop_distance_m'),
)
"""Fields of MotionLimits that EStopState has, too."""


CDR_ORDERS = {b'\x00\x00': '>', b'\x00\x01': '<'}
"""Byte orders, by how a serialized message begins: those of plain CDR, in which a number begins at
a multiple of its size. Source: OMG DDSI-RTPS 2.5, 10.2."""

CDR_START = 4
"""Where the first field begins, and what such multiples count from [bytes]."""


def velocity_to_msg(velocity: Velocity) -> Twist:
    """Return the velocity as a Twist."""
    twist = Twist()
    twist.linear.x = velocity.x_mps
    twist.linear.y = velocity.y_mps
    twist.angular.z = velocity.yaw_radps
    return twist


def origin_from_msg(message: msg.DriveCommand) -> gate.Origin:
    """Return who sent the command, and to whom."""
    return gate.Origin(
        orchestrator_id=message.orchestrator_id,
        term=message.term,
        number=message.number,
        gate_id=message.gate_id,
    )


def is_announcement(message: msg.DriveCommand) -> bool:
    """Whether it asks for nothing: whoever sent it only tells that it is there."""
    return not message.stream and message.twist == Twist()


def command_from_msg(message: msg.DriveCommand, simulated_step_s: float) -> gate.Command:
    """Return the gate's input; motion out of the plane is told apart, NaN included."""
    linear, angular = message.twist.linear, message.twist.angular
    return gate.Command(
        origin=origin_from_msg(message),
        stream=message.stream,
        velocity=Velocity(linear.x, linear.y, angular.z),
        is_planar=linear.z == angular.x == angular.y == 0.0,
        is_last=message.is_last,
        simulated_step_s=simulated_step_s,
    )


def command_to_msg(
    origin: gate.Origin, stream: str, velocity: Velocity, is_last: bool, stamp: Time
) -> msg.DriveCommand:
    """Return what asks the gate for a velocity; without a stream and one, it only announces."""
    return msg.DriveCommand(
        stamp=stamp,
        gate_id=origin.gate_id,
        orchestrator_id=origin.orchestrator_id,
        term=origin.term,
        number=origin.number,
        stream=stream,
        twist=velocity_to_msg(velocity),
        is_last=is_last,
    )


def word_to_msg(
    word: GateWord, state: gate.GateState, times_s: tuple[float, float], stamp: Time
) -> msg.EStopState:
    """Return what the gate says of itself, and beside it what is for people only.

    Args:
        word: What it says.
        state: Where it is.
        times_s: The longest period and the highest age of commands [s].
        stamp: When that is so.
    """
    closed_stream, closed_code = state.closed_by_gate
    return msg.EStopState(
        stamp=stamp,
        gate_id=word.gate_id,
        uptime_seconds=word.uptime_s,
        state=word.status,
        state_code=getattr(msg.EStopState, f'CODE_{word.status}'),
        source=word.source,
        count=state.e_stop.count,
        **{f'cause_{cause.value}': cause in state.e_stop.causes for cause in Cause},
        topic_active=Cause.TOPIC in state.e_stop.active,
        stream=state.stream,
        closed_stream=closed_stream,
        closed_code=closed_code,
        rejected_count=state.rejected_count,
        stop_count=state.stop_count,
        is_zero=state.output.is_zero,
        command_period_seconds=times_s[0],
        command_age_seconds=times_s[1],
        facts=[_fact_to_msg(each) for each in word.facts],
        term=word.term,
        orchestrator_id=word.orchestrator_id,
        orchestrators=word.orchestrators,
        listeners=word.listeners,
        scan_fault=word.scan_fault,
        **{each: getattr(word.limits, each) for each in TOLD_LIMITS},
    )


def word_from_msg(message: msg.EStopState) -> GateWord:
    """Return what the gate says, as far as the orchestrator acts on it."""
    return GateWord(
        gate_id=message.gate_id,
        uptime_s=message.uptime_seconds,
        status=message.state,
        source=message.source,
        facts=tuple(_fact_from_msg(each) for each in message.facts),
        term=message.term,
        orchestrator_id=message.orchestrator_id,
        orchestrators=message.orchestrators,
        listeners=message.listeners,
        scan_fault=message.scan_fault,
        limits=MotionLimits(**{each: getattr(message, each) for each in TOLD_LIMITS}),
    )


def _fact_to_msg(fact: gate.Fact) -> msg.GateFact:
    return msg.GateFact(
        number=fact.number,
        kind=fact.kind,
        stream=fact.stream,
        code=fact.code,
        reason=fact.reason,
    )


def _fact_from_msg(message: msg.GateFact) -> gate.Fact:
    return gate.Fact(
        number=message.number,
        kind=gate.FactKind(message.kind),
        stream=message.stream,
        code=message.code,
        reason=message.reason,
    )


def odometry_from_msg(message: Odometry, received_mono_s: float) -> OdometrySample:
    """Return the planar part of an odometry message; a heading of any length of orientation."""
    position, q = message.pose.pose.position, message.pose.pose.orientation
    linear, angular = message.twist.twist.linear, message.twist.twist.angular
    return _sample(
        _stamp_s(message.header.stamp),
        (position.x, position.y, position.z, q.x, q.y, q.z, q.w),
        (linear.x, linear.y, linear.z, angular.x, angular.y, angular.z),
        received_mono_s,
    )


def odometry_from_bytes(raw: bytes, received_mono_s: float) -> OdometrySample:
    """Return the same of a serialized message, at a tenth of the cost: without its covariances.

    What cannot be read is a sample of NaN, which counts as none.
    """
    try:
        return _odometry_read(raw, received_mono_s)
    except Exception:  # struct.error, or whatever rclpy raises
        return _sample(0.0, (math.nan,) * 7, (math.nan,) * 6, received_mono_s)


def _odometry_read(raw: bytes, received_mono_s: float) -> OdometrySample:
    order = CDR_ORDERS.get(raw[:2])
    if order is None:
        return odometry_from_msg(deserialize_message(raw, Odometry), received_mono_s)
    sec, nanosec, length = struct.unpack_from(f'{order}iII', raw, CDR_START)
    child_at = -(-(CDR_START + 12 + length) // 4) * 4
    (length,) = struct.unpack_from(f'{order}I', raw, child_at)
    pose_at = -(-(child_at + 4 + length - CDR_START) // 8) * 8 + CDR_START
    pose = struct.unpack_from(f'{order}7d', raw, pose_at)
    twist = struct.unpack_from(f'{order}6d{8 * 36}x', raw, pose_at + 8 * (7 + 36))
    return _sample(sec + nanosec * 1e-9, pose, twist, received_mono_s)


def _sample(
    stamp_s: float, pose: tuple[float, ...], twist: tuple[float, ...], received_mono_s: float
) -> OdometrySample:
    px, py, pz, x, y, z, w = pose
    vx, vy, vz, wx, wy, wz = twist
    return OdometrySample(
        x_m=px,
        y_m=py,
        yaw_rad=math.atan2(2.0 * (w * z + x * y), w * w + x * x - y * y - z * z),
        speed_mps=math.hypot(vx, vy),
        yaw_rate_radps=wz,
        received_mono_s=received_mono_s,
        stamp_s=stamp_s,
        orientation_length=math.hypot(x, y, z, w),
        out_of_plane=pz + vz + wx + wy,
    )


def scan_from_bytes(raw: bytes, received_mono_s: float) -> RangeScan:
    """Return the scan of a serialized message; one of NaN, which is none, if it cannot be read."""
    try:
        return scan_from_msg(deserialize_message(raw, LaserScan), received_mono_s)
    except Exception:  # whatever rclpy raises
        return RangeScan((), math.nan, math.nan, math.nan, math.nan, received_mono_s)


def scan_from_msg(message: LaserScan, received_mono_s: float) -> RangeScan:
    """Return the scan, taken as in the robot's frame."""
    return RangeScan(
        ranges_m=message.ranges,
        angle_min_rad=message.angle_min,
        angle_increment_rad=message.angle_increment,
        range_min_m=message.range_min,
        range_max_m=message.range_max,
        received_mono_s=received_mono_s,
        stamp_s=_stamp_s(message.header.stamp),
    )


def _stamp_s(stamp: Time) -> float:
    return float(stamp.sec + stamp.nanosec * 1e-9)
