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
        outcome, error = await self.begin(function, *args)
        if error is not None:
            raise error
        return outcome

    def begin(self, function: Callable[..., Any], *args: Any) -> Future:
        """Run `function(*args)` in the thread; its future gets what it returned, and raised.

        Whoever gives the future a result before waits no longer for this one.
        """
        done: Future = Future()

        def work() -> None:
            try:
                outcome, error = function(*args), None
            except BaseException as raised:  # `sys.exit` too: who awaits must not wait for ever
                outcome, error = None, contained(raised)
            if not done.done():
                done.set_result((outcome, error))
            executor = self._node.executor
            if executor is not None:
                executor.wake()

        self._submit(work)
        return done

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

        self._submit(finish)
        self._calls.put(None)
        is_over.wait(CLOSE_S)

    def _submit(self, work: Callable[[], None]) -> None:
        self._calls.put(work)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
            self._thread.start()

    def _run(self) -> None:
        while (work := self._calls.get()) is not None:
            work()
