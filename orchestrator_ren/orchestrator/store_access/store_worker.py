"""Threads of their own for the ticket store, so that no callback waits for a disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any, TypeVar

from rclpy.node import Node
from rclpy.task import Future

from orchestrator_ren.errors import StoreUnavailable, contained

ResultT = TypeVar('ResultT')

MAX_WAIT_S = 5.0
"""A call that has waited for the ones before it for longer is refused, not made [s]: its caller
is answered, and a store that stalls is not met by a queue that grows."""

CLOSE_S = 1.0
"""How long the end waits for calls under way [s]."""


class StoreWorker:
    """Runs blocking calls one after the other; awaited from callbacks of the node's executor.

    Args:
        node: Its executor goes on with who waits.
        name: Of the thread.
        shown_url: Of the store, for messages.
    """

    def __init__(self, node: Node, name: str, shown_url: str) -> None:
        self._node = node
        self._shown_url = shown_url
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix=name)

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the worker thread; its exceptions are raised here.

        Raises:
            StoreUnavailable: The calls before took too long; this one was not made.
        """
        done: Future = Future()
        asked_at_mono_s = time.monotonic()

        def work() -> None:
            try:
                self._refuse_if_late(asked_at_mono_s)
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

    def close(self, last: Callable[[], None]) -> None:
        """Run `last` after all calls so far, wait for it a while, and end the thread.

        A store that hangs is left behind: the nodes that end after it have zeros to send.
        """
        wait([self._pool.submit(last)], CLOSE_S)
        self._pool.shutdown(wait=False)

    def _refuse_if_late(self, asked_at_mono_s: float) -> None:
        waited_s = time.monotonic() - asked_at_mono_s
        if waited_s > MAX_WAIT_S:
            raise StoreUnavailable(
                url=self._shown_url, reason=f'it was busy for {waited_s:.1f} s with calls before'
            )
