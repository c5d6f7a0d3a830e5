"""ROS messages to domain objects and back; no logic."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone
from typing import Any

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry

from orchestrator_ren import msg
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.odometry import OdometrySample
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.telemetry.metrics import Series
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.object_text import to_text
from orchestrator_ren.tickets.ticket import Ticket


def time_to_msg(instant: datetime | None) -> Time:
    """Return the UTC instant; zero for None."""
    if instant is None:
        return Time()
    return Time(sec=int(instant.timestamp()), nanosec=instant.microsecond * 1000)


def time_from_msg(stamp: Time) -> datetime | None:
    """Return the UTC instant; None for zero."""
    if stamp.sec == 0 and stamp.nanosec == 0:
        return None
    return datetime.fromtimestamp(stamp.sec, timezone.utc) + timedelta(
        microseconds=stamp.nanosec // 1000
    )


def ticket_to_msg(ticket: Ticket) -> msg.Ticket:
    """Return the ticket as a message."""
    return msg.Ticket(
        id=ticket.id,
        command=ticket.command,
        params=to_text(ticket.params),
        priority=ticket.priority.value,
        status=ticket.status.value,
        timeout_seconds=ticket.timeout_s,
        metadata=to_text(ticket.metadata),
        dry_run=ticket.dry_run,
        attempt=ticket.attempt,
        created_at=time_to_msg(ticket.created_at),
        updated_at=time_to_msg(ticket.updated_at),
        started_at=time_to_msg(ticket.started_at),
        completed_at=time_to_msg(ticket.completed_at),
        result=to_text(ticket.result) if ticket.result else '',
        error_code=ticket.error_code,
        error=ticket.error,
    )


def event_to_msg(event: Event) -> msg.TicketEvent:
    """Return the event as a message."""
    return msg.TicketEvent(
        stamp=time_to_msg(event.at),
        type=event.type.value,
        ticket_id=event.ticket_id,
        command=event.command,
        previous_status=event.previous_status.value if event.previous_status else '',
        status=event.status.value if event.status else '',
        attempt=event.attempt,
        actor=event.actor.value,
        error_code=event.error_code,
        message=event.message,
        details=to_text(event.details),
        step=event.step,
    )


def series_to_msg(series: Series) -> msg.Metric:
    """Return one metric as a message."""
    return msg.Metric(
        name=series.name,
        kind=series.kind,
        value=float(series.value),
        count=series.count,
        upper_bounds=series.upper_bounds,
        bucket_counts=series.bucket_counts,
    )


def refuse(response: Any, error: OrchestratorError) -> None:
    """Fill the three fields that every response and result has with the error."""
    response.success = False
    response.error_code = error.code
    response.message = str(error)


def velocity_to_msg(velocity: Velocity) -> Twist:
    """Return the velocity as a Twist."""
    twist = Twist()
    twist.linear.x = velocity.x_mps
    twist.linear.y = velocity.y_mps
    twist.angular.z = velocity.yaw_radps
    return twist


def command_from_msg(message: msg.DriveCommand, simulated_step_s: float) -> gate.Command:
    """Return the gate's input; motion out of the plane is told apart, NaN included."""
    linear, angular = message.twist.linear, message.twist.angular
    return gate.Command(
        term=message.term,
        stream=message.stream,
        velocity=Velocity(linear.x, linear.y, angular.z),
        is_planar=linear.z == angular.x == angular.y == 0.0,
        is_last=message.is_last,
        simulated_step_s=simulated_step_s,
    )


def gate_state_to_msg(state: gate.GateState, limits: MotionLimits, stamp: Time) -> msg.EStopState:
    """Return what the gate says of itself."""
    closed_stream, closed_code = state.closed_by_gate
    return msg.EStopState(
        stamp=stamp,
        state=state.e_stop.status.value,
        source=state.e_stop.source,
        count=state.e_stop.count,
        cause_topic=Cause.TOPIC in state.e_stop.causes,
        cause_start=Cause.START in state.e_stop.causes,
        topic_active=state.e_stop.is_pressed,
        stream=state.stream,
        closed_stream=closed_stream,
        closed_code=closed_code,
        rejected_count=state.rejected_count,
        stop_count=state.stop_count,
        max_speed_mps=limits.max_speed_mps,
        is_zero=state.output.is_zero,
    )


def odometry_from_msg(message: Odometry, received_mono_s: float) -> OdometrySample:
    """Return the planar part of an odometry message."""
    position, q = message.pose.pose.position, message.pose.pose.orientation
    twist = message.twist.twist
    return OdometrySample(
        x_m=position.x,
        y_m=position.y,
        yaw_rad=math.atan2(2.0 * (q.w * q.z + q.x * q.y), 1.0 - 2.0 * (q.y * q.y + q.z * q.z)),
        speed_mps=math.hypot(twist.linear.x, twist.linear.y),
        yaw_rate_radps=twist.angular.z,
        received_mono_s=received_mono_s,
    )
