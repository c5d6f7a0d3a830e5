"""Whom the gate follows: the orchestrator of the highest term, by what was not sent before."""

from __future__ import annotations

from dataclasses import dataclass, replace

from orchestrator_ren.errors import NotFollowed
from orchestrator_ren.motion.gate_ending import stop
from orchestrator_ren.motion.gate_input import Origin
from orchestrator_ren.motion.gate_state import GateState
from orchestrator_ren.motion.velocity import Velocity


@dataclass(frozen=True)
class Admission:
    """What is judged of the sender.

    Attributes:
        state: After it.
        zero: To be sent where it takes over from one that moves the robot; else None.
        refusal: Why it is not followed; empty = it is.
        is_recorded: It was sent before, or to another run: somebody may have many of these.
    """

    state: GateState
    zero: Velocity | None = None
    refusal: str = ''
    is_recorded: bool = False


def admit(state: GateState, origin: Origin, now_mono_s: float) -> Admission:
    """Judge who sends."""
    if origin.gate_id != state.gate_id:
        return Admission(
            state, refusal='it was meant for another run of the gate', is_recorded=True
        )
    if origin.number <= _last_number(state, origin):
        return Admission(state, refusal='it was sent before', is_recorded=True)
    heard = state.orchestrators.hear(origin.orchestrator_id, origin.number, now_mono_s)
    state = replace(state, orchestrators=heard)
    if origin.term < state.term:
        refusal = f'its term {origin.term} is older than {state.term}'
        return Admission(state, refusal=refusal)
    is_holder = origin.orchestrator_id == state.orchestrator_id
    if origin.term == state.term and state.orchestrator_id and not is_holder:
        refusal = f'the term {origin.term} is that of another orchestrator'
        return Admission(state, refusal=refusal)
    return _taken(state, origin, is_holder, now_mono_s)


def _last_number(state: GateState, origin: Origin) -> int:
    """Return the number of what this one sent last."""
    if origin.orchestrator_id == state.orchestrator_id:
        return state.number
    return state.orchestrators.number_of(origin.orchestrator_id)


def _taken(state: GateState, origin: Origin, is_holder: bool, now_mono_s: float) -> Admission:
    """Follow it; what another one had begun ends."""
    zero = None
    if not is_holder and state.stream:
        reason = f'an orchestrator of term {origin.term} has taken over'
        state, zero = stop(state, NotFollowed.code, reason, now_mono_s)
    holder_id = origin.orchestrator_id
    taken = replace(state, term=origin.term, orchestrator_id=holder_id, number=origin.number)
    return Admission(taken, zero)
