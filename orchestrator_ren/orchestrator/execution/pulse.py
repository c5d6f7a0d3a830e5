"""The control tick, for one who waits for it."""

from __future__ import annotations

from orchestrator_ren.ros.future import Future


class Pulse:
    """Lets one coroutine go on at the next control tick, or when it is to look at once."""

    def __init__(self) -> None:
        self._next: Future | None = None

    async def next(self) -> None:
        """Wait until it is woken."""
        self._next = Future()
        await self._next

    def wake(self) -> None:
        """Let it go on."""
        if self._next is not None and not self._next.done():
            self._next.set_result(None)
