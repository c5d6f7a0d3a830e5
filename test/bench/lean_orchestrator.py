"""The orchestrator with little of its store's file in memory: what else grows is then seen.

For each line of the standard input it prints `tasks`, and how many coroutines and futures there
are in memory.
"""

import sys
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakSet

from rclpy.task import Future

from orchestrator_ren.orchestrator import node as orchestrator
from orchestrator_ren.ros.coroutine_run import CoroutineRun
from orchestrator_ren.store import engine

CACHE_KIB = 512


def count_tasks() -> None:
    """Answer the lines of the standard input, in a thread of its own, from now on."""
    alive: WeakSet[Any] = WeakSet()
    for kind in (Future, CoroutineRun):
        kind.__init__ = _counted(kind.__init__, alive)

    def answer() -> None:
        for _ in sys.stdin:
            print(f'tasks {len(alive)}', flush=True)

    threading.Thread(target=answer, daemon=True).start()


def _counted(make: Callable[..., None], alive: WeakSet[Any]) -> Callable[..., None]:
    def make_counted(made: Any, *args: Any, **options: Any) -> None:
        make(made, *args, **options)
        alive.add(made)

    return make_counted


if __name__ == '__main__':
    engine.CACHE_KIB = CACHE_KIB
    count_tasks()
    sys.exit(orchestrator.main())
