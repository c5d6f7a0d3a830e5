"""How long tickets wait for their turn, from their events."""

from __future__ import annotations

from datetime import datetime

from orchestrator_ren.tickets.event import Event, EventType

MOST = 10_000
"""Tickets that are remembered, the newest: of one that another robot has taken, nothing more is
heard here."""


class QueueWait:
    """Remembers since when each ticket is QUEUED; those of an earlier run are not known.

    One that was queued elsewhere waits here since it was taken.
    """

    def __init__(self) -> None:
        self._queued_at: dict[str, datetime] = {}

    def __len__(self) -> int:
        return len(self._queued_at)

    def take(self, event: Event) -> float | None:
        """Return how long its ticket has waited [s, >= 0], where it says that the wait is over."""
        if event.type is EventType.TICKET_TAKEN:
            self._remember(event.ticket_id, self._queued_at.get(event.ticket_id, event.at))
            return None
        queued_at = self._queued_at.pop(event.ticket_id, None)
        if event.type is EventType.TICKET_QUEUED:
            self._remember(event.ticket_id, event.at)
            return None
        if queued_at is None or event.type is not EventType.EXECUTION_STARTED:
            return None
        return max(0.0, (event.at - queued_at).total_seconds())  # the clock may have been set

    def _remember(self, ticket_id: str, since: datetime) -> None:
        self._queued_at[ticket_id] = since
        if len(self._queued_at) > MOST:
            del self._queued_at[next(iter(self._queued_at))]
