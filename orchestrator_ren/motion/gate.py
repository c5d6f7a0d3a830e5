"""The gate: decides every single velocity that reaches the base.

`decide` is the whole of it: a pure function of the state, one input, steady time. Its rules:

1. While the e-stop is latched, zero.
2. A command is held for less than `COMMAND_TIMEOUT_S`; then the stream is closed, zero.
3. A stream that has ended is never taken up again: a motion that was stopped does not resume.
   One that was silent for too long has ended, also where the gate itself was held up meanwhile.
4. NaN, infinity and anything but planar motion close the stream, zero.
5. A term below the highest seen is refused: a revived orchestrator moves nothing.
6. What passes is within the speed limits, and changes no faster than the acceleration limits.
7. Zero is never held back, and is repeated for `ZERO_REPEAT_S`, or as long as latched.
8. The e-stop latches too when the heartbeat is silent, when an obstacle is within the stop
   distance on the way, and when the robot still moves `STANDSTILL_LIMIT_S` after the zero.
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
    ResetRefused,
)
from orchestrator_ren.motion import e_stop as latch
from orchestrator_ren.motion.e_stop import Cause, EStop
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

STANDSTILL_LIMIT_S = 5.0
"""How long the robot may move on after the zero [s]; then the e-stop latches."""

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
        clearance_m: Free way in the direction of the velocity [m, >= 0]; infinite = not known to
            be limited.
        clearance_reason: Why it is not known, where nothing is seen on the way; else empty.
    """

    term: int
    stream: str
    velocity: Velocity
    is_planar: bool = True
    is_last: bool = False
    simulated_step_s: float = 0.0
    clearance_m: float = math.inf
    clearance_reason: str = ''


@dataclass(frozen=True)
class Press:
    """Input: a cause of the e-stop sets in, such as `true` on its topic."""

    source: str
    cause: Cause = Cause.TOPIC


@dataclass(frozen=True)
class Release:
    """Input: a cause of the e-stop has ended, such as by `false` on its topic."""

    cause: Cause = Cause.TOPIC


@dataclass(frozen=True)
class Reset:
    """Input: an operator asks to release the latch.

    Attributes:
        is_standing: What odometry says; None = there is none.
        reason: Why it is said not to stand, in words.
    """

    is_standing: bool | None = None
    reason: str = 'odometry shows the robot moving'


@dataclass(frozen=True)
class Heartbeat:
    """Input: whoever watches over the robot is alive."""


@dataclass(frozen=True)
class Standing:
    """Input: odometry says whether the robot stands."""

    is_standing: bool


@dataclass(frozen=True)
class Stop:
    """Input: zero now, without latching; `code` is the error the stream is closed with."""

    code: int = MotionStopped.code


@dataclass(frozen=True)
class Tick:
    """Input: time has passed."""


Input = Command | Press | Release | Reset | Heartbeat | Standing | Stop | Tick


@dataclass(frozen=True)
class GateState:
    """What the gate remembers; times are on the steady clock [s].

    Attributes:
        e_stop: The latch.
        term: Highest fencing number seen.
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
        rejected_count: Commands refused so far.
        stop_count: `Stop` inputs so far that somebody asked for.
    """

    e_stop: EStop = field(default_factory=EStop)
    term: int = 0
    stream: str = ''
    received_at_mono_s: float = -math.inf
    wanted_at_mono_s: float = -math.inf
    heartbeat_at_mono_s: float = math.inf
    moved_until_mono_s: float | None = None
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

    @property
    def awaits_standstill(self) -> bool:
        """Whether it matters what odometry says."""
        return self.moved_until_mono_s is not None or Cause.NOT_STANDING in self.e_stop.active

    def needs_ticks(self, now_mono_s: float) -> bool:
        """Whether decisions are due without further input; the heartbeat aside."""
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
        return _press(state, given.cause, given.source, now_mono_s)
    if isinstance(given, Release):
        return replace(state, e_stop=latch.release(state.e_stop, given.cause)), None
    if isinstance(given, Reset):
        return _reset(state, given, now_mono_s)
    if isinstance(given, Heartbeat):
        heard = latch.release(state.e_stop, Cause.HEARTBEAT)
        return replace(state, e_stop=heard, heartbeat_at_mono_s=now_mono_s), None
    if isinstance(given, Standing):
        return _judge_standing(state, given.is_standing, now_mono_s)
    if isinstance(given, Stop):
        is_asked_for = given.code == MotionStopped.code
        stopped = replace(state, stop_count=state.stop_count + is_asked_for)
        return _stop(stopped, given.code, now_mono_s)
    if isinstance(given, Command):
        # No tick may have come in time: the gate, or its whole machine, was frozen.
        state, zero = _end_overdue(state, now_mono_s, limits, COMMAND_TIMEOUT_S)
        state, velocity = _judge_command(state, given, now_mono_s, limits)
        return state, zero if velocity is None else velocity
    return _judge_time(state, now_mono_s, limits)


def stop_unjudged(state: GateState, now_mono_s: float) -> Decision:
    """Stop, because `decide` raised: what cannot be judged does not move the robot."""
    return _stop(state, InternalError.code, now_mono_s)


def _press(state: GateState, cause: Cause, source: str, now_mono_s: float) -> Decision:
    pressed = replace(state, e_stop=latch.press(state.e_stop, cause, source))
    return _stop(pressed, EStopActive.code, now_mono_s)


def _reset(state: GateState, given: Reset, now_mono_s: float) -> Decision:
    if not state.e_stop.is_latched:
        return state, None
    free = latch.reset(state.e_stop)
    if now_mono_s - state.wanted_at_mono_s < COMMAND_TIMEOUT_S:
        raise ResetRefused(reason='somebody still commands a velocity; end that first')
    if given.is_standing is False:
        raise ResetRefused(reason=given.reason)
    return _stop(replace(state, e_stop=free), EStopActive.code, now_mono_s)


def _judge_standing(state: GateState, is_standing: bool, now_mono_s: float) -> Decision:
    if is_standing:
        stands = latch.release(state.e_stop, Cause.NOT_STANDING)
        return replace(state, e_stop=stands, moved_until_mono_s=None), None
    until = state.moved_until_mono_s
    if until is None or now_mono_s - until <= STANDSTILL_LIMIT_S:
        return state, None
    source = f'the robot moves on {STANDSTILL_LIMIT_S:g} s after the zero'
    told = replace(state, moved_until_mono_s=None)
    return _press(told, Cause.NOT_STANDING, source, now_mono_s)


def _end_overdue(
    state: GateState, now_mono_s: float, limits: MotionLimits, command_timeout_s: float
) -> Decision:
    """Stop when the heartbeat, or the commands of the stream, have been silent for too long."""
    silent_s = now_mono_s - state.heartbeat_at_mono_s
    is_missed = 0.0 < limits.heartbeat_timeout_s < silent_s
    if is_missed and Cause.HEARTBEAT not in state.e_stop.active:
        source = f'the heartbeat is silent for {silent_s:.2f} s'
        return _press(state, Cause.HEARTBEAT, source, now_mono_s)
    if state.stream and now_mono_s - state.received_at_mono_s > command_timeout_s:
        return _stop(state, CommandStale.code, now_mono_s)
    return state, None


def _judge_command(
    state: GateState, command: Command, now_mono_s: float, limits: MotionLimits
) -> Decision:
    if not command.velocity.is_zero:
        state = replace(state, wanted_at_mono_s=now_mono_s)
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
    if command.velocity.speed_mps > 0.0 and not (command.clearance_m >= limits.stop_distance_m):
        thing = f'an obstacle at {command.clearance_m:.2f} m on the way'
        source = command.clearance_reason or thing
        return _press(state, Cause.OBSTACLE, source, now_mono_s)
    elapsed_s = now_mono_s - state.sent_at_mono_s
    elapsed_s = min(max(elapsed_s, command.simulated_step_s), COMMAND_TIMEOUT_S)
    wanted = limits.clamp(command.velocity)
    output = limits.clamp_change(state.output, wanted, elapsed_s)
    return replace(
        state, output=output, sent_at_mono_s=now_mono_s, moved_until_mono_s=now_mono_s
    ), output


def _judge_time(state: GateState, now_mono_s: float, limits: MotionLimits) -> Decision:
    # The next decision may come TICK_S later: a command too old by then is too old now.
    state, zero = _end_overdue(state, now_mono_s, limits, COMMAND_TIMEOUT_S - TICK_S)
    if zero is not None:
        return state, zero
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
