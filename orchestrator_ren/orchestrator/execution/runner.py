"""Runs tickets: from the request to execute to the final status on disk."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from rclpy.node import Node

from orchestrator_ren.commands.command import Command, Interruption
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import (
    DeadlinePassed,
    Interrupted,
    MotionStopped,
    OrchestratorError,
    ServiceStopping,
    StopUnrecorded,
    StoreError,
    TicketActive,
    TicketFinished,
)
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher, QueuePlace
from orchestrator_ren.orchestrator.execution.attempt import perform
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.motion_check import MotionCheck
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_locks import TicketLocks
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ending import Ending, cancelled, failed
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.needs import NOTHING, Needs
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.retry import may_retry
from orchestrator_ren.tickets.scheduling import DEFAULT_MAX_WAIT_S, Waiting
from orchestrator_ren.tickets.ticket import Status, Ticket


@dataclass(frozen=True)
class RunnerSettings:
    """How tickets are dispatched; see the parameters of the same names."""

    is_automatic: bool = False
    max_wait_s: float = DEFAULT_MAX_WAIT_S
    may_preempt: bool = False


@dataclass(frozen=True)
class Progress:
    """How far an execution is; the fields are those of the action's feedback."""

    status: Status
    progress: float
    elapsed_s: float
    remaining_s: float
    distance_m: float
    speed_mps: float
    queue_position: int
    message: str


class TicketRunner:
    """Executes and cancels; every way out of an execution is a zero, then a final status.

    Args:
        node: Owns the timers.
        keeper: Of the store where tickets are kept.
        registry: The commands.
        announce: Called with each event, once it is on disk.
        on_finished: Called with the time from request to final status [s].
        on_gate_state: Called when it becomes possible or impossible to move.
        settings: How tickets are dispatched.

    Attributes:
        link: To the gate.
        sensors: Of the robot.
        motion_check: Refuses motions that the robot cannot do.
        executions: Those under way.
        locks: Held by whoever changes a ticket.
        stops: Stops the robot for a ticket that is a stop, before that is read or written.
        is_stopping: Whether the orchestrator shuts down.
        dispatcher: Holds the queue.
        automatic: Executes tickets without being asked, where that is wanted; pauses the queue.
        rolls_on: Of the last motion, that it did not end at standstill; empty = it did.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        registry: CommandRegistry,
        announce: Callable[[Event], None],
        on_finished: Callable[[float], None],
        on_gate_state: Callable[[], None],
        settings: RunnerSettings,
    ) -> None:
        self._node = node
        self._keeper = keeper
        self._store = keeper.store
        self._registry = registry
        self._announce = announce
        self._on_finished = on_finished
        self._on_gate_state = on_gate_state
        self._tasks: set[Any] = set()
        self.is_stopping = False
        self.rolls_on = ''
        self.link = GateLink(
            node,
            lambda: self._store.term if self._store.is_open else 0,
            self._on_motion_ended,
            self._on_unsafe,
            self._on_link_state,
        )
        self.sensors = Sensors(node)
        self.motion_check = MotionCheck(self.link, self.sensors, node.get_clock())
        self.stops = StopTickets(registry, self.stop_motion)
        self.executions = Executions(node, self.link, self.sensors, self._stop_motion_for)
        self.locks = TicketLocks(node)
        self.dispatcher = Dispatcher(
            node,
            settings.max_wait_s,
            settings.may_preempt,
            lambda: str(self.link.trouble or ''),
            self._on_turn,
            self._on_expired,
            self._on_preempted,
            on_gate_state,
        )
        self.automatic = AutoDispatch(node, self, keeper, registry, settings.is_automatic)

    def refuse_if_stopping(self) -> None:
        """Raise ServiceStopping once the orchestrator shuts down."""
        if self.is_stopping:
            raise ServiceStopping

    async def all_ended(self) -> None:
        """Wait until nothing executes and nothing waits, and the other work is done."""
        await self.executions.all_ended()
        for task in list(self._tasks):
            await task

    async def execute(self, ticket_id: str, *, force: bool, dry_run: bool) -> Ticket:
        """Execute the ticket, as often as its schedule says, and return it as it ended.

        Raises:
            OrchestratorError: It was refused: not found, active or finished already, the e-stop
                is latched, the gate is lost, the store fails. The ticket is as it was.
        """
        if not dry_run:
            self.stops.act(ticket_id)
        try:
            return await self._execute(ticket_id, force, dry_run)
        except StoreError as error:
            if self.stops.has_acted(ticket_id):
                raise StopUnrecorded(reason=str(error)) from error
            raise
        finally:
            self.stops.stopped_by(ticket_id)

    async def _execute(self, ticket_id: str, force: bool, dry_run: bool) -> Ticket:
        await self.link.meet()
        self.refuse_if_stopping()
        if self._keeper.is_unsaved(ticket_id):
            raise TicketActive(ticket_id=ticket_id, status='ending')
        # A dry run of a waiting ticket would end it without its being done.
        if dry_run and self.dispatcher.is_waiting(ticket_id):
            raise TicketActive(ticket_id=ticket_id, status=Status.QUEUED.value)
        active = self.executions.get(ticket_id)
        if active is not None:
            status = active.ticket.status if active.ticket else Status.QUEUED
            raise TicketActive(ticket_id=ticket_id, status=status.value)
        return await self.run(ticket_id, force=force, dry_run=dry_run, has_turn=False)

    async def find(self, ticket_id: str) -> Ticket:
        """Return the ticket as stored.

        Raises:
            TicketNotFound: There is none of that id.
        """
        return await self._keeper.read(self._store.get, ticket_id)

    async def cancel(self, ticket_id: str, reason: str) -> Ticket:
        """Cancel the ticket; return it as it is now: a running one ends at standstill.

        Raises:
            TicketNotFound: There is none of that id.
            TicketFinished: It has ended, or is ending, already.
        """
        ending = cancelled(reason or 'cancelled by a client')
        async with self.locks.held(ticket_id):
            execution = self.executions.started(ticket_id)
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
        async with self.locks.held(ticket_id):
            if self.executions.started(ticket_id) is None:
                with suppress(TicketFinished):
                    await self._end_unstarted(ticket_id, ending)

    async def _end_unstarted(self, ticket_id: str, ending: Ending) -> Ticket:
        if self._keeper.is_unsaved(ticket_id):
            raise TicketFinished(ticket_id=ticket_id, status='ending', hint='')
        ticket = await self.find(ticket_id)
        if ticket.status.is_final:
            raise TicketFinished(ticket_id=ticket_id, status=ticket.status.value, hint='')
        after = ending.apply(ticket, utc_now(), {})
        ended = await self.change(ticket, after, ending.actor)
        self.dispatcher.remove(ticket_id)
        return ended

    async def settled(self, ticket: Ticket) -> Ticket:
        """Return a cancelled ticket as it is once its end is on disk, unless it has to stop first.

        A client that was told of a waiting ticket's cancel must not see it run after a crash.
        """
        execution = self.executions.get(ticket.id)
        if execution is None or ticket.status is Status.EXECUTING:
            return ticket
        await execution.ended
        return await self.find(ticket.id)

    def stop_motion(self, reason: str) -> list[str]:
        """Stop the robot now and cancel the tickets that move it; return their ids."""
        self.automatic.pause_by_itself(PauseReason.STOPPED)
        return self.executions.interrupt_moving(cancelled(reason))

    def _stop_motion_for(self, ticket_id: str, reason: str) -> list[str]:
        return [*self.stops.stopped_by(ticket_id), *self.stop_motion(reason)]

    def begin_stop(self) -> None:
        """Refuse new executions, and end those under way: zero now."""
        self.is_stopping = self.dispatcher.is_stopped = True
        self.executions.interrupt_all(
            lambda ticket_id: failed(Interrupted(ticket_id=ticket_id), Actor.SERVICE)
        )

    def progress(self, ticket_id: str) -> Progress | None:
        """Return how far the execution is; None when there is none."""
        execution = self.executions.get(ticket_id)
        if execution is None:
            return None
        if execution.is_waiting:
            execution.message = self.dispatcher.reason(ticket_id)
        return Progress(
            status=execution.ticket.status if execution.ticket else Status.PENDING,
            progress=execution.progress,
            elapsed_s=max(0.0, self.executions.now_s - execution.requested_at_s),
            remaining_s=execution.remaining_s,
            distance_m=execution.distance_m()[0],
            speed_mps=execution.speed_mps() if execution.moves else 0.0,
            queue_position=self.dispatcher.position(ticket_id),
            message=execution.message,
        )

    def queue_page(self) -> Callable[[int, int], list[QueuePlace]]:
        """Return the function that gives a page of the queue as it is now, in any thread."""
        return self.dispatcher.places(self.executions.remaining_s())

    async def run(self, ticket_id: str, *, force: bool, dry_run: bool, has_turn: bool) -> Ticket:
        """Make attempts until one ends the ticket for good; `has_turn`: the first need not wait.

        Raises:
            OrchestratorError: As for `execute`.
        """
        requested_at_mono_s = time.monotonic()
        tries, pause_s = 0, 0.0
        while True:
            execution = self.executions.begin(ticket_id)
            execution.is_plan = dry_run
            try:
                not_before_s = time.time() + pause_s if tries else -math.inf
                async with self.locks.held(ticket_id):
                    command, params = await self._queue(execution, force, tries > 0, has_turn)
                ended = await self._attempt(execution, command, params, has_turn, not_before_s)
            finally:
                self.executions.end(execution)
                self.dispatcher.release(ticket_id)
            tries, has_turn = tries + 1, False
            is_retriable = self._registry.get(ended.command).retriable
            if self.is_stopping or not may_retry(ended, is_retriable, tries):
                self._on_finished(time.monotonic() - requested_at_mono_s)
                return ended
            pause_s = ended.schedule.pause_s(tries)

    async def _queue(
        self, execution: Execution, force: bool, is_retry: bool, has_turn: bool
    ) -> tuple[Command[Any], Any]:
        """Read the ticket, check it, and write it QUEUED; return its command and parameters."""
        ticket = await self.find(execution.ticket_id)
        execution.is_plan |= ticket.dry_run
        command = self._registry.get(ticket.command)
        if command.stops and not execution.is_plan:  # of before this start: not known at once
            self.stops.stop_for(ticket.id)
        params = command.parse(ticket.params)  # the limits may be lower than at its creation
        needs = NOTHING if execution.is_plan else command.needs(params)
        execution.prediction = command.predict(params)
        self._check(needs, execution.prediction.speed_mps)
        queued = lifecycle.queue(ticket, utc_now(), force=force or is_retry)
        if queued is not ticket:
            how = 'execute_ticket with force' if force else 'execute_ticket'
            actor = Actor.DISPATCHER if is_retry or has_turn else Actor.CLIENT
            cause = 'another attempt' if is_retry else how
            queued = await self.change(ticket, queued, actor, cause)
        execution.ticket, execution.needs = queued, needs
        execution.interrupt_early()
        return command, params

    async def _attempt(
        self,
        execution: Execution,
        command: Command[Any],
        params: Any,
        has_turn: bool,
        not_before_s: float,
    ) -> Ticket:
        assert execution.ticket is not None
        if execution.is_plan:
            execution.planned_position = self.dispatcher.planned_position(execution.ticket)
        turn = self._take_turn(execution, command, has_turn, not_before_s)
        ending, result = await perform(execution, command, params, turn)
        if 'standstill' in result:
            moved_on = result['standstill'] == 'not reached'
            self.rolls_on = f'{execution.ticket_id} did not end at standstill' if moved_on else ''
        after = ending.apply(execution.ticket, utc_now(), result)
        self._announce(await self._keeper.write_ending(execution.ticket, after, ending.actor))
        return after

    async def _take_turn(
        self, execution: Execution, command: Command[Any], has_turn: bool, not_before_s: float
    ) -> None:
        """Wait for its time and for what it needs, then make the ticket EXECUTING."""
        ticket = execution.ticket
        assert ticket is not None
        may_pass = has_turn or execution.has_turn or execution.is_plan or command.is_urgent
        if not may_pass:
            execution.wait()
            duration_s = execution.prediction.duration_s
            asked_at_s = execution.asked_at_s
            self.dispatcher.add(ticket, execution.needs, duration_s, asked_at_s, not_before_s)
            self.dispatcher.decide()
        try:
            await execution.turn()
        except Interruption:
            self.dispatcher.remove(ticket.id)
            raise
        if execution.moves:
            await execution.wait_for_odometry()
        self._check(execution.needs, execution.prediction.speed_mps)
        execution.ticket = await self.change(
            ticket, lifecycle.start(ticket, utc_now()), Actor.DISPATCHER, 'its turn'
        )
        execution.begin(self.executions.now_s)

    def _on_turn(self, waiting: Waiting) -> None:
        execution = self.executions.get(waiting.ticket_id)
        if execution is not None:
            execution.give_turn()
        else:
            self.run_task(self.automatic.run(waiting.ticket_id, waiting))

    def _on_expired(self, waiting: Waiting) -> None:
        deadline = datetime.fromtimestamp(waiting.deadline_s, timezone.utc).isoformat()
        ending = failed(DeadlinePassed(deadline=deadline))
        execution = self.executions.get(waiting.ticket_id)
        if execution is not None:
            execution.interrupt(ending)
        else:
            self.run_task(self.automatic.end_unstarted(waiting.ticket_id, ending))

    def _on_preempted(self, ticket_id: str, by: str) -> None:
        execution = self.executions.get(ticket_id)
        if execution is not None:
            reason = f'{by}, which is CRITICAL, needs its place'
            execution.interrupt(cancelled(reason, Actor.DISPATCHER))

    def run_task(self, coroutine: Coroutine[Any, Any, Any]) -> None:
        """Let a coroutine run on the node's executor, also to the end of it; it must not raise."""
        task = self._node.executor.create_task(coroutine)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def _check(self, needs: Needs, speed_mps: float) -> None:
        if needs.interlocked:
            self.link.check_safe()
        if needs.moves:
            self.motion_check.check(speed_mps)

    async def change(self, before: Ticket, after: Ticket, actor: Actor, cause: str = '') -> Ticket:
        """Write a step of a ticket's life and tell it; return the ticket after it.

        Raises:
            StoreError: It is not on disk.
        """
        event = await self._keeper.write(self._store.change, before, after, actor, cause)
        self._announce(event)
        return after

    def _on_motion_ended(self, stream: str, error: OrchestratorError) -> None:
        ending = failed(error)
        if isinstance(error, MotionStopped):
            ending = cancelled(str(error))
            self.automatic.pause_by_itself(PauseReason.STOPPED)
        self.executions.interrupt_moving(ending, stream)

    def _on_unsafe(self, error: OrchestratorError) -> None:
        """End what must not go on; and what would start by itself waits for somebody to say so."""
        self.executions.interrupt_interlocked(error)
        self.automatic.pause_by_itself(PauseReason.UNSAFE)

    def _on_link_state(self) -> None:
        self.dispatcher.decide()
        self._on_gate_state()
