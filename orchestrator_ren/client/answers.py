"""What the robot answers, besides tickets and their events: values without ROS."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket


@dataclass(frozen=True)
class Progress:
    """How far an execution is.

    Attributes:
        status: Of the ticket.
        progress: [0-1].
        elapsed_s: Since the goal was accepted [s].
        remaining_s: Predicted until it is done [s]; 0 = not known.
        distance_m: Travelled so far [m].
        speed_mps: Now [m/s].
        queue_position: 1 = next; 0 = not waiting.
        message: For people.
    """

    status: Status
    progress: float = 0.0
    elapsed_s: float = 0.0
    remaining_s: float = 0.0
    distance_m: float = 0.0
    speed_mps: float = 0.0
    queue_position: int = 0
    message: str = ''


@dataclass(frozen=True)
class TicketProgress:
    """How far a ticket is that is being executed, whoever asked for it; as msg/TicketProgress.

    Attributes:
        at: When it was so.
        attempt: From 1.
        progress: [0-1].
        elapsed_s: Since it was asked for [s].
        remaining_s: Predicted until it is done [s]; 0 = not known.
        distance_m: Travelled so far [m].
        speed_mps: Now [m/s].
        pose: x [m], y [m] and heading [rad] by odometry; None = it is not known.
        message: Of the command, for people.
    """

    at: datetime | None
    ticket_id: str
    command: str
    attempt: int = 0
    progress: float = 0.0
    elapsed_s: float = 0.0
    remaining_s: float = 0.0
    distance_m: float = 0.0
    speed_mps: float = 0.0
    pose: tuple[float, float, float] | None = None
    message: str = ''


@dataclass(frozen=True)
class TicketPage:
    """Some of the tickets that were asked for.

    Attributes:
        tickets: In the order asked for.
        total: How many there are in all.
        total_is_exact: Whether there may be no more than that.
        next_page_token: Gives the next ones; empty = there are none.
    """

    tickets: tuple[Ticket, ...]
    total: int
    total_is_exact: bool = True
    next_page_token: str = ''


@dataclass(frozen=True)
class EventPage:
    """Some of the events of all tickets, oldest first.

    Attributes:
        events: By number; of those after the last one there may be more.
        last_number: Of the newest event there is.
    """

    events: tuple[Event, ...]
    last_number: int


@dataclass(frozen=True)
class CommandInfo:
    """A command that tickets may ask for, or a plug-in that is broken; as msg/CommandInfo.

    Attributes:
        params_schema: JSON schema of its parameters.
        error: Empty = it can be used; else why the plug-in is broken.
    """

    name: str
    description: str = ''
    params_schema: dict[str, Any] = field(default_factory=dict)
    resources: tuple[str, ...] = ()
    shared_resources: tuple[str, ...] = ()
    moves: bool = False
    interlocked: bool = False
    recovery: str = ''
    retriable: bool = False
    is_urgent: bool = False
    source: str = ''
    error: str = ''


@dataclass(frozen=True)
class QueueEntry:
    """A ticket that waits; as msg/QueueEntry, None for an instant that is not known."""

    position: int
    ticket_id: str
    command: str
    priority: Priority
    reason: str
    waiting_since: datetime | None
    not_before: datetime | None
    deadline: datetime | None
    estimated_start: datetime | None


@dataclass(frozen=True)
class RobotStatus:
    """What the orchestrator says of itself; as msg/OrchestratorStatus.

    Attributes:
        at: When it said so.
        state: READY, or why nothing moves.
        error_code: The same as a code, where `status` was asked; 0 = none.
        detail: Why, for people.
        counts: Tickets by status.
        executing_ids: Tickets executing now.
        waiting: Tickets in the queue.
        pause_reason: Why nothing starts from the queue; empty = it is not paused.
        robot: The name by which the store knows it.
    """

    at: datetime | None
    state: str
    error_code: int = 0
    detail: str = ''
    version: str = ''
    uptime_s: float = 0.0
    term: int = 0
    hears_odometry: bool = False
    counts: dict[Status, int] = field(default_factory=dict)
    executing_ids: tuple[str, ...] = ()
    waiting: int = 0
    pause_reason: str = ''
    robot: str = ''

    @property
    def is_ready(self) -> bool:
        """Whether a drive would start now."""
        return self.state == 'READY'


@dataclass(frozen=True)
class Robot:
    """What the store knows of a robot; as msg/Robot.

    Attributes:
        name: By which the store knows it.
        is_alive: An orchestrator has it, and has said so in time.
        host: Machine of that orchestrator, or of the last one.
        term: Fencing number of that orchestrator.
        lease_s: It counts as alive for so much longer [s, >= 0]; 0 in a store of one robot.
        last_seen: By the clock of the database.
        unreachable_since: None = it is alive, or was shut down in order.
        capabilities: What it has.
        executing_ids: Its tickets that are EXECUTING; while it is unreachable, nobody knows
            whether they still are.
        waiting: Its tickets that are QUEUED.
    """

    name: str
    is_alive: bool
    host: str = ''
    term: int = 0
    lease_s: float = 0.0
    last_seen: datetime | None = None
    unreachable_since: datetime | None = None
    capabilities: tuple[str, ...] = ()
    executing_ids: tuple[str, ...] = ()
    waiting: int = 0


@dataclass(frozen=True)
class Fleet:
    """The robots of a store.

    Attributes:
        robots: By name.
        waiting_for_any: Tickets for any robot that none has taken yet.
    """

    robots: tuple[Robot, ...]
    waiting_for_any: int = 0


@dataclass(frozen=True)
class EStop:
    """What the cmd_vel gate says of the e-stop.

    Attributes:
        state: FREE, STOPPED or READY_TO_RESET.
        source: What latched it first, for people; empty when it is free.
        is_pressed: Whether the last word on the `e_stop` topic was `true`.
        causes: What has latched it since the last reset.
        stream: What the gate follows now: `<ticket id>#<attempt>`; empty = nothing.
        is_zero: Whether the velocity sent last was zero.
        stop_count: Calls of `stop` since the gate started.
    """

    state: str
    source: str = ''
    is_pressed: bool = False
    causes: tuple[str, ...] = ()
    stream: str = ''
    is_zero: bool = True
    stop_count: int = 0
    gate_id: int = 0

    @property
    def is_latched(self) -> bool:
        """Whether nothing may move before a reset."""
        return self.state != 'FREE'


@dataclass(frozen=True)
class Metric:
    """One time series; as msg/Metric."""

    name: str
    kind: str
    value: float
    count: int = 0
    upper_bounds: tuple[float, ...] = ()
    bucket_counts: tuple[int, ...] = ()


@dataclass(frozen=True)
class Tick:
    """Nothing was heard for a period of `watch`."""


Seen = RobotStatus | EStop | TicketProgress | Event | Tick
"""What `watch` yields."""
