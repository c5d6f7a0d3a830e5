"""The gate: decides every single velocity that reaches the base.

`decide` is the whole of it: a pure function of the state, one input, steady time. Its rules:

1. While the e-stop is latched, zero.
2. A command is held for less than `COMMAND_TIMEOUT_S`; then the stream is closed, zero.
3. A stream that has ended is never taken up again: a motion that was stopped does not resume.
   One that was silent for too long has ended, also where the gate itself was held up meanwhile.
4. NaN, infinity and anything but planar motion close the stream, zero.
5. A term below the highest seen is refused: a revived orchestrator moves nothing. So is what was
   sent before, or to an earlier run of the gate: a recording that is played back moves nothing.
6. What passes is within the speed limits, and changes no faster than the acceleration limits.
7. Zero is never held back, and is repeated for `ZERO_REPEAT_S`, or as long as latched.
8. The e-stop latches too when the heartbeat is silent, when an obstacle is within the stop
   distance on the way, and when the robot still moves `STANDSTILL_LIMIT_S` after the zero.

What it does with a stream it tells as a numbered `Fact`: whoever listens need not guess.
"""

from __future__ import annotations

import math
from dataclasses import replace

from orchestrator_ren.errors import (
    CommandRefused,
    CommandStale,
    EStopActive,
    InternalError,
    MotionStopped,
    NotFollowed,
    ResetRefused,
)
from orchestrator_ren.motion import e_stop as latch
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_input import (
    Announcement,
    Command,
    Heartbeat,
    Input,
    Origin,
    Press,
    Release,
    Reset,
    Standing,
    Stop,
    Tick,
)
from orchestrator_ren.motion.gate_state import Fact, FactKind, GateState
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity

__all__ = [
    'Announcement',
    'Command',
    'Decision',
    'Fact',
    'FactKind',
    'GateState',
    'Heartbeat',
    'Input',
    'Origin',
    'Press',
    'Release',
    'Reset',
    'Standing',
    'Stop',
    'Tick',
    'decide',
    'stop_unjudged',
]
"""Inputs, facts and state have files of their own."""

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

REMEMBERED_FACTS = 16
"""Facts that are told again with each state: who missed one learns it from the next."""


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
        state, zero = _end_overdue(state, now_mono_s, limits, COMMAND_TIMEOUT_S)
        state, other_zero = _judge_standing(state, given.is_standing, now_mono_s)
        return state, zero or other_zero
    if isinstance(given, Stop):
        if given.code == MotionStopped.code:
            state = replace(state, stop_count=state.stop_count + 1)
            state = _told(state, FactKind.STOPPED, '', given.code, given.reason)
        return _stop(state, given.code, given.reason, now_mono_s)
    if isinstance(given, Announcement):
        state, zero, _refusal = _admit(state, given.origin, now_mono_s)
        return state, zero
    if isinstance(given, Command):
        # No tick may have come in time: the gate, or its whole machine, was frozen.
        state, zero = _end_overdue(state, now_mono_s, limits, COMMAND_TIMEOUT_S)
        state, velocity = _judge_command(state, given, now_mono_s, limits)
        return state, zero if velocity is None else velocity
    return _judge_time(state, now_mono_s, limits)


def stop_unjudged(state: GateState, now_mono_s: float) -> Decision:
    """Stop, because `decide` raised: what cannot be judged does not move the robot."""
    return _stop(state, InternalError.code, 'it could not decide', now_mono_s)


def _press(state: GateState, cause: Cause, source: str, now_mono_s: float) -> Decision:
    pressed = replace(state, e_stop=latch.press(state.e_stop, cause, source))
    if pressed.e_stop.count > state.e_stop.count:
        pressed = _told(pressed, FactKind.LATCHED, '', EStopActive.code, source)
    return _stop(pressed, EStopActive.code, source, now_mono_s)


def _reset(state: GateState, given: Reset, now_mono_s: float) -> Decision:
    if not state.e_stop.is_latched:
        return state, None
    free = latch.reset(state.e_stop)
    if now_mono_s - state.wanted_at_mono_s < COMMAND_TIMEOUT_S:
        raise ResetRefused(reason='somebody still commands a velocity; end that first')
    if given.is_standing is False:
        raise ResetRefused(reason=given.reason)
    return _stop(replace(state, e_stop=free), EStopActive.code, 'it was reset', now_mono_s)


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
        silent_s = now_mono_s - state.received_at_mono_s
        return _stop(state, CommandStale.code, f'no command for {silent_s:.2f} s', now_mono_s)
    return state, None


def _admit(
    state: GateState, origin: Origin, now_mono_s: float
) -> tuple[GateState, Velocity | None, str]:
    """Judge who sends: the state after, a zero where it takes over, and why it is refused."""
    if origin.gate_id != state.gate_id:
        return state, None, 'it was meant for another run of the gate'
    if origin.number <= _last_number(state, origin):
        return state, None, 'it was sent before'
    is_holder = origin.orchestrator_id == state.orchestrator_id
    heard = state.orchestrators.hear(origin.orchestrator_id, origin.number, now_mono_s)
    state = replace(state, orchestrators=heard)
    if origin.term < state.term:
        return state, None, f'its term {origin.term} is older than {state.term}'
    if origin.term == state.term and state.orchestrator_id and not is_holder:
        return state, None, f'the term {origin.term} is that of another orchestrator'
    zero = None
    if not is_holder and state.stream:
        reason = f'an orchestrator of term {origin.term} has taken over'
        state, zero = _stop(state, NotFollowed.code, reason, now_mono_s)
    holder_id = origin.orchestrator_id
    taken = replace(state, term=origin.term, orchestrator_id=holder_id, number=origin.number)
    return taken, zero, ''


def _last_number(state: GateState, origin: Origin) -> float:
    """Return the number of what this one sent last; no number is above that of another run."""
    if origin.gate_id != state.gate_id:
        return math.inf
    if origin.orchestrator_id == state.orchestrator_id:
        return state.number
    return state.orchestrators.number_of(origin.orchestrator_id)


def _judge_command(
    state: GateState, command: Command, now_mono_s: float, limits: MotionLimits
) -> Decision:
    if not command.velocity.is_zero:
        state = replace(state, wanted_at_mono_s=now_mono_s)
    is_meant = command.origin.number > _last_number(state, command.origin)
    state, zero, refusal = _admit(state, command.origin, now_mono_s)
    if not command.stream:
        refusal = refusal or 'it names no stream'
    elif state.is_closed(command.stream):
        refusal = refusal or 'it has ended already'
    if refusal and not is_meant:  # a recording: as many as somebody has
        return _counted(state, refusal), zero
    if refusal:
        return _refuse(state, command.stream, NotFollowed.code, refusal), zero
    if state.e_stop.is_latched:
        refused = _refuse(state, command.stream, EStopActive.code, state.e_stop.source)
        return _remember_closed(refused, command.stream, EStopActive.code), zero
    if not (command.velocity.is_finite and command.is_planar):
        return _refuse_spoilt(state, command.stream, now_mono_s)
    state = _follow(state, command.stream, now_mono_s)
    if command.is_last:
        return _zero(_end(state, 0, 'its orchestrator ended it'), now_mono_s)
    if command.velocity.is_zero:
        zero_until = state.zero_until_mono_s
        state, _ = _zero(state, now_mono_s)
        return replace(state, zero_until_mono_s=zero_until), ZERO
    # Where it rolls while it slows down or turns away counts as well as where it is to go.
    is_translating = command.velocity.speed_mps > 0.0 or state.output.speed_mps > 0.0
    if is_translating and not (command.clearance_m >= limits.stop_distance_m):
        thing = f'an obstacle at {command.clearance_m:.2f} m on the way'
        source = command.clearance_reason or thing
        return _press(state, Cause.OBSTACLE, source, now_mono_s)
    return _move(state, command, now_mono_s, limits)


def _refuse(state: GateState, stream: str, code: int, reason: str) -> GateState:
    """Count it, and tell it once a stream and cause."""
    return _told_once(_counted(state, reason), FactKind.REFUSED, stream, code, reason)


def _counted(state: GateState, reason: str) -> GateState:
    return replace(state, rejected_count=state.rejected_count + 1, last_refusal=reason)


def _refuse_spoilt(state: GateState, stream: str, now_mono_s: float) -> Decision:
    reason = 'a command was not a finite planar velocity'
    spoilt = _refuse(state, stream, CommandRefused.code, reason)
    if stream != state.stream:
        spoilt = _remember_closed(spoilt, stream, CommandRefused.code)
        spoilt = _told(spoilt, FactKind.ENDED, stream, CommandRefused.code, reason)
    return _stop(spoilt, CommandRefused.code, reason, now_mono_s)


def _follow(state: GateState, stream: str, now_mono_s: float) -> GateState:
    """Return the state that follows the stream, and the one before no more: its rest is late."""
    if state.stream != stream:
        if state.stream:
            state = _end(state, NotFollowed.code, f'superseded by {stream}')
        state = _told(state, FactKind.TAKEN_UP, stream)
    return replace(state, stream=stream, received_at_mono_s=now_mono_s)


def _move(state: GateState, command: Command, now_mono_s: float, limits: MotionLimits) -> Decision:
    """Let the velocity pass within the limits."""
    elapsed_s = now_mono_s - state.sent_at_mono_s
    elapsed_s = min(max(elapsed_s, command.simulated_step_s), COMMAND_TIMEOUT_S)
    wanted = limits.clamp(command.velocity)
    if wanted != command.velocity:
        reason = f'at most {limits.max_speed_mps:g} m/s and {limits.max_yaw_rate_radps:g} rad/s'
        state = _told_once(state, FactKind.REDUCED, command.stream, 0, reason)
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


def _stop(state: GateState, code: int, reason: str, now_mono_s: float) -> Decision:
    """End the stream by the gate's own decision."""
    return _zero(_end(state, code, reason), now_mono_s)


def _end(state: GateState, code: int, reason: str) -> GateState:
    """Follow nothing any more, and tell why."""
    if not state.stream:
        return state
    ended = _remember_closed(state, state.stream, code)
    return replace(_told(ended, FactKind.ENDED, state.stream, code, reason), stream='')


def _zero(state: GateState, now_mono_s: float) -> Decision:
    if not state.output.is_zero:  # it moved until now, however long the gate itself stood still
        state = replace(state, moved_until_mono_s=now_mono_s)
    return replace(
        state, output=ZERO, sent_at_mono_s=now_mono_s, zero_until_mono_s=now_mono_s + ZERO_REPEAT_S
    ), ZERO


def _remember_closed(state: GateState, stream: str, code: int) -> GateState:
    return replace(state, closed=(*state.closed, (stream, code))[-REMEMBERED_STREAMS:])


def _told(
    state: GateState, kind: FactKind, stream: str, code: int = 0, reason: str = ''
) -> GateState:
    number = state.facts[-1].number + 1 if state.facts else 1
    fact = Fact(number, kind, stream, code, reason)
    return replace(state, facts=(*state.facts, fact)[-REMEMBERED_FACTS:])


def _told_once(state: GateState, kind: FactKind, stream: str, code: int, reason: str) -> GateState:
    """Tell it unless it was told of this stream lately: a flood must not hide what matters."""
    if any((each.kind, each.stream, each.code) == (kind, stream, code) for each in state.facts):
        return state
    return _told(state, kind, stream, code, reason)
