"""The steps of a ticket's life: PENDING → QUEUED → EXECUTING → COMPLETED | FAILED | CANCELLED.

Each function takes a ticket and returns the ticket after the step; the store then writes it only
if the stored one is still the ticket before the step.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from orchestrator_ren.errors import (
    IllegalTransition,
    OrchestratorError,
    TicketActive,
    TicketFinished,
)
from orchestrator_ren.tickets.ticket import Status, Ticket

FINAL = frozenset(status for status in Status if status.is_final)

TRANSITIONS: dict[Status, frozenset[Status]] = {
    Status.PENDING: frozenset({Status.QUEUED, Status.FAILED, Status.CANCELLED}),
    Status.QUEUED: frozenset({Status.EXECUTING, Status.FAILED, Status.CANCELLED}),
    Status.EXECUTING: FINAL,
    Status.COMPLETED: frozenset({Status.QUEUED}),
    Status.FAILED: frozenset({Status.QUEUED}),
    Status.CANCELLED: frozenset({Status.QUEUED}),
}
"""Every legal step; those out of a final status are taken by `enqueue(force=True)` only."""


def check_transition(ticket: Ticket, after: Status) -> None:
    """Raise IllegalTransition unless the lifecycle has a step from the ticket's status."""
    if after not in TRANSITIONS[ticket.status]:
        raise IllegalTransition(ticket_id=ticket.id, before=ticket.status.value, after=after.value)


def enqueue(
    ticket: Ticket,
    now: datetime,
    *,
    force: bool,
    dry_run: bool = False,
    is_awaited: bool = False,
) -> Ticket:
    """Return the ticket waiting for a new attempt.

    A ticket that was left QUEUED by an earlier run of the orchestrator keeps its attempt.

    Args:
        ticket: The ticket as it is.
        now: Aware UTC.
        force: Whether a finished ticket may be executed once more.
        dry_run: Whether this attempt is to move nothing.
        is_awaited: Whether who asks stays until it has ended.

    Raises:
        TicketActive: It is executing already, or waits, and a dry run would end it; wait, or
            cancel it.
        TicketFinished: It has ended; call again with `force`.
    """
    if ticket.status is Status.QUEUED and (ticket.is_dry or not dry_run):
        return ticket
    if ticket.status in (Status.QUEUED, Status.EXECUTING):
        raise TicketActive(ticket_id=ticket.id, status=ticket.status.value)
    if ticket.status.is_final and not force:
        raise TicketFinished(
            ticket_id=ticket.id,
            status=ticket.status.value,
            hint='; execute it with force to run it once more',
        )
    check_transition(ticket, Status.QUEUED)
    return replace(
        ticket,
        status=Status.QUEUED,
        attempt=ticket.attempt + 1,
        updated_at=now,
        started_at=None,
        completed_at=None,
        result={},
        error_code=0,
        error='',
        dry_attempt=dry_run,
        is_awaited=is_awaited,
    )


def take(ticket: Ticket, now: datetime, robot: str) -> Ticket:
    """Return the ticket, which waits for any robot, as that of one.

    Raises:
        IllegalTransition: It is not QUEUED for any.
    """
    if ticket.status is not Status.QUEUED or not ticket.is_for_any:
        before = ticket.status.value
        raise IllegalTransition(ticket_id=ticket.id, before=before, after=f"taken by '{robot}'")
    return replace(ticket, robot=robot, updated_at=now)


def start(ticket: Ticket, now: datetime) -> Ticket:
    """Return the ticket executing since `now`.

    Raises:
        IllegalTransition: It is not QUEUED.
    """
    check_transition(ticket, Status.EXECUTING)
    return replace(ticket, status=Status.EXECUTING, updated_at=now, started_at=now)


def complete(ticket: Ticket, now: datetime, result: dict[str, Any]) -> Ticket:
    """Return the ticket done, with its result.

    Raises:
        IllegalTransition: It is not EXECUTING.
    """
    check_transition(ticket, Status.COMPLETED)
    return replace(
        ticket, status=Status.COMPLETED, updated_at=now, completed_at=now, result=result
    )


def fail(
    ticket: Ticket, now: datetime, error: OrchestratorError, result: dict[str, Any] | None = None
) -> Ticket:
    """Return the ticket failed with `error`, and what was done so far in `result`.

    Raises:
        IllegalTransition: It has ended already.
    """
    check_transition(ticket, Status.FAILED)
    return replace(
        ticket,
        status=Status.FAILED,
        updated_at=now,
        completed_at=now,
        result=result or {},
        error_code=error.code,
        error=str(error),
    )


def cancel(
    ticket: Ticket, now: datetime, reason: str, result: dict[str, Any] | None = None
) -> Ticket:
    """Return the ticket cancelled for `reason`, and what was done so far in `result`.

    Raises:
        TicketFinished: It has ended already.
    """
    if ticket.status.is_final:
        raise TicketFinished(ticket_id=ticket.id, status=ticket.status.value, hint='')
    check_transition(ticket, Status.CANCELLED)
    return replace(
        ticket,
        status=Status.CANCELLED,
        updated_at=now,
        completed_at=now,
        result=result or {},
        error=reason,
    )
