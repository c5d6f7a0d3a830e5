"""Removes old finished tickets, in batches so small that nobody notices."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from orchestrator_ren.errors import StoreError
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.tickets.run_clock import Old, RunClock

DAY_S = 86400.0

PERIOD_S = 60.0
"""Time between two rounds [s]."""

MAX_HOLD_S = 0.05
"""No batch may hold the store for longer [s]; each is made to take about a third of it."""

MAX_BATCH = 200
"""Most tickets that a batch removes."""


class Retention:
    """Prunes the store.

    Args:
        node: For the log.
        keeper: Of the store.
        clock: Knows how old a ticket is, whatever the wall clock did.
        keep_days: Finished tickets stay this long after their end [days].
        keep_max: Most finished tickets that stay.
        on_pruned: Called with the number of tickets that a batch removed.
        tasks: Run the rounds, also to their end.
        shutdown: No batch begins any more.

    Attributes:
        batch: Tickets removed at once; follows how long that takes here.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        clock: RunClock,
        keep_days: float,
        keep_max: int,
        on_pruned: Callable[[int], None],
        tasks: Tasks,
        shutdown: Shutdown,
    ) -> None:
        self.batch = 10
        self._node = node
        self._keeper = keeper
        self._store = keeper.store
        self._clock = clock
        self._keep_s = keep_days * DAY_S
        self._first_term = 0
        self._keep_max = keep_max
        self._on_pruned = on_pruned
        self._tasks = tasks
        self._shutdown = shutdown
        self._next_at_mono_s = 0.0
        self._is_running = False

    def tick(self) -> None:
        """Begin a round if one is due; called now and then."""
        if not self._first_term and self._store.is_open:
            self._first_term = self._store.term
        is_due = time.monotonic() >= self._next_at_mono_s
        if not is_due or self._is_running or self._keeper.trouble or self._shutdown.has_begun:
            return
        self._is_running = True
        self._next_at_mono_s = time.monotonic() + PERIOD_S
        self._tasks.run(self._run())

    async def _run(self) -> None:
        try:
            old = self._clock.old(self._keep_s, time.monotonic(), self._first_term)
            is_more = True
            while is_more and not self._shutdown.has_begun:
                batch = self.batch
                removed, took_s = await self._keeper.write_alone(self._prune, old, batch)
                self._on_pruned(removed)
                self._adapt(took_s)
                is_more = removed == batch
        except StoreError as error:
            self._node.get_logger().warning(f'old tickets stay for now: {error}')
        finally:
            self._is_running = False

    def _prune(self, old: Old, batch: int) -> tuple[int, float]:
        began_mono_s = time.monotonic()
        removed = self._store.prune(old, self._keep_max, batch)
        return removed, time.monotonic() - began_mono_s

    def _adapt(self, took_s: float) -> None:
        if took_s > MAX_HOLD_S / 3:
            self.batch = max(1, self.batch // 2)
        elif took_s < MAX_HOLD_S / 6:
            self.batch = min(MAX_BATCH, self.batch + 5)
