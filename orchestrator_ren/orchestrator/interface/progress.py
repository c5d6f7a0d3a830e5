"""How far an execution is, as the action's feedback tells it."""

from __future__ import annotations

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.tickets.queue_view import QueueView
from orchestrator_ren.tickets.ticket import Status


class ProgressView:
    """Reads progress from the execution, and from the queue while it waits there.

    Args:
        executions: Those under way.
        dispatcher: Holds the queue.
    """

    def __init__(self, executions: Executions, dispatcher: Dispatcher) -> None:
        self._executions = executions
        self._dispatcher = dispatcher
        self._queue: QueueView | None = None

    def begin_round(self) -> None:
        """Look at the queue once, for all that is asked until the next round."""
        self._queue = self._dispatcher.view()

    def is_waiting(self, ticket_id: str) -> bool:
        """Whether the ticket waits for its turn."""
        execution = self._executions.get(ticket_id)
        return execution is not None and execution.is_waiting

    def of(self, ticket_id: str) -> ExecuteTicket.Feedback | None:
        """Return how far the execution of the ticket is; None when there is none."""
        execution = self._executions.get(ticket_id)
        return self._of(execution) if execution is not None else None

    def _of(self, execution: Execution) -> ExecuteTicket.Feedback:
        ticket, message, position = execution.ticket, execution.message, 0
        status = ticket.status if ticket is not None else Status.PENDING
        if execution.is_waiting and self._queue is not None:
            message = self._queue.reason(execution.ticket_id)
            position = self._queue.position(execution.ticket_id)
        return ExecuteTicket.Feedback(
            status=status.value,
            status_code=conversions.STATUS_CODES[status],
            progress=execution.progress,
            elapsed_seconds=max(0.0, self._executions.now_s - execution.requested_at_s),
            remaining_seconds=execution.remaining_s,
            distance_m=execution.distance_m,
            speed_mps=execution.speed_mps,
            queue_position=position,
            message=message,
        )
