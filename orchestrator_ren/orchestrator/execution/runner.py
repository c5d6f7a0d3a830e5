"""Runs a ticket: from the request to execute to the final status on disk."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from orchestrator_ren.commands.command import Command, Interruption
from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import StoreTimeout, StoreUnavailable
from orchestrator_ren.orchestrator.execution.attempt import perform
from orchestrator_ren.orchestrator.execution.command_checks import CommandChecks
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.motion_check import MotionCheck
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.execution.turn import TurnQueue
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ending import DueEnd, failed
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.needs import NOTHING
from orchestrator_ren.tickets.retry import may_retry
from orchestrator_ren.tickets.ticket import Ticket

MAX_START_S = 5.0
"""A motion for which the store took longer does not begin [s]: nobody expects it any more."""


class TicketRunner:
    """Executes; every way out of an execution is a zero, then a final status.

    Two fronts use it: `dispatch/manual_dispatch.py` for who asks, `dispatch/auto_dispatch.py` for
    what is executed by itself.

    Args:
        records: The tickets.
        registry: The commands.
        checks: Ask them what they need.
        executions: Those under way.
        queue: Gives turns.
        motion_check: Refuses what could not move.
        stops: Which tickets are stops.
        shutdown: Nothing is tried again any more.
        on_finished: Called with the time from request to final status [s].

    Attributes:
        rolls_on: Of the last motion, that it did not end at standstill; empty = it did.
    """

    def __init__(
        self,
        records: TicketRecords,
        registry: CommandRegistry,
        checks: CommandChecks,
        executions: Executions,
        queue: TurnQueue,
        motion_check: MotionCheck,
        stops: StopTickets,
        shutdown: Shutdown,
        on_finished: Callable[[float], None],
    ) -> None:
        self.rolls_on = ''
        self._records = records
        self._registry = registry
        self._checks = checks
        self._executions = executions
        self._queue = queue
        self._motion_check = motion_check
        self._stops = stops
        self._shutdown = shutdown
        self._on_finished = on_finished

    async def run(
        self,
        ticket_id: str,
        *,
        force: bool,
        dry_run: bool,
        has_turn: bool,
        known: Ticket | None = None,
        requested_by: str = '',
    ) -> Ticket:
        """Make attempts until one ends the ticket for good; return it as it ended.

        It is under way before the first `await`: whoever looks then sees that.

        Args:
            ticket_id: Of the ticket.
            force: Whether it may be run once more though it has ended.
            dry_run: Whether only to tell what would be done.
            has_turn: Whether the first attempt need not wait for its turn.
            known: The ticket as it was written last, if that is known; None = it is read.
            requested_by: Who asks.

        Raises:
            StoreConflict: It is another than was known; nothing was done.
            OrchestratorError: It was refused: not found, active or finished already, the e-stop
                is latched, the gate is lost, the store fails. The ticket is as it was.
        """
        requested_at_mono_s = time.monotonic()
        tries, pause_s = 0, 0.0
        while True:
            execution = self._executions.begin(ticket_id)
            execution.plan.is_dry_run = dry_run
            try:
                asked_at_mono_s = time.monotonic()
                async with self._records.held(ticket_id):
                    ticket = known or await self._records.find_mine(ticket_id)
                    command, params = await self._write_queued(
                        execution, ticket, force, tries > 0, has_turn, requested_by
                    )
                _end_if_late(execution, asked_at_mono_s)
                ended = await self._attempt(execution, command, params, has_turn, pause_s)
            finally:
                self._executions.end(execution)
                if execution.has_turn and execution.ticket is None:  # refused before it was read
                    self._queue.take_back(ticket_id)
                self._queue.release(ticket_id)
            tries, has_turn, known = tries + 1, False, None
            dry_run, requested_by = execution.plan.is_dry_run, ''
            is_retriable = self._registry.get(ended.command).retriable
            if self._shutdown.has_begun or not may_retry(ended, is_retriable, tries):
                self._queue.remove(ticket_id)
                self._on_finished(time.monotonic() - requested_at_mono_s)
                return ended
            pause_s = ended.schedule.pause_s(tries)

    async def _write_queued(
        self,
        execution: Execution,
        ticket: Ticket,
        force: bool,
        is_retry: bool,
        has_turn: bool,
        requested_by: str,
    ) -> tuple[Command[Any], Any]:
        """Check the ticket, and write it QUEUED; return its command and parameters."""
        plan = execution.plan
        plan.is_dry_run |= ticket.is_dry
        command = self._registry.get(ticket.command)
        if command.stops and not plan.is_dry_run:  # of before this start: not known at once
            self._stops.stop_for(ticket.id)
        # Asked again: the limits may be lower than at its creation.
        answers = await self._checks.ask(ticket.command, ticket.params)
        needs = NOTHING if plan.is_dry_run else answers.needs
        plan.prediction = answers.prediction
        self._motion_check.check(needs, plan.prediction.speed_mps)
        queued = lifecycle.enqueue(
            ticket,
            utc_now(),
            force=force or is_retry,
            dry_run=plan.is_dry_run and not ticket.dry_run,
            is_awaited=ticket.is_awaited if is_retry else not has_turn,
        )
        if not ticket.robot:
            robot = self._records.robot.name
            is_waiting = queued is ticket
            queued = (
                lifecycle.take(ticket, utc_now(), robot)
                if is_waiting
                else replace(queued, robot=robot)
            )
        if queued is not ticket:
            how = 'execute_ticket with force' if force else 'execute_ticket'
            actor = Actor.DISPATCHER if is_retry or has_turn else Actor.CLIENT
            cause = 'another attempt' if is_retry else how
            queued = await self._records.change(ticket, queued, actor, cause, requested_by)
        elif not self._queue.is_waiting(ticket.id):  # it waits since an earlier run
            waited_s = (utc_now() - ticket.updated_at).total_seconds()
            execution.waits_since_mono_s -= max(0.0, waited_s)
        execution.know(queued, needs)
        return command, answers.params

    async def _attempt(
        self,
        execution: Execution,
        command: Command[Any],
        params: Any,
        has_turn: bool,
        rest_s: float,
    ) -> Ticket:
        assert execution.ticket is not None
        if execution.plan.is_dry_run:
            execution.plan.position = self._queue.planned_position(execution.ticket)
        turn = self._take_turn(execution, command, has_turn, rest_s)
        ending, result = await perform(execution, command, params, turn)
        if 'standstill' in result:
            moved_on = result['standstill'] == 'not reached'
            self.rolls_on = f'{execution.ticket_id} did not end at standstill' if moved_on else ''
        ticket = execution.ticket
        return await self._records.end(DueEnd(ticket.id, ending, utc_now(), ticket, result))

    async def _take_turn(
        self, execution: Execution, command: Command[Any], has_turn: bool, rest_s: float
    ) -> None:
        """Wait for its time and for what it needs, then make the ticket EXECUTING.

        Where that cannot be written just then, it gives its turn back, and waits on.
        """
        ticket, plan = execution.ticket, execution.plan
        assert ticket is not None
        if not (has_turn or execution.has_turn or plan.is_dry_run or command.is_urgent):
            execution.ask_for_turn()
            duration_s, since_mono_s = plan.prediction.duration_s, execution.waits_since_mono_s
            self._queue.add(
                ticket,
                plan.needs,
                duration_s,
                since_mono_s,
                rest_s,
                is_awaited=ticket.is_awaited,
            )
            self._queue.decide()
        while not await self._has_started(execution):
            execution.message = 'waits for the ticket store'

    async def _has_started(self, execution: Execution) -> bool:
        """Make the ticket EXECUTING in its turn; False = it could not be, and queues again."""
        ticket, plan = execution.ticket, execution.plan
        assert ticket is not None
        try:
            await execution.wait_for_turn()
        except Interruption:
            self._queue.remove(ticket.id)
            raise
        if execution.moves:
            await execution.wait_for_odometry()
        self._motion_check.check(plan.needs, plan.prediction.speed_mps)
        started = lifecycle.start(ticket, utc_now())
        asked_at_mono_s = time.monotonic()
        try:
            await self._records.change(ticket, started, Actor.DISPATCHER, 'its turn')
        except StoreTimeout:  # it may be written
            raise
        except StoreUnavailable:
            execution.ask_for_turn()
            if not self._queue.take_back(ticket.id):
                raise
            return False
        execution.begin(started, self._executions.now_s)
        _end_if_late(execution, asked_at_mono_s)
        return True


def _end_if_late(execution: Execution, asked_at_mono_s: float) -> None:
    """End a motion that the store was asked for too long ago."""
    waited_s = time.monotonic() - asked_at_mono_s
    if execution.moves and waited_s > MAX_START_S:
        execution.interrupt(failed(StoreTimeout(waited_s=waited_s)))
