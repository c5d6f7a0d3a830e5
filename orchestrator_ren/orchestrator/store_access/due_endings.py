"""How tickets ended, on the way to the disk: kept until it is there, many in one commit."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from itertools import islice
from typing import Any

from rclpy.node import Node

from orchestrator_ren.errors import (
    InternalError,
    OrchestratorError,
    StoreConflict,
    StoreUnavailable,
)
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ending import DueEnd
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Ticket

MAX_BATCH = 8
"""Most endings in one commit: other writes wait for it, and the goals that end so get their
results at once, of which a client of rclpy's usual depth keeps 10."""


class DueEndings:
    """Writes endings; those that cannot be written now are tried again by each `save`.

    The first ending of a ticket counts. There is at most one for each ticket.

    Args:
        node: For the log.
        tasks: Run what writes them.
        store: Where they are to be.
        write: Makes a call to the store.
        holders: Who works on which ticket.
        on_event: Called with the event of each that is on disk.
    """

    def __init__(
        self,
        node: Node,
        tasks: Tasks,
        store: TicketStore,
        write: Callable[..., Awaitable[Any]],
        holders: TicketHolders,
        on_event: Callable[[Event], None],
    ) -> None:
        self._node = node
        self._tasks = tasks
        self._store = store
        self._write = write
        self._on_event = on_event
        self._due: dict[str, DueEnd] = holders.of(Holder.UNSAVED_END)
        self._answers: dict[str, Future] = {}
        self._batch = 1
        self._is_saving = False

    def __len__(self) -> int:
        return len(self._due)

    def take(self, due: DueEnd) -> None:
        """Keep an ending until it is on disk; nobody waits for it."""
        self._due.setdefault(due.ticket_id, due)
        if not self._is_saving:
            self._tasks.leave(self.save())

    async def written(self, due: DueEnd) -> Ticket:
        """Keep an ending until it is on disk; return the ticket after it.

        Raises:
            StoreConflict: The ticket was ended or changed by somebody else.
            StoreUnavailable: It is not on disk yet.
        """
        answer = self._answers[due.ticket_id] = Future()
        self.take(due)
        return await answer.outcome()  # type: ignore[no-any-return]

    async def save(self) -> None:
        """Write what is due, until nothing is or the store fails."""
        if self._is_saving:
            return
        self._is_saving = True
        try:
            while self._due:
                batch = list(islice(self._due.values(), self._batch))
                outcomes = await self._write(self._store.end, batch)
                self._batch = min(2 * self._batch, MAX_BATCH)
                for due, outcome in zip(batch, outcomes, strict=True):
                    self._settle(due, outcome)
                    await self._tasks.breathe()
        except OrchestratorError as error:
            self._put_off(error)
        except Exception as error:
            self._put_off(InternalError(detail=repr(error)))
        finally:
            self._is_saving = False

    def _settle(self, due: DueEnd, outcome: tuple[Ticket, Event] | StoreConflict) -> None:
        del self._due[due.ticket_id]
        if isinstance(outcome, StoreConflict):
            self._node.get_logger().warning(str(outcome))
            self._answer(due.ticket_id, None, outcome)
        else:
            self._on_event(outcome[1])
            self._answer(due.ticket_id, outcome[0], None)

    def _put_off(self, error: OrchestratorError) -> None:
        """Begin with another one next time, alone: it may be this one that cannot be written."""
        self._batch = 1
        first = next(iter(self._due), None)
        if first is not None:
            self._due[first] = self._due.pop(first)
        if not isinstance(error, StoreUnavailable):
            self._node.get_logger().error(f'an end cannot be written, or told: {error}')
        for ticket_id in list(self._answers):
            self._answer(ticket_id, None, error)

    def _answer(
        self, ticket_id: str, ticket: Ticket | None, error: OrchestratorError | None
    ) -> None:
        answer = self._answers.pop(ticket_id, None)
        if answer is not None:
            answer.settle(ticket, error)
            self._node.executor.wake()
