"""Holds the waiting tickets, and gives each its turn."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.tickets import scheduling
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.scheduling import Circumstances, Waiting
from orchestrator_ren.tickets.ticket import Ticket
from orchestrator_ren.tickets.waiting_queue import WaitingQueue

LONGEST_SLEEP_S = 60.0
"""How long it sleeps at most before the next due time [s]: the system's clock may be corrected."""

MAX_POSITIONS = 1000
"""In a longer queue, positions are told by `get_queue` only."""


@dataclass(frozen=True)
class QueuePlace:
    """A waiting ticket as `get_queue` tells it; `estimated_start_s` 0 = not known."""

    position: int
    waiting: Waiting
    waited_s: float
    reason: str
    estimated_start_s: float


class Effects(Protocol):
    """What becomes of decisions: `dispatch_effects.py`."""

    def start(self, waiting: Waiting) -> None:
        """Its turn has come."""
        ...

    def expire(self, waiting: Waiting) -> None:
        """Its deadline has passed while it waited."""
        ...

    def preempt(self, ticket_id: str, by: str) -> None:
        """One that is executed must make way for another."""
        ...


class Dispatcher:
    """Decides whenever something changed, and at due times; idle, it does not wake at all.

    It cannot move the robot wrongly: it only gives turns, and whoever gets one is checked again.

    Args:
        node: Owns the timer.
        max_wait_s: How long a ticket waits behind those of higher priority [s].
        may_preempt: Whether a CRITICAL ticket ends motions in its way.
        pause: Of the queue.
        holders: Who works on which ticket.
        shutdown: Nothing gets a turn any more.
        unsafe: Returns why nothing may move; empty = it may.

    Attributes:
        is_loaded: Whether the tickets that the store has waiting are in the queue.
        effects: What becomes of the decisions; set before the first of them.
    """

    def __init__(
        self,
        node: Node,
        max_wait_s: float,
        may_preempt: bool,
        pause: QueuePause,
        holders: TicketHolders,
        shutdown: Shutdown,
        unsafe: Callable[[], str],
    ) -> None:
        self.is_loaded = False
        self.effects: Effects | None = None
        self._max_wait_s = max_wait_s
        self._may_preempt = may_preempt
        self._pause = pause
        self._shutdown = shutdown
        self._unsafe = unsafe
        self._waiting = WaitingQueue()
        self._running: dict[str, Waiting] = holders.of(Holder.TURN)
        self._arrivals = itertools.count()
        self._reasons: dict[str, str] = {}
        self._rests_until_mono_s: dict[str, float] = {}
        self._timer = node.create_timer(
            LONGEST_SLEEP_S, self.decide, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._timer.cancel()

    def __len__(self) -> int:
        return len(self._waiting)

    def add(
        self,
        ticket: Ticket,
        needs: Needs,
        duration_s: float,
        since_mono_s: float,
        rest_s: float = 0.0,
    ) -> None:
        """Let a ticket wait; `decide` gives it its turn.

        Its age counts from `since_mono_s` [s], or from before, if it waits already. It is not due
        before `rest_s` [s] have passed.
        """
        waiting = self._waiting.get(ticket.id)
        if waiting is not None:
            since_mono_s = min(since_mono_s, waiting.since_s)
        not_before_s = ticket.schedule.not_before_s
        if rest_s > 0.0:
            not_before_s = max(not_before_s, time.time() + rest_s)
            self._remember_rest(ticket.id, rest_s)
        self._waiting.add(
            Waiting(
                ticket_id=ticket.id,
                priority=ticket.priority,
                since_s=since_mono_s,
                arrival=next(self._arrivals),
                needs=needs,
                not_before_s=not_before_s,
                deadline_s=ticket.schedule.deadline_s,
                duration_s=duration_s,
                command=ticket.command,
                is_plan=ticket.dry_run,
            )
        )

    def put_back(self, waiting: Waiting) -> None:
        """Let a ticket wait again that had its turn, but could not start."""
        self._waiting.add(replace(waiting, arrival=next(self._arrivals)))

    def on_clock_set(self) -> None:
        """The wall clock was set: what was due, or expired, by the old one may not be by the new.

        Times that a client has named are those of the new one; a rest lasts as long as it does.
        """
        for ticket_id, until_mono_s in list(self._rests_until_mono_s.items()):
            waiting = self._waiting.get(ticket_id)
            rest_s = until_mono_s - time.monotonic()
            if waiting is None or rest_s <= 0.0:
                del self._rests_until_mono_s[ticket_id]
            else:
                self.put_back(replace(waiting, not_before_s=time.time() + rest_s))
        self.decide()

    def is_waiting(self, ticket_id: str) -> bool:
        """Whether the ticket waits."""
        return self._waiting.get(ticket_id) is not None

    def remove(self, ticket_id: str) -> None:
        """Let a ticket wait no longer."""
        if self._waiting.remove(ticket_id) is not None:
            self.decide()

    def release(self, ticket_id: str) -> None:
        """Take back what a ticket holds: it has ended."""
        if self._running.pop(ticket_id, None) is not None:
            self.decide()

    def decide(self) -> None:
        """Give turns to all that can start now; nothing once the orchestrator shuts down."""
        if self._shutdown.has_begun:
            return
        assert self.effects is not None
        now_s = time.time()
        for each in self._waiting.expired(now_s):
            self.effects.expire(each)
        decision = self._waiting.decide(now_s, self._circumstances())
        self._reasons = decision.reasons
        for each in decision.start:
            self._running[each.ticket_id] = each
            self.effects.start(each)
        for ticket_id, by in decision.preempt.items():
            self.effects.preempt(ticket_id, by)
        self._sleep(now_s)

    def reason(self, ticket_id: str) -> str:
        """Return why a ticket waits, for people."""
        waiting = self._waiting.get(ticket_id)
        if waiting is not None:
            alone = scheduling.decide([waiting], time.time(), self._circumstances())
            if ticket_id in alone.reasons:
                return alone.reasons[ticket_id]
        return self._reasons.get(ticket_id, 'others like it go first')

    def position(self, ticket_id: str) -> int:
        """Return the place of a waiting ticket, from 1; 0 = it does not wait, or many do."""
        mine = self._waiting.get(ticket_id)
        if mine is None or len(self._waiting) > MAX_POSITIONS:
            return 0
        steady_s = time.monotonic()
        turn = scheduling.turn(mine, steady_s, self._max_wait_s)
        return 1 + sum(
            scheduling.turn(each, steady_s, self._max_wait_s) < turn for each in self._waiting
        )

    def planned_position(self, ticket: Ticket) -> int:
        """Return the place in the queue that a ticket would have now, from 1."""
        ahead = sum(each.priority >= ticket.priority for each in self._waiting)
        return 1 + ahead

    def places(self, remaining_s: dict[str, float]) -> Callable[[int, int], list[QueuePlace]]:
        """Return the function that gives a page of the queue as it is now, in any thread.

        Args:
            remaining_s: Predicted rest of each running ticket [s].
        """
        now_s, circumstances, waiting = time.time(), self._circumstances(), list(self._waiting)
        ends_s = {ticket_id: now_s + rest_s for ticket_id, rest_s in remaining_s.items()}

        def page(limit: int, offset: int) -> list[QueuePlace]:
            steady_s = circumstances.steady_s
            order = scheduling.in_order(waiting, steady_s, self._max_wait_s)
            decision = scheduling.decide(waiting, now_s, circumstances)
            starts_s = scheduling.estimated_starts(waiting, now_s, circumstances, ends_s)
            return [
                QueuePlace(
                    place + 1,
                    each,
                    max(0.0, steady_s - each.since_s),
                    decision.reasons.get(each.ticket_id, 'starts now'),
                    starts_s.get(each.ticket_id, 0.0),
                )
                for place, each in enumerate(order[offset : offset + limit], start=offset)
            ]

        return page

    def _remember_rest(self, ticket_id: str, rest_s: float) -> None:
        now_mono_s, rests = time.monotonic(), self._rests_until_mono_s
        for each in [each for each, until_mono_s in rests.items() if until_mono_s <= now_mono_s]:
            del rests[each]
        rests[ticket_id] = now_mono_s + rest_s

    def _circumstances(self) -> Circumstances:
        paused = self._pause.reason.text
        if not self.is_loaded:
            paused = 'the tickets of the store are still being read'
        return Circumstances(
            running=dict(self._running),
            paused=paused,
            unsafe=self._unsafe(),
            max_wait_s=self._max_wait_s,
            may_preempt=self._may_preempt,
            steady_s=time.monotonic(),
        )

    def _sleep(self, now_s: float) -> None:
        next_s = self._waiting.next_instant_s()
        if next_s == math.inf:
            self._timer.cancel()
            return
        sleep_s = min(max(next_s - now_s, 0.001), LONGEST_SLEEP_S)
        self._timer.timer_period_ns = int(sleep_s * 1e9)
        self._timer.reset()
