"""Lets a ticket wait for its turn whose client does not stay: of the service `queue_ticket`."""

from __future__ import annotations

import time

from orchestrator_ren.commands.answers import Answers
from orchestrator_ren.errors import OrchestratorError, StopUnrecorded, StoreError, TicketActive
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.execution.command_checks import CommandChecks
from orchestrator_ren.orchestrator.execution.motion_check import MotionCheck
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.needs import NOTHING
from orchestrator_ren.tickets.ticket import Status, Ticket, requested_by_from_request


class TicketQueueing:
    """Checks a ticket as who executes it would, and writes it QUEUED.

    It cannot move the robot wrongly: a stop acts before anything is waited for; what could not
    move now is refused, and all is checked again when its turn comes.

    Args:
        automatic: Runs it.
        records: The tickets.
        checks: Ask the commands.
        motion_check: Refuses what could not move.
        holders: Who works on which ticket.
        stops: Which tickets are stops.
        shutdown: Refuses all.
    """

    def __init__(
        self,
        automatic: AutoDispatch,
        records: TicketRecords,
        checks: CommandChecks,
        motion_check: MotionCheck,
        holders: TicketHolders,
        stops: StopTickets,
        shutdown: Shutdown,
    ) -> None:
        self._automatic = automatic
        self._records = records
        self._checks = checks
        self._motion_check = motion_check
        self._holders = holders
        self._stops = stops
        self._shutdown = shutdown

    async def queue(
        self, ticket_id: str, *, force: bool, dry_run: bool, requested_by: str
    ) -> Ticket:
        """Let the ticket wait; return it as it is then. One that waits already waits on.

        Raises:
            StopUnrecorded: The robot was stopped, but the store cannot record it.
            OrchestratorError: It was refused: not found, active or finished already, the e-stop
                is latched, the gate is lost, the store fails. The ticket is as it was.
        """
        self._shutdown.refuse()
        name = requested_by_from_request(requested_by)
        if not dry_run:
            self._stops.act(ticket_id)
        try:
            return await self._records.in_time(self._queue(ticket_id, force, dry_run, name))
        except StoreError as error:
            if self._stops.stopped_by(ticket_id):
                raise StopUnrecorded(reason=str(error)) from error
            raise
        except OrchestratorError:
            self._stops.stopped_by(ticket_id)
            raise

    async def _queue(
        self, ticket_id: str, force: bool, dry_run: bool, requested_by: str
    ) -> Ticket:
        async with self._records.held(ticket_id):
            ticket = await self._records.find_mine(ticket_id)
            if self._automatic.is_at_work(ticket_id):
                return _as_asked_before(ticket, dry_run)
            intake = self._holders.of(Holder.INTAKE)
            intake[ticket_id] = ticket
            try:
                queued, answers = await self._written(ticket, force, dry_run, requested_by)
            finally:
                del intake[ticket_id]
            if queued.robot:
                self._automatic.let_wait(queued, answers, time.monotonic())
        self._automatic.decide()
        return queued

    async def _written(
        self, ticket: Ticket, force: bool, dry_run: bool, requested_by: str
    ) -> tuple[Ticket, Answers]:
        answers = await self._checks.ask(ticket.command, ticket.params)
        is_dry = dry_run or ticket.dry_run
        speed_mps = answers.prediction.speed_mps
        self._motion_check.check(NOTHING if is_dry else answers.needs, speed_mps)
        after = lifecycle.enqueue(
            ticket, utc_now(), force=force, dry_run=is_dry and not ticket.dry_run
        )
        if after is ticket:  # QUEUED by an earlier run, and not in the queue yet
            return ticket, answers
        cause = 'queue_ticket with force' if force else 'queue_ticket'
        change = self._records.change(ticket, after, Actor.CLIENT, cause, requested_by)
        return await change, answers


def _as_asked_before(ticket: Ticket, dry_run: bool) -> Ticket:
    """Return a ticket that is in work already, if what is asked for is that.

    Raises:
        TicketActive: It is executing, or ending, or would end by a dry run.
    """
    if ticket.status in (Status.PENDING, Status.QUEUED) and (ticket.is_dry or not dry_run):
        return ticket
    status = 'ending' if ticket.status.is_final else ticket.status.value
    raise TicketActive(ticket_id=ticket.id, status=status)
