"""What the gate has answered to each stream: whether it follows it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.motion.gate_state import Fact, FactKind
from orchestrator_ren.motion.peer_outcome import error_of

REMEMBERED_STREAMS = 64
"""Streams of which it is known what the gate said to them."""


class PeerAnswers:
    """Remembers the streams that were taken up, and what was refused and why."""

    def __init__(self) -> None:
        self._taken_up: deque[str] = deque(maxlen=REMEMBERED_STREAMS)
        self._refused: deque[Fact] = deque(maxlen=REMEMBERED_STREAMS)

    def take(self, facts: Iterable[Fact]) -> None:
        """Remember what is new."""
        for fact in facts:
            if fact.kind is FactKind.TAKEN_UP:
                self._taken_up.append(fact.stream)
            elif fact.kind is FactKind.REFUSED:
                self._refused.append(fact)

    def is_taken_up(self, stream: str) -> bool:
        """Whether the gate has followed it; that it has ended since changes nothing."""
        return stream in self._taken_up

    def refusal_of(self, stream: str) -> OrchestratorError | None:
        """Return why the gate refused it last; None = it has not."""
        for fact in reversed(self._refused):
            if fact.stream == stream:
                return error_of(fact)
        return None
