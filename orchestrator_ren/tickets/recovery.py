"""What becomes of a ticket that an earlier run of the orchestrator left EXECUTING."""

from __future__ import annotations

import enum
from datetime import datetime

from orchestrator_ren.errors import Interrupted
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ticket import Ticket


class RecoveryPolicy(str, enum.Enum):
    """Declared by each command; one that moves the robot is never queued again by itself."""

    FAIL = 'fail'
    """It stays FAILED until somebody executes it with `force`."""
    REQUEUE = 'requeue'
    """It is harmless to do twice: it waits for a new attempt."""


def recovered(ticket: Ticket, policy: RecoveryPolicy, now: datetime) -> list[Ticket]:
    """Return the steps that end the interrupted attempt, the last one being how it stays.

    The attempt that was interrupted is FAILED whatever the policy, so that the history tells
    what became of it.

    Args:
        ticket: EXECUTING.
        policy: Of its command.
        now: Aware UTC.
    """
    failed = lifecycle.fail(ticket, now, Interrupted(ticket_id=ticket.id))
    if policy is RecoveryPolicy.FAIL:
        return [failed]
    again = lifecycle.enqueue(failed, now, force=True, dry_run=ticket.dry_attempt)
    return [failed, again]
