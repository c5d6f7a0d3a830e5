"""A heap whose members leave from anywhere, without a trace and without a pause."""

from __future__ import annotations

import heapq
from collections.abc import Callable

from orchestrator_ren.tickets.scheduling import Waiting

SWEPT = 4
"""Places looked at by each `sweep`: with two, half of them would be left behind for ever."""


class WaitingHeap:
    """Has the first of some waiting tickets at hand.

    The place of one that has left stays until it comes up, or until a sweep has found it: the
    heap is as large as its members, times a small constant. No call takes long: a sweep looks at
    a few places only, moving those that count into a second heap.

    Args:
        is_member: Whether a ticket that was pushed still counts.
    """

    def __init__(self, is_member: Callable[[Waiting], bool]) -> None:
        self._is_member = is_member
        self._unswept: list[tuple[tuple[float, int], Waiting]] = []
        self._swept: list[tuple[tuple[float, int], Waiting]] = []

    def __len__(self) -> int:
        """Return the number of places, also of those that have left."""
        return len(self._unswept) + len(self._swept)

    def push(self, key: tuple[float, int], each: Waiting) -> None:
        """Add a ticket; the key must be unique."""
        heapq.heappush(self._swept, (key, each))

    def first(self) -> Waiting | None:
        """Return the ticket of the lowest key; None when there is none."""
        heap = self._first_heap()
        return heap[0][1] if heap else None

    def pop(self) -> None:
        """Take out the first."""
        heapq.heappop(self._first_heap())

    def sweep(self) -> None:
        """Look at a few places; to be called for each that leaves."""
        for _ in range(SWEPT):
            if not self._unswept:
                self._unswept, self._swept = self._swept, self._unswept
                return
            place = self._unswept.pop()  # the last: what is left stays a heap
            if self._is_member(place[1]):
                heapq.heappush(self._swept, place)

    def _first_heap(self) -> list[tuple[tuple[float, int], Waiting]]:
        """Return the one of the two with the lowest key, that of a member; empty = none."""
        for heap in self._unswept, self._swept:
            while heap and not self._is_member(heap[0][1]):
                heapq.heappop(heap)
        if self._unswept and self._swept:
            return min(self._unswept, self._swept, key=lambda heap: heap[0][0])
        return self._unswept or self._swept
