"""How the gate judges one command: followed, refused, or reduced."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_ren.errors import CommandRefused, EStopActive, NotFollowed
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_admission import Admission, admit
from orchestrator_ren.motion.gate_ending import (
    Decision,
    end,
    press,
    remember_closed,
    stop,
    told,
    told_once,
    zero,
)
from orchestrator_ren.motion.gate_input import Command
from orchestrator_ren.motion.gate_state import FactKind, GateState
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import ZERO

COMMAND_TIMEOUT_S = 0.25
"""No command moves the robot for longer than this without a fresh one [s]."""


def judge_command(
    state: GateState, command: Command, now_mono_s: float, limits: MotionLimits
) -> Decision:
    """Judge it; time is judged before."""
    if not command.velocity.is_zero:
        state = replace(state, wanted_at_mono_s=now_mono_s)
    admission = admit(state, command.origin, now_mono_s)
    state = admission.state
    refusal = admission.refusal or _refusal_of(command.stream, state)
    if refusal:
        return _refused(admission, command.stream, refusal), admission.zero
    if state.e_stop.is_latched:
        refused = _refuse(state, command.stream, EStopActive.code, state.e_stop.source)
        return remember_closed(refused, command.stream, EStopActive.code), admission.zero
    if not (command.velocity.is_finite and command.is_planar):
        return _refuse_spoilt(state, command.stream, now_mono_s)
    return _obey(_follow(state, command.stream, now_mono_s), command, now_mono_s, limits)


def _refusal_of(stream: str, state: GateState) -> str:
    if not stream:
        return 'it names no stream'
    return 'it has ended already' if state.is_closed(stream) else ''


def _refused(admission: Admission, stream: str, refusal: str) -> GateState:
    if admission.is_recorded:  # as many as somebody has: they must hide nothing
        return _counted(admission.state, refusal)
    return _refuse(admission.state, stream, NotFollowed.code, refusal)


def _refuse(state: GateState, stream: str, code: int, reason: str) -> GateState:
    """Count it, and tell it once a stream and cause."""
    return told_once(_counted(state, reason), FactKind.REFUSED, stream, code, reason)


def _counted(state: GateState, reason: str) -> GateState:
    return replace(state, rejected_count=state.rejected_count + 1, last_refusal=reason)


def _refuse_spoilt(state: GateState, stream: str, now_mono_s: float) -> Decision:
    reason = 'a command was not a finite planar velocity'
    spoilt = _refuse(state, stream, CommandRefused.code, reason)
    if stream != state.stream:
        spoilt = remember_closed(spoilt, stream, CommandRefused.code)
        spoilt = told(spoilt, FactKind.ENDED, stream, CommandRefused.code, reason)
    return stop(spoilt, CommandRefused.code, reason, now_mono_s)


def _follow(state: GateState, stream: str, now_mono_s: float) -> GateState:
    """Return the state that follows the stream, and the one before no more: its rest is late."""
    if state.stream != stream:
        if state.stream:
            state = end(state, NotFollowed.code, f'superseded by {stream}')
        state = told(state, FactKind.TAKEN_UP, stream)
    return replace(state, stream=stream, received_at_mono_s=now_mono_s)


def _obey(state: GateState, command: Command, now_mono_s: float, limits: MotionLimits) -> Decision:
    """Do what a stream that is followed asks for, as far as it may be done."""
    if command.is_last:
        return zero(end(state, 0, 'its orchestrator ended it'), now_mono_s)
    if command.velocity.is_zero:
        zero_until = state.zero_until_mono_s
        state, _ = zero(state, now_mono_s)
        return replace(state, zero_until_mono_s=zero_until), ZERO
    # Where it rolls while it slows down or turns away counts as well as where it is to go.
    is_translating = command.velocity.speed_mps > 0.0 or state.output.speed_mps > 0.0
    if is_translating and not (command.clearance_m >= limits.stop_distance_m):
        thing = f'an obstacle at {command.clearance_m:.2f} m on the way'
        source = command.clearance_reason or thing
        return press(state, Cause.OBSTACLE, source, now_mono_s)
    return _move(state, command, now_mono_s, limits)


def _move(state: GateState, command: Command, now_mono_s: float, limits: MotionLimits) -> Decision:
    """Let the velocity pass within the limits."""
    elapsed_s = now_mono_s - state.sent_at_mono_s
    elapsed_s = min(max(elapsed_s, command.simulated_step_s), COMMAND_TIMEOUT_S)
    wanted = limits.clamp(command.velocity)
    if wanted != command.velocity:
        reason = f'at most {limits.max_speed_mps:g} m/s and {limits.max_yaw_rate_radps:g} rad/s'
        state = told_once(state, FactKind.REDUCED, command.stream, 0, reason)
    output = limits.clamp_change(state.output, wanted, elapsed_s)
    return replace(
        state, output=output, sent_at_mono_s=now_mono_s, moved_until_mono_s=now_mono_s
    ), output
