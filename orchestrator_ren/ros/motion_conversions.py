"""ROS messages of motion and safety to domain objects and back; no logic.

The gate imports no other: nothing of tickets or the store can delay its start, or fail it.
"""

from __future__ import annotations

import math
from datetime import datetime

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan

from orchestrator_ren import msg
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.velocity import Velocity

TOLD_LIMITS = (
    *('max_speed_mps', 'max_yaw_rate_radps', 'max_acceleration_mps2', 'max_deceleration_mps2'),
    *('max_yaw_acceleration_radps2', 'stop_distance_m'),
)
"""Fields of MotionLimits that EStopState has, too."""


def time_to_msg(instant: datetime | None) -> Time:
    """Return the UTC instant; zero for None."""
    if instant is None:
        return Time()
    return Time(sec=int(instant.timestamp()), nanosec=instant.microsecond * 1000)


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


def gate_state_to_msg(
    state: gate.GateState,
    limits: MotionLimits,
    stamp: Time,
    now_mono_s: float,
    uptime_s: float,
    listeners: int,
    scan_fault: str,
) -> msg.EStopState:
    """Return what the gate says of itself."""
    closed_stream, closed_code = state.closed_by_gate
    return msg.EStopState(
        stamp=stamp,
        gate_id=state.gate_id,
        uptime_seconds=uptime_s,
        state=state.e_stop.status.value,
        source=state.e_stop.source,
        count=state.e_stop.count,
        **{f'cause_{cause.value}': cause in state.e_stop.causes for cause in Cause},
        topic_active=Cause.TOPIC in state.e_stop.active,
        stream=state.stream,
        closed_stream=closed_stream,
        closed_code=closed_code,
        rejected_count=state.rejected_count,
        stop_count=state.stop_count,
        is_zero=state.output.is_zero,
        facts=[_fact_to_msg(each) for each in state.facts],
        term=state.term,
        orchestrator_id=state.orchestrator_id,
        orchestrators=state.orchestrators.count(now_mono_s),
        listeners=listeners,
        scan_fault=scan_fault,
        **{each: getattr(limits, each) for each in TOLD_LIMITS},
    )


def _fact_to_msg(fact: gate.Fact) -> msg.GateFact:
    return msg.GateFact(
        number=fact.number,
        kind=fact.kind,
        stream=fact.stream,
        code=fact.code,
        reason=fact.reason,
    )


def fact_from_msg(message: msg.GateFact) -> gate.Fact:
    """Return the fact."""
    return gate.Fact(
        number=message.number,
        kind=gate.FactKind(message.kind),
        stream=message.stream,
        code=message.code,
        reason=message.reason,
    )


def limits_from_msg(message: msg.EStopState) -> MotionLimits:
    """Return what the gate lets pass."""
    return MotionLimits(**{each: getattr(message, each) for each in TOLD_LIMITS})


def odometry_from_msg(message: Odometry, received_mono_s: float) -> OdometrySample:
    """Return the planar part of an odometry message; a heading of any length of orientation."""
    position, q = message.pose.pose.position, message.pose.pose.orientation
    linear, angular = message.twist.twist.linear, message.twist.twist.angular
    x, y, z, w = q.x, q.y, q.z, q.w
    return OdometrySample(
        x_m=position.x,
        y_m=position.y,
        yaw_rad=math.atan2(2.0 * (w * z + x * y), w * w + x * x - y * y - z * z),
        speed_mps=math.hypot(linear.x, linear.y),
        yaw_rate_radps=angular.z,
        received_mono_s=received_mono_s,
        stamp_s=_stamp_s(message.header.stamp),
        orientation_length=math.hypot(x, y, z, w),
        out_of_plane=position.z + linear.z + angular.x + angular.y,
    )


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
