"""How a call waits: one coroutine for both faces of the client, blocking and asyncio.

The coroutines of this room await nothing but `Wait`. Who drives them waits in his own way: a
thread blocks here in `run`, a task of asyncio in `async_driver.py`. So no future of rclpy is ever
awaited in asyncio, and none of asyncio set from the thread that spins.
"""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Generator, Iterator
from functools import partial
from typing import Any, TypeVar

T = TypeVar('T')


class Signal:
    """Tells the one who waits that something has changed; from any thread, any number of times."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._is_set = False
        self._wake: Callable[[], object] | None = None

    def set(self, _changed: object = None) -> None:
        """Tell it; what has changed is looked up by who waits."""
        with self._lock:
            wake, self._wake = self._wake, None
            self._is_set = wake is None
        if wake is not None:
            wake()

    def hand_to(self, wake: Callable[[], object]) -> None:
        """Have it told by that call, once; at once where it was told before."""
        with self._lock:
            is_due, self._is_set = self._is_set, False
            self._wake = None if is_due else wake
        if is_due:
            wake()

    def withdraw(self) -> None:
        """Have it kept for the next one who waits."""
        with self._lock:
            self._wake = None


class Wait:
    """Awaited, waits until the signal is given or the time is over [s]; see then what is so."""

    def __init__(self, signal: Signal, limit_s: float) -> None:
        self.signal = signal
        self.limit_s = max(0.0, limit_s)

    def __await__(self) -> Generator[Wait, None, None]:
        yield self

    def block(self) -> None:
        """Wait in this thread."""
        event = threading.Event()
        self.signal.hand_to(event.set)
        try:
            event.wait(self.limit_s)
        finally:
            self.signal.withdraw()


def run(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine to its end in this thread; an interrupt of a wait is raised in it."""
    step: Callable[[], Any] = partial(coroutine.send, None)
    while True:
        try:
            wait = step()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            wait.block()
        except BaseException as interrupt:
            step = partial(coroutine.throw, interrupt)
        else:
            step = partial(coroutine.send, None)


def iterate(found: AsyncIterator[T]) -> Iterator[T]:
    """Yield what it yields, waiting in this thread."""
    try:
        while (each := run(next_of(found))) is not END:
            yield each
    finally:
        run(found.aclose())  # type: ignore[attr-defined]


END: Any = object()
"""Stands for what comes after the last."""


async def next_of(found: AsyncIterator[T]) -> T:
    """Return the next, or `END`."""
    async for each in found:
        return each
    return END  # type: ignore[no-any-return]
