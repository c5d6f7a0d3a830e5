"""Tickets as they are on disk; each step of a life is told once it is there."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager

from orchestrator_ren.orchestrator.execution.ticket_locks import TicketLocks
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.ticket import Ticket


class TicketRecords:
    """Reads and changes tickets.

    Args:
        keeper: Of the store where they are.
        locks: Held by whoever reads a ticket, decides and changes it.
        announce: Called with each event, once it is on disk.
    """

    def __init__(
        self, keeper: StoreKeeper, locks: TicketLocks, announce: Callable[[Event], None]
    ) -> None:
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

    async def change(self, before: Ticket, after: Ticket, actor: Actor, cause: str = '') -> Ticket:
        """Write a step of a ticket's life and tell it; return the ticket after it.

        Raises:
            StoreError: It is not on disk.
        """
        event = await self._keeper.write(self._store.change, before, after, actor, cause)
        self._announce(event)
        return after

    async def end(self, before: Ticket, after: Ticket, actor: Actor) -> Ticket:
        """Write how an execution ended and tell it; return the ticket after it.

        Raises:
            EndingUnsaved: It is not on disk yet; tell the client.
        """
        self._announce(await self._keeper.write_ending(before, after, actor))
        return after
