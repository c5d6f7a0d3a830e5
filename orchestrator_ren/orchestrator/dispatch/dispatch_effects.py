"""What becomes of the dispatcher's decisions."""

from __future__ import annotations

from datetime import datetime, timezone

from orchestrator_ren.errors import DeadlinePassed
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.tickets.ending import cancelled, failed
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.scheduling import Waiting


class DispatchEffects:
    """Tells whom a decision is about: the execution that waits for it, else who runs by itself.

    Args:
        executions: Those under way.
        automatic: Executes what nobody stays for.
        tasks: Run what takes its time.
    """

    def __init__(self, executions: Executions, automatic: AutoDispatch, tasks: Tasks) -> None:
        self._executions = executions
        self._automatic = automatic
        self._tasks = tasks

    def start(self, waiting: Waiting) -> None:
        """Its turn has come."""
        execution = self._executions.get(waiting.ticket_id)
        if execution is not None:
            execution.give_turn()
        else:
            self._tasks.run(self._automatic.run(waiting.ticket_id, waiting))

    def expire(self, waiting: Waiting) -> None:
        """Its deadline has passed while it waited."""
        deadline = datetime.fromtimestamp(waiting.deadline_s, timezone.utc).isoformat()
        ending = failed(DeadlinePassed(deadline=deadline))
        execution = self._executions.get(waiting.ticket_id)
        if execution is not None:
            execution.interrupt(ending)
        else:
            self._tasks.run(self._automatic.end_unstarted(waiting.ticket_id, ending))

    def preempt(self, ticket_id: str, by: str) -> None:
        """One that is executed must make way for another."""
        execution = self._executions.get(ticket_id)
        if execution is not None:
            reason = f'{by}, which is CRITICAL, needs its place'
            execution.interrupt(cancelled(reason, Actor.DISPATCHER))
