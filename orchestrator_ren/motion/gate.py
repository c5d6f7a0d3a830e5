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
   distance on the way, when the robot still moves `STANDSTILL_LIMIT_S` after the zero, and for
   whatever else presses it: see `Cause`.

What it does with a stream it tells as a numbered `Fact`: whoever listens need not guess.
"""

from __future__ import annotations

from dataclasses import replace

from orchestrator_ren.errors import (
    CommandStale,
    EStopActive,
    InternalError,
    MotionStopped,
    ResetRefused,
)
from orchestrator_ren.motion import e_stop as latch
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_admission import admit
from orchestrator_ren.motion.gate_command import COMMAND_TIMEOUT_S, judge_command
from orchestrator_ren.motion.gate_ending import Decision, press, stop, told
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
    StopRequest,
    Tick,
)
from orchestrator_ren.motion.gate_state import Fact, FactKind, GateState
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import ZERO

__all__ = [
    'COMMAND_TIMEOUT_S',
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
    'StopRequest',
    'Tick',
    'decide',
    'stop_unjudged',
]
"""Inputs, facts and state have files of their own."""

TICK_S = 0.02
"""Longest time between two decisions while something moves [s]; `decide` counts on it."""

ZERO_PERIOD_S = 0.05
"""Time between two zeros [s]: 20 Hz."""

STANDSTILL_LIMIT_S = 5.0
"""How long the robot may move on after the zero [s]; then the e-stop latches."""


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
    if isinstance(given, Command):
        return _judge_command(state, given, now_mono_s, limits)
    if isinstance(given, Announcement):
        admission = admit(state, given.origin, now_mono_s)
        return admission.state, admission.zero
    if isinstance(given, Press):
        return press(state, given.cause, given.source, now_mono_s)
    if isinstance(given, Release):
        return replace(state, e_stop=latch.release(state.e_stop, given.cause)), None
    if isinstance(given, Reset):
        return _reset(state, given, now_mono_s)
    if isinstance(given, Heartbeat):
        heard = latch.release(state.e_stop, Cause.HEARTBEAT)
        return replace(state, e_stop=heard, heartbeat_at_mono_s=now_mono_s), None
    if isinstance(given, Standing):
        return _judge_standing(state, given.is_standing, now_mono_s, limits)
    if isinstance(given, StopRequest):
        return _stop(state, given, now_mono_s)
    return _judge_time(state, now_mono_s, limits)


def stop_unjudged(state: GateState, now_mono_s: float) -> Decision:
    """Stop, because `decide` raised: what cannot be judged does not move the robot."""
    return stop(state, InternalError.code, 'it could not decide', now_mono_s)


def _reset(state: GateState, given: Reset, now_mono_s: float) -> Decision:
    if not state.e_stop.is_latched:
        return state, None
    free = latch.reset(state.e_stop)
    if now_mono_s - state.wanted_at_mono_s < COMMAND_TIMEOUT_S:
        raise ResetRefused(reason='somebody still commands a velocity; end that first')
    if given.is_standing is False:
        raise ResetRefused(reason=given.reason)
    return stop(replace(state, e_stop=free), EStopActive.code, 'it was reset', now_mono_s)


def _stop(state: GateState, given: StopRequest, now_mono_s: float) -> Decision:
    if given.code == MotionStopped.code:
        state = replace(state, stop_count=state.stop_count + 1)
        state = told(state, FactKind.STOPPED, '', given.code, given.reason)
    return stop(state, given.code, given.reason, now_mono_s)


def _judge_command(
    state: GateState, command: Command, now_mono_s: float, limits: MotionLimits
) -> Decision:
    # No tick may have come in time: the gate, or its whole machine, was frozen.
    state, zero = _end_overdue(state, now_mono_s, limits, COMMAND_TIMEOUT_S)
    state, velocity = judge_command(state, command, now_mono_s, limits)
    return state, zero if velocity is None else velocity


def _judge_standing(
    state: GateState, is_standing: bool, now_mono_s: float, limits: MotionLimits
) -> Decision:
    state, zero = _end_overdue(state, now_mono_s, limits, COMMAND_TIMEOUT_S)
    if is_standing:
        stands = latch.release(state.e_stop, Cause.NOT_STANDING)
        return replace(state, e_stop=stands, moved_until_mono_s=None), zero
    until = state.moved_until_mono_s
    if until is None or now_mono_s - until <= STANDSTILL_LIMIT_S:
        return state, zero
    source = f'the robot moves on {STANDSTILL_LIMIT_S:g} s after the zero'
    state = replace(state, moved_until_mono_s=None)
    return press(state, Cause.NOT_STANDING, source, now_mono_s)


def _end_overdue(
    state: GateState, now_mono_s: float, limits: MotionLimits, command_timeout_s: float
) -> Decision:
    """Stop when the heartbeat, or the commands of the stream, have been silent for too long."""
    silent_s = now_mono_s - state.heartbeat_at_mono_s
    is_missed = 0.0 < limits.heartbeat_timeout_s < silent_s
    if is_missed and Cause.HEARTBEAT not in state.e_stop.active:
        source = f'the heartbeat is silent for {silent_s:.2f} s'
        return press(state, Cause.HEARTBEAT, source, now_mono_s)
    if state.stream and now_mono_s - state.received_at_mono_s > command_timeout_s:
        silent_s = now_mono_s - state.received_at_mono_s
        return stop(state, CommandStale.code, f'no command for {silent_s:.2f} s', now_mono_s)
    return state, None


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
