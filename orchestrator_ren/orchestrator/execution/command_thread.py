"""A thread for the code of one command that is not ours, which may be slow, or hang."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.errors import CommandUnresponsive
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.worker import Worker

ResultT = TypeVar('ResultT')

ANSWER_LIMIT_S = 2.0
"""How long the code of a command may take to answer what is asked before it runs [s]."""


class CommandThread:
    """Calls the code of one command; who asks is answered in time.

    A call that hangs cannot be ended. Until it has, all others are refused at once: one thread is
    the most that such a command can take.

    Args:
        node: Its executor goes on with who waits.
        tasks: Wait for the calls.
        command: Its name.
    """

    def __init__(self, node: Node, tasks: Tasks, command: str) -> None:
        self._node = node
        self._tasks = tasks
        self._command = command
        self._clock = Clock(clock_type=ClockType.STEADY_TIME)
        self._worker = Worker(node, f'command {command}')
        self._overdue = 0

    async def call(self, doing: str, function: Callable[[], ResultT]) -> ResultT:
        """Return `function()`, run in the thread; its exceptions are raised here.

        Raises:
            CommandUnresponsive: It has not returned in time, or one before has not yet.
        """
        late = CommandUnresponsive(command=self._command, limit_s=ANSWER_LIMIT_S, doing=doing)
        if self._overdue:
            raise late
        end: Future = Future()
        self._tasks.leave(self._deliver(end, function))
        timer = self._node.create_timer(
            ANSWER_LIMIT_S, lambda: self._give_up(end, late), clock=self._clock
        )
        try:
            return await end.outcome()
        finally:
            self._node.destroy_timer(timer)

    def close(self) -> None:
        """End the thread, unless it hangs."""
        if not self._overdue:
            self._worker.close()

    def _give_up(self, end: Future, late: CommandUnresponsive) -> None:
        if not end.done():
            self._overdue += 1
            end.settle(None, late)

    async def _deliver(self, end: Future, function: Callable[[], Any]) -> None:
        def in_time() -> Any:
            return None if end.done() else function()

        try:
            outcome, error = await self._worker.call(in_time), None
        except Exception as raised:
            outcome, error = None, raised
        if end.done():
            self._overdue -= 1
        else:
            end.settle(outcome, error)
