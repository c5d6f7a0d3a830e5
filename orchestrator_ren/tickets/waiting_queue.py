"""The waiting tickets, kept so that a decision does not look at all of them."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator
from dataclasses import replace

from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.scheduling import Circumstances, Decision, Waiting, decide
from orchestrator_ren.tickets.ticket import Priority

Kind = tuple[Priority, Needs, bool]
"""Tickets of one kind start in the order of their age: only the oldest can be next."""


class WaitingQueue:
    """Waiting tickets; every change and every decision is O(log n) in their number.

    Places in the heaps are left behind when a ticket goes, and skipped when they come up.
    """

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._by_age: dict[Kind, list[tuple[tuple[float, int], Waiting]]] = {}
        self._by_start: list[tuple[float, int, Waiting]] = []
        self._by_deadline: list[tuple[float, int, Waiting]] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    def get(self, ticket_id: str) -> Waiting | None:
        """Return the waiting ticket; None when it does not wait."""
        return self._waiting.get(ticket_id)

    def add(self, each: Waiting) -> None:
        """Let a ticket wait, in place of itself if it waits already; its arrival must be new."""
        self._waiting[each.ticket_id] = each
        if each.not_before_s > -math.inf and not each.is_plan:
            heapq.heappush(self._by_start, (each.not_before_s, each.arrival, each))
        else:
            self._push(each)
        if each.deadline_s < math.inf:
            heapq.heappush(self._by_deadline, (each.deadline_s, each.arrival, each))

    def remove(self, ticket_id: str) -> Waiting | None:
        """Let a ticket wait no longer; return it, or None when it did not."""
        return self._waiting.pop(ticket_id, None)

    def decide(self, now_s: float, circumstances: Circumstances) -> Decision:
        """Return what starts now; those that start wait no longer.

        The reasons are given for the oldest of each kind only.
        """
        self._let_due_ones_in(now_s)
        running = dict(circumstances.running)
        found = Decision()
        while True:
            circumstances = replace(circumstances, running=running)
            step = decide(self._oldest_of_each_kind(), now_s, circumstances)
            found.preempt.update(step.preempt)
            if not step.start:
                return replace(found, reasons=step.reasons)
            for each in step.start:
                del self._waiting[each.ticket_id]
                running[each.ticket_id] = each
            found.start.extend(step.start)

    def expired(self, now_s: float) -> list[Waiting]:
        """Return those whose deadline has passed; they wait no longer."""
        found = []
        while self._by_deadline and self._by_deadline[0][0] <= now_s:
            each = heapq.heappop(self._by_deadline)[2]
            if self._is_waiting(each):
                del self._waiting[each.ticket_id]
                found.append(each)
        return found

    def next_instant_s(self) -> float:
        """Return when the next ticket is due or expires; infinity when none will be."""
        return min(self._first_s(self._by_start), self._first_s(self._by_deadline))

    def _first_s(self, heap: list[tuple[float, int, Waiting]]) -> float:
        while heap and not self._is_waiting(heap[0][2]):
            heapq.heappop(heap)
        return heap[0][0] if heap else math.inf

    def _let_due_ones_in(self, now_s: float) -> None:
        while self._by_start and self._by_start[0][0] <= now_s:
            each = heapq.heappop(self._by_start)[2]
            if self._is_waiting(each):
                self._push(each)

    def _push(self, each: Waiting) -> None:
        kind = each.priority, each.needs, each.is_plan
        heapq.heappush(self._by_age.setdefault(kind, []), (each.age, each))

    def _oldest_of_each_kind(self) -> list[Waiting]:
        found = []
        for kind, heap in list(self._by_age.items()):
            while heap and not self._is_waiting(heap[0][1]):
                heapq.heappop(heap)
            if heap:
                found.append(heap[0][1])
            else:
                del self._by_age[kind]
        return found

    def _is_waiting(self, each: Waiting) -> bool:
        return self._waiting.get(each.ticket_id) is each
