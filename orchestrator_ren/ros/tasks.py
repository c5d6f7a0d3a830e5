"""Coroutines that a node runs beside its callbacks."""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from rclpy.node import Node


class Tasks:
    """Runs coroutines on the node's executor, and knows which have not ended.

    Args:
        node: Its executor runs them.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._running: set[Any] = set()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run, also to the end of it; it must not raise."""
        task = self._node.executor.create_task(coroutine)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def leave(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run that nobody waits for, as it may never end; it must not raise."""
        self._node.executor.create_task(coroutine)

    async def all_ended(self) -> None:
        """Wait for those that run now."""
        for task in list(self._running):
            await task
