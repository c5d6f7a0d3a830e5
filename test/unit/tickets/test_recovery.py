"""What becomes of a ticket whose execution was interrupted."""

from collections.abc import Callable
from datetime import datetime

import pytest

from orchestrator_ren.errors import IllegalTransition, Interrupted, TicketFinished
from orchestrator_ren.tickets.recovery import RecoveryPolicy, recovered
from orchestrator_ren.tickets.ticket import Status, Ticket

TicketIn = Callable[..., Ticket]


def test_an_interrupted_attempt_fails_and_stays_so(ticket_in: TicketIn, now: datetime) -> None:
    before = ticket_in(Status.EXECUTING, attempt=3)
    [after] = recovered(before, RecoveryPolicy.FAIL, now)
    assert (after.status, after.attempt) == (Status.FAILED, 3)
    assert (after.error_code, after.error) == (205, str(Interrupted(ticket_id=before.id)))
    assert (after.started_at, after.completed_at) == (before.started_at, now)
    assert after.updated_at == now


def test_what_is_harmless_fails_and_waits_for_the_next_attempt(
    ticket_in: TicketIn, now: datetime
) -> None:
    before = ticket_in(Status.EXECUTING, attempt=3)
    failed, queued = recovered(before, RecoveryPolicy.REQUEUE, now)
    assert [failed] == recovered(before, RecoveryPolicy.FAIL, now)
    assert (queued.status, queued.attempt) == (Status.QUEUED, 4)
    assert (queued.error_code, queued.error, queued.result) == (0, '', {})
    assert (queued.started_at, queued.completed_at) == (None, None)
    assert queued.same_request(before)


def test_an_interrupted_dry_run_is_tried_again_as_one(ticket_in: TicketIn, now: datetime) -> None:
    """It was done for real."""
    before = ticket_in(Status.EXECUTING, dry_attempt=True)
    assert recovered(before, RecoveryPolicy.REQUEUE, now)[-1].is_dry


@pytest.mark.parametrize('policy', RecoveryPolicy)
@pytest.mark.parametrize('status', [Status.COMPLETED, Status.FAILED, Status.CANCELLED])
def test_what_has_ended_is_not_recovered(
    status: Status, policy: RecoveryPolicy, ticket_in: TicketIn, now: datetime
) -> None:
    with pytest.raises((IllegalTransition, TicketFinished)):
        recovered(ticket_in(status), policy, now)
