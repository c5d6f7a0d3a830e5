"""What happened, as a value: it is stored with the change it tells of, then published."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator_ren.tickets.ticket import Status, Ticket


class EventType(str, enum.Enum):
    """What happened; past tense."""

    SERVICE_STARTED = 'service_started'
    SERVICE_STOPPED = 'service_stopped'
    TICKET_CREATED = 'ticket_created'
    TICKET_QUEUED = 'ticket_queued'
    TICKET_TAKEN = 'ticket_taken'
    EXECUTION_STARTED = 'execution_started'
    EXECUTION_COMPLETED = 'execution_completed'
    EXECUTION_FAILED = 'execution_failed'
    EXECUTION_CANCELLED = 'execution_cancelled'


class Actor(str, enum.Enum):
    """Who caused it."""

    CLIENT = 'client'
    """A request: create, execute, cancel, stop."""
    DISPATCHER = 'dispatcher'
    """The orchestrator's own work on the ticket."""
    SAFETY = 'safety'
    """The e-stop or the gate."""
    RECOVERY = 'recovery'
    """Clean-up after a crash."""
    SERVICE = 'service'
    """Start and stop of the orchestrator."""


TYPE_OF_STATUS = {
    Status.PENDING: EventType.TICKET_CREATED,
    Status.QUEUED: EventType.TICKET_QUEUED,
    Status.EXECUTING: EventType.EXECUTION_STARTED,
    Status.COMPLETED: EventType.EXECUTION_COMPLETED,
    Status.FAILED: EventType.EXECUTION_FAILED,
    Status.CANCELLED: EventType.EXECUTION_CANCELLED,
}


@dataclass(frozen=True)
class Event:
    """One thing that happened, to a ticket or to the service (then `ticket_id` is empty).

    Attributes:
        message: The cause, in a sentence.
        details: Of a creation, what was asked for; of QUEUED, `dry_run`, `awaited` and `taken`
            where they are true; of an end, `result`. With these, the events of a ticket tell all
            of it: see `history.py`.
        step: Its place in the ticket's history, from 1; 0 = not stored yet.
        number: Its place among all that its robot did to tickets, from 1; 0 = not stored.
        requested_by: Who asked for it; empty = nobody, or not told.
        robot: Whose orchestrator did it; empty = not stored.
    """

    at: datetime
    type: EventType
    actor: Actor
    ticket_id: str = ''
    command: str = ''
    previous_status: Status | None = None
    status: Status | None = None
    attempt: int = 0
    error_code: int = 0
    message: str = ''
    details: dict[str, Any] = field(default_factory=dict)
    step: int = 0
    number: int = 0
    requested_by: str = ''
    robot: str = ''


def event_of_change(
    before: Ticket | None, after: Ticket, actor: Actor, cause: str = '', requested_by: str = ''
) -> Event:
    """Return the event of a ticket's creation (`before` is None), or of a step of its life.

    `cause` is its message, except where the ticket itself says why it ended as it did.
    """
    is_taken = before is not None and before.is_taken_by(after)
    has_reason = after.status in (Status.FAILED, Status.CANCELLED)
    return Event(
        at=after.updated_at,
        type=EventType.TICKET_TAKEN if is_taken else TYPE_OF_STATUS[after.status],
        actor=actor,
        ticket_id=after.id,
        command=after.command,
        previous_status=before.status if before else None,
        status=after.status,
        attempt=after.attempt,
        error_code=after.error_code,
        message=after.error if has_reason else cause,
        details=_details(before, after),
        requested_by=requested_by if before else after.requested_by,
    )


def _details(before: Ticket | None, after: Ticket) -> dict[str, Any]:
    if before is None:
        asked_for = {
            'command': after.command,
            'params': after.params,
            'priority': after.priority.value,
            'timeout_s': after.timeout_s,
            'metadata': after.metadata,
            'dry_run': after.dry_run,
            'request_id': after.request_id,
        }
        rarely = {
            'schedule': after.schedule.to_json(),
            'robot': after.robot,
            'is_for_any': after.is_for_any,
            'capabilities': list(after.capabilities),
        }
        return asked_for | {name: value for name, value in rarely.items() if value}
    if before.is_taken_by(after):
        return {'robot': after.robot}
    if after.status is Status.QUEUED:
        flags = {
            'dry_run': after.dry_attempt,
            'awaited': after.is_awaited,
            'taken': before.robot != after.robot,
        }
        return {name: True for name, is_set in flags.items() if is_set}
    return {'result': after.result} if after.result else {}
