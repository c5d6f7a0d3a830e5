"""What is answered, as OpenAPI tells it; the answers themselves are made in `forms.py`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel


class TicketModel(BaseModel):
    """A ticket."""

    id: str
    command: str
    params: dict[str, Any]
    priority: str
    status: str
    timeout_seconds: float
    metadata: dict[str, Any]
    created_at: datetime
    updated_at: datetime
    started_at: datetime | None
    completed_at: datetime | None
    result: dict[str, Any] | None
    error: str | None
    error_code: int
    attempt: int
    dry_run: bool
    request_id: str
    requested_by: str
    not_before: datetime | None
    deadline: datetime | None
    robot: str | None
    is_for_any: bool
    capabilities: list[str]


class ExecutionModel(BaseModel):
    """How an execution ended, or where it is."""

    ticket_id: str
    status: str
    result: dict[str, Any] | None
    error: str | None
    error_code: int
    execution_time_ms: int | None
    message: str


class TicketListModel(BaseModel):
    """Some tickets, and how many there are."""

    tickets: list[TicketModel]
    total: int
    total_is_exact: bool
    limit: int
    offset: int
    next_page_token: str | None


class EventModel(BaseModel):
    """Something that happened."""

    number: int
    at: datetime
    type: str
    ticket_id: str | None
    command: str | None
    status: str | None
    attempt: int
    actor: str
    requested_by: str
    message: str
    error_code: int
    details: dict[str, Any]


class EventListModel(BaseModel):
    """Some events, oldest first."""

    events: list[EventModel]
    last_number: int


class HistoryModel(BaseModel):
    """All that happened to a ticket, oldest first."""

    ticket_id: str
    events: list[EventModel]


class CountsModel(BaseModel):
    """How many tickets there are."""

    total: int
    pending: int
    queued: int
    executing: int
    completed: int
    failed: int
    cancelled: int


class HomeModel(BaseModel):
    """What this is, and how the robot is."""

    service: str
    version: str
    status: str
    reason: str | None
    robot: str
    tickets: CountsModel


class EStopModel(BaseModel):
    """What the gate says of the e-stop."""

    state: str
    is_latched: bool
    is_pressed: bool
    source: str | None
    causes: list[str]
    is_zero: bool


class StatusModel(BaseModel):
    """What the orchestrator says of itself."""

    state: str
    is_ready: bool
    reason: str | None
    error_code: int
    version: str
    uptime_s: float
    term: int
    robot: str | None
    hears_odometry: bool
    executing_ids: list[str]
    waiting: int
    pause_reason: str | None
    tickets: CountsModel


class EntryModel(BaseModel):
    """A ticket that waits, and why."""

    position: int
    ticket_id: str
    command: str
    priority: str
    reason: str
    waiting_since: datetime | None
    not_before: datetime | None
    deadline: datetime | None
    estimated_start: datetime | None


class QueueModel(BaseModel):
    """What waits, in the order of its turns."""

    entries: list[EntryModel]


class CommandModel(BaseModel):
    """A command that tickets may ask for."""

    name: str
    description: str
    params_schema: dict[str, Any]
    moves: bool
    interlocked: bool
    retriable: bool
    resources: list[str]
    shared_resources: list[str]
    recovery: str
    source: str
    error: str | None


class CommandListModel(BaseModel):
    """The commands."""

    commands: list[CommandModel]


class MetricModel(BaseModel):
    """A metric; the last three are those of a histogram."""

    kind: str
    value: float | None
    count: int = 0
    upper_bounds: list[float | None] = []
    bucket_counts: list[int] = []


class MetricsModel(BaseModel):
    """Metrics by their names."""

    metrics: dict[str, MetricModel]


class TroubleModel(BaseModel):
    """Why a robot does not say how it is."""

    code: int
    detail: str


class RobotModel(BaseModel):
    """A robot, and how it is."""

    namespace: str
    status: StatusModel | None
    error: TroubleModel | None


class StoredRobotModel(BaseModel):
    """What the store knows of a robot."""

    name: str
    is_alive: bool
    unreachable_since: datetime | None
    last_seen: datetime | None
    host: str | None
    term: int
    lease_s: float | None
    capabilities: list[str]
    executing_ids: list[str]
    waiting: int


class StoreModel(BaseModel):
    """What a store knows of its robots, and the namespaces that have told it."""

    namespaces: list[str]
    robots: list[StoredRobotModel]
    waiting_for_any: int


class RobotListModel(BaseModel):
    """The robots that are there, and the stores that have told of theirs."""

    robots: list[RobotModel]
    stores: list[StoreModel]


class DeclaredModel(BaseModel):
    """What is failed by the word that a robot stands."""

    robot: str
    ticket_ids: list[str]


class MessageModel(BaseModel):
    """What was done, for people."""

    message: str


class ProblemModel(BaseModel):
    """Why it was not done: RFC 9457, and the code of docs/errors.md."""

    type: str
    title: str
    status: int
    detail: str
    instance: str
    code: int
    error: str
    retryable: bool
    field: str | None = None
    retry_after_s: float | None = None


PROBLEM: dict[str, Any] = {
    'model': ProblemModel,
    'description': 'It was not done, and why.',
    'content': {'application/problem+json': {}},
}
PROBLEMS: dict[int | str, dict[str, Any]] = {'4XX': PROBLEM, '5XX': PROBLEM}
"""What every address may answer."""
