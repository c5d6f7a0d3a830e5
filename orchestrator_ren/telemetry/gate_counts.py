"""What gates count since their starts, as what is new."""

from __future__ import annotations

MAX_GATES = 8
"""Gates that are remembered: one at a time, and those that it was started again after."""


class GateCounts:
    """Compares what a gate tells with what it told before."""

    def __init__(self) -> None:
        self._told: dict[int, tuple[int, ...]] = {}

    def take(self, gate_id: int, counts: tuple[int, ...]) -> tuple[int, ...]:
        """Return what has been added to each count; all of it for a gate not heard before.

        Args:
            gate_id: Random number of the gate's start.
            counts: Since that start, always the same ones.
        """
        before = self._told.pop(gate_id, (0,) * len(counts))
        self._told[gate_id] = tuple(map(max, counts, before))
        if len(self._told) > MAX_GATES:
            del self._told[next(iter(self._told))]
        return tuple(max(0, now - then) for now, then in zip(counts, before, strict=True))
