"""The ticket, and what a client may ask for when creating one."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator_ren.errors import OutOfRange
from orchestrator_ren.tickets.schedule import NONE, Schedule

DEFAULT_TIMEOUT_S = 600.0
"""Execution time allowed where the client gives none [s]."""

MAX_TIMEOUT_S = 86400.0
"""Longest execution time a client may ask for [s]."""

MAX_NAME_CHARACTERS = 64
"""Of who asks for something."""


class Status(str, enum.Enum):
    """Where a ticket is in its life; `lifecycle.py` has the steps between them."""

    PENDING = 'PENDING'
    """Created; nobody has asked to execute it."""
    QUEUED = 'QUEUED'
    """Asked for, by a client or the dispatcher; waits for its time and for what it needs."""
    EXECUTING = 'EXECUTING'
    """Running now."""
    COMPLETED = 'COMPLETED'
    """Done."""
    FAILED = 'FAILED'
    """Not done; `error_code` says why."""
    CANCELLED = 'CANCELLED'
    """Not done, because somebody said so."""

    @property
    def is_final(self) -> bool:
        """Whether the ticket has ended."""
        return self in (Status.COMPLETED, Status.FAILED, Status.CANCELLED)


class Priority(enum.IntEnum):
    """Which waiting ticket goes first."""

    LOW = 1
    NORMAL = 2
    HIGH = 3
    CRITICAL = 4


@dataclass(frozen=True)
class Ticket:
    """One command for the robot, its lifecycle and its outcome.

    Attributes:
        id: `tick-YYYYMMDD-xxxxxxxx`.
        command: Name of the command.
        params: Validated parameters of the command, defaults filled in.
        priority: Which waiting ticket goes first.
        timeout_s: Execution time allowed [s, > 0].
        metadata: The client's own JSON object.
        dry_run: Executing it plans and checks, but moves nothing.
        request_id: Idempotency key of the client; empty = none.
        requested_by: Who created it; empty = not told.
        dry_attempt: Its latest attempt is a dry run, whatever the ticket is.
        is_awaited: Whoever asked for the latest attempt stays until it has ended.
        schedule: When it may run, and how often it is tried.
        status: Where it is in its life.
        attempt: Executions so far; 0 = never executed.
        result: Outcome of the latest attempt; empty until final.
        error_code: 0 = none; see `errors.py`.
        error: Sentence for people; empty = none.
        created_at, updated_at, started_at, completed_at: Aware UTC; None = not yet.
        robot: Whose it is; empty = for any, and none has taken it yet.
        is_for_any: It was created for any robot: while it waits, another may take it over.
        capabilities: What its robot must have, in order.
    """

    id: str
    command: str
    params: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    priority: Priority = Priority.NORMAL
    timeout_s: float = DEFAULT_TIMEOUT_S
    metadata: dict[str, Any] = field(default_factory=dict)
    dry_run: bool = False
    request_id: str = ''
    schedule: Schedule = NONE
    status: Status = Status.PENDING
    attempt: int = 0
    started_at: datetime | None = None
    completed_at: datetime | None = None
    result: dict[str, Any] = field(default_factory=dict)
    error_code: int = 0
    error: str = ''
    requested_by: str = ''
    dry_attempt: bool = False
    is_awaited: bool = False
    robot: str = ''
    is_for_any: bool = False
    capabilities: tuple[str, ...] = ()

    @property
    def is_dry(self) -> bool:
        """Whether executing it now would move nothing."""
        is_under_way = self.status in (Status.QUEUED, Status.EXECUTING)
        return self.dry_run or (self.dry_attempt and is_under_way)

    @property
    def stream(self) -> str:
        """Name of this attempt's command stream to the gate."""
        return f'{self.id}#{self.attempt}'

    def is_taken_by(self, after: Ticket) -> bool:
        """Whether the step to `after` is that a robot takes it, which waits for any."""
        return self.status is after.status and self.robot != after.robot and self.is_for_any

    def same_request(self, other: Ticket) -> bool:
        """Whether both were asked for with the same content (ids, times and outcome aside)."""
        is_for_same = self.is_for_any or self.robot == other.robot
        return is_for_same and all(
            getattr(self, name) == getattr(other, name) for name in _ASKED_FOR
        )


_ASKED_FOR = (
    'command',
    'params',
    'priority',
    'timeout_s',
    'metadata',
    'dry_run',
    'schedule',
    'is_for_any',
    'capabilities',
)


def new_ticket_id(now: datetime, random_bits: int) -> str:
    """Return an id from the UTC day of `now` and the low 32 of `random_bits`."""
    return f'tick-{now:%Y%m%d}-{random_bits & 0xFFFFFFFF:08x}'


def priority_from_number(number: int) -> Priority:
    """Return the priority for a request's number, 0 meaning NORMAL.

    Raises:
        OutOfRange: The number is no priority; use 1 to 4, or 0.
    """
    try:
        return Priority(number or Priority.NORMAL)
    except ValueError:
        raise OutOfRange(
            field='priority', value=number, limit='1 (LOW) to 4 (CRITICAL), or 0 for NORMAL'
        ) from None


def requested_by_from_request(name: str) -> str:
    """Return who asks for something, as told in a request.

    Raises:
        OutOfRange: It is longer than `MAX_NAME_CHARACTERS`.
    """
    if len(name) > MAX_NAME_CHARACTERS:
        limit = f'at most {MAX_NAME_CHARACTERS}'
        raise OutOfRange(field='the length of requested_by', value=len(name), limit=limit)
    return name


def timeout_from_request(timeout_s: float) -> float:
    """Return the execution time allowed for a request's `timeout_seconds` [s], 0 = the default.

    Raises:
        OutOfRange: It is negative, not finite or above `MAX_TIMEOUT_S`.
    """
    if not 0.0 <= timeout_s <= MAX_TIMEOUT_S:
        raise OutOfRange(
            field='timeout_seconds',
            value=timeout_s,
            limit=f'0 (the default) to {MAX_TIMEOUT_S:g} s',
        )
    return timeout_s or DEFAULT_TIMEOUT_S
