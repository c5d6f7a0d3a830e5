"""When a ticket may run, and how often it is tried."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from orchestrator_ren.errors import DeadlinePassed, OutOfRange

MAX_ATTEMPTS = 100
MAX_BACKOFF_S = 3600.0
"""Longest time between two attempts that a client may ask for [s]."""


@dataclass(frozen=True)
class Schedule:
    """What a client may say of a ticket's time.

    Attributes:
        not_before: Earliest start, aware UTC; None = at once.
        deadline: It fails if it has not ended by then, aware UTC; None = none.
        max_attempts: How often it is tried, of a command that is retriable [1 .. MAX_ATTEMPTS].
        backoff_s: Time before the second attempt, doubled for each further one [s, >= 0].
    """

    not_before: datetime | None = None
    deadline: datetime | None = None
    max_attempts: int = 1
    backoff_s: float = 0.0

    @property
    def not_before_s(self) -> float:
        """Earliest start in seconds since 1970; minus infinity for none."""
        return self.not_before.timestamp() if self.not_before else float('-inf')

    @property
    def deadline_s(self) -> float:
        """Deadline in seconds since 1970; infinity for none."""
        return self.deadline.timestamp() if self.deadline else float('inf')

    def missed(self, now_s: float) -> DeadlinePassed | None:
        """Return the error once the deadline has passed; `now_s` is in seconds since 1970."""
        if self.deadline is None or now_s <= self.deadline_s:
            return None
        return DeadlinePassed(deadline=self.deadline.isoformat())

    def pause_s(self, attempt: int) -> float:
        """Return how long to wait after the failure of that attempt, from 1 [s]."""
        return float(min(self.backoff_s * 2.0 ** min(attempt - 1, 60), MAX_BACKOFF_S))

    def to_json(self) -> dict[str, Any]:
        """Return it as a JSON object; empty when nothing was said."""
        if self == NONE:
            return {}
        return {
            'not_before': self.not_before.isoformat() if self.not_before else None,
            'deadline': self.deadline.isoformat() if self.deadline else None,
            'max_attempts': self.max_attempts,
            'backoff_s': self.backoff_s,
        }


NONE = Schedule()
"""At once, once."""


def schedule_from_json(found: dict[str, Any] | None) -> Schedule:
    """Return the schedule that `to_json` made this of; None and {} give the default."""
    if not found:
        return NONE
    return Schedule(
        not_before=_instant(found['not_before']),
        deadline=_instant(found['deadline']),
        max_attempts=int(found['max_attempts']),
        backoff_s=float(found['backoff_s']),
    )


def schedule_from_request(
    not_before: datetime | None,
    deadline: datetime | None,
    max_attempts: int,
    backoff_s: float,
    now: datetime,
) -> Schedule:
    """Return the schedule that a client asked for.

    Raises:
        OutOfRange: The deadline has passed or is not after `not_before`, or a number is out of
            its range; `max_attempts` 0 means 1.
    """
    if not 0 <= max_attempts <= MAX_ATTEMPTS:
        limit = f'0 (once) to {MAX_ATTEMPTS}'
        raise OutOfRange(field='max_attempts', value=max_attempts, limit=limit)
    if not 0.0 <= backoff_s <= MAX_BACKOFF_S:
        limit = f'0 to {MAX_BACKOFF_S:g} s'
        raise OutOfRange(field='backoff_seconds', value=backoff_s, limit=limit)
    earliest = max(now, not_before) if not_before else now
    if deadline is not None and deadline <= earliest:
        limit = f'after {earliest.isoformat()}, the earliest start'
        raise OutOfRange(field='deadline', value=deadline.isoformat(), limit=limit)
    return Schedule(not_before, deadline, max(1, max_attempts), backoff_s)


def _instant(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
