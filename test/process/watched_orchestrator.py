"""The orchestrator, whose executor is watched: how long each callback held it.

The time is that of the thread's CPU: what the machine gives to others does not count. Each hold of
more than `TOLD_S` is printed.
"""

import sys
import time
from typing import Any

from orchestrator_ren.orchestrator import node
from orchestrator_ren.ros import executor

TOLD_S = 0.002
WORDS = 'held the executor for'


class WatchedExecutor(executor.CachedExecutor):
    """Tells its longest callbacks."""

    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments)
        self._entity: Any = None

    def _serve(self, entity: Any, take: Any) -> None:
        self._entity = entity
        super()._serve(entity, take)

    def spin_once(self, *args: Any, **kwargs: Any) -> None:
        self._entity = None
        began_s = time.thread_time()
        super().spin_once(*args, **kwargs)
        held_s = time.thread_time() - began_s
        if held_s > TOLD_S:
            print(f'{self._name()} {WORDS} {held_s * 1e3:.1f} ms', flush=True)  # noqa: T201

    def _name(self) -> str:
        callback = getattr(self._entity, 'callback', None)
        return f'{type(self._entity).__name__} {getattr(callback, "__qualname__", "")}'


if __name__ == '__main__':
    executor.CachedExecutor = WatchedExecutor  # type: ignore[misc]
    sys.exit(node.main())
