"""A thread for what takes its time, awaited from callbacks that must not."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import contained
from orchestrator_ren.ros.future import Future

ResultT = TypeVar('ResultT')

CLOSE_S = 1.0
"""How long the end waits for calls under way [s]."""


class Worker:
    """Runs blocking calls one after the other in a thread of its own.

    Args:
        node: Its executor goes on with who waits.
        name: Of the thread.
    """

    def __init__(self, node: Node, name: str) -> None:
        self._node = node
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the thread; its exceptions are raised here."""
        done: Future = Future()

        def work() -> None:
            try:
                outcome, error = function(*args), None
            except BaseException as raised:  # `sys.exit` too: who awaits must not wait for ever
                outcome, error = None, contained(raised)
            done.set_result((outcome, error))
            executor = self._node.executor
            if executor is not None:
                executor.wake()

        self._pool.submit(work)
        outcome, error = await done
        if error is not None:
            raise error
        return outcome

    def close(self, last: Callable[[], None] = lambda: None) -> None:
        """Run `last` after all calls so far, wait for it a while, and end the thread.

        A call that hangs is left behind: the nodes that end after it have zeros to send.
        """
        wait([self._pool.submit(last)], CLOSE_S)
        self._pool.shutdown(wait=False)
