"""Ends tickets because somebody says so, or because they cannot go on."""

from __future__ import annotations

from orchestrator_ren.errors import TicketFinished
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.execution.turn import TurnQueue
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets.ending import DueEnd, Ending, cancelled
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

    async def cancel(self, ticket_id: str, reason: str, requested_by: str = '') -> Ticket:
        """Cancel the ticket; return it as it is now: a running one ends at standstill.

        Raises:
            TicketNotFound: There is none of that id.
            TicketFinished: It has ended, or is ending, already.
            EndingUnsaved: It is cancelled, but the store cannot be told yet.
            StoreTimeout: The store hangs; it is cancelled as soon as it does not.
        """
        ending = cancelled(reason or 'cancelled by a client', requested_by=requested_by)
        execution = self._executions.writer_of(ticket_id)
        if execution is not None:  # at once: neither a lock nor the store is waited for
            return _interrupted(execution, ending)
        return await self._records.in_time(self._cancel(ticket_id, ending))

    async def end_unstarted(self, ticket_id: str, ending: Ending) -> None:
        """End a ticket that waits, or has waited, without an execution; one that ended stays.

        It is written as soon as the store works; until then the ticket does not start.
        """
        async with self._records.held(ticket_id):
            if self._executions.writer_of(ticket_id) is None:
                self._queue.remove(ticket_id)
                self._records.end_later(DueEnd(ticket_id, ending, utc_now()))

    async def settled(self, ticket: Ticket) -> Ticket:
        """Return a cancelled ticket as it is once its end is on disk, unless it has to stop first.

        A client that was told of a waiting ticket's cancel must not see it run after a crash.

        Raises:
            StoreTimeout: The store hangs; it will not run all the same.
        """
        execution = self._executions.get(ticket.id)
        if execution is None or ticket.status is Status.EXECUTING:
            return ticket
        return await self._records.in_time(self._once_ended(execution))

    async def _once_ended(self, execution: Execution) -> Ticket:
        await execution.ended
        return await self._records.find(execution.ticket_id)

    async def _cancel(self, ticket_id: str, ending: Ending) -> Ticket:
        async with self._records.held(ticket_id):
            execution = self._executions.writer_of(ticket_id)
            if execution is not None:
                return _interrupted(execution, ending)
            if self._holders.has(ticket_id, Holder.UNSAVED_END):
                raise TicketFinished(ticket_id=ticket_id, status='ending', hint='')
            if not self._queue.is_waiting(ticket_id):  # what waits has not ended
                ticket = await self._records.find_to_end(ticket_id)
                if ticket.status.is_final:
                    status = ticket.status.value
                    raise TicketFinished(ticket_id=ticket_id, status=status, hint='')
            self._queue.remove(ticket_id)
            return await self._records.end(DueEnd(ticket_id, ending, utc_now()))


def _interrupted(execution: Execution, ending: Ending) -> Ticket:
    if not execution.interrupt(ending):
        raise TicketFinished(ticket_id=execution.ticket_id, status='ending', hint='')
    assert execution.ticket is not None
    return execution.ticket
