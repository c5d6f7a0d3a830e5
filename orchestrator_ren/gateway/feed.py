"""What happens on a robot, live: one watch, whoever looks on."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Iterator
from typing import TYPE_CHECKING

from orchestrator_ren.client.answers import EStop, RobotStatus, Seen, TicketProgress
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.gateway import forms
from orchestrator_ren.gateway.defects import traceback_of
from orchestrator_ren.gateway.follower import Follower
from orchestrator_ren.gateway.forms import Form
from orchestrator_ren.tickets.event import Event

if TYPE_CHECKING:
    from orchestrator_ren.client import AsyncTicketClient

PERIOD_S = 0.5
"""At least so often it is looked whether the robot is still heard [s]."""

SILENT_S = 2.0
"""A robot that was not heard for so long is told to be lost [s]; its status comes each second."""

QUEUE_S = 1.0
"""Between two looks at the queue, while something waits [s]."""

KEPT_EVENTS = 50
"""Events that whoever comes is told of at once."""

LINGER_S = 10.0
"""How long the watch goes on without anybody: who reloads a page finds it warm [s]."""

AGAIN_S = 1.0
"""Before the watch is begun again, after an error [s]."""


class Feed:
    """Watches a robot as long as somebody follows, and keeps what is so now.

    Args:
        client: Of the robot.
        log: Keeps what went wrong in here.

    Attributes:
        is_closed: Nothing comes any more.
    """

    def __init__(self, client: AsyncTicketClient, log: Callable[[str], object]) -> None:
        self._client = client
        self._log = log
        self._followers: set[Follower] = set()
        self._waiting: dict[asyncio.Event, str] = {}
        self._task: asyncio.Task[None] | None = None
        self._now: dict[str, Form] = {}
        self._events: deque[Form] = deque(maxlen=KEPT_EVENTS)
        self._heard_at_mono_s = float('-inf')
        self._queue_at_mono_s = float('-inf')
        self._left_at_mono_s = 0.0
        self.is_closed = False

    @property
    def is_heard(self) -> bool:
        """Whether the robot has said something lately."""
        return time.monotonic() - self._heard_at_mono_s < SILENT_S

    @contextlib.asynccontextmanager
    async def followed(self) -> AsyncIterator[Follower]:
        """Yield a follower, which has been told first what is so now."""
        follower = Follower()
        follower.tell_state('snapshot', self._snapshot())
        self._followers.add(follower)
        self._start()
        try:
            yield follower
        finally:
            self._followers.discard(follower)
            self._left_at_mono_s = time.monotonic()

    @contextlib.contextmanager
    def news_of(self, ticket_id: str) -> Iterator[asyncio.Event]:
        """Yield what is set whenever something has happened to a ticket."""
        news = asyncio.Event()
        self._waiting[news] = ticket_id
        self._start()
        try:
            yield news
        finally:
            del self._waiting[news]
            self._left_at_mono_s = time.monotonic()

    async def close(self) -> None:
        """Watch no longer, and let all who follow go."""
        self.is_closed = True
        for each in self._followers:
            each.close()
        for news in self._waiting:
            news.set()
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def _start(self) -> None:
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._watch())

    def _snapshot(self) -> Form:
        return {
            'type': 'snapshot',
            'is_heard': self.is_heard,
            'status': self._now.get('status'),
            'e_stop': self._now.get('e_stop'),
            'queue': self._now.get('queue', {}).get('entries', []),
            'progress': [each for key, each in self._now.items() if key.startswith('tick-')],
            'events': list(self._events),
        }

    async def _watch(self) -> None:
        """Watch until nobody has followed for a while."""
        while self._is_wanted:
            await self._watch_until_error()
            if self._is_wanted:
                await asyncio.sleep(AGAIN_S)
        self._now.clear()
        self._events.clear()

    async def _watch_until_error(self) -> None:
        try:
            await self._watch_once()
        except OrchestratorError:
            return
        except Exception as error:
            self._log(f'the live feed begins anew\n{traceback_of(error)}')

    async def _watch_once(self) -> None:
        self._events.clear()
        seen = self._client.watch(PERIOD_S, recent=KEPT_EVENTS)
        async with contextlib.aclosing(seen):  # type: ignore[type-var]
            async for each in seen:
                self._take(each)
                await self._look_at_queue()
                if not self._is_wanted:
                    return

    @property
    def _is_wanted(self) -> bool:
        is_used = self._followers or self._waiting
        return bool(is_used) or time.monotonic() - self._left_at_mono_s < LINGER_S

    def _take(self, seen: Seen) -> None:
        was_heard = self.is_heard
        if isinstance(seen, RobotStatus):
            self._heard_at_mono_s = time.monotonic()
            self._forget_ended(seen)
            self._tell('status', {'type': 'status', 'status': forms.status_form(seen)})
        elif isinstance(seen, EStop):
            self._tell('e_stop', {'type': 'e_stop', 'e_stop': forms.e_stop_form(seen)})
        elif isinstance(seen, TicketProgress):
            self._tell(seen.ticket_id, {'type': 'progress', 'progress': forms.progress_form(seen)})
        elif isinstance(seen, Event):
            self._tell_event(seen)
        if was_heard != self.is_heard or not self.is_heard:
            self._tell('heard', {'type': 'heard', 'is_heard': self.is_heard})

    def _tell(self, key: str, told: Form) -> None:
        kept = told.get(told['type'], told)
        if self._now.get(key) == kept and key == 'heard':
            return
        self._now[key] = kept
        for each in self._followers:
            each.tell_state(key, told)

    def _tell_event(self, event: Event) -> None:
        self._queue_at_mono_s = float('-inf')
        for news, ticket_id in self._waiting.items():
            if ticket_id == event.ticket_id:
                news.set()
        form = forms.event_form(event)
        self._events.append(form)
        for each in self._followers:
            each.tell_event({'type': 'event', 'event': form})

    def _forget_ended(self, status: RobotStatus) -> None:
        ended = [
            key for key in self._now if key.startswith('tick-') and key not in status.executing_ids
        ]
        for key in ended:
            del self._now[key]

    async def _look_at_queue(self) -> None:
        """Ask what waits, and why, while something does; tell where it has changed."""
        status = self._now.get('status')
        now_mono_s = time.monotonic()
        if status is None or now_mono_s - self._queue_at_mono_s < QUEUE_S:
            return
        self._queue_at_mono_s = now_mono_s
        entries: list[Form] = []
        if status['waiting']:
            with contextlib.suppress(OrchestratorError):
                found = await self._client.queue_entries(timeout_s=QUEUE_S)
                entries = [forms.entry_form(each) for each in found]
        told = {'type': 'queue', 'entries': entries}
        if self._now.get('queue') != told:
            self._tell('queue', told)
