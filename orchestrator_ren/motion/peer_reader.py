"""What is new in what a gate says: its facts have numbers, so nothing has to be guessed."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from orchestrator_ren.motion.gate_state import Fact
from orchestrator_ren.motion.presence import Presence

SILENT_S = 0.3
"""A gate that was not heard for so long may be followed by another one [s]: three heartbeats."""


@dataclass(frozen=True)
class News:
    """What one word of a gate brings.

    Attributes:
        is_first: Nothing was heard before.
        is_restarted: It is another run of the gate: what the last one followed has ended.
        is_gap: Facts were missed, and are not known any more.
        facts: Those not told before, oldest first.
    """

    is_first: bool = False
    is_restarted: bool = False
    is_gap: bool = False
    facts: tuple[Fact, ...] = ()


class PeerReader:
    """Follows one gate of those that are heard.

    Attributes:
        gate_id: Of the gate that is followed; 0 = none was heard.
        is_in_doubt: Another one was heard since that one's last word.
    """

    def __init__(self) -> None:
        self.gate_id = 0
        self.is_in_doubt = False
        self._gates = Presence()
        self._heard_at_mono_s = -math.inf
        self._last_fact = 0

    def take(
        self, gate_id: int, uptime_s: float, facts: Sequence[Fact], now_mono_s: float
    ) -> News | None:
        """Return what is new; None for what is another gate's, or was said before.

        Args:
            gate_id: Of the gate that speaks.
            uptime_s: Since its start [s]; a word that is not newer is a recording.
            facts: The last ones, oldest first.
            now_mono_s: Steady time [s].
        """
        number = int(uptime_s * 1e6)
        if number <= self._gates.number_of(gate_id):
            return None
        self._gates = self._gates.hear(gate_id, number, now_mono_s)
        is_other = gate_id != self.gate_id
        is_alive = now_mono_s - self._heard_at_mono_s < SILENT_S
        self.is_in_doubt = is_other and is_alive
        if self.is_in_doubt:
            return None
        is_first, self.gate_id, self._heard_at_mono_s = not self.gate_id, gate_id, now_mono_s
        last, self._last_fact = self._last_fact, facts[-1].number if facts else 0
        if is_other:
            return News(is_first=is_first, is_restarted=not is_first)
        new = tuple(each for each in facts if each.number > last)
        return News(is_gap=bool(new) and new[0].number > last + 1, facts=new)

    def count(self, now_mono_s: float) -> int:
        """Return how many gates are alive."""
        return self._gates.count(now_mono_s)
