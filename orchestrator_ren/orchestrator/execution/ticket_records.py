"""Tickets as they are on disk; each step of a life is told once it is there."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from typing import Any, TypeVar

from orchestrator_ren.errors import TicketElsewhere
from orchestrator_ren.orchestrator.execution.ticket_locks import TicketLocks
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.tickets.assignment import refuse_missing
from orchestrator_ren.tickets.ending import DueEnd
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.ticket import Ticket

ResultT = TypeVar('ResultT')


class TicketRecords:
    """Reads and changes tickets.

    Args:
        keeper: Of the store where they are.
        locks: Held by whoever reads a ticket, decides and changes it.
        announce: Called with each event, once it is on disk.

    Attributes:
        robot: Whose orchestrator this is.
    """

    def __init__(
        self, keeper: StoreKeeper, locks: TicketLocks, announce: Callable[[Event], None]
    ) -> None:
        self.robot = keeper.store.robot
        self._keeper = keeper
        self._store = keeper.store
        self._locks = locks
        self._announce = announce

    def held(self, ticket_id: str) -> AbstractAsyncContextManager[None]:
        """Hold the ticket's lock; to be used with `async with`."""
        return self._locks.held(ticket_id)

    async def find(self, ticket_id: str) -> Ticket:
        """Return the ticket as stored.

        Raises:
            TicketNotFound: There is none of that id.
        """
        return await self._keeper.read(self._store.get, ticket_id)

    async def find_mine(self, ticket_id: str) -> Ticket:
        """Return the ticket as stored, if this robot has it, or may take it.

        Raises:
            TicketNotFound: There is none of that id.
            TicketElsewhere: It is that of another robot.
            CapabilityMissing: It is for any, and this robot has not what it needs.
        """
        ticket = await self.find(ticket_id)
        if not ticket.robot:
            refuse_missing(self.robot.name, self.robot.capabilities, ticket.capabilities)
        elif ticket.robot != self.robot.name:
            raise TicketElsewhere(ticket_id=ticket_id, robot=ticket.robot)
        return ticket

    async def find_to_end(self, ticket_id: str) -> Ticket:
        """Return the ticket as stored, if it may be ended here.

        Raises:
            TicketNotFound: There is none of that id.
            TicketElsewhere: It is that of another robot, which is alive or executes it.
        """
        ticket = await self.find(ticket_id)
        if ticket.robot not in ('', self.robot.name):
            await self._keeper.read(self._store.fleet.check_may_end, ticket)
        return ticket

    async def change(
        self,
        before: Ticket,
        after: Ticket,
        actor: Actor,
        cause: str = '',
        requested_by: str = '',
    ) -> Ticket:
        """Write a step of a ticket's life and tell it; return the ticket after it.

        Raises:
            StoreError: It is not on disk.
        """
        event = await self._keeper.write(
            self._store.change, before, after, actor, cause, requested_by
        )
        self._announce(event)
        return after

    async def end(self, due: DueEnd) -> Ticket:
        """Write how a ticket ended, which is told then; return the ticket after it.

        Raises:
            EndingUnsaved: It is not on disk yet, but will be; tell the client.
        """
        return await self._keeper.end(due)

    def end_later(self, due: DueEnd) -> None:
        """Write how a ticket ended as soon as that is possible."""
        self._keeper.end_later(due)

    async def in_time(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Return what the coroutine returns, for somebody who wants an answer.

        Raises:
            StoreTimeout: The store hangs. The coroutine goes on to its end all the same.
        """
        return await self._keeper.in_time(coroutine)
