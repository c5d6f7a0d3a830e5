"""A thread for what takes its time, awaited from callbacks that must not."""

from __future__ import annotations

import threading
from collections.abc import Callable
from queue import SimpleQueue
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import contained
from orchestrator_ren.ros.future import Future

ResultT = TypeVar('ResultT')

CLOSE_S = 1.0
"""How long the end waits for calls under way [s]."""


def attempt(function: Callable[..., Any], *args: Any) -> tuple[Any, Exception | None]:
    """Return what `function(*args)` returned, and what it raised: `sys.exit` too."""
    try:
        return function(*args), None
    except BaseException as raised:
        return None, contained(raised)


class Worker:
    """Runs blocking calls one after the other in a thread of its own.

    The thread begins with the first call, and a call that hangs keeps no process from its end.

    Args:
        node: Its executor goes on with who waits.
        name: Of the thread.
    """

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._name = name
        self._calls: SimpleQueue[Callable[[], None] | None] = SimpleQueue()
        self._thread: threading.Thread | None = None

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the thread; its exceptions are raised here."""
        return await self.begin(function, *args).outcome()

    def begin(self, function: Callable[..., Any], *args: Any) -> Future:
        """Run `function(*args)` in the thread; its future is settled with what comes of it.

        Whoever settles the future before waits no longer for this one.
        """
        done = Future()

        def work() -> None:
            done.settle(*attempt(function, *args))
            self.wake()

        self.submit(work)
        return done

    def submit(self, work: Callable[[], None]) -> None:
        """Run `work`, which raises nothing, in the thread; from any thread."""
        self._calls.put(work)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def wake(self) -> None:
        """Let the executor go on with who awaits a future that was settled in the thread."""
        executor = self._node.executor
        if executor is not None:
            executor.wake()

    def close(self, last: Callable[[], None] = lambda: None) -> None:
        """Run `last` after all calls so far, wait for it a while, and end the thread.

        A call that hangs is left behind: the nodes that end after it have zeros to send.
        """
        is_over = threading.Event()

        def finish() -> None:
            try:
                last()
            finally:
                is_over.set()

        self.submit(finish)
        self._calls.put(None)
        is_over.wait(CLOSE_S)

    def _run(self) -> None:
        while (work := self._calls.get()) is not None:
            work()
