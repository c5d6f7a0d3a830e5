"""Threads of their own for the ticket store, so that no callback waits for a disk."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import OrchestratorError, StoreTimeout, StoreUnavailable
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.worker import Worker

ResultT = TypeVar('ResultT')

MAX_WAIT_S = 4.0
"""A call that has waited for the ones before it for longer is refused, not made [s]: its caller
is answered, and a store that stalls is not met by a queue that grows."""


class _Call:
    """A call to the store, from its request to its answer.

    Attributes:
        answer: What who waits is given.
        asked_at_mono_s: Since when it waits [s].
    """

    def __init__(self) -> None:
        self.answer: Future | None = None
        self.asked_at_mono_s = time.monotonic()
        self._claim = threading.Lock()

    def is_mine(self) -> bool:
        """Whether to make it, or to refuse it, is up to who asks: the first one, in any thread."""
        return self._claim.acquire(blocking=False)

    def refuse(self, error: OrchestratorError) -> None:
        """Answer who waits, if nobody has."""
        if self.answer is not None and not self.answer.done():
            self.answer.set_result((None, error))


class StoreWorker:
    """Makes calls to the store one after the other; awaited from callbacks.

    Only the call that is being made can have an unknown outcome: one that waits behind it is made,
    or refused, for certain.

    Args:
        node: Its executor goes on with who waits.
        name: Of the thread.
        shown_url: Of the store, for messages.
        is_reader: Whether its calls change nothing: then nobody waits on for one that hangs.
    """

    def __init__(self, node: Node, name: str, shown_url: str, is_reader: bool) -> None:
        self._worker = Worker(node, name)
        self._shown_url = shown_url
        self._is_reader = is_reader
        self._calls: dict[_Call, None] = {}
        self._began_at_mono_s: float | None = None

    @property
    def hangs_s(self) -> float:
        """For how long the call under way is being made [s]."""
        began_at_mono_s = self._began_at_mono_s
        return 0.0 if began_at_mono_s is None else time.monotonic() - began_at_mono_s

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the worker thread; its exceptions are raised here.

        Raises:
            StoreUnavailable: The calls before take too long; this one was not made.
            StoreTimeout: It only reads, and takes too long itself.
        """
        if self.hangs_s > MAX_WAIT_S:
            raise self._busy(self.hangs_s)
        call = _Call()
        self._calls[call] = None
        try:
            call.answer = self._worker.begin(self._make, call, function, *args)
            outcome, error = await call.answer
        finally:
            del self._calls[call]
        if error is not None:
            raise error
        return outcome  # type: ignore[no-any-return]

    def tick(self) -> None:
        """Answer those who have waited too long; called now and then."""
        now_mono_s = time.monotonic()
        for call in list(self._calls):
            waited_s = now_mono_s - call.asked_at_mono_s
            if waited_s <= MAX_WAIT_S:
                return
            if call.is_mine():
                call.refuse(self._busy(waited_s))
            elif self._is_reader and self.hangs_s > MAX_WAIT_S:
                call.refuse(StoreTimeout(waited_s=waited_s))

    def close(self, last: Callable[[], None]) -> None:
        """Run `last` after all calls so far, wait for it a while, and end the thread."""
        self._worker.close(last)

    def _make(self, call: _Call, function: Callable[..., Any], *args: Any) -> Any:
        """Runs in the thread."""
        if not call.is_mine():
            return None
        waited_s = time.monotonic() - call.asked_at_mono_s
        if waited_s > MAX_WAIT_S:
            raise self._busy(waited_s)
        self._began_at_mono_s = time.monotonic()
        try:
            return function(*args)
        finally:
            self._began_at_mono_s = None

    def _busy(self, waited_s: float) -> StoreUnavailable:
        reason = f'it is busy for {waited_s:.1f} s with a call before; this one was not made'
        return StoreUnavailable(url=self._shown_url, reason=reason)
