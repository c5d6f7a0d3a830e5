"""Looking on: what the robot says of itself, and all events in their order, for live views."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import ExitStack
from typing import Any

from orchestrator_ren.client import conversions
from orchestrator_ren.client.answers import EStop, EventPage, Seen, Tick
from orchestrator_ren.client.asking import PAGE, read_message
from orchestrator_ren.client.link import HEARD, Heard, Link
from orchestrator_ren.client.ticket_calls import TicketCalls
from orchestrator_ren.client.waiting import Signal, Wait
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.ros import qos
from orchestrator_ren.tickets.event import Event, EventType

E_STOP_S = 1.0
"""How often the e-stop's state is told while it does not change [s]."""


class Watch:
    """Hears status, e-stop and events.

    Args:
        link: To the robot.
        calls: Ask for the events that were not heard.
        period_s: Something is yielded at least so often [s].
        after: Number of the last event that is known; None = all up to now are.
        recent: Without `after`, so many of those are yielded all the same.
    """

    def __init__(
        self, link: Link, calls: TicketCalls, period_s: float, after: int | None, recent: int
    ) -> None:
        self._link = link
        self._calls = calls
        self._period_s = period_s
        self._last_number = after
        self._recent = recent
        self._until = 0  # no event may tell of those before it
        self._is_restarted = False
        self._pending: deque[Any] = deque(maxlen=HEARD)  # of those that go, `_missed` asks again
        self._e_stop: EStop | None = None
        self._e_stop_at_mono_s = 0.0

    async def seen(self) -> AsyncIterator[Seen]:
        """Yield what is heard, a `Tick` where nothing is for a period."""
        from orchestrator_ren.msg import (
            EStopState,
            OrchestratorStatus,
            TicketEvent,
            TicketProgress,
        )

        signal = Signal()
        with ExitStack() as stack:

            def hear(kind: Any, name: str, profile: Any) -> Heard:
                return stack.enter_context(self._link.listening(kind, name, profile, signal))

            statuses = hear(OrchestratorStatus, 'status', qos.LATCHED)
            e_stops = hear(EStopState, 'e_stop_state', qos.LATCHED)
            progress = hear(TicketProgress, 'telemetry/progress', qos.PROGRESS)
            events = hear(TicketEvent, 'telemetry/events', qos.EVENTS)
            told_at_mono_s = time.monotonic()
            while True:
                for each in [*self._newest(statuses, e_stops), *_newest_progress(progress)]:
                    told_at_mono_s = time.monotonic()
                    yield each
                self._pending.extend(events.take())
                async for event in self._events():
                    told_at_mono_s = time.monotonic()
                    yield event
                rest_s = told_at_mono_s + self._period_s - time.monotonic()
                if rest_s <= 0.0:
                    told_at_mono_s = time.monotonic()
                    yield Tick()
                else:
                    await Wait(signal, rest_s)

    def _newest(self, statuses: Heard, e_stops: Heard) -> list[Seen]:
        """Return the newest status and state of the e-stop, where they are news."""
        found: list[Seen] = [
            read_message(conversions.status_from_msg, each) for each in statuses.take()[-1:]
        ]
        for message in e_stops.take()[-1:]:
            state, now_mono_s = (
                read_message(conversions.e_stop_from_msg, message),
                time.monotonic(),
            )
            if state != self._e_stop or now_mono_s - self._e_stop_at_mono_s >= E_STOP_S:
                self._e_stop, self._e_stop_at_mono_s = state, now_mono_s
                found.append(state)
        return found

    async def _events(self) -> AsyncIterator[Event]:
        """Yield the events that wait and those missed before them, as far as they are known."""
        while await self._knows_last() and (self._pending or self._last < self._until):
            number = self._pending[0].number if self._pending else self._until + 1
            if number and number > self._last + 1:
                missed = await self._missed(number)
                if missed is None:
                    return
                for each in missed:
                    yield each
                continue
            if not self._pending:
                return
            event = read_message(conversions.event_from_msg, self._pending.popleft())
            self._is_restarted |= event.type is EventType.SERVICE_STARTED
            if not number or number > self._last:
                self._last_number = number or self._last_number
                yield event

    @property
    def _last(self) -> int:
        return self._last_number or 0

    async def _knows_last(self) -> bool:
        """Find out which event was the last before this watch, or whether numbers begin anew."""
        if self._last_number is not None and not self._is_restarted:
            return True
        try:
            newest = await self._calls.last_number(self._period_s)
        except OrchestratorError:
            return False
        if self._last_number is None:
            self._until = newest
            self._last_number = max(0, newest - self._recent)
        elif newest < self._last_number:  # another store
            self._last_number = 0
        self._is_restarted = False
        return True

    async def _missed(self, until: int) -> list[Event] | None:
        """Return the next events before that number; None where nobody answers.

        Those of tickets that were removed are left out, also by who is asked.
        """
        answer = await self._page(self._last, PAGE)
        if answer is None:
            return None
        found = [each for each in answer.events if each.number < until]
        self._last_number = found[-1].number if found else until - 1
        return found

    async def _page(self, after: int, limit: int) -> EventPage | None:
        """Return some events; None where nobody answers within a period: asked again later."""
        try:
            return await self._calls.events_page(after, limit, self._period_s)
        except OrchestratorError:
            return None


def _newest_progress(heard: Heard) -> list[Seen]:
    """Return the newest word on each ticket."""
    newest = {each.ticket_id: each for each in heard.take()}
    return [read_message(conversions.ticket_progress_from_msg, each) for each in newest.values()]
