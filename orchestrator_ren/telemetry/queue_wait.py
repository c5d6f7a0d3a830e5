"""How long tickets wait for their turn, from their events."""

from __future__ import annotations

from datetime import datetime

from orchestrator_ren.tickets.event import Event, EventType


class QueueWait:
    """Remembers since when each ticket is QUEUED; those of an earlier run are not known."""

    def __init__(self) -> None:
        self._queued_at: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._queued_at)

    def take(self, event: Event) -> float | None:
        """Return how long its ticket has waited [s, >= 0], where it says that the wait is over."""
        if event.type is EventType.TICKET_QUEUED:
            self._queued_at[event.ticket_id] = event.at
            return None
        queued_at = self._queued_at.pop(event.ticket_id, None)
        if queued_at is None or event.type is not EventType.EXECUTION_STARTED:
            return None
        return max(0.0, (event.at - queued_at).total_seconds())  # the clock may have been set
