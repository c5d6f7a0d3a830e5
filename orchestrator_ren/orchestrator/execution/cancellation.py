"""Ends tickets because somebody says so, or because they cannot go on."""

from __future__ import annotations

from contextlib import suppress

from orchestrator_ren.errors import TicketFinished
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.execution.turn import TurnQueue
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets.ending import Ending, cancelled
from orchestrator_ren.tickets.ticket import Status, Ticket


class Cancellation:
    """Ends one ticket, in whatever hand it is.

    It cannot move the robot: it interrupts, or writes an end.

    Args:
        records: The tickets.
        executions: Those under way.
        queue: Where it may wait.
        holders: Who works on which ticket.
    """

    def __init__(
        self,
        records: TicketRecords,
        executions: Executions,
        queue: TurnQueue,
        holders: TicketHolders,
    ) -> None:
        self._records = records
        self._executions = executions
        self._queue = queue
        self._holders = holders

    async def cancel(self, ticket_id: str, reason: str) -> Ticket:
        """Cancel the ticket; return it as it is now: a running one ends at standstill.

        Raises:
            TicketNotFound: There is none of that id.
            TicketFinished: It has ended, or is ending, already.
        """
        ending = cancelled(reason or 'cancelled by a client')
        async with self._records.held(ticket_id):
            execution = self._executions.writer_of(ticket_id)
            if execution is None:
                return await self._end_unstarted(ticket_id, ending)
            if not execution.interrupt(ending):
                raise TicketFinished(ticket_id=ticket_id, status='ending', hint='')
            return execution.ticket

    async def end_unstarted(self, ticket_id: str, ending: Ending) -> None:
        """End a ticket that waits, or has waited, without an execution; one that ended stays.

        Raises:
            OrchestratorError: It could not be ended: the store fails, or it was removed.
        """
        async with self._records.held(ticket_id):
            if self._executions.writer_of(ticket_id) is None:
                with suppress(TicketFinished):
                    await self._end_unstarted(ticket_id, ending)

    async def settled(self, ticket: Ticket) -> Ticket:
        """Return a cancelled ticket as it is once its end is on disk, unless it has to stop first.

        A client that was told of a waiting ticket's cancel must not see it run after a crash.
        """
        execution = self._executions.get(ticket.id)
        if execution is None or ticket.status is Status.EXECUTING:
            return ticket
        await execution.ended
        return await self._records.find(ticket.id)

    async def _end_unstarted(self, ticket_id: str, ending: Ending) -> Ticket:
        if self._holders.has(ticket_id, Holder.UNSAVED_END):
            raise TicketFinished(ticket_id=ticket_id, status='ending', hint='')
        ticket = await self._records.find(ticket_id)
        if ticket.status.is_final:
            raise TicketFinished(ticket_id=ticket_id, status=ticket.status.value, hint='')
        after = ending.apply(ticket, utc_now(), {})
        ended = await self._records.change(ticket, after, ending.actor)
        self._queue.remove(ticket_id)
        return ended
