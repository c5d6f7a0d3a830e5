"""The gate: decides every single velocity that reaches the base.

`decide` is the whole of it: a pure function of the state, one input, steady time. Its rules:

1. While the e-stop is latched, zero.
2. A command is held for less than `COMMAND_TIMEOUT_S`; then the stream is closed, zero.
3. A stream that has ended is never taken up again: a motion that was stopped does not resume.
4. NaN, infinity and anything but planar motion close the stream, zero.
5. A term below the highest seen is refused: a revived orchestrator moves nothing.
6. What passes is within the speed limits, and changes no faster than the acceleration limit.
7. Zero is never held back, and is repeated for `ZERO_REPEAT_S`, or as long as latched.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from orchestrator_ren.errors import (
    CommandRefused,
    CommandStale,
    EStopActive,
    InternalError,
    MotionStopped,
)
from orchestrator_ren.motion import e_stop as latch
from orchestrator_ren.motion.e_stop import EStop
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity

COMMAND_TIMEOUT_S = 0.25
"""No command moves the robot for longer than this without a fresh one [s]."""

TICK_S = 0.02
"""Longest time between two decisions while something moves [s]; `decide` counts on it."""

ZERO_PERIOD_S = 0.05
"""Time between two zeros [s]: 20 Hz."""

ZERO_REPEAT_S = 1.0
"""How long zeros are repeated after a motion [s], for a base that missed one."""

REMEMBERED_STREAMS = 64
"""Closed streams that are remembered."""


@dataclass(frozen=True)
class Command:
    """Input: a velocity wanted by the orchestrator.

    Attributes:
        term: Fencing number of the orchestrator.
        stream: `<ticket id>#<attempt>`.
        velocity: In the robot's frame.
        is_planar: False when the message asked for motion out of the plane.
        is_last: This zero ends the stream.
        simulated_step_s: Simulated time since the last command [s, >= 0]; 0 on a real robot. A
            simulator faster than time accelerates the robot by its own clock.
    """

    term: int
    stream: str
    velocity: Velocity
    is_planar: bool = True
    is_last: bool = False
    simulated_step_s: float = 0.0


@dataclass(frozen=True)
class Press:
    """Input: `true` on the e-stop topic."""

    source: str


@dataclass(frozen=True)
class Release:
    """Input: `false` on the e-stop topic."""


@dataclass(frozen=True)
class Reset:
    """Input: an operator asks to release the latch."""


@dataclass(frozen=True)
class Stop:
    """Input: zero now, without latching; `code` is the error the stream is closed with."""

    code: int = MotionStopped.code


@dataclass(frozen=True)
class Tick:
    """Input: time has passed."""


Input = Command | Press | Release | Reset | Stop | Tick


@dataclass(frozen=True)
class GateState:
    """What the gate remembers; times are on the steady clock [s].

    Attributes:
        e_stop: The latch.
        term: Highest fencing number seen.
        stream: Followed now; empty = none.
        received_at_mono_s: When its latest command came in.
        output: Velocity sent last.
        sent_at_mono_s: When it was sent.
        zero_until_mono_s: Zeros are repeated until then.
        closed: Streams that have ended, oldest first, each with the error code why the gate ended
            it; 0 = the orchestrator did.
        rejected_count: Commands refused so far.
        stop_count: `Stop` inputs so far.
    """

    e_stop: EStop = field(default_factory=EStop)
    term: int = 0
    stream: str = ''
    received_at_mono_s: float = -math.inf
    output: Velocity = ZERO
    sent_at_mono_s: float = -math.inf
    zero_until_mono_s: float = -math.inf
    closed: tuple[tuple[str, int], ...] = ()
    rejected_count: int = 0
    stop_count: int = 0

    def is_closed(self, stream: str) -> bool:
        """Whether this stream has ended."""
        return any(stream == name for name, _ in self.closed)

    @property
    def closed_by_gate(self) -> tuple[str, int]:
        """The last stream that the gate ended by itself, and why; empty = none."""
        return next(((name, code) for name, code in reversed(self.closed) if code), ('', 0))

    def needs_ticks(self, now_mono_s: float) -> bool:
        """Whether decisions are due without further input."""
        return bool(self.stream) or self.e_stop.is_latched or now_mono_s < self.zero_until_mono_s


Decision = tuple[GateState, Velocity | None]
"""The state after, and the velocity to send now; None = send nothing."""


def decide(state: GateState, given: Input, now_mono_s: float, limits: MotionLimits) -> Decision:
    """Judge one input.

    Args:
        state: What the gate remembers.
        given: What came in.
        now_mono_s: Steady time [s].
        limits: What may pass.

    Raises:
        ResetRefused: A reset while a cause is active; the state stays as it was.
    """
    if isinstance(given, Press):
        pressed = replace(state, e_stop=latch.press(state.e_stop, given.source))
        return _stop(pressed, EStopActive.code, now_mono_s)
    if isinstance(given, Release):
        return replace(state, e_stop=latch.release(state.e_stop)), None
    if isinstance(given, Reset) and not state.e_stop.is_latched:
        return state, None
    if isinstance(given, Reset):
        return _stop(
            replace(state, e_stop=latch.reset(state.e_stop)), EStopActive.code, now_mono_s
        )
    if isinstance(given, Stop):
        stopped = replace(state, stop_count=state.stop_count + 1)
        return _stop(stopped, given.code, now_mono_s)
    if isinstance(given, Command):
        return _judge_command(state, given, now_mono_s, limits)
    return _judge_time(state, now_mono_s)


def stop_unjudged(state: GateState, now_mono_s: float) -> Decision:
    """Stop, because `decide` raised: what cannot be judged does not move the robot."""
    return _stop(state, InternalError.code, now_mono_s)


def _judge_command(
    state: GateState, command: Command, now_mono_s: float, limits: MotionLimits
) -> Decision:
    refused = replace(state, rejected_count=state.rejected_count + 1)
    if command.term < state.term or not command.stream or state.is_closed(command.stream):
        return refused, None
    refused = replace(refused, term=command.term)
    if state.e_stop.is_latched:
        return _remember_closed(refused, command.stream, EStopActive.code), None
    if not (command.velocity.is_finite and command.is_planar):
        spoilt = _remember_closed(refused, command.stream, CommandRefused.code)
        return _stop(spoilt, CommandRefused.code, now_mono_s)
    if state.stream not in ('', command.stream):  # superseded: its rest is late
        state = _remember_closed(state, state.stream, 0)
    state = replace(state, term=command.term, stream=command.stream, received_at_mono_s=now_mono_s)
    if command.is_last:
        ended = _remember_closed(state, command.stream, 0)
        return _zero(replace(ended, stream=''), now_mono_s)
    if command.velocity.is_zero:
        return replace(state, output=ZERO, sent_at_mono_s=now_mono_s), ZERO
    elapsed_s = now_mono_s - state.sent_at_mono_s
    elapsed_s = min(max(elapsed_s, command.simulated_step_s), COMMAND_TIMEOUT_S)
    wanted = limits.clamp(command.velocity)
    output = limits.clamp_change(state.output, wanted, elapsed_s)
    return replace(state, output=output, sent_at_mono_s=now_mono_s), output


def _judge_time(state: GateState, now_mono_s: float) -> Decision:
    # The next decision may come TICK_S later: a command too old by then is too old now.
    if state.stream and now_mono_s - state.received_at_mono_s > COMMAND_TIMEOUT_S - TICK_S:
        return _stop(state, CommandStale.code, now_mono_s)
    repeats_zero = state.e_stop.is_latched or (
        not state.stream and now_mono_s < state.zero_until_mono_s
    )
    if repeats_zero and now_mono_s - state.sent_at_mono_s >= ZERO_PERIOD_S:
        return replace(state, output=ZERO, sent_at_mono_s=now_mono_s), ZERO
    return state, None


def _stop(state: GateState, code: int, now_mono_s: float) -> Decision:
    """End the stream by the gate's own decision."""
    if state.stream:
        state = _remember_closed(state, state.stream, code)
    return _zero(replace(state, stream=''), now_mono_s)


def _zero(state: GateState, now_mono_s: float) -> Decision:
    return replace(
        state, output=ZERO, sent_at_mono_s=now_mono_s, zero_until_mono_s=now_mono_s + ZERO_REPEAT_S
    ), ZERO


def _remember_closed(state: GateState, stream: str, code: int) -> GateState:
    return replace(state, closed=(*state.closed, (stream, code))[-REMEMBERED_STREAMS:])
