"""The wait of an execution for its turn."""

from __future__ import annotations

from typing import Protocol

from orchestrator_ren.ros.future import Future
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.ticket import Ticket


class TurnQueue(Protocol):
    """What gives turns, as an execution sees it: `dispatch/dispatcher.py`."""

    def add(
        self,
        ticket: Ticket,
        needs: Needs,
        duration_s: float,
        since_mono_s: float,
        rest_s: float = 0.0,
        *,
        is_awaited: bool = False,
    ) -> None:
        """Let a ticket wait; `decide` gives it its turn."""
        ...

    def decide(self) -> None:
        """Give turns to all that can start now."""
        ...

    def is_waiting(self, ticket_id: str) -> bool:
        """Whether the ticket waits."""
        ...

    def remove(self, ticket_id: str) -> None:
        """Let a ticket wait no longer."""
        ...

    def release(self, ticket_id: str) -> None:
        """Take back what a ticket holds: it has ended."""
        ...

    def take_back(self, ticket_id: str) -> bool:
        """Let a ticket wait again that could not use its turn; False = it was given none."""
        ...

    def planned_position(self, ticket: Ticket) -> int:
        """Return the place in the queue that a ticket would have now, from 1."""
        ...


class Turn:
    """Whether an execution may go on.

    Attributes:
        is_awaited: Whether it waits for its turn.
        has_come: Whether it was given its turn.
    """

    def __init__(self) -> None:
        self.is_awaited = False
        self.has_come = False
        self._end_of_wait: Future | None = None

    def ask(self) -> None:
        """Queue up; then await `come`."""
        self.is_awaited, self.has_come = True, False
        self._end_of_wait = Future()

    def give(self) -> None:
        """Let it start, at once or as soon as it would wait."""
        self.has_come = True
        self.end_wait()

    def end_wait(self) -> None:
        """Let it wait no longer, for whatever reason."""
        if self._end_of_wait is not None and not self._end_of_wait.done():
            self._end_of_wait.set_result(None)

    async def come(self) -> None:
        """Return when it need not wait any longer; at once where it never asked."""
        if self._end_of_wait is not None:
            await self._end_of_wait
