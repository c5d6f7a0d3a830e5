"""What a gate says of itself: its side of the protocol, as the orchestrator hears it."""

from __future__ import annotations

from dataclasses import dataclass, field

from orchestrator_ren.motion.e_stop import EStopStatus
from orchestrator_ren.motion.gate_state import Fact, FactKind, GateState
from orchestrator_ren.motion.limits import MotionLimits


@dataclass(frozen=True)
class GateWord:
    """One word of a gate; the next one says it all again, so that any may be lost.

    Attributes:
        gate_id: Random number of its start.
        uptime_s: Since then [s, >= 0]; a word that is not newer is a recording.
        status: Of the e-stop; what is no value of `EStopStatus` is not free.
        source: What latched it first, for people.
        facts: What it did last, oldest first.
        term: Highest fencing number seen, also before its start.
        orchestrator_id: Whose that is; 0 = nobody's.
        orchestrators: How many are alive.
        listeners: Subscriptions on its velocities.
        scan_fault: Why an obstacle would be taken to be on any way; empty = not known to be.
        limits: What it lets pass.
    """

    gate_id: int
    uptime_s: float
    status: str = EStopStatus.FREE.value
    source: str = ''
    facts: tuple[Fact, ...] = ()
    term: int = 0
    orchestrator_id: int = 0
    orchestrators: int = 0
    listeners: int = 0
    scan_fault: str = ''
    limits: MotionLimits = field(default_factory=MotionLimits)

    @property
    def is_free(self) -> bool:
        """Whether the e-stop lets commands pass."""
        return self.status == EStopStatus.FREE.value


def word_of(
    state: GateState,
    limits: MotionLimits,
    now_mono_s: float,
    uptime_s: float,
    listeners: int,
    scan_fault: str,
) -> GateWord:
    """Return what a gate in this state says."""
    return GateWord(
        gate_id=state.gate_id,
        uptime_s=uptime_s,
        status=state.e_stop.status.value,
        source=state.e_stop.source,
        facts=state.facts,
        term=state.term,
        orchestrator_id=state.orchestrator_id,
        orchestrators=state.orchestrators.count(now_mono_s),
        listeners=listeners,
        scan_fault=scan_fault,
        limits=limits,
    )


def must_tell(told: GateState | None, state: GateState) -> bool:
    """Whether others must know at once; what was refused can wait for the next heartbeat."""
    return told is None or _what_matters(told) != _what_matters(state)


def _what_matters(state: GateState) -> tuple[object, ...]:
    told = [each.number for each in state.facts if each.kind is not FactKind.REFUSED]
    return state.e_stop, state.stream, told, state.term, state.orchestrator_id
