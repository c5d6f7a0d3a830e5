"""How far an execution is, as the action's feedback tells it."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.tickets.ticket import Status


@dataclass(frozen=True)
class Progress:
    """The fields are those of the action's feedback."""

    status: Status
    progress: float
    elapsed_s: float
    remaining_s: float
    distance_m: float
    speed_mps: float
    queue_position: int
    message: str


class ProgressView:
    """Reads progress from the execution, and from the queue while it waits there.

    Args:
        executions: Those under way.
        dispatcher: Holds the queue.
    """

    def __init__(self, executions: Executions, dispatcher: Dispatcher) -> None:
        self._executions = executions
        self._dispatcher = dispatcher

    def of(self, ticket_id: str) -> Progress | None:
        """Return how far the execution of the ticket is; None when there is none."""
        execution = self._executions.get(ticket_id)
        if execution is None:
            return None
        message = execution.message
        if execution.is_waiting:
            message = self._dispatcher.reason(ticket_id)
        return Progress(
            status=execution.ticket.status if execution.ticket else Status.PENDING,
            progress=execution.progress,
            elapsed_s=max(0.0, self._executions.now_s - execution.requested_at_s),
            remaining_s=execution.remaining_s,
            distance_m=execution.distance_m,
            speed_mps=execution.speed_mps,
            queue_position=self._dispatcher.position(ticket_id),
            message=message,
        )
