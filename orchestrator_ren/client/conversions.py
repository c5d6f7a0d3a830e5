"""Messages of the orchestrator to values without ROS; no logic.

The other direction is `orchestrator/interface/conversions.py`: each program has the one it needs.
"""

from __future__ import annotations

import json
from typing import Any

from orchestrator_ren.client.answers import (
    CommandInfo,
    EStop,
    Metric,
    Progress,
    QueueEntry,
    Robot,
    RobotStatus,
    TicketProgress,
)
from orchestrator_ren.ros.stamps import time_from_msg
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.schedule import Schedule
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

CAUSE = 'cause_'
"""How the fields of EStopState begin that say what latched it."""


def ticket_from_msg(message: Any) -> Ticket:
    """Return the ticket; messages do not have its `request_id`."""
    created_at = time_from_msg(message.created_at, 'created_at')
    updated_at = time_from_msg(message.updated_at, 'updated_at')
    if created_at is None or updated_at is None:
        raise ValueError('a ticket without times')
    return Ticket(
        id=message.id,
        command=message.command,
        params=_object(message.params),
        created_at=created_at,
        updated_at=updated_at,
        priority=Priority(message.priority),
        timeout_s=message.timeout_seconds,
        metadata=_object(message.metadata),
        dry_run=message.dry_run,
        schedule=Schedule(
            not_before=time_from_msg(message.not_before, 'not_before'),
            deadline=time_from_msg(message.deadline, 'deadline'),
            max_attempts=message.max_attempts,
            backoff_s=message.backoff_seconds,
        ),
        status=Status(message.status),
        attempt=message.attempt,
        started_at=time_from_msg(message.started_at, 'started_at'),
        completed_at=time_from_msg(message.completed_at, 'completed_at'),
        result=_object(message.result),
        error_code=message.error_code,
        error=message.error,
        requested_by=message.requested_by,
        robot=message.robot,
        is_for_any=message.is_for_any,
        capabilities=tuple(message.capabilities),
    )


def event_from_msg(message: Any) -> Event:
    """Return the event."""
    at = time_from_msg(message.stamp, 'stamp')
    if at is None:
        raise ValueError('an event without a time')
    return Event(
        at=at,
        type=EventType(message.type),
        actor=Actor(message.actor),
        ticket_id=message.ticket_id,
        command=message.command,
        previous_status=Status(message.previous_status) if message.previous_status else None,
        status=Status(message.status) if message.status else None,
        attempt=message.attempt,
        error_code=message.error_code,
        message=message.message,
        details=_object(message.details),
        step=message.step,
        number=message.number,
        requested_by=message.requested_by,
    )


def progress_from_msg(message: Any) -> Progress:
    """Return how far an execution is, by its feedback."""
    return Progress(
        status=Status(message.status),
        progress=message.progress,
        elapsed_s=message.elapsed_seconds,
        remaining_s=message.remaining_seconds,
        distance_m=message.distance_m,
        speed_mps=message.speed_mps,
        queue_position=message.queue_position,
        message=message.message,
    )


def ticket_progress_from_msg(message: Any) -> TicketProgress:
    """Return how far a ticket is that is being executed."""
    return TicketProgress(
        at=time_from_msg(message.stamp, 'stamp'),
        ticket_id=message.ticket_id,
        command=message.command,
        attempt=message.attempt,
        progress=message.progress,
        elapsed_s=message.elapsed_seconds,
        remaining_s=message.remaining_seconds,
        distance_m=message.distance_m,
        speed_mps=message.speed_mps,
        pose=(message.x_m, message.y_m, message.yaw_rad) if message.hears_odometry else None,
        message=message.message,
    )


def command_from_msg(message: Any) -> CommandInfo:
    """Return what is known of a command."""
    return CommandInfo(
        name=message.name,
        description=message.description,
        params_schema=_object(message.params_schema),
        resources=tuple(message.resources),
        shared_resources=tuple(message.shared_resources),
        moves=message.moves,
        interlocked=message.interlocked,
        recovery=message.recovery,
        retriable=message.retriable,
        is_urgent=message.is_urgent,
        source=message.source,
        error=message.error,
    )


def queue_entry_from_msg(message: Any) -> QueueEntry:
    """Return a place in the queue."""
    return QueueEntry(
        position=message.position,
        ticket_id=message.ticket_id,
        command=message.command,
        priority=Priority(message.priority),
        reason=message.reason,
        waiting_since=time_from_msg(message.waiting_since, 'waiting_since'),
        not_before=time_from_msg(message.not_before, 'not_before'),
        deadline=time_from_msg(message.deadline, 'deadline'),
        estimated_start=time_from_msg(message.estimated_start, 'estimated_start'),
    )


def status_from_msg(message: Any, error_code: int = 0) -> RobotStatus:
    """Return what the orchestrator says of itself."""
    return RobotStatus(
        at=time_from_msg(message.stamp, 'stamp'),
        state=message.state,
        error_code=error_code,
        detail=message.detail,
        version=message.version,
        uptime_s=message.uptime_seconds,
        term=message.term,
        robot=message.robot,
        hears_odometry=message.hears_odometry,
        counts={status: getattr(message, status.value.lower()) for status in Status},
        executing_ids=tuple(message.executing_ids),
        waiting=message.waiting,
        pause_reason=message.pause_reason,
    )


def robot_from_msg(message: Any) -> Robot:
    """Return what the store knows of a robot."""
    return Robot(
        name=message.name,
        is_alive=message.is_alive,
        host=message.host,
        term=message.term,
        lease_s=message.lease_seconds,
        last_seen=time_from_msg(message.last_seen, 'last_seen'),
        unreachable_since=time_from_msg(message.unreachable_since, 'unreachable_since'),
        capabilities=tuple(message.capabilities),
        executing_ids=tuple(message.executing_ids),
        waiting=message.waiting,
    )


def e_stop_from_msg(message: Any) -> EStop:
    """Return what the gate says of the e-stop."""
    names = (each for each in message.get_fields_and_field_types() if each.startswith(CAUSE))
    return EStop(
        state=message.state,
        source=message.source,
        is_pressed=message.topic_active,
        causes=tuple(each.removeprefix(CAUSE) for each in names if getattr(message, each)),
        stream=message.stream,
        is_zero=message.is_zero,
        stop_count=message.stop_count,
        gate_id=message.gate_id,
    )


def metrics_from_msg(message: Any) -> dict[str, Metric]:
    """Return all metrics, by name."""
    return {each.name: metric_from_msg(each) for each in message.metrics}


def metric_from_msg(message: Any) -> Metric:
    """Return one metric."""
    return Metric(
        name=message.name,
        kind=message.kind,
        value=message.value,
        count=message.count,
        upper_bounds=tuple(message.upper_bounds),
        bucket_counts=tuple(message.bucket_counts),
    )


def _object(text: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(text) if text else {}
    return found
