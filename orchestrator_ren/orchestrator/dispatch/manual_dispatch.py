"""Executes the tickets that somebody asks for: the front of the action `execute_ticket`."""

from __future__ import annotations

from orchestrator_ren.errors import StopUnrecorded, StoreError, TicketActive, TooManyGoals
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.runner import TicketRunner
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.tickets.ticket import Status, Ticket, requested_by_from_request


class ManualDispatch:
    """Refuses what is in somebody's hands already, and lets the runner do the rest.

    Who asks for a ticket that is executed by itself waits for its end.

    It cannot move the robot wrongly: a stop acts before anything is waited for, and whatever may
    move is checked by the runner.

    Args:
        runner: Executes.
        executions: Those under way.
        dispatcher: Holds the queue.
        holders: Who works on which ticket.
        stops: Which tickets are stops.
        records: The tickets.
        automatic: Executes by itself.
        link: To the gate, which may need a moment at the start.
        shutdown: Refuses all.
        max_waiting_goals: Most executions that somebody waits for.
    """

    def __init__(
        self,
        runner: TicketRunner,
        executions: Executions,
        dispatcher: Dispatcher,
        holders: TicketHolders,
        stops: StopTickets,
        records: TicketRecords,
        automatic: AutoDispatch,
        link: GateLink,
        shutdown: Shutdown,
        max_waiting_goals: int,
    ) -> None:
        self._runner = runner
        self._executions = executions
        self._dispatcher = dispatcher
        self._holders = holders
        self._stops = stops
        self._records = records
        self._automatic = automatic
        self._link = link
        self._shutdown = shutdown
        self._max_waiting_goals = max_waiting_goals
        self._count = 0

    async def execute(
        self, ticket_id: str, *, force: bool, dry_run: bool, requested_by: str = ''
    ) -> Ticket:
        """Execute the ticket, as often as its schedule says, and return it as it ended.

        Raises:
            OrchestratorError: It was refused: not found, active or finished already, the e-stop
                is latched, the gate is lost, the store fails. The ticket is as it was.
        """
        is_stop = not dry_run and self._stops.act(ticket_id)
        if self._count >= self._max_waiting_goals and not is_stop:
            await self._refuse_unless_stop(ticket_id, dry_run)
        self._count += 1
        try:
            if not force and not dry_run and (ended := await self._joined(ticket_id)):
                return ended
            await self._link.meet()
            self._refuse(ticket_id, dry_run)
            return await self._runner.run(
                ticket_id,
                force=force,
                dry_run=dry_run,
                has_turn=False,
                requested_by=requested_by_from_request(requested_by),
            )
        except StoreError as error:
            if self._stops.has_acted(ticket_id):
                raise StopUnrecorded(reason=str(error)) from error
            raise
        finally:
            self._count -= 1
            self._stops.stopped_by(ticket_id)

    async def _refuse_unless_stop(self, ticket_id: str, dry_run: bool) -> None:
        count = self._count
        ticket = await self._records.find(ticket_id)
        if dry_run or not self._stops.is_stop(ticket.command):
            raise TooManyGoals(count=count, limit=self._max_waiting_goals)

    async def _joined(self, ticket_id: str) -> Ticket | None:
        """Return the ticket once it has ended, where it is executed by itself, or just was."""
        if not (self._automatic.is_enabled or self._automatic.has_run(ticket_id)):
            return None
        was_under_way = False
        while (execution := self._executions.get(ticket_id)) is not None:
            was_under_way = True
            await execution.ended
        if self._automatic.has_just_ended(ticket_id) or was_under_way:
            ticket = await self._records.find(ticket_id)
            return ticket if ticket.status.is_final else None
        return None

    def _refuse(self, ticket_id: str, dry_run: bool) -> None:
        self._shutdown.refuse()
        if self._holders.has(ticket_id, Holder.UNSAVED_END):
            raise TicketActive(ticket_id=ticket_id, status='ending')
        # A dry run of a waiting ticket would end it without its being done.
        if dry_run and self._dispatcher.is_waiting(ticket_id):
            raise TicketActive(ticket_id=ticket_id, status=Status.QUEUED.value)
        execution = self._executions.get(ticket_id)
        if execution is not None:
            status = execution.ticket.status if execution.ticket else Status.QUEUED
            raise TicketActive(ticket_id=ticket_id, status=status.value)
