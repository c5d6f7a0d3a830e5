"""The ticket store in a thread of its own, so that no callback waits for a disk."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

from rclpy.node import Node
from rclpy.task import Future

ResultT = TypeVar('ResultT')


class StoreWorker:
    """Runs blocking calls one after the other; awaited from callbacks of the node's executor."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='store')

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the worker thread; its exceptions are raised here."""
        done: Future = Future()

        def work() -> None:
            try:
                outcome, error = function(*args), None
            except Exception as raised:
                outcome, error = None, raised
            done.set_result((outcome, error))
            executor = self._node.executor
            if executor is not None:
                executor.wake()

        self._pool.submit(work)
        outcome, error = await done
        if error is not None:
            raise error
        return outcome

    def close(self, last: Callable[[], None]) -> None:
        """Run `last` after all calls so far, wait for it and end the thread."""
        self._pool.submit(last).result()
        self._pool.shutdown()
