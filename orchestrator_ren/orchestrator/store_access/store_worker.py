"""Threads of their own for the ticket store, so that no callback waits for a disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import StoreUnavailable
from orchestrator_ren.ros.worker import Worker

ResultT = TypeVar('ResultT')

MAX_WAIT_S = 5.0
"""A call that has waited for the ones before it for longer is refused, not made [s]: its caller
is answered, and a store that stalls is not met by a queue that grows."""


class StoreWorker:
    """Makes calls to the store one after the other; awaited from callbacks.

    Args:
        node: Its executor goes on with who waits.
        name: Of the thread.
        shown_url: Of the store, for messages.
    """

    def __init__(self, node: Node, name: str, shown_url: str) -> None:
        self._worker = Worker(node, name)
        self._shown_url = shown_url

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the worker thread; its exceptions are raised here.

        Raises:
            StoreUnavailable: The calls before took too long; this one was not made.
        """
        asked_at_mono_s = time.monotonic()

        def in_time() -> ResultT:
            self._refuse_if_late(asked_at_mono_s)
            return function(*args)

        return await self._worker.call(in_time)

    def close(self, last: Callable[[], None]) -> None:
        """Run `last` after all calls so far, wait for it a while, and end the thread."""
        self._worker.close(last)

    def _refuse_if_late(self, asked_at_mono_s: float) -> None:
        waited_s = time.monotonic() - asked_at_mono_s
        if waited_s > MAX_WAIT_S:
            raise StoreUnavailable(
                url=self._shown_url, reason=f'it was busy for {waited_s:.1f} s with calls before'
            )
