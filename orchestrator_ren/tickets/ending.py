"""How an execution ends: the final status, and for whom and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator_ren.errors import InternalError, OrchestratorError, SafetyError
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Status, Ticket


@dataclass(frozen=True)
class Ending:
    """One way out of an execution; make it with one of the functions below."""

    status: Status
    actor: Actor
    error: OrchestratorError | None = None
    reason: str = ''
    requested_by: str = ''

    def apply(self, ticket: Ticket, now: datetime, result: dict[str, Any]) -> Ticket:
        """Return the ticket ended like this, with what was done so far in `result`."""
        if self.status is Status.COMPLETED:
            return lifecycle.complete(ticket, now, result)
        if self.status is Status.CANCELLED:
            return lifecycle.cancel(ticket, now, self.reason, result)
        error = self.error or InternalError(detail='it failed without an error')
        return lifecycle.fail(ticket, now, error, result)


@dataclass(frozen=True)
class DueEnd:
    """The end of a ticket that must be written, now or as soon as that is possible.

    Attributes:
        ticket_id: Of the ticket.
        ending: How it ended.
        at: When, aware UTC.
        before: As it was executed; None = it waited, as the store has it.
        result: What was done so far.
    """

    ticket_id: str
    ending: Ending
    at: datetime
    before: Ticket | None = None
    result: dict[str, Any] = field(default_factory=dict)


def completed() -> Ending:
    """Return the ending of a command that did what it should."""
    return Ending(Status.COMPLETED, Actor.DISPATCHER)


def cancelled(reason: str, actor: Actor = Actor.CLIENT, requested_by: str = '') -> Ending:
    """Return the ending that somebody asked for."""
    return Ending(Status.CANCELLED, actor, reason=reason, requested_by=requested_by)


def failed(error: OrchestratorError, actor: Actor | None = None) -> Ending:
    """Return the ending with an error; its actor is the safety layer for safety errors."""
    default = Actor.SAFETY if isinstance(error, SafetyError) else Actor.DISPATCHER
    return Ending(Status.FAILED, actor or default, error)
