"""Which waiting ticket may start now, and why each other one may not.

The rules:

1. Priority, then age. One that has waited for `max_wait_s` goes before all that have not.
2. Nothing starts in a paused queue, nor before its time; what must not go on while nothing may
   move does not start then either. Who waits for such a reason holds nothing. A dry run does not
   wait at all.
3. A resource has one holder, or several that share it. A ticket that waits for one keeps what else
   it needs from those behind it, so that a stream of others never overtakes it.
4. No more than `max_executions` are under way; dry runs are counted on their own.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.ticket import Priority

DEFAULT_MAX_WAIT_S = 300.0
"""How long a ticket waits behind those of higher priority [s]."""

DEFAULT_MAX_EXECUTIONS = 32
"""Most tickets that are executed at the same time."""


@dataclass(frozen=True)
class Waiting:
    """A ticket that waits for its turn; instants but `since_s` are seconds since 1970, UTC.

    Attributes:
        ticket_id: Whose turn it would be.
        priority: Higher goes first.
        since_s: When it began to wait, by the steady clock; the earlier goes first among equals.
        arrival: Decides where that is the same; counts up.
        needs: Resources, and whether it needs that something may move.
        not_before_s: Earliest start.
        deadline_s: It fails if it has not ended by then.
        duration_s: Predicted [s]; 0 = not known.
        command: Its name, for people.
        is_plan: Whether it is a dry run, which waits for nothing.
        is_awaited: Whether somebody stays until it has ended.
    """

    ticket_id: str
    priority: Priority
    since_s: float
    arrival: int
    needs: Needs = field(default_factory=Needs)
    not_before_s: float = -math.inf
    deadline_s: float = math.inf
    duration_s: float = 0.0
    command: str = ''
    is_plan: bool = False
    is_awaited: bool = False

    @property
    def age(self) -> tuple[float, int]:
        """The order among equals."""
        return self.since_s, self.arrival


@dataclass(frozen=True)
class Circumstances:
    """What the decision depends on, besides the waiting tickets and the time.

    Attributes:
        running: The tickets that hold resources now, by id, as they were when they waited.
        held: Why nothing at all starts, plans neither; empty = something may.
        paused: Why nothing but plans starts; empty = the queue is not paused.
        lets_awaited_start: Whether it is paused only for what nobody stays for.
        unsafe: Why nothing may move; empty = it may.
        max_wait_s: How long a ticket waits behind those of higher priority [s].
        max_executions: Most tickets that are executed at the same time.
        may_preempt: Whether a CRITICAL ticket ends motions of lower priority that are in its way.
        steady_s: The time by the steady clock, which tells how long tickets have waited [s].
    """

    running: Mapping[str, Waiting] = field(default_factory=dict)
    held: str = ''
    paused: str = ''
    lets_awaited_start: bool = False
    unsafe: str = ''
    max_wait_s: float = DEFAULT_MAX_WAIT_S
    max_executions: int = DEFAULT_MAX_EXECUTIONS
    may_preempt: bool = False
    steady_s: float = 0.0


@dataclass(frozen=True)
class Decision:
    """What to do now.

    Attributes:
        start: These start, in this order.
        preempt: Running tickets to be cancelled, each with the ticket that needs its place.
        reasons: Why each other one does not start.
    """

    start: list[Waiting] = field(default_factory=list)
    preempt: dict[str, str] = field(default_factory=dict)
    reasons: dict[str, str] = field(default_factory=dict)


def turn(each: Waiting, steady_s: float, max_wait_s: float) -> tuple[int, int, float, int]:
    """Return the key that sorts waiting tickets into the order of their turns."""
    if steady_s - each.since_s >= max_wait_s:
        return 0, 0, *each.age
    return 1, -each.priority, *each.age


def in_order(waiting: Iterable[Waiting], steady_s: float, max_wait_s: float) -> list[Waiting]:
    """Return the waiting tickets in the order of their turns."""
    return sorted(waiting, key=lambda each: turn(each, steady_s, max_wait_s))


def decide(waiting: Iterable[Waiting], now_s: float, circumstances: Circumstances) -> Decision:
    """Return which of the waiting tickets start now, and for each other one why it does not."""
    judge = Judge(now_s, circumstances)
    for each in in_order(waiting, circumstances.steady_s, circumstances.max_wait_s):
        judge.decide(each)
    return judge.decision


class Judge:
    """Decides about waiting tickets one by one, in the order of their turns.

    Args:
        now_s: Seconds since 1970, UTC.
        circumstances: Before the first of them.

    Attributes:
        decision: About those asked for so far.
    """

    def __init__(self, now_s: float, circumstances: Circumstances) -> None:
        self.decision = Decision()
        self._now_s = now_s
        self._circumstances = circumstances
        self._holders = _Holders(circumstances.running)
        self._plans = sum(each.is_plan for each in circumstances.running.values())
        self._executions = len(circumstances.running) - self._plans

    def obstacle(self, each: Waiting) -> str:
        """Return why the ticket could not be the next to start; empty = it could."""
        circumstances = _obstacle(each, self._now_s, self._circumstances)
        return circumstances or self._holders.obstacle(each) or self._limit(each)

    def decide(self, each: Waiting) -> bool:
        """Decide about the next ticket; return whether it starts."""
        reason = _obstacle(each, self._now_s, self._circumstances)
        if not reason:
            reason = self._holders.obstacle(each) or self._limit(each)
            if reason and self._circumstances.may_preempt:
                for other, by in _preempted(each, self._circumstances.running).items():
                    self.decision.preempt.setdefault(other, by)
            self._holders.take(each, is_reserved=bool(reason))
        if reason:
            self.decision.reasons[each.ticket_id] = reason
            return False
        self._plans += each.is_plan
        self._executions += not each.is_plan
        self.decision.start.append(each)
        return True

    def _limit(self, each: Waiting) -> str:
        under_way = self._plans if each.is_plan else self._executions
        if under_way < self._circumstances.max_executions:
            return ''
        return f'{under_way} tickets are being executed, the most at a time (max_executions)'


def _obstacle(each: Waiting, now_s: float, circumstances: Circumstances) -> str:
    if circumstances.held:
        return circumstances.held
    if each.is_plan:
        return ''
    is_let = each.is_awaited and circumstances.lets_awaited_start
    if circumstances.paused and not is_let:
        return f'the queue is paused: {circumstances.paused}'
    if now_s < each.not_before_s:
        return f'not due for another {each.not_before_s - now_s:.1f} s'
    if each.needs.interlocked and circumstances.unsafe:
        return circumstances.unsafe
    return ''


def _preempted(each: Waiting, running: Mapping[str, Waiting]) -> dict[str, str]:
    """Return the motions of lower priority that are in the way of a CRITICAL ticket."""
    if each.priority is not Priority.CRITICAL:
        return {}
    return {
        other.ticket_id: each.ticket_id
        for other in running.values()
        if other.needs.moves
        and other.priority < each.priority
        and each.needs.conflict(other.needs.exclusive, other.needs.shared)
    }


class _Holders:
    """Who has, or is to have, each resource."""

    def __init__(self, running: Mapping[str, Waiting]) -> None:
        self._exclusive: dict[str, str] = {}
        self._shared: dict[str, str] = {}
        for ticket_id, each in running.items():
            self._add(each.needs, f'is held by {ticket_id}')

    def obstacle(self, each: Waiting) -> str:
        """Return what it waits for; empty = nothing."""
        resource = each.needs.conflict(self._exclusive.keys(), self._shared.keys())
        if not resource:
            return ''
        return f'{resource} {self._exclusive.get(resource) or self._shared[resource]}'

    def take(self, each: Waiting, *, is_reserved: bool) -> None:
        how = 'goes first to' if is_reserved else 'is held by'
        self._add(each.needs, f'{how} {each.ticket_id}')

    def _add(self, needs: Needs, how: str) -> None:
        for resource in needs.exclusive:
            self._exclusive.setdefault(resource, how)
        for resource in needs.shared:
            self._shared.setdefault(resource, how)


def estimated_starts(
    waiting: Iterable[Waiting],
    now_s: float,
    circumstances: Circumstances,
    ends_s: Mapping[str, float],
) -> dict[str, float]:
    """Return when each ticket is predicted to start, where all durations ahead are known.

    Those that are due come first, then the others in the order of their times.

    Args:
        waiting: All of them.
        now_s: Seconds since 1970, UTC.
        circumstances: As for `decide`.
        ends_s: When each running ticket is predicted to end; NaN = not known.
    """
    free_s: dict[str, float] = {}
    places = _Places(circumstances.max_executions)
    for ticket_id, running in circumstances.running.items():
        end_s = ends_s.get(ticket_id, math.nan)
        _occupy(free_s, running.needs, end_s)
        places.occupy(running, end_s)
    starts = {}
    order = in_order(waiting, circumstances.steady_s, circumstances.max_wait_s)
    for each in sorted(order, key=lambda each: max(now_s, each.not_before_s)):
        due_s = max(now_s, each.not_before_s)
        if _obstacle(each, due_s, circumstances):
            continue
        needed = each.needs.exclusive | each.needs.shared
        free_at_s = [free_s.get(resource, due_s) for resource in needed]
        start_s = _latest([due_s, places.free_at_s(each, due_s), *free_at_s])
        if start_s >= each.deadline_s:  # it will have failed by then
            continue
        starts[each.ticket_id] = start_s
        end_s = start_s + each.duration_s if each.duration_s > 0.0 else math.nan
        _occupy(free_s, each.needs, end_s)
        places.occupy(each, end_s)
    return {ticket_id: start_s for ticket_id, start_s in starts.items() if start_s == start_s}


class _Places:
    """When one of the executions allowed at the same time will have ended."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._ends_s: list[float] = []

    def free_at_s(self, each: Waiting, due_s: float) -> float:
        """Return when the ticket finds a place; NaN = not known."""
        if each.is_plan or len(self._ends_s) < self._count:
            return due_s
        return self._ends_s[0] if self._ends_s[0] < math.inf else math.nan

    def occupy(self, each: Waiting, end_s: float) -> None:
        """Let a ticket take the place that is free first, until it ends [s]; NaN = not known."""
        if each.is_plan:
            return
        if len(self._ends_s) >= self._count:
            heapq.heappop(self._ends_s)
        heapq.heappush(self._ends_s, end_s if end_s == end_s else math.inf)


def _occupy(free_s: dict[str, float], needs: Needs, end_s: float) -> None:
    for resource in needs.exclusive | needs.shared:
        free_s[resource] = _latest([end_s, free_s.get(resource, -math.inf)])


def _latest(times_s: list[float]) -> float:
    """Return the latest; NaN if one of them is."""
    return math.nan if any(each != each for each in times_s) else max(times_s)
