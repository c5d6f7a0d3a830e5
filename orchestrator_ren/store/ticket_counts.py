"""How many tickets there are, in memory: counting a million takes too long for each list."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterable, Mapping

from orchestrator_ren.tickets.ticket import Status, Ticket

Kind = tuple[str, Status]
"""Command and status."""


class TicketCounts:
    """The number of tickets of each kind that are on disk; may be called from any thread."""

    def __init__(self) -> None:
        self._counts: Counter[Kind] = Counter()
        self._lock = threading.Lock()

    def reset(self, found: Mapping[Kind, int]) -> None:
        """Begin with what was counted in the store."""
        with self._lock:
            self._counts = Counter(found)

    def change(self, before: Ticket | None, after: Ticket | None) -> None:
        """Count a ticket that took a step, came (`before` is None) or went (`after` is None)."""
        with self._lock:
            if before is not None:
                self._counts[before.command, before.status] -= 1
            if after is not None:
                self._counts[after.command, after.status] += 1

    def remove(self, kinds: Iterable[Kind]) -> None:
        """Count tickets no more."""
        with self._lock:
            self._counts.subtract(kinds)

    def by_kind(self) -> dict[Kind, int]:
        """Return the number of tickets of each command and status."""
        with self._lock:
            return dict(self._counts)

    def by_status(self) -> dict[Status, int]:
        """Return the number of tickets in each status."""
        counts = dict.fromkeys(Status, 0)
        for (_, status), count in self.by_kind().items():
            counts[status] += count
        return counts
