"""Coroutines that a node runs beside its callbacks; what they raise is seen.

In rclpy from 7.1.9 and 9.1.4 up to 10.0.9, what a coroutine raises after an `await` vanishes: its
task goes on inside another one, and the executor looks at the outcome of that (rclpy#1642). A
plain function that raises is seen in every release, so errors take that way.
"""

from __future__ import annotations

from collections.abc import Coroutine
from typing import Any

from rclpy.executors import Executor
from rclpy.node import Node
from rclpy.task import Task


def report(executor: Executor, error: Exception) -> None:
    """Let the executor raise it, as what a callback raised: it is logged, and the gate stops."""

    def raise_it() -> None:
        raise error

    executor.create_task(raise_it)


def start(executor: Executor, coroutine: Coroutine[Any, Any, Any]) -> Task:
    """Let a coroutine run; the task never raises, what the coroutine raises is reported."""
    return executor.create_task(_reported(executor, coroutine))


async def _reported(executor: Executor, coroutine: Coroutine[Any, Any, Any]) -> Any:
    try:
        return await coroutine
    except Exception as error:
        report(executor, error)


class Tasks:
    """Runs coroutines on the node's executor, and knows which have not ended.

    Args:
        node: Its executor runs them.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._running: set[Any] = set()

    def run(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run, also to the end of it."""
        task = start(self._node.executor, coroutine)
        self._running.add(task)
        task.add_done_callback(self._running.discard)

    def leave(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run that nobody waits for, as it may never end."""
        start(self._node.executor, coroutine)

    async def all_ended(self) -> None:
        """Wait for those that run now."""
        for task in list(self._running):
            await task
