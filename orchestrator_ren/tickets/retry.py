"""Whether a failed attempt is followed by another one."""

from __future__ import annotations

from orchestrator_ren.errors import CancelTimeout, DeadlinePassed, Interrupted
from orchestrator_ren.tickets.ticket import Status, Ticket

FINAL_CODES = frozenset({Interrupted.code, CancelTimeout.code, DeadlinePassed.code})


def may_retry(ticket: Ticket, is_retriable: bool, tries: int) -> bool:
    """Return whether a ticket that has ended is tried again by itself.

    A broken contract stays broken, and what the safety layer has ended does not begin again by
    itself.

    Args:
        ticket: As it ended.
        is_retriable: Whether its command may be tried again.
        tries: Attempts since somebody asked for it.
    """
    if ticket.status is not Status.FAILED or not is_retriable:
        return False
    is_contract, is_safety = ticket.error_code // 100 == 1, ticket.error_code // 100 == 5
    if is_contract or is_safety or ticket.error_code in FINAL_CODES:
        return False
    return tries < ticket.schedule.max_attempts
