"""Threads of their own for the ticket store, so that no callback waits for a disk."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import StoreTimeout, StoreUnavailable, contained
from orchestrator_ren.orchestrator.store_access.store_call import StoreCall
from orchestrator_ren.ros.worker import Worker

ResultT = TypeVar('ResultT')

MAX_WAIT_S = 4.0
"""A call that has waited for the ones before it for longer is refused, not made [s]: its caller
is answered, and a store that stalls is not met by a queue that grows."""

MAX_TOGETHER, MAX_TOGETHER_S = 8, 0.05
"""Most calls in one commit, and for how long it takes in further ones [s]: the first of them is
answered when the last one is done, and all of them at once. A client of rclpy's usual depth keeps
10 answers that it has not looked at: of more at once, some would be lost."""


class StoreWorker:
    """Makes calls to the store one after the other; awaited from callbacks.

    Those that wait when the thread is free are made in one commit where they may be: nobody waits
    for others to come. Only calls that are being made, or wait for their commit, can have an
    unknown outcome: one that waits behind them is made, or refused, for certain.

    Args:
        node: Its executor goes on with who waits.
        name: Of the thread.
        shown_url: Of the store, for messages.
        together: Has the calls made inside committed at its end, all of them or none; None: calls
            only read, and nobody waits on for one that hangs.

    Attributes:
        on_made: Called in the thread with the time that a call, or those of one commit, took [s].
    """

    def __init__(
        self,
        node: Node,
        name: str,
        shown_url: str,
        together: Callable[[], AbstractContextManager[None]] | None = None,
    ) -> None:
        self.on_made: Callable[[float], None] = _nothing
        self._worker = Worker(node, name)
        self._shown_url = shown_url
        self._together = together
        self._asked: dict[StoreCall, None] = {}
        self._waiting: deque[StoreCall] = deque()
        self._began_at_mono_s: float | None = None

    @property
    def hangs_s(self) -> float:
        """For how long the call under way is being made, with those in its commit [s]."""
        began_at_mono_s = self._began_at_mono_s
        return 0.0 if began_at_mono_s is None else time.monotonic() - began_at_mono_s

    async def call(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, run in the worker thread; its exceptions are raised here.

        Raises:
            StoreUnavailable: The calls before take too long; this one was not made.
            StoreTimeout: It only reads, and takes too long itself.
        """
        return await self._answer(StoreCall(partial(function, *args), is_alone=True))

    async def join(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Do the same as `call`, in one commit with others that wait."""
        return await self._answer(StoreCall(partial(function, *args), is_alone=False))

    def tick(self) -> None:
        """Answer those who have waited too long; called now and then."""
        for call in list(self._asked):
            waited_s = call.waited_s
            if waited_s <= MAX_WAIT_S:
                return
            if call.is_mine():
                call.refuse(self._busy(waited_s))
            elif self._together is None and self.hangs_s > MAX_WAIT_S:
                call.refuse(StoreTimeout(waited_s=waited_s))

    def close(self, last: Callable[[], None]) -> None:
        """Run `last` after all calls so far, wait for it a while, and end the thread."""
        self._worker.close(last)

    async def _answer(self, call: StoreCall) -> Any:
        if self.hangs_s > MAX_WAIT_S:
            raise self._busy(self.hangs_s)
        self._asked[call] = None
        try:
            self._waiting.append(call)
            self._worker.submit(self._serve)
            return await call.answer()
        finally:
            del self._asked[call]

    # In the thread.

    def _serve(self) -> None:
        """Make calls that wait: one or, in one commit, several; runs as often as calls come."""
        call = self._next()
        if call is None:
            return
        if call.is_alone or not self._is_one_to_join():
            self._make_alone([call])
        else:
            self._make_together(call)

    def _make_alone(self, calls: list[StoreCall]) -> None:
        """Make each in a transaction of its own, unless it has waited too long."""
        for call in calls:
            waited_s = call.waited_s
            if waited_s > MAX_WAIT_S:
                call.fail(self._busy(waited_s))
            else:
                self._began_at_mono_s = time.monotonic()
                call.make()
            self._tell([call])

    def _make_together(self, first: StoreCall) -> None:
        """Make a call, and those that wait behind it, in one commit.

        Where one of them meets a failure of the store (it is too large for the disk), all are
        undone, and made again one by one: the others may succeed.
        """
        made = [first]
        self._began_at_mono_s = time.monotonic()
        try:
            with self._together():
                first.make()
                while self._takes_another(made) and (call := self._next(is_joining=True)):
                    made.append(call)
                    call.make()
        except BaseException as error:
            if any(call.met_failure for call in made):
                return self._make_alone(made)
            for call in made:
                call.fail(contained(error))
        self._tell(made)

    def _tell(self, made: list[StoreCall]) -> None:
        began_at_mono_s, self._began_at_mono_s = self._began_at_mono_s, None
        ended_at_mono_s = time.monotonic()
        for call in made:
            call.tell()
        self._worker.wake()
        if began_at_mono_s is not None:
            self.on_made(ended_at_mono_s - began_at_mono_s)

    def _takes_another(self, made: list[StoreCall]) -> bool:
        is_full = len(made) >= MAX_TOGETHER or self.hangs_s > MAX_TOGETHER_S
        return not is_full and not made[-1].met_failure

    def _is_one_to_join(self) -> bool:
        return bool(self._waiting) and not self._waiting[0].is_alone

    def _next(self, is_joining: bool = False) -> StoreCall | None:
        """Return the next call that is to be made; those that have waited too long are not."""
        while self._is_one_to_join() if is_joining else self._waiting:
            call = self._waiting.popleft()
            waited_s = call.waited_s
            if not call.is_mine():
                continue
            if waited_s <= MAX_WAIT_S:
                return call
            call.refuse(self._busy(waited_s))
            self._worker.wake()
        return None

    def _busy(self, waited_s: float) -> StoreUnavailable:
        reason = f'it is busy for {waited_s:.1f} s with a call before; this one was not made'
        return StoreUnavailable(url=self._shown_url, reason=reason)


def _nothing(_took_s: float) -> None:
    pass
