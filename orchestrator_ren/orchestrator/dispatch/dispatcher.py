"""Holds the waiting tickets, and gives each its turn."""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import partial
from typing import Protocol

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.queue_view import QueuePlace, QueueView, page
from orchestrator_ren.tickets.scheduling import Circumstances, Decision, Waiting
from orchestrator_ren.tickets.ticket import Ticket
from orchestrator_ren.tickets.waiting_queue import WaitingQueue

LONGEST_SLEEP_S = 60.0
"""How long it sleeps at most before the next due time [s]: the system's clock may be corrected."""

MAX_DUE = 500
"""Tickets whose time has come that are looked at at once; the others directly after."""

MAX_EXPIRED = 50
"""Tickets that are told at once that their deadline has passed; the others directly after."""


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
        max_executions: Most tickets that are executed at the same time.
        may_preempt: Whether a CRITICAL ticket ends motions in its way.
        pause: Of the queue.
        holders: Who works on which ticket.
        shutdown: Nothing gets a turn any more.
        is_store_usable: Returns whether what starts could be written.
        unsafe: Returns why nothing may move; empty = it may.

    Attributes:
        is_loaded: Whether the tickets that the store has waiting are in the queue.
        effects: What becomes of the decisions; set before the first of them.
    """

    def __init__(
        self,
        node: Node,
        max_wait_s: float,
        max_executions: int,
        may_preempt: bool,
        pause: QueuePause,
        holders: TicketHolders,
        shutdown: Shutdown,
        is_store_usable: Callable[[], bool],
        unsafe: Callable[[], str],
    ) -> None:
        self.is_loaded = False
        self.effects: Effects | None = None
        self._max_wait_s = max_wait_s
        self._max_executions = max_executions
        self._may_preempt = may_preempt
        self._pause = pause
        self._shutdown = shutdown
        self._is_store_usable = is_store_usable
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
        *,
        is_awaited: bool = False,
    ) -> None:
        """Let a ticket wait; `decide` gives it its turn.

        Its age counts from `since_mono_s` [s], or from before, if it waits already. It is not due
        before `rest_s` [s] have passed. `is_awaited`: somebody stays until it has ended.
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
                is_plan=ticket.is_dry,
                is_awaited=is_awaited,
            )
        )

    def put_back(self, waiting: Waiting) -> None:
        """Let a ticket wait again that had its turn, but could not start."""
        self._waiting.add(replace(waiting, arrival=next(self._arrivals)))

    def take_back(self, ticket_id: str) -> bool:
        """Let a ticket wait again that was given a turn, and could not use it.

        Returns:
            False when it was given none.
        """
        waiting = self._running.pop(ticket_id, None)
        if waiting is None:
            return False
        self.put_back(waiting)
        self.decide()
        return True

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

    @property
    def is_idle(self) -> bool:
        """Whether nothing has a turn, and nothing that waits is due."""
        return not self._running and not self._waiting.has_due(time.time())

    @property
    def waiting_ids(self) -> Iterable[str]:
        """The tickets that wait, due or not."""
        return self._waiting.by_id

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
        for each in self._waiting.expired(now_s, MAX_EXPIRED):
            self.effects.expire(each)
        if self._waiting.let_in(now_s, MAX_DUE):
            self._carry_out(self._waiting.decide(now_s, self._circumstances()))
        self._sleep(now_s)

    def _carry_out(self, decision: Decision) -> None:
        assert self.effects is not None
        self._reasons = decision.reasons
        for each in decision.start:
            self._running[each.ticket_id] = each
            self.effects.start(each)
        for ticket_id, by in decision.preempt.items():
            self.effects.preempt(ticket_id, by)

    def view(self) -> QueueView:
        """Return the queue as it is now, for questions until the next callback."""
        waiting = self._waiting.by_id
        return QueueView(waiting, time.time(), self._circumstances(), self._reasons)

    def planned_position(self, ticket: Ticket) -> int:
        """Return the place in the queue that a ticket would have now, from 1."""
        return 1 + self._waiting.count_ahead(ticket.priority)

    def pages(self, remaining_s: dict[str, float]) -> Callable[[int, int], list[QueuePlace]]:
        """Return the function that gives a page of the queue as it is now, in any thread.

        It is given the most places of a page, and how many are before it.

        Args:
            remaining_s: Predicted rest of each running ticket [s].
        """
        now_s, circumstances, waiting = time.time(), self._circumstances(), list(self._waiting)
        ends_s = {ticket_id: now_s + rest_s for ticket_id, rest_s in remaining_s.items()}
        return partial(page, waiting, now_s, circumstances, ends_s)

    def _remember_rest(self, ticket_id: str, rest_s: float) -> None:
        now_mono_s, rests = time.monotonic(), self._rests_until_mono_s
        for each in [each for each, until_mono_s in rests.items() if until_mono_s <= now_mono_s]:
            del rests[each]
        rests[ticket_id] = now_mono_s + rest_s

    def _circumstances(self) -> Circumstances:
        held = ''
        if not self.is_loaded:
            held = 'the tickets of the store are still being read'
        elif not self._is_store_usable():
            held = 'the ticket store cannot be used now'
        return Circumstances(
            running=dict(self._running),
            held=held,
            paused=self._pause.reason.text,
            lets_awaited_start=self._pause.lets_awaited_start,
            unsafe=self._unsafe(),
            max_wait_s=self._max_wait_s,
            max_executions=self._max_executions,
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
