"""A coroutine on its way to its end, on a node's executor."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any

import rclpy.task
from rclpy.executors import Executor


def report(executor: Executor, error: Exception) -> None:
    """Let the executor raise it, as what a callback raised: it is logged, and the gate stops.

    For callbacks that are coroutines: what one raises after an `await` vanishes in some releases.
    """

    def raise_it() -> None:
        raise error

    executor.create_task(raise_it)


class CoroutineRun:
    """Goes on with a coroutine whenever what it awaits is done.

    Args:
        coroutine: Awaits futures of rclpy, of any thread.
        add: Has each further step done by the executor, soon; from any thread.
        get_executor: Returns the executor.
        on_end: Called when it has ended, whatever way.
    """

    def __init__(
        self,
        coroutine: Coroutine[Any, Any, Any],
        add: Callable[[Callable[[], None]], None],
        get_executor: Callable[[], Executor],
        on_end: Callable[[CoroutineRun], None],
    ) -> None:
        self._coroutine = coroutine
        self._add = add
        self._get_executor = get_executor
        self._on_end = on_end

    def go_on(self) -> None:
        """Take the next step, and have the one after it taken in time."""
        self._wait_for(self._step())

    def _wait_for(self, awaited: Any) -> None:
        if awaited is _END:
            return
        if isinstance(awaited, rclpy.task.Future):
            awaited.add_done_callback(lambda _: self._add(self.go_on))
        else:
            self._get_executor().create_task(self._poll())

    def _step(self) -> Any:
        """Return what the coroutine awaits next; None where that is not known."""
        try:
            return self._coroutine.send(None)
        except StopIteration:
            self._on_end(self)
            return _END
        except BaseException:
            self._on_end(self)
            raise

    async def _poll(self) -> None:
        """Look at each wake of the executor whether it goes on, as rclpy itself does there."""
        awaited = None
        while awaited is None:
            await _Pass()
            try:
                awaited = self._step()
            except Exception as error:  # after an `await`: see `report`
                report(self._get_executor(), error)
                return
        self._wait_for(awaited)


_END = object()


class _Pass:
    """Awaited, lets the executor do what else there is."""

    def __await__(self) -> Generator[None, None, None]:
        yield
