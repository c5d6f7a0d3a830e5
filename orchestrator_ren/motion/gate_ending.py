"""How the gate ends a stream, and tells it: zero, remembered, and a fact with a number."""

from __future__ import annotations

from dataclasses import replace

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.motion import e_stop as latch
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_state import Fact, FactKind, GateState
from orchestrator_ren.motion.velocity import ZERO, Velocity

ZERO_REPEAT_S = 1.0
"""How long zeros are repeated after a motion [s], for a base that missed one."""

REMEMBERED_STREAMS = 64
"""Closed streams that are remembered."""

REMEMBERED_FACTS = 16
"""Facts that are told again with each state: who missed one learns it from the next."""

Decision = tuple[GateState, Velocity | None]
"""The state after, and the velocity to send now; None = send nothing."""


def press(state: GateState, cause: Cause, source: str, now_mono_s: float) -> Decision:
    """Latch the e-stop, and stop."""
    pressed = replace(state, e_stop=latch.press(state.e_stop, cause, source))
    if pressed.e_stop.count > state.e_stop.count:
        pressed = told(pressed, FactKind.LATCHED, '', EStopActive.code, source)
    return stop(pressed, EStopActive.code, source, now_mono_s)


def stop(state: GateState, code: int, reason: str, now_mono_s: float) -> Decision:
    """End the stream by the gate's own decision."""
    return zero(end(state, code, reason), now_mono_s)


def end(state: GateState, code: int, reason: str) -> GateState:
    """Follow nothing any more, and tell why."""
    if not state.stream:
        return state
    ended = remember_closed(state, state.stream, code)
    return replace(told(ended, FactKind.ENDED, state.stream, code, reason), stream='')


def zero(state: GateState, now_mono_s: float) -> Decision:
    """Send zero, now and again for a while."""
    if not state.output.is_zero:  # it moved until now, however long the gate itself stood still
        state = replace(state, moved_until_mono_s=now_mono_s)
    return replace(
        state, output=ZERO, sent_at_mono_s=now_mono_s, zero_until_mono_s=now_mono_s + ZERO_REPEAT_S
    ), ZERO


def remember_closed(state: GateState, stream: str, code: int) -> GateState:
    """Never take this stream up again."""
    return replace(state, closed=(*state.closed, (stream, code))[-REMEMBERED_STREAMS:])


def told(
    state: GateState, kind: FactKind, stream: str, code: int = 0, reason: str = ''
) -> GateState:
    """Tell it, with the next number."""
    number = state.facts[-1].number + 1 if state.facts else 1
    fact = Fact(number, kind, stream, code, reason)
    return replace(state, facts=(*state.facts, fact)[-REMEMBERED_FACTS:])


def told_once(state: GateState, kind: FactKind, stream: str, code: int, reason: str) -> GateState:
    """Tell it unless it was told of this stream lately: a flood must not hide what matters."""
    if any((each.kind, each.stream, each.code) == (kind, stream, code) for each in state.facts):
        return state
    return told(state, kind, stream, code, reason)
