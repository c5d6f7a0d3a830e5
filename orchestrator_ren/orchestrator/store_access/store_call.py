"""A call to the store, from its request to its answer."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any

from orchestrator_ren.errors import OrchestratorError, StoreUnavailable
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.worker import attempt


class StoreCall:
    """What somebody wants of the store; made in another thread, which keeps what comes of it.

    Args:
        function: Makes it.
        is_alone: Whether it has a transaction of its own, which no other call may share.

    Attributes:
        is_alone: As given.
    """

    def __init__(self, function: Callable[[], Any], is_alone: bool) -> None:
        self.is_alone = is_alone
        self._function = function
        self._answer = Future()
        self._asked_at_mono_s = time.monotonic()
        self._claim = threading.Lock()
        self._outcome: tuple[Any, Exception | None] = None, None

    @property
    def waited_s(self) -> float:
        """Since when it was asked for [s]."""
        return time.monotonic() - self._asked_at_mono_s

    @property
    def met_failure(self) -> bool:
        """Whether it was made, and the store failed."""
        return isinstance(self._outcome[1], StoreUnavailable)

    async def answer(self) -> Any:
        """Wait; return what it returned, or raise what it raised, or why it was not made."""
        return await self._answer.outcome()

    def is_mine(self) -> bool:
        """Whether to make it, or to refuse it, is up to who asks: the first one, in any thread."""
        return self._claim.acquire(blocking=False)

    def make(self) -> None:
        """Make it; once more where what it did was undone."""
        self._outcome = attempt(self._function)

    def fail(self, error: Exception) -> None:
        """Let this come of it."""
        self._outcome = None, error

    def tell(self) -> None:
        """Answer who waits with what came of it."""
        self._answer.settle(*self._outcome)

    def refuse(self, error: OrchestratorError) -> None:
        """Answer who waits, if nobody has."""
        self._answer.settle(None, error)
