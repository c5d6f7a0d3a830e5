"""The control tick, for those who wait for it."""

from __future__ import annotations

from orchestrator_ren.ros.future import Future


class Pulse:
    """Lets coroutines go on at the next control tick, or when they are to look at once."""

    def __init__(self) -> None:
        self._next: Future | None = None

    async def next(self) -> None:
        """Wait until it is woken; several may, such as a command that does not end."""
        if self._next is None:
            self._next = Future()
        await self._next

    def wake(self) -> None:
        """Let all go on that wait."""
        woken, self._next = self._next, None
        if woken is not None:
            woken.set_result(None)
