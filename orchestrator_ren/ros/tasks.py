"""Coroutines that a node runs beside its callbacks, at no cost while they wait."""

from __future__ import annotations

from collections.abc import Callable, Coroutine, Generator
from typing import Any

import rclpy.task
from rclpy.executors import Executor
from rclpy.node import Node

from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.ready_queue import ReadyQueue


def report(executor: Executor, error: Exception) -> None:
    """Let the executor raise it, as what a callback raised: it is logged, and the gate stops.

    For callbacks that are coroutines: what one raises after an `await` vanishes in some releases.
    """

    def raise_it() -> None:
        raise error

    executor.create_task(raise_it)


class Tasks:
    """Runs coroutines on the node's executor, and knows which have not ended.

    rclpy's own tasks do not suit: below 7.1.9 and 9.1.4 each that waits is resumed at every wake
    of the executor, which does little else with a thousand of them; from there up to 10.0.9 what
    is raised after an `await` vanishes (rclpy#1642). What is raised here is raised by the
    executor, as what any callback raises.

    Args:
        node: Its executor runs them.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._ready = ReadyQueue(node)
        self._running: set[_Run] = set()
        self._left: set[_Run] = set()  # nobody else may know of one that waits for ever
        self._idle = Future()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run, also to the end of it."""
        run = _Run(self._node, self._ready, coroutine, self._on_end)
        self._running.add(run)
        self._ready.add(run.go_on)

    def leave(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run that nobody waits for, as it may never end."""
        run = _Run(self._node, self._ready, coroutine, self._left.discard)
        self._left.add(run)
        self._ready.add(run.go_on)

    async def breathe(self) -> None:
        """Let others have the executor: for loops that may be long."""
        done = Future()
        self._ready.add(lambda: done.set_result(None))
        await done

    async def all_ended(self) -> None:
        """Wait until none runs that was not left."""
        while self._running:
            if self._idle.done():
                self._idle = Future()
            await self._idle

    def _on_end(self, run: _Run) -> None:
        self._running.discard(run)
        if not self._running and not self._idle.done():
            self._idle.set_result(None)


class _Run:
    """Goes on with a coroutine whenever what it awaits is done.

    Args:
        node: Its executor runs the coroutine.
        ready: Has each step done.
        coroutine: Awaits futures of rclpy, of any thread.
        on_end: Called when it has ended, whatever way.
    """

    def __init__(
        self,
        node: Node,
        ready: ReadyQueue,
        coroutine: Coroutine[Any, Any, Any],
        on_end: Callable[[_Run], None],
    ) -> None:
        self._node = node
        self._ready = ready
        self._coroutine = coroutine
        self._on_end = on_end

    def go_on(self) -> None:
        """Take the next step, and have the one after it taken in time."""
        self._wait_for(self._step())

    def _wait_for(self, awaited: Any) -> None:
        if isinstance(awaited, rclpy.task.Future):
            awaited.add_done_callback(lambda _: self._ready.add(self.go_on))
        elif awaited is not _END:
            self._node.executor.create_task(self._poll())

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
                report(self._node.executor, error)
                return
        self._wait_for(awaited)


_END = object()


class _Pass:
    """Awaited, lets the executor do what else there is."""

    def __await__(self) -> Generator[None, None, None]:
        yield
