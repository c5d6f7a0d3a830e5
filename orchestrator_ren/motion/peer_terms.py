"""Which term an orchestrator sends: that of its store, or one above the gate's."""

from __future__ import annotations

import math

from orchestrator_ren.motion.gate_word import GateWord
from orchestrator_ren.motion.presence import ALIVE_S

MAX_TERM = 2**32 - 1
"""Highest term that a message holds."""


class TermChoice:
    """Chooses the term with each word of the gate; it never goes back.

    Args:
        orchestrator_id: Of the one that chooses.

    Attributes:
        term: To be sent now; 0 = none yet.
    """

    def __init__(self, orchestrator_id: int) -> None:
        self.term = 0
        self._orchestrator_id = orchestrator_id
        self._was_known = False
        self._rival_at_mono_s = -math.inf

    def choose(self, word: GateWord, term_of_store: int, now_mono_s: float) -> None:
        """Take the store's term, 0 while that is not open, or take over from one that has ended.

        Args:
            word: Of the gate.
            term_of_store: Fencing number of the store's opening.
            now_mono_s: Steady time [s].
        """
        self.term = max(self.term, term_of_store)
        if self.term == 0:
            return
        if self._may_take_over(word, now_mono_s) and self.term <= word.term < MAX_TERM:
            self.term = word.term + 1

    def _may_take_over(self, word: GateWord, now_mono_s: float) -> bool:
        """Whether the one whose term the gate has is another one, and has ended.

        At the start it has: else it is heard in a second, and nothing moves any more. Who was
        taken over from waits for longer than one that lives is silent.
        """
        is_own = word.orchestrator_id == self._orchestrator_id
        self._was_known |= is_own
        if is_own or word.orchestrators > 1:
            self._rival_at_mono_s = now_mono_s
            return False
        return not self._was_known or now_mono_s - self._rival_at_mono_s > ALIVE_S
