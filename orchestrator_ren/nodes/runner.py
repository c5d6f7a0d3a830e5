"""Runs tickets: from the request to execute to the final status on disk."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timezone

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

from orchestrator_ren.commands.command import CONTROL_PERIOD_S
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import (
    Interrupted,
    MotionStopped,
    OrchestratorError,
    ServiceStopping,
    StoreConflict,
    TicketActive,
    TicketFinished,
)
from orchestrator_ren.nodes.attempt import perform
from orchestrator_ren.nodes.execution import Execution
from orchestrator_ren.nodes.gate_link import GateLink
from orchestrator_ren.nodes.store_keeper import StoreKeeper
from orchestrator_ren.tickets import lifecycle, scheduling
from orchestrator_ren.tickets.ending import cancelled, failed
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.scheduling import Waiting
from orchestrator_ren.tickets.ticket import Status, Ticket


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
    """Holds the executions under way; every way out of one is a zero, then a final status.

    Args:
        node: Owns the timers.
        keeper: Of the store where tickets are kept.
        registry: The commands.
        announce: Called with each event, once it is on disk.
        on_finished: Called with the time from request to final status [s].
        on_gate_state: Called when it becomes possible or impossible to move.

    Attributes:
        link: To the gate.
        is_stopping: Whether the orchestrator shuts down.
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
    ) -> None:
        self._node = node
        self._keeper = keeper
        self._store = keeper.store
        self._registry = registry
        self._announce = announce
        self._on_finished = on_finished
        self._executions: dict[str, Execution] = {}
        self._arrivals = itertools.count()
        self.is_stopping = False
        self._idle = Future()
        self.rolls_on = ''
        self.link = GateLink(node, self._on_motion_ended, self._on_unsafe, on_gate_state)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        # ROS time without simulation is the system's, and whoever corrects that makes it jump.
        self._clock = node.get_clock() if self.link.is_simulated else steady
        self._control_timer = node.create_timer(
            CONTROL_PERIOD_S, self._on_control_tick, clock=self._clock
        )
        self._steady_timer = node.create_timer(
            CONTROL_PERIOD_S, self._on_steady_tick, clock=steady
        )
        self._run_timers()

    @property
    def active_ids(self) -> frozenset[str]:
        """Tickets that this run executes, or is about to; may be read from any thread."""
        return frozenset(list(self._executions))

    @property
    def executing_ids(self) -> list[str]:
        """Tickets whose command runs now."""
        return [
            each.ticket_id
            for each in self._executions.values()
            if each.ticket is not None and each.ticket.status is Status.EXECUTING
        ]

    def refuse_if_stopping(self) -> None:
        """Raise ServiceStopping once the orchestrator shuts down."""
        if self.is_stopping:
            raise ServiceStopping

    async def all_ended(self) -> None:
        """Wait until nothing executes and nothing waits."""
        while self._executions:
            self._idle = Future()
            await self._idle

    async def execute(self, ticket_id: str, *, force: bool, dry_run: bool) -> Ticket:
        """Execute the ticket and return it as it ended.

        Raises:
            OrchestratorError: It was refused: not found, active or finished already, the e-stop
                is latched, the gate is lost, the store fails. The ticket is as it was.
        """
        self.refuse_if_stopping()
        if self._keeper.is_unsaved(ticket_id):
            raise TicketActive(ticket_id=ticket_id, status='ending')
        if ticket_id in self._executions:
            active = self._executions[ticket_id].ticket
            raise TicketActive(
                ticket_id=ticket_id, status=active.status.value if active else Status.QUEUED.value
            )
        execution = Execution(ticket_id, self._now_s(), self.link, self.stop_motion)
        self._executions[ticket_id] = execution
        self._run_timers()
        requested_at_mono_s = time.monotonic()
        try:
            ticket = await self.find(ticket_id)
            ended = await self._attempt(execution, ticket, force, dry_run or ticket.dry_run)
            self._on_finished(time.monotonic() - requested_at_mono_s)
            return ended
        finally:
            del self._executions[ticket_id]
            execution.ended.set_result(None)
            self._give_turns()
            self._run_timers()
            if not self._executions:
                self._idle.set_result(None)

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
        reason = reason or 'cancelled by a client'
        while True:
            execution = self._executions.get(ticket_id)
            if execution is not None and execution.ticket is not None:
                if not execution.interrupt(cancelled(reason)):
                    raise TicketFinished(ticket_id=ticket_id, status='ending', hint='')
                return execution.ticket
            if self._keeper.is_unsaved(ticket_id):
                raise TicketFinished(ticket_id=ticket_id, status='ending', hint='')
            ticket = await self.find(ticket_id)
            after = lifecycle.cancel(ticket, _utc_now(), reason)
            try:
                return await self._change(ticket, after, Actor.CLIENT)
            except StoreConflict:  # it was started meanwhile: look again
                continue

    async def settled(self, ticket: Ticket) -> Ticket:
        """Return a cancelled ticket as it is once its end is on disk, unless it has to stop first.

        A client that was told of a waiting ticket's cancel must not see it run after a crash.
        """
        execution = self._executions.get(ticket.id)
        if execution is None or ticket.status is Status.EXECUTING:
            return ticket
        await execution.ended
        return await self.find(ticket.id)

    def stop_motion(self, reason: str) -> list[str]:
        """Stop the robot now and cancel the tickets that move it; return their ids."""
        return [each.ticket_id for each in self._moving('') if each.interrupt(cancelled(reason))]

    def begin_stop(self) -> None:
        """Refuse new executions, and end those under way: zero now."""
        self.is_stopping = True
        for each in self._executions.values():
            each.interrupt(failed(Interrupted(ticket_id=each.ticket_id), Actor.SERVICE))

    def progress(self, ticket_id: str) -> Progress | None:
        """Return how far the execution is; None when there is none."""
        execution = self._executions.get(ticket_id)
        if execution is None:
            return None
        order = [each.ticket_id for each in scheduling.in_order(self._waiting())]
        return Progress(
            status=execution.ticket.status if execution.ticket else Status.PENDING,
            progress=execution.progress,
            elapsed_s=max(0.0, self._now_s() - execution.requested_at_s),
            remaining_s=execution.prediction.duration_s * (1.0 - execution.progress),
            distance_m=execution.distance_m()[0],
            speed_mps=execution.speed_mps() if execution.moves else 0.0,
            queue_position=order.index(ticket_id) + 1 if ticket_id in order else 0,
            message=execution.message,
        )

    async def _attempt(
        self, execution: Execution, ticket: Ticket, force: bool, dry_run: bool
    ) -> Ticket:
        command = self._registry.get(ticket.command)
        params = command.parse(ticket.params)  # the limits may be lower than at its creation
        moves = command.moves and not dry_run
        interlocked = moves or (command.interlocked and not dry_run)
        execution.prediction = command.predict(params)
        self.link.term = self._store.term
        self._check(interlocked, moves, execution.prediction.speed_mps)
        queued = lifecycle.queue(ticket, _utc_now(), force=force)
        if queued is not ticket:
            cause = 'execute_ticket with force' if force else 'execute_ticket'
            queued = await self._change(ticket, queued, Actor.CLIENT, cause)
        execution.ticket, execution.moves, execution.interlocked = queued, moves, interlocked
        if interlocked and execution.early_unsafe is not None:
            execution.interrupt(execution.early_unsafe)
        if moves and execution.early_stop is not None:
            execution.interrupt(execution.early_stop)
        resources = frozenset[str]() if dry_run else command.resources
        ending, result = await perform(
            execution, command, params, dry_run, self._take_turn(execution, resources)
        )
        if 'standstill' in result:
            moved_on = result['standstill'] == 'not reached'
            self.rolls_on = f'{ticket.id} did not end at standstill' if moved_on else ''
        after = ending.apply(execution.ticket, _utc_now(), result)
        self._announce(await self._keeper.write_ending(execution.ticket, after, ending.actor))
        return after

    async def _take_turn(self, execution: Execution, resources: frozenset[str]) -> None:
        """Wait for the resources, then make the ticket EXECUTING."""
        ticket = execution.ticket
        assert ticket is not None
        execution.wait(Waiting(ticket.id, ticket.priority, next(self._arrivals), resources))
        self._give_turns()
        await execution.turn()
        if execution.moves:
            await execution.wait_for_odometry()
        self._check(execution.interlocked, execution.moves, execution.prediction.speed_mps)
        execution.ticket = await self._change(
            ticket, lifecycle.start(ticket, _utc_now()), Actor.DISPATCHER, 'its turn'
        )
        execution.begin(self._now_s())

    def _check(self, interlocked: bool, moves: bool, speed_mps: float) -> None:
        if interlocked:
            self.link.check_safe()
        if moves:
            self.link.check_motion(speed_mps)

    async def _change(
        self, before: Ticket, after: Ticket, actor: Actor, cause: str = ''
    ) -> Ticket:
        event = await self._keeper.write(self._store.change, before, after, actor, cause)
        self._announce(event)
        return after

    def _give_turns(self) -> None:
        held = frozenset[str]().union(*(each.held for each in self._executions.values()))
        for next_one in scheduling.may_start(self._waiting(), held):
            self._executions[next_one.ticket_id].give_turn()

    def _waiting(self) -> list[Waiting]:
        return [each.waiting for each in self._executions.values() if each.waiting is not None]

    def _moving(self, stream: str) -> list[Execution]:
        """Return the executions that move the robot or will; all of them for an empty stream."""
        return [
            each
            for each in self._executions.values()
            if each.moves and each.ticket and stream in ('', each.ticket.stream)
        ]

    def _on_motion_ended(self, stream: str, error: OrchestratorError) -> None:
        ending = cancelled(str(error)) if isinstance(error, MotionStopped) else failed(error)
        for each in self._moving(stream):
            each.interrupt(ending)
        for each in self._executions.values():
            if each.ticket is None:
                each.early_stop = ending

    def _on_unsafe(self, error: OrchestratorError) -> None:
        for each in self._executions.values():
            if each.interlocked:
                each.interrupt(failed(error))
            elif each.ticket is None:
                each.early_unsafe = failed(error)

    def _on_control_tick(self) -> None:
        now_s = self._now_s()
        for each in list(self._executions.values()):
            each.pulse(now_s)

    def _on_steady_tick(self) -> None:
        trouble = self.link.trouble
        if trouble is not None:
            self._on_unsafe(trouble)
        now_s = self._now_s()
        for each in list(self._executions.values()):
            each.steady_pulse(now_s)

    def _run_timers(self) -> None:
        """Tick only while something executes: an idle orchestrator costs nothing."""
        for timer in (self._control_timer, self._steady_timer):
            if not self._executions:
                timer.cancel()
            elif timer.is_canceled():
                timer.reset()

    def _now_s(self) -> float:
        """Return the time that durations are measured in: simulated, or else steady [s]."""
        return self._clock.now().nanoseconds * 1e-9


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)
