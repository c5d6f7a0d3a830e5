"""What the gate remembers, and the facts that it tells."""

from __future__ import annotations

import enum
import math
from dataclasses import dataclass, field

from orchestrator_ren.motion.e_stop import Cause, EStop
from orchestrator_ren.motion.presence import Presence
from orchestrator_ren.motion.velocity import ZERO, Velocity


class FactKind(enum.IntEnum):
    """What a fact is about; the values are those of GateFact."""

    TAKEN_UP = 1
    """The gate follows this stream from now on."""
    ENDED = 2
    """It follows the stream no more, and never will; `code` 0 = its orchestrator ended it."""
    REFUSED = 3
    """It does not do what was sent for this stream; told once a stream and cause."""
    REDUCED = 4
    """It lets less speed pass than the stream asks for; told once a stream."""
    STOPPED = 5
    """Somebody called `stop`: every motion is to end."""
    LATCHED = 6
    """A cause of the e-stop set in."""


@dataclass(frozen=True)
class Fact:
    """One thing that the gate did.

    Attributes:
        number: From 1 since its start, without gaps.
        kind: What it did.
        stream: With which stream; empty where it concerns none.
        code: Error code; 0 = no error.
        reason: For people.
    """

    number: int
    kind: FactKind
    stream: str = ''
    code: int = 0
    reason: str = ''


@dataclass(frozen=True)
class GateState:
    """What the gate remembers; times are on the steady clock [s].

    Attributes:
        gate_id: Random number of this run of the gate.
        e_stop: The latch.
        term: Highest fencing number seen, also before this run.
        orchestrator_id: Whose it is; 0 = nobody's yet.
        number: Highest that this one has sent.
        orchestrators: Those heard lately.
        stream: Followed now; empty = none.
        received_at_mono_s: When its latest command came in.
        wanted_at_mono_s: When anybody last wanted a velocity that is not zero, refused or not.
        heartbeat_at_mono_s: When the heartbeat was heard last; the gate's start before that.
        moved_until_mono_s: When a velocity that is not zero was sent last; None once the robot
            was seen to stand after it.
        output: Velocity sent last.
        sent_at_mono_s: When it was sent.
        zero_until_mono_s: Zeros are repeated until then.
        closed: Streams that have ended, oldest first, each with the error code why the gate ended
            it; 0 = the orchestrator did.
        facts: The last ones, oldest first.
        rejected_count: Commands refused so far.
        last_refusal: Why the last of them was.
        stop_count: `StopRequest` inputs so far that somebody asked for.
    """

    gate_id: int = 0
    e_stop: EStop = field(default_factory=EStop)
    term: int = 0
    orchestrator_id: int = 0
    number: int = 0
    orchestrators: Presence = field(default_factory=Presence)
    stream: str = ''
    received_at_mono_s: float = -math.inf
    wanted_at_mono_s: float = -math.inf
    heartbeat_at_mono_s: float = math.inf
    moved_until_mono_s: float | None = None
    output: Velocity = ZERO
    sent_at_mono_s: float = -math.inf
    zero_until_mono_s: float = -math.inf
    closed: tuple[tuple[str, int], ...] = ()
    facts: tuple[Fact, ...] = ()
    rejected_count: int = 0
    last_refusal: str = ''
    stop_count: int = 0

    def is_closed(self, stream: str) -> bool:
        """Whether this stream has ended."""
        return any(stream == name for name, _ in self.closed)

    @property
    def closed_by_gate(self) -> tuple[str, int]:
        """The last stream that the gate ended by itself, and why; empty = none."""
        return next(((name, code) for name, code in reversed(self.closed) if code), ('', 0))

    @property
    def awaits_standstill(self) -> bool:
        """Whether it matters what odometry says."""
        return self.moved_until_mono_s is not None or Cause.NOT_STANDING in self.e_stop.active

    @property
    def needs_odometry(self) -> bool:
        """Whether each sample of odometry is to be judged at once: something moves, or may."""
        return bool(self.stream) or self.awaits_standstill

    def needs_ticks(self, now_mono_s: float) -> bool:
        """Whether decisions are due without further input; the heartbeat aside."""
        return bool(self.stream) or self.e_stop.is_latched or now_mono_s < self.zero_until_mono_s
