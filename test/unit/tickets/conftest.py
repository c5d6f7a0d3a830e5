"""Tickets in any state of their life."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from orchestrator_ren.tickets.ticket import Status, Ticket

CREATED_AT = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)


@pytest.fixture
def now() -> datetime:
    return CREATED_AT + timedelta(hours=1)


@pytest.fixture
def ticket_in() -> Callable[..., Ticket]:
    """Return a maker of tickets that got to a status in one attempt."""

    def make(status: Status, **fields: Any) -> Ticket:
        is_started = status in (Status.EXECUTING, Status.COMPLETED, Status.FAILED)
        filled = {
            'id': 'tick-20260102-0000abcd',
            'command': 'drive',
            'params': {'speed': 1.5, 'direction': 90.0, 'duration_seconds': 10.0},
            'created_at': CREATED_AT,
            'updated_at': CREATED_AT + timedelta(seconds=1),
            'status': status,
            'attempt': 0 if status is Status.PENDING else 1,
            'started_at': CREATED_AT + timedelta(seconds=1) if is_started else None,
            'completed_at': CREATED_AT + timedelta(seconds=1) if status.is_final else None,
            'result': {'distance_traveled': 7.0} if status.is_final else {},
            'error_code': 501 if status is Status.FAILED else 0,
            'error': 'what happened' if status in (Status.FAILED, Status.CANCELLED) else '',
        }
        return Ticket(**{**filled, **fields})  # type: ignore[arg-type]

    return make
