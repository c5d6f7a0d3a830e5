"""What coroutines of ours await."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import rclpy.task


class Future(rclpy.task.Future):
    """rclpy's, but who awaits it tells whom it waits for, in every release of rclpy.

    Without that (below 7.1.9 and 9.1.4) a coroutine can only be resumed again and again to see
    whether it can go on: with a thousand that wait, an executor does little else.
    """

    def __await__(self) -> Generator[Future, None, Any]:
        """Return its result, once it has one; None if it was cancelled."""
        while not (self.done() or self.cancelled()):
            yield self
        return self.result()

    def settle(self, value: Any, error: BaseException | None) -> None:
        """Give who awaits `outcome` a value or, unless None, an error; the first time counts.

        An exception that rclpy's future was given, and that nobody asks for, would be printed.
        """
        if not self.done():
            self.set_result((value, error))

    async def outcome(self) -> Any:
        """Return the value that it was settled with, or raise the error."""
        value, error = await self
        if error is not None:
            raise error
        return value
