"""Executes tickets without being asked, and pauses the queue when that might surprise somebody."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from rclpy.node import Node

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.commands.request import TicketRequest
from orchestrator_ren.errors import (
    EndingUnsaved,
    MotionError,
    OrchestratorError,
    SafetyError,
    StoreConflict,
    StoreUnavailable,
    TicketFinished,
    TicketNotFound,
)
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets import lifecycle, listing
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.needs import NOTHING, Needs
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.scheduling import Waiting
from orchestrator_ren.tickets.ticket import Status, Ticket

if TYPE_CHECKING:
    from orchestrator_ren.orchestrator.execution.runner import TicketRunner

PAUSE_MARK = 'pause'
LOADED_AT_ONCE = 1000
WAITING = frozenset({Status.PENDING, Status.QUEUED})


class AutoDispatch:
    """`dispatch: auto`; without it, only the pause of the queue is kept here.

    It cannot move the robot by surprise: whatever stopped the robot, or kept it from moving, also
    pauses the queue, and only `resume_queue` lets it go on, which is refused meanwhile.

    Args:
        node: For the log.
        runner: Executes the tickets.
        keeper: Of the store.
        registry: The commands.
        is_enabled: Whether tickets are executed without being asked.
    """

    def __init__(
        self,
        node: Node,
        runner: TicketRunner,
        keeper: StoreKeeper,
        registry: CommandRegistry,
        is_enabled: bool,
    ) -> None:
        self._node = node
        self._runner = runner
        self._keeper = keeper
        self._store = keeper.store
        self._registry = registry
        self._is_enabled = is_enabled
        self._taking_in: set[str] = set()
        self._new: set[str] = set()

    def note_new(self, ticket_id: str) -> None:
        """Remember a ticket of this run until the queue is read; call it from any thread."""
        if not self._runner.dispatcher.is_loaded:
            self._new.add(ticket_id)

    def stops_at_once(self, request: TicketRequest) -> bool:
        """Whether creating this ticket is to stop the robot, before it is even written."""
        is_stop = self._is_enabled and self._runner.stops.is_stop(request.command)
        is_due = request.not_before is None or request.not_before <= utc_now()
        return is_stop and not request.dry_run and is_due

    async def take_in(self, ticket: Ticket) -> Ticket:
        """Let a new ticket wait for its turn; return it as it is then."""
        if not self._is_enabled or ticket.status is not Status.PENDING or self._has(ticket.id):
            return ticket
        self._taking_in.add(ticket.id)
        try:
            ticket = await self._queued(ticket)
        finally:
            self._taking_in.remove(ticket.id)
        if ticket.status in WAITING:
            self._enqueue(ticket)
            self._runner.dispatcher.decide()
        return ticket

    @property
    def pause_text(self) -> str:
        """Why new tickets do not start, for those who create some; empty = they do."""
        pause = self._runner.dispatcher.pause if self._is_enabled else PauseReason.NONE
        return f'the queue is paused: {pause.text}' if pause else ''

    async def load(self, crashed_ids: Collection[str]) -> None:
        """Take in what the store has waiting; nothing starts before.

        Args:
            crashed_ids: Tickets that were executing when the last run ended.

        Raises:
            StoreUnavailable: It cannot be read; call again.
        """
        dispatcher = self._runner.dispatcher
        pause = PauseReason(await self._keeper.read(self._store.mark, PAUSE_MARK))
        if self._is_enabled:
            has_motion = await self._load_waiting()
            if pause is PauseReason.NONE and await self._had_motion(crashed_ids):
                pause = PauseReason.CRASH
            elif pause is PauseReason.NONE and has_motion:
                pause = PauseReason.RESTART
        if pause is not PauseReason.NONE and dispatcher.pause is PauseReason.NONE:
            await self.pause(pause)
        dispatcher.is_loaded = True
        self._new.clear()
        dispatcher.decide()

    async def pause(self, reason: PauseReason) -> None:
        """Pause the queue, or let it go on (NONE): at once, and over restarts.

        Raises:
            SafetyError: It must stay paused: a reset of the e-stop would else move the robot.
            StoreUnavailable: It is not on disk. It is paused, but would not be after a restart.
        """
        dispatcher = self._runner.dispatcher
        if reason is PauseReason.NONE and self._is_enabled:
            self._runner.link.check_safe()
        before = dispatcher.pause
        dispatcher.set_pause(reason)
        try:
            await self._keeper.write(self._store.set_mark, PAUSE_MARK, reason.value)
        except OrchestratorError:
            if dispatcher.pause is PauseReason.NONE:
                dispatcher.set_pause(before)
            raise

    def pause_by_itself(self, reason: PauseReason) -> None:
        """Pause the queue, where tickets would else start without being asked."""
        is_free = self._runner.dispatcher.pause is PauseReason.NONE
        if self._is_enabled and is_free and not self._runner.is_stopping:
            self._runner.dispatcher.set_pause(reason)
            self._runner.run_task(self._keep(reason))

    async def run(self, ticket_id: str, waiting: Waiting | None) -> None:
        """Run a ticket whose turn has come; what cannot be executed fails, or waits on."""
        dispatcher = self._runner.dispatcher
        if self._runner.is_stopping or self._runner.executions.get(ticket_id) is not None:
            dispatcher.release(ticket_id)
            return
        warn = self._node.get_logger().warning
        try:
            await self._runner.run(ticket_id, force=False, dry_run=False, has_turn=True)
        except EndingUnsaved as error:
            warn(f'{ticket_id}: {error}')
        except (SafetyError, MotionError, StoreUnavailable) as error:
            warn(f'{ticket_id} waits on: {error}')
            self.pause_by_itself(PauseReason.UNSAFE)
            if waiting is not None:
                dispatcher.put_back(waiting)
        except TicketFinished:  # it was cancelled just then
            return
        except StoreConflict as error:
            warn(f'{ticket_id}: {error}')
            await self._look_again(ticket_id)
        except OrchestratorError as error:
            warn(f'{ticket_id} cannot be executed: {error}')
            await self.end_unstarted(ticket_id, failed(error))
        finally:
            self._runner.stops.stopped_by(ticket_id)

    async def end_unstarted(self, ticket_id: str, ending: Ending) -> None:
        """End a ticket that waits, or has waited, without an execution."""
        try:
            await self._runner.end_unstarted(ticket_id, ending)
        except OrchestratorError as error:
            self._node.get_logger().error(f'{ticket_id} could not be ended: {error}')

    async def _queued(self, ticket: Ticket) -> Ticket:
        """Write a new ticket QUEUED; return it as it is then."""
        queued = lifecycle.queue(ticket, utc_now(), force=False)
        try:
            async with self._runner.locks.held(ticket.id):
                cause = 'dispatch is auto'
                return await self._runner.change(ticket, queued, Actor.DISPATCHER, cause)
        except StoreUnavailable:  # it is then written when its turn comes
            return ticket
        except StoreConflict:  # somebody found it in a list, and executed or cancelled it
            return await self._runner.find(ticket.id)

    async def _look_again(self, ticket_id: str) -> None:
        """Let a ticket wait on that somebody changed when its turn came, unless it has ended."""
        try:
            ticket = await self._runner.find(ticket_id)
        except OrchestratorError as error:
            self._node.get_logger().error(f'{ticket_id} waits for a restart: {error}')
            return
        if ticket.status in WAITING:
            self._enqueue(ticket)
            self._runner.dispatcher.decide()

    def _has(self, ticket_id: str) -> bool:
        """Whether the ticket waits already, is about to, or is executed."""
        is_executed = self._runner.executions.get(ticket_id) is not None
        return is_executed or ticket_id in self._taking_in or ticket_id in self._runner.dispatcher

    def _enqueue(self, ticket: Ticket) -> Needs:
        """Let a ticket wait; one that cannot be executed any more fails when its turn comes.

        Returns:
            What it needs; nothing for one that waits already.
        """
        if self._has(ticket.id):
            return NOTHING
        try:
            command = self._registry.get(ticket.command)
            params = command.parse(ticket.params)
            needs, duration_s = command.needs(params), command.predict(params).duration_s
            is_urgent = command.is_urgent
        except OrchestratorError:
            needs, duration_s, is_urgent = NOTHING, 0.0, False
        if is_urgent:
            self._runner.run_task(self.run(ticket.id, None))
        else:
            if ticket.dry_run:
                needs, duration_s = NOTHING, 0.0
            is_new = ticket.attempt <= 1
            asked_at = ticket.created_at if is_new else ticket.updated_at
            self._runner.dispatcher.add(ticket, needs, duration_s, asked_at.timestamp())
        return needs

    async def _load_waiting(self) -> bool:
        """Take in what waits; return whether some of it is of before this start and may move."""
        has_motion = False
        wanted = TicketFilter(statuses=WAITING)
        token = ''
        while True:
            position = listing.position_of_token(token, 0)
            page = await self._keeper.read(self._store.page, wanted, LOADED_AT_ONCE, 0, position)
            for ticket in page.tickets:
                needs = self._enqueue(ticket)
                has_motion |= needs.interlocked and ticket.id not in self._new
            if not (token := page.next_token):
                return has_motion

    async def _had_motion(self, ticket_ids: Collection[str]) -> bool:
        try:
            commands = [(await self._runner.find(each)).command for each in ticket_ids]
        except TicketNotFound:  # removed already: it may have been one
            return True
        return any(self._registry.may_move(each) for each in commands)

    async def _keep(self, reason: PauseReason) -> None:
        try:
            await self.pause(reason)
        except OrchestratorError as error:
            self._node.get_logger().error(f'the pause would not survive a restart: {error}')
