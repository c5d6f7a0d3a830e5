"""What is to go on in a node's executor, some of it at a time."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from rclpy.node import Node

SLICE_S = 0.001
"""How long the executor is held at once [s]: at least one is served then."""


class ReadyQueue:
    """Serves whoever is ready in the order of their coming, and lets others in between.

    Args:
        node: Its executor does the work.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._lock = threading.Lock()
        self._ready: deque[Callable[[], None]] = deque()
        self._is_due = False

    def add(self, step: Callable[[], None]) -> None:
        """Have the executor do it soon; from any thread, also while it is being done."""
        with self._lock:
            self._ready.append(step)
            if self._is_due:
                return
            self._is_due = True
        self._node.executor.create_task(self._do_some)

    def _do_some(self) -> None:
        until_mono_s = time.monotonic() + SLICE_S
        try:
            while (step := self._next()) is not None:
                step()
                if time.monotonic() > until_mono_s:
                    break
        finally:  # what one raises is the executor's to tell; it must not keep the others
            self._rest()

    def _next(self) -> Callable[[], None] | None:
        with self._lock:
            return self._ready.popleft() if self._ready else None

    def _rest(self) -> None:
        with self._lock:
            self._is_due = bool(self._ready)
        if self._is_due:
            self._node.executor.create_task(self._do_some)
