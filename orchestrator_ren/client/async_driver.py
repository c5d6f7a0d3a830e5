"""Drives the coroutines of this room in asyncio: its futures are set in the loop's own thread."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import suppress
from functools import partial
from typing import Any, TypeVar

from orchestrator_ren.client.waiting import END, Wait, next_of

T = TypeVar('T')


async def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run the coroutine to its end; a cancellation of the task is raised in it."""
    step: Callable[[], Any] = partial(coroutine.send, None)
    while True:
        try:
            wait = step()
        except StopIteration as end:
            return end.value  # type: ignore[no-any-return]
        try:
            await _over(wait)
        except BaseException as interrupt:
            step = partial(coroutine.throw, interrupt)
        else:
            step = partial(coroutine.send, None)


async def iterate(found: AsyncIterator[T]) -> AsyncIterator[T]:
    """Yield what it yields."""
    try:
        while (each := await drive(next_of(found))) is not END:
            yield each
    finally:
        await drive(found.aclose())  # type: ignore[attr-defined]


async def _over(wait: Wait) -> None:
    """Wait for the signal, or so long."""
    loop = asyncio.get_running_loop()
    over = loop.create_future()

    def settle() -> None:
        if not over.done():
            over.set_result(None)

    def wake() -> None:
        with suppress(RuntimeError):  # the loop was closed meanwhile
            loop.call_soon_threadsafe(settle)

    timer = loop.call_later(wait.limit_s, settle)
    wait.signal.hand_to(wake)
    try:
        await over
    finally:
        timer.cancel()
        wait.signal.withdraw()
