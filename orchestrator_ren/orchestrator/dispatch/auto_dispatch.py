"""Executes tickets that nobody stays for: of `queue_ticket`, and all with `dispatch: auto`."""

from __future__ import annotations

import time

from rclpy.node import Node

from orchestrator_ren.commands.answers import Answers
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.commands.request import TicketRequest
from orchestrator_ren.errors import (
    CommandUnresponsive,
    EndingUnsaved,
    MotionError,
    OrchestratorError,
    SafetyError,
    StoreConflict,
    StoreTimeout,
    StoreUnavailable,
    TicketFinished,
    TicketNotFound,
)
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.execution.cancellation import Cancellation
from orchestrator_ren.orchestrator.execution.command_checks import CommandChecks
from orchestrator_ren.orchestrator.execution.runner import TicketRunner
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets.assignment import ANY
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.needs import NOTHING, Needs
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.scheduling import Waiting
from orchestrator_ren.tickets.ticket import Status, Ticket

WAITING = frozenset({Status.PENDING, Status.QUEUED})
"""Tickets that wait for their turn, or are to be taken in for it, have one of these."""

MAX_FRESH = 256
"""So many tickets are remembered as they were written last: the start of one of them need not read
it. One that was changed meanwhile is seen when its start is written."""

END_KEPT_S = 10.0
"""Who asks for a ticket so long after it was executed by itself [s] is told how it ended; as long
as the middleware keeps a result."""


class AutoDispatch:
    """Lets tickets wait in the queue, and runs those whose turn has come.

    It cannot move the robot by surprise: what keeps a ticket from moving pauses the queue, see
    `queue_pause.py`.

    Args:
        node: For the log.
        runner: Executes.
        cancellation: Ends what cannot be executed.
        records: The tickets.
        registry: The commands.
        checks: Ask them what they need.
        dispatcher: Holds the queue.
        pause: Of the queue.
        holders: Who works on which ticket.
        stops: Which tickets are stops.
        tasks: Run what is urgent.
        shutdown: Nothing begins any more.
        is_enabled: With `dispatch: auto`.

    Attributes:
        is_enabled: Whether tickets are executed without being asked.
        arriving: How many are being written that will wait here.
    """

    def __init__(
        self,
        node: Node,
        runner: TicketRunner,
        cancellation: Cancellation,
        records: TicketRecords,
        registry: CommandRegistry,
        checks: CommandChecks,
        dispatcher: Dispatcher,
        pause: QueuePause,
        holders: TicketHolders,
        stops: StopTickets,
        tasks: Tasks,
        shutdown: Shutdown,
        is_enabled: bool,
    ) -> None:
        self.is_enabled = is_enabled
        self.arriving = 0
        self._log = node.get_logger()
        self._runner = runner
        self._cancellation = cancellation
        self._records = records
        self._robot = records.robot.name
        self._registry = registry
        self._checks = checks
        self._dispatcher = dispatcher
        self._pause = pause
        self._holders = holders
        self._stops = stops
        self._tasks = tasks
        self._shutdown = shutdown
        self._run_now: set[str] = set()
        self._fresh: dict[str, Ticket] = {}
        self._ended_at_mono_s: dict[str, float] = {}

    def takes(self, request: TicketRequest) -> bool:
        """Whether a ticket is to wait for its turn from its creation on."""
        return request.queue or (self.is_enabled and request.robot in ('', ANY, self._robot))

    @property
    def has_waiting(self) -> bool:
        """Whether something may start that nobody stays for."""
        if self.arriving or self._holders.of(Holder.INTAKE):
            return True
        waiting = self._dispatcher.waiting_ids
        return any(not self._holders.has(each, Holder.EXECUTION) for each in waiting)

    def has_run(self, ticket_id: str) -> bool:
        """Whether the ticket is executed without being asked now, or was lately."""
        return ticket_id in self._run_now or ticket_id in self._ended_at_mono_s

    def stops_at_once(self, request: TicketRequest) -> bool:
        """Whether creating this ticket is to stop the robot, before it is even written."""
        is_mine = request.robot in ('', self._robot)
        is_stop = self.takes(request) and is_mine and self._stops.is_stop(request.command)
        is_due = request.not_before is None or request.not_before <= utc_now()
        return is_stop and not request.dry_run and is_due

    async def take_in(self, ticket: Ticket) -> Ticket:
        """Let a ticket wait for its turn that was just written QUEUED; return it as it is then."""
        is_mine = ticket.robot == self._robot
        if not is_mine or ticket.status is not Status.QUEUED or self._is_in_queue(ticket.id):
            return ticket
        intake, since_mono_s = self._holders.of(Holder.INTAKE), time.monotonic()
        intake[ticket.id] = ticket
        try:
            answers = await self._answers(ticket)
        except CommandUnresponsive as error:
            await self.end_unstarted(ticket.id, failed(error))
            return await self._records.find(ticket.id)
        finally:
            del intake[ticket.id]
        self.let_wait(ticket, answers, since_mono_s)
        self._dispatcher.decide()
        return ticket

    async def enqueue(self, ticket: Ticket, since_mono_s: float | None = None) -> Needs:
        """Let a ticket wait; one that cannot be executed any more fails when its turn comes.

        One whose command does not answer fails now: nobody knows what it needs.

        Args:
            ticket: PENDING or QUEUED.
            since_mono_s: Since when it waits [s]; None = since now.

        Returns:
            What it needs; nothing for one that waits already.
        """
        if self._is_in_queue(ticket.id):
            return NOTHING
        since_mono_s = time.monotonic() if since_mono_s is None else since_mono_s
        try:
            answers = await self._answers(ticket)
        except CommandUnresponsive as error:
            await self.end_unstarted(ticket.id, failed(error))
            return NOTHING
        if self._is_in_queue(ticket.id):  # somebody was faster than its command
            return NOTHING
        return self.let_wait(ticket, answers, since_mono_s)

    async def _answers(self, ticket: Ticket) -> Answers | None:
        """Return what its command says of the ticket; None = it cannot be executed any more.

        Raises:
            CommandUnresponsive: It did not answer in time.
        """
        try:
            return await self._checks.ask(ticket.command, ticket.params)
        except CommandUnresponsive:
            raise
        except OrchestratorError:
            return None

    def let_wait(self, ticket: Ticket, answers: Answers | None, since_mono_s: float) -> Needs:
        """Let a ticket wait in the queue, or run it where it must not; return what it needs.

        Args:
            ticket: PENDING or QUEUED.
            answers: What its command says of it; None = it cannot be executed any more.
            since_mono_s: Since when it waits [s].
        """
        needs, duration_s, is_urgent = NOTHING, 0.0, False
        if answers is not None:
            needs, duration_s = answers.needs, answers.prediction.duration_s
            is_urgent = self._registry.get(ticket.command).is_urgent
        if is_urgent and not self._holders.has(ticket.id, Holder.EXECUTION):
            self._tasks.run(self.run(ticket.id, None))
        else:
            if ticket.is_dry:
                needs, duration_s = NOTHING, 0.0
            self._dispatcher.add(ticket, needs, duration_s, since_mono_s)
            self._remember(ticket)
            if needs.interlocked:
                self._pause.look()
        return needs

    def decide(self) -> None:
        """Give turns to all that can start now."""
        self._dispatcher.decide()

    def _remember(self, ticket: Ticket) -> None:
        if len(self._fresh) >= MAX_FRESH:
            del self._fresh[next(iter(self._fresh))]
        self._fresh[ticket.id] = ticket

    async def run(self, ticket_id: str, waiting: Waiting | None) -> None:
        """Run a ticket whose turn has come; what cannot be executed fails, or waits on."""
        if self._shutdown.has_begun or self._holders.has(ticket_id, Holder.EXECUTION):
            self._dispatcher.take_back(ticket_id)  # whoever executes it is given that turn
            return
        self._run_now.add(ticket_id)
        try:
            known = self._fresh.pop(ticket_id, None)
            ended = await self._runner.run(
                ticket_id, force=False, dry_run=False, has_turn=True, known=known
            )
            if ended.error_code == StoreTimeout.code:
                self._pause.set_by_itself(PauseReason.UNSAFE)
            self._forget_old_ends()
            self._ended_at_mono_s[ticket_id] = time.monotonic()
        except EndingUnsaved as error:
            self._log.warning(f'{ticket_id}: {error}')
        except (SafetyError, MotionError, StoreTimeout) as error:
            self._pause.set_by_itself(PauseReason.UNSAFE)
            await self._let_wait_on(ticket_id, waiting, error)
        except StoreUnavailable as error:  # no turns are given until it works
            await self._let_wait_on(ticket_id, waiting, error)
        except TicketFinished:  # it was cancelled just then
            return
        except StoreConflict as error:
            self._log.warning(f'{ticket_id}: {error}')
            await self._look_again(ticket_id, waiting)
        except OrchestratorError as error:
            self._log.warning(f'{ticket_id} cannot be executed: {error}')
            await self.end_unstarted(ticket_id, failed(error))
        finally:
            self._run_now.discard(ticket_id)
            self._stops.stopped_by(ticket_id)

    async def end_unstarted(self, ticket_id: str, ending: Ending) -> None:
        """End a ticket that waits, or has waited, without an execution."""
        await self._cancellation.end_unstarted(ticket_id, ending)

    def has_just_ended(self, ticket_id: str) -> bool:
        """Whether the ticket was executed by itself lately, and nobody has asked for that yet.

        To be asked once: who executes it again without `force` is then refused.
        """
        self._forget_old_ends()
        return self._ended_at_mono_s.pop(ticket_id, None) is not None

    def _forget_old_ends(self) -> None:
        old_mono_s = time.monotonic() - END_KEPT_S
        while self._ended_at_mono_s:
            oldest = next(iter(self._ended_at_mono_s))
            if self._ended_at_mono_s[oldest] > old_mono_s:
                return
            del self._ended_at_mono_s[oldest]

    def is_at_work(self, ticket_id: str) -> bool:
        """Whether the ticket waits already, is about to, is executed, or has ended just now."""
        return self._holders.has(ticket_id, Holder.EXECUTION) or self._is_in_queue(ticket_id)

    def _is_in_queue(self, ticket_id: str) -> bool:
        """Whether the ticket waits already, is about to, or its turn has come.

        One that is executed for somebody is let in too: if that is refused, it waits on.
        """
        hands = (Holder.INTAKE, Holder.TURN, Holder.UNSAVED_END)
        return self._holders.has(ticket_id, *hands) or self._dispatcher.is_waiting(ticket_id)

    async def _let_wait_on(
        self, ticket_id: str, waiting: Waiting | None, error: OrchestratorError
    ) -> None:
        """Queue it again; a stop, which waits in none, has done what it can, and ends."""
        self._log.warning(f'{ticket_id} waits on: {error}')
        if waiting is not None:
            self._dispatcher.put_back(waiting)
            self._dispatcher.decide()
        else:
            await self.end_unstarted(ticket_id, failed(error))

    async def _look_again(self, ticket_id: str, waiting: Waiting | None) -> None:
        """Let a ticket wait on that somebody changed when its turn came, unless it has ended."""
        try:
            ticket = await self._records.find(ticket_id)
        except TicketNotFound:
            return
        except OrchestratorError as error:
            await self._let_wait_on(ticket_id, waiting, error)
            return
        if ticket.status in WAITING and ticket.robot == self._robot:
            await self.enqueue(ticket)
            self._dispatcher.decide()
