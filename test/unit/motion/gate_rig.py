"""A gate with a clock, and orchestrators that number what they send."""

import itertools
from typing import Any

from orchestrator_ren.motion import gate
from orchestrator_ren.motion.gate import (
    TICK_S,
    Command,
    Fact,
    FactKind,
    GateState,
    Input,
    Origin,
    Tick,
)
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import Velocity

GATE_ID = 7
SLOWLY = Velocity(x_mps=0.1)
A, B = 'tick-20260102-0000000a#1', 'tick-20260102-0000000b#1'
_numbers = itertools.count(1)


def command(
    term: int, stream: str, velocity: Velocity, *, gate_id: int = GATE_ID, **fields: Any
) -> Command:
    """Return the next command of the orchestrator that has this term."""
    return Command(Origin(term, term, next(_numbers), gate_id), stream, velocity, **fields)


class Orchestrator:
    """One that numbers what it sends."""

    def __init__(self, orchestrator_id: int, term: int, gate_id: int = GATE_ID) -> None:
        self.orchestrator_id, self.term, self.gate_id = orchestrator_id, term, gate_id
        self._number = 0

    def origin(self) -> Origin:
        self._number += 1
        return Origin(self.orchestrator_id, self.term, self._number, self.gate_id)

    def command(
        self,
        stream: str = A,
        velocity: Velocity = SLOWLY,
        **flags: bool,
    ) -> Command:
        return Command(self.origin(), stream, velocity, **flags)


class Gate:
    """A gate with a clock: what goes in, and what came out last.

    Args:
        limits: What may pass.
        state: To start with.
        step_s: How long after the input before an input comes in, unless told otherwise [s].
    """

    def __init__(
        self,
        limits: MotionLimits = MotionLimits(),  # noqa: B008 - frozen
        state: GateState | None = None,
        step_s: float = 0.0,
    ) -> None:
        self.limits = limits
        self.state = state or GateState(gate_id=GATE_ID)
        self.now_s = 1000.0
        self.sent: Velocity | None = None
        self._step_s = step_s

    def take(self, given: Input, after_s: float | None = None) -> Velocity | None:
        """Judge an input after some time; return what is sent."""
        self.now_s += self._step_s if after_s is None else after_s
        self.state, self.sent = gate.decide(self.state, given, self.now_s, self.limits)
        return self.sent

    def tick_for(self, duration_s: float) -> list[tuple[float, Velocity]]:
        """Tick like the node does; return what was sent, and how long after the beginning."""
        begin_s, sent = self.now_s, []
        while self.now_s < begin_s + duration_s - TICK_S / 2:
            velocity = self.take(Tick(), TICK_S)
            if velocity is not None:
                sent.append((self.now_s - begin_s, velocity))
        return sent

    def told(self) -> list[tuple[FactKind, str, int]]:
        """Return the facts: kind, stream, code."""
        return [(each.kind, each.stream, each.code) for each in self.state.facts]

    @property
    def last(self) -> Fact:
        """The last fact."""
        return self.state.facts[-1]
