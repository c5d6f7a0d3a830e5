"""Tickets, events and the rest as JSON objects, with the names that the web service had.

Names of statuses and priorities are in lower case, instants in ISO 8601 with their zone.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from orchestrator_ren.client.answers import (
    CommandInfo,
    EStop,
    Fleet,
    Metric,
    QueueEntry,
    Robot,
    RobotStatus,
    TicketProgress,
)
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Status, Ticket

Form = dict[str, Any]


def ticket_form(ticket: Ticket) -> Form:
    """Return a ticket; `result` is null until there is one, `error` where nothing went wrong."""
    return {
        'id': ticket.id,
        'command': ticket.command,
        'params': ticket.params,
        'priority': ticket.priority.name.lower(),
        'status': ticket.status.value.lower(),
        'timeout_seconds': ticket.timeout_s,
        'metadata': ticket.metadata,
        'created_at': instant(ticket.created_at),
        'updated_at': instant(ticket.updated_at),
        'started_at': instant(ticket.started_at),
        'completed_at': instant(ticket.completed_at),
        'result': ticket.result or None,
        'error': ticket.error or None,
        'error_code': ticket.error_code,
        'attempt': ticket.attempt,
        'dry_run': ticket.dry_run,
        'request_id': ticket.request_id,
        'requested_by': ticket.requested_by,
        'not_before': instant(ticket.schedule.not_before),
        'deadline': instant(ticket.schedule.deadline),
        'robot': ticket.robot or None,
        'is_for_any': ticket.is_for_any,
        'capabilities': list(ticket.capabilities),
    }


def execution_form(ticket: Ticket) -> Form:
    """Return how an execution ended, or where it is."""
    return {
        'ticket_id': ticket.id,
        'status': ticket.status.value.lower(),
        'result': ticket.result or None,
        'error': ticket.error or None,
        'error_code': ticket.error_code,
        'execution_time_ms': _execution_time_ms(ticket),
        'message': _message(ticket),
    }


def event_form(event: Event) -> Form:
    """Return an event; `number` is its place among all events of the robot's store."""
    status = event.status
    return {
        'number': event.number,
        'at': instant(event.at),
        'type': event.type.value,
        'ticket_id': event.ticket_id or None,
        'command': event.command or None,
        'status': status.value.lower() if status else None,
        'attempt': event.attempt,
        'actor': event.actor.value,
        'requested_by': event.requested_by,
        'message': event.message,
        'error_code': event.error_code,
        'details': event.details,
    }


def status_form(status: RobotStatus) -> Form:
    """Return what the orchestrator says of itself; `reason` is why nothing would move."""
    return {
        'state': status.state.lower(),
        'is_ready': status.is_ready,
        'reason': status.detail or None,
        'error_code': status.error_code,
        'version': status.version,
        'uptime_s': round(status.uptime_s, 3),
        'term': status.term,
        'robot': status.robot or None,
        'hears_odometry': status.hears_odometry,
        'executing_ids': list(status.executing_ids),
        'waiting': status.waiting,
        'pause_reason': status.pause_reason or None,
        'tickets': counts_form(status),
    }


def store_form(namespaces: Iterable[str], fleet: Fleet) -> Form:
    """Return what a store knows of its robots, and by whom it was told."""
    return {
        'namespaces': list(namespaces),
        'robots': list(map(stored_robot_form, fleet.robots)),
        'waiting_for_any': fleet.waiting_for_any,
    }


def stored_robot_form(robot: Robot) -> Form:
    """Return what the store knows of a robot; while it is unreachable, none of it may be so."""
    return {
        'name': robot.name,
        'is_alive': robot.is_alive,
        'unreachable_since': instant(robot.unreachable_since),
        'last_seen': instant(robot.last_seen),
        'host': robot.host or None,
        'term': robot.term,
        'lease_s': finite(robot.lease_s),
        'capabilities': list(robot.capabilities),
        'executing_ids': list(robot.executing_ids),
        'waiting': robot.waiting,
    }


def counts_form(status: RobotStatus) -> Form:
    """Return how many tickets there are in each status, and in all."""
    counts = {each.value.lower(): status.counts.get(each, 0) for each in Status}
    return {'total': sum(counts.values()), **counts}


def e_stop_form(e_stop: EStop) -> Form:
    """Return what the gate says of the e-stop."""
    return {
        'state': e_stop.state.lower(),
        'is_latched': e_stop.is_latched,
        'is_pressed': e_stop.is_pressed,
        'source': e_stop.source or None,
        'causes': list(e_stop.causes),
        'is_zero': e_stop.is_zero,
    }


def progress_form(progress: TicketProgress) -> Form:
    """Return how far a ticket is; `pose` is [x m, y m, heading rad] or null."""
    return {
        'ticket_id': progress.ticket_id,
        'command': progress.command,
        'attempt': progress.attempt,
        'progress': finite(progress.progress),
        'elapsed_s': finite(progress.elapsed_s),
        'remaining_s': finite(progress.remaining_s),
        'distance_m': finite(progress.distance_m),
        'speed_mps': finite(progress.speed_mps),
        'pose': [finite(each) for each in progress.pose] if progress.pose else None,
        'message': progress.message,
    }


def entry_form(entry: QueueEntry) -> Form:
    """Return a ticket that waits, and why."""
    return {
        'position': entry.position,
        'ticket_id': entry.ticket_id,
        'command': entry.command,
        'priority': entry.priority.name.lower(),
        'reason': entry.reason,
        'waiting_since': instant(entry.waiting_since),
        'not_before': instant(entry.not_before),
        'deadline': instant(entry.deadline),
        'estimated_start': instant(entry.estimated_start),
    }


def command_form(command: CommandInfo) -> Form:
    """Return a command that tickets may ask for, with the JSON schema of its parameters."""
    return {
        'name': command.name,
        'description': command.description,
        'params_schema': command.params_schema,
        'moves': command.moves,
        'interlocked': command.interlocked,
        'retriable': command.retriable,
        'resources': list(command.resources),
        'shared_resources': list(command.shared_resources),
        'recovery': command.recovery,
        'source': command.source,
        'error': command.error or None,
    }


def metrics_form(metrics: Iterable[Metric]) -> Form:
    """Return metrics by name; of a histogram also its count, sum and buckets."""
    told: Form = {}
    for each in metrics:
        told[each.name] = {'kind': each.kind, 'value': finite(each.value)}
        if each.upper_bounds:
            told[each.name] |= {
                'count': each.count,
                'upper_bounds': [finite(bound) for bound in each.upper_bounds],
                'bucket_counts': list(each.bucket_counts),
            }
    return told


def instant(when: datetime | None) -> str | None:
    """Return an instant as text; None for none."""
    return when.isoformat() if when is not None else None


def finite(value: float) -> float | None:
    """Return the number as JSON has it: it knows no infinity."""
    return round(value, 6) if math.isfinite(value) else None


def _execution_time_ms(ticket: Ticket) -> int | None:
    if ticket.started_at is None:
        return None
    until = ticket.completed_at or ticket.updated_at
    return max(0, round((until - ticket.started_at).total_seconds() * 1000.0))


def _message(ticket: Ticket) -> str:
    if ticket.error:
        return ticket.error
    words = {
        Status.PENDING: 'not asked for yet',
        Status.QUEUED: 'waits for its turn',
        Status.EXECUTING: 'is being executed',
        Status.COMPLETED: 'done',
        Status.FAILED: 'not done',
        Status.CANCELLED: 'cancelled',
    }
    return words[ticket.status]
