"""The waiting tickets, kept so that a decision does not look at all of them."""

from __future__ import annotations

import heapq
import math
from collections import Counter
from collections.abc import Iterator, Mapping

from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.scheduling import Circumstances, Decision, Judge, Waiting, turn
from orchestrator_ren.tickets.ticket import Priority
from orchestrator_ren.tickets.waiting_heap import WaitingHeap

Kind = tuple[Priority, Needs, bool, bool]
"""Tickets of one kind start in the order of their age: only the oldest can be next."""


class WaitingQueue:
    """Waiting tickets; every change is O(log n) in their number, every decision in their kinds."""

    def __init__(self) -> None:
        self._waiting: dict[str, Waiting] = {}
        self._priorities: Counter[Priority] = Counter()
        self._by_age: dict[Kind, WaitingHeap] = {}
        self._by_start = WaitingHeap(self._is_waiting)
        self._by_deadline = WaitingHeap(self._is_waiting)

    def __len__(self) -> int:
        return len(self._waiting)

    def __iter__(self) -> Iterator[Waiting]:
        return iter(self._waiting.values())

    @property
    def by_id(self) -> Mapping[str, Waiting]:
        """All of it, by ticket; not to be kept."""
        return self._waiting

    def has_due(self, now_s: float) -> bool:
        """Whether something waits whose time has come."""
        return any(each.not_before_s <= now_s for each in self._waiting.values())

    def get(self, ticket_id: str) -> Waiting | None:
        """Return the waiting ticket; None when it does not wait."""
        return self._waiting.get(ticket_id)

    def count_ahead(self, priority: Priority) -> int:
        """Return how many wait that have this priority or a higher one."""
        return sum(count for each, count in self._priorities.items() if each >= priority)

    def add(self, each: Waiting) -> None:
        """Let a ticket wait, in place of itself if it waits already; its arrival must be new."""
        self.remove(each.ticket_id)
        self._waiting[each.ticket_id] = each
        self._priorities[each.priority] += 1
        if each.not_before_s > -math.inf and not each.is_plan:
            self._by_start.push((each.not_before_s, each.arrival), each)
        else:
            self._push(each)
        if each.deadline_s < math.inf:
            self._by_deadline.push((each.deadline_s, each.arrival), each)

    def remove(self, ticket_id: str) -> Waiting | None:
        """Let a ticket wait no longer; return it, or None when it did not."""
        each = self._waiting.pop(ticket_id, None)
        if each is not None:
            self._priorities[each.priority] -= 1
            self._by_start.sweep()
            self._by_deadline.sweep()
            if (of_its_kind := self._by_age.get(_kind(each))) is not None:
                of_its_kind.sweep()
        return each

    def let_in(self, now_s: float, limit: int) -> bool:
        """Let tickets whose time has come take part in decisions.

        Returns:
            Whether all of these are in; False = more than `limit` were due, call it again.
        """
        for _ in range(limit):
            each = self._by_start.first()
            if each is None or each.not_before_s > now_s:
                return True
            self._by_start.pop()
            self._push(each)
        return False

    def decide(self, now_s: float, circumstances: Circumstances) -> Decision:
        """Return what starts now of what was let in; those that start wait no longer.

        The reasons are given for the oldest of each kind only: what keeps that from starting
        keeps the others too.
        """
        judge = Judge(now_s, circumstances)
        nexts = [
            (turn(each, circumstances.steady_s, circumstances.max_wait_s), each)
            for each in self._oldest_of_each_kind(now_s)
        ]
        heapq.heapify(nexts)
        while nexts:
            each = heapq.heappop(nexts)[1]
            if judge.decide(each):
                self.remove(each.ticket_id)
                following = self._oldest(self._by_age[_kind(each)], now_s)
                if following is not None:
                    key = turn(following, circumstances.steady_s, circumstances.max_wait_s)
                    heapq.heappush(nexts, (key, following))
        return judge.decision

    def expired(self, now_s: float, limit: int) -> list[Waiting]:
        """Return some whose deadline has passed, the earliest first; they wait no longer."""
        found: list[Waiting] = []
        while len(found) < limit:
            each = self._by_deadline.first()
            if each is None or each.deadline_s > now_s:
                break
            self.remove(each.ticket_id)
            found.append(each)
        return found

    def next_instant_s(self) -> float:
        """Return when the next ticket is due or expires; infinity when none will be."""
        due, expiring = self._by_start.first(), self._by_deadline.first()
        due_s = due.not_before_s if due is not None else math.inf
        return min(due_s, expiring.deadline_s if expiring is not None else math.inf)

    def _push(self, each: Waiting) -> None:
        heap = self._by_age.setdefault(_kind(each), WaitingHeap(self._is_waiting))
        heap.push(each.age, each)

    def _oldest_of_each_kind(self, now_s: float) -> list[Waiting]:
        found = []
        for kind, heap in list(self._by_age.items()):
            if (oldest := self._oldest(heap, now_s)) is not None:
                found.append(oldest)
            else:
                del self._by_age[kind]
        return found

    def _oldest(self, heap: WaitingHeap, now_s: float) -> Waiting | None:
        """Return the oldest of a kind whose time has come.

        That of one that was let in may lie ahead again: the clock was set back. It waits for its
        time like any other then, and holds nothing.
        """
        while (oldest := heap.first()) is not None:
            if oldest.is_plan or oldest.not_before_s <= now_s:
                return oldest
            heap.pop()
            self._by_start.push((oldest.not_before_s, oldest.arrival), oldest)
        return None

    def _is_waiting(self, each: Waiting) -> bool:
        return self._waiting.get(each.ticket_id) is each


def _kind(each: Waiting) -> Kind:
    return each.priority, each.needs, each.is_plan, each.is_awaited
