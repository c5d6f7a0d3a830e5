"""How long who asks waits for a store that hangs: what was begun goes on without him."""

from __future__ import annotations

import time
from collections.abc import Coroutine
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import StoreTimeout, contained
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.tasks import Tasks

ResultT = TypeVar('ResultT')

ANSWER_S = 5.5
"""Who asks for something is answered after so long [s], plus the time between two ticks: more than
that after `ENDING_S` and the worker's `MAX_WAIT_S`, by which more may be known."""

ENDING_S = 4.0
"""The same for who asks how a ticket has ended [s], which is known, and only to be written."""


class Patience:
    """Runs what must not be left half done, and answers who asked for it in time.

    Args:
        node: For the log.
        tasks: Run it.
    """

    def __init__(self, node: Node, tasks: Tasks) -> None:
        self._node = node
        self._tasks = tasks
        self._waiting: dict[Future, tuple[float, float]] = {}

    async def outcome(self, coroutine: Coroutine[Any, Any, ResultT], limit_s: float) -> ResultT:
        """Return what the coroutine returns, or raise what it raises, within the limit [s].

        Raises:
            StoreTimeout: It takes too long. It goes on to its end all the same.
        """
        answer = Future()
        self._waiting[answer] = time.monotonic(), limit_s
        self._tasks.leave(self._run(coroutine, answer))
        return await answer.outcome()  # type: ignore[no-any-return]

    def tick(self) -> None:
        """Answer those who have waited too long; called now and then."""
        now_mono_s = time.monotonic()
        for answer, (since_mono_s, limit_s) in list(self._waiting.items()):
            waited_s = now_mono_s - since_mono_s
            if waited_s > limit_s:
                del self._waiting[answer]
                answer.settle(None, StoreTimeout(waited_s=waited_s))

    async def _run(self, coroutine: Coroutine[Any, Any, Any], answer: Future) -> None:
        outcome, error = None, None
        try:
            outcome = await coroutine
        except GeneratorExit:  # the process ends
            raise
        except BaseException as raised:
            error = contained(raised)
        if self._waiting.pop(answer, None) is not None:
            answer.settle(outcome, error)
            self._node.executor.wake()
        elif error is not None:
            words = f'what was answered before it was known has failed: {error!r}'
            self._node.get_logger().warning(words)
