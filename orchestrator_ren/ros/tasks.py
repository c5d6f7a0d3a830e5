"""Coroutines that a node runs beside its callbacks, at no cost while they wait."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any

from rclpy.node import Node

from orchestrator_ren.ros.coroutine_run import CoroutineRun
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.ready_queue import ReadyQueue


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
        self._running: set[CoroutineRun] = set()
        self._left: set[CoroutineRun] = set()  # nobody else may know of one that waits for ever
        self._idle = Future()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run, also to the end of it."""
        self._begin(coroutine, self._running, self._on_end)

    def leave(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run that nobody waits for, as it may never end."""
        self._begin(coroutine, self._left, self._left.discard)

    def call_soon(self, call: Callable[[], None]) -> None:
        """Have the executor make a call; from any thread."""
        if self._node.executor is not None:
            self._ready.add(call)

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

    def _begin(
        self,
        coroutine: Coroutine[Any, Any, Any],
        held_by: set[CoroutineRun],
        on_end: Callable[[CoroutineRun], None],
    ) -> None:
        run = CoroutineRun(coroutine, self._ready.add, lambda: self._node.executor, on_end)
        held_by.add(run)
        self._ready.add(run.go_on)

    def _on_end(self, run: CoroutineRun) -> None:
        self._running.discard(run)
        if not self._running and not self._idle.done():
            self._idle.set_result(None)
