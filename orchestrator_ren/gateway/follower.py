"""Somebody who follows what happens: what waits for them, which is bounded."""

from __future__ import annotations

import asyncio
import json
from collections import deque

from orchestrator_ren.gateway.forms import Form

MOST_EVENTS = 256
MOST_BYTES = 1 << 20
"""Of events that wait for a slow follower; then they are let go, and come back to a snapshot."""


class Follower:
    """Keeps what was told until it is taken: each event, and of a state only the newest.

    Attributes:
        is_too_slow: More waits than is kept: they miss something, and have to begin anew.
        is_closed: Nothing comes any more.
    """

    def __init__(self) -> None:
        self.is_too_slow = False
        self.is_closed = False
        self._states: dict[str, Form] = {}
        self._events: deque[str] = deque()
        self._bytes = 0
        self._news = asyncio.Event()

    def tell_state(self, key: str, told: Form) -> None:
        """Keep it in the place of what waits under that key."""
        self._states[key] = told
        self._news.set()

    def tell_event(self, told: Form) -> None:
        """Keep it behind those that wait."""
        text = _text(told)
        self._events.append(text)
        self._bytes += len(text)
        if len(self._events) > MOST_EVENTS or self._bytes > MOST_BYTES:
            self.is_too_slow = True
            self._events.clear()
        self._news.set()

    def close(self) -> None:
        """Let them go."""
        self.is_closed = True
        self._news.set()

    async def texts(self, period_s: float) -> list[str]:
        """Return what waits, as JSON, once there is something; a tick after a period without.

        Args:
            period_s: Longest wait [s].
        """
        try:
            async with asyncio.timeout(period_s):  # wait_for of 3.11 may lose a cancellation
                await self._news.wait()
        except TimeoutError:
            return [_text({'type': 'tick'})]
        self._news.clear()
        told = [*map(_text, self._states.values()), *self._events]
        self._states.clear()
        self._events.clear()
        self._bytes = 0
        return told


def _text(told: Form) -> str:
    return json.dumps(told, ensure_ascii=False, separators=(',', ':'), allow_nan=False)
