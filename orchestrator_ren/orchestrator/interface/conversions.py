"""ROS messages of tickets and telemetry to domain objects and back; no logic."""

from __future__ import annotations

from typing import Any

from orchestrator_ren import msg
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.ros.stamps import time_to_msg
from orchestrator_ren.telemetry.series import Series
from orchestrator_ren.tickets.event import Event, EventType
from orchestrator_ren.tickets.object_text import to_text
from orchestrator_ren.tickets.ticket import Status, Ticket

LATEST_S = 2.0**31
"""The end of what builtin_interfaces/Time can say [s since 1970]."""

STATUS_CODES = {each: getattr(msg.Ticket, f'CODE_{each.name}') for each in Status}
"""The twins of the statuses, for plots."""

_TYPE_CODES = {each: getattr(msg.TicketEvent, f'CODE_{each.name}') for each in EventType}


def ticket_to_msg(ticket: Ticket) -> msg.Ticket:
    """Return the ticket as a message."""
    return msg.Ticket(
        id=ticket.id,
        command=ticket.command,
        params=to_text(ticket.params),
        priority=ticket.priority.value,
        status=ticket.status.value,
        status_code=STATUS_CODES[ticket.status],
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
        not_before=time_to_msg(ticket.schedule.not_before),
        deadline=time_to_msg(ticket.schedule.deadline),
        requested_by=ticket.requested_by,
        max_attempts=ticket.schedule.max_attempts,
        backoff_seconds=ticket.schedule.backoff_s,
        robot=ticket.robot,
        is_for_any=ticket.is_for_any,
        capabilities=list(ticket.capabilities),
    )


def event_to_msg(event: Event) -> msg.TicketEvent:
    """Return the event as a message."""
    return msg.TicketEvent(
        number=event.number,
        stamp=time_to_msg(event.at),
        type=event.type.value,
        type_code=_TYPE_CODES[event.type],
        ticket_id=event.ticket_id,
        command=event.command,
        previous_status=event.previous_status.value if event.previous_status else '',
        status=event.status.value if event.status else '',
        status_code=STATUS_CODES[event.status] if event.status else 0,
        attempt=event.attempt,
        actor=event.actor.value,
        requested_by=event.requested_by,
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
