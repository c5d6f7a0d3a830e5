"""The execute_ticket action: every goal is accepted and answered."""

from __future__ import annotations

import traceback

from action_msgs.msg import GoalStatus
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.errors import InternalError, OrchestratorError
from orchestrator_ren.msg import Ticket as TicketMessage
from orchestrator_ren.orchestrator.dispatch.manual_dispatch import ManualDispatch
from orchestrator_ren.orchestrator.execution.cancellation import Cancellation
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.orchestrator.interface.progress import Progress, ProgressView
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.tasks import report
from orchestrator_ren.tickets.ticket import Status, Ticket

FEEDBACK_PERIOD_S = 0.2

RESULT_TIMEOUT_S = 10
"""How long results are kept by the middleware [s]; get_ticket answers later. Each kept goal slows
the server down (rclpy#1171)."""


class ExecuteAction:
    """Turns goals into executions, and their progress into feedback.

    Args:
        node: Owns the action server and the timer.
        manual: Executes the tickets.
        cancellation: Cancels them.
        records: The tickets as they are.
        progress: How far each is.
    """

    def __init__(
        self,
        node: Node,
        manual: ManualDispatch,
        cancellation: Cancellation,
        records: TicketRecords,
        progress: ProgressView,
    ) -> None:
        self._node = node
        self._manual = manual
        self._cancellation = cancellation
        self._records = records
        self._progress = progress
        self._goals: list[ServerGoalHandle] = []
        self._server = ActionServer(
            node,
            ExecuteTicket,
            'execute_ticket',
            self._on_execute,
            callback_group=ReentrantCallbackGroup(),
            goal_callback=lambda _goal: GoalResponse.ACCEPT,
            cancel_callback=self._on_cancel,
            result_timeout=RESULT_TIMEOUT_S,
            goal_service_qos_profile=qos.SERVICES,
            result_service_qos_profile=qos.SERVICES,
            cancel_service_qos_profile=qos.SERVICES,
        )
        self._feedback_timer = node.create_timer(
            FEEDBACK_PERIOD_S, self._on_feedback, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._feedback_timer.cancel()

    async def _on_execute(self, goal: ServerGoalHandle) -> ExecuteTicket.Result:
        result = ExecuteTicket.Result()
        self._goals.append(goal)
        self._feedback_timer.reset()
        try:
            ticket = await self._manual.execute(
                goal.request.ticket_id, force=goal.request.force, dry_run=goal.request.dry_run
            )
            _fill(result, ticket)
        except OrchestratorError as error:
            words = f'execute_ticket {goal.request.ticket_id}: {error} [{error.code}]'
            self._node.get_logger().warning(words)
            result.ticket = await self._find(goal.request.ticket_id)
            conversions.refuse(result, error)
        except Exception as error:
            self._node.get_logger().error(f'execute_ticket failed\n{traceback.format_exc()}')
            conversions.refuse(result, InternalError(detail=repr(error)))
        finally:
            self._goals.remove(goal)
            if not self._goals:
                self._feedback_timer.cancel()
        _finish(goal, result)
        return result

    async def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        """Cancel the ticket of the goal; refused when it is ending already."""
        try:
            await self._cancellation.cancel(goal.request.ticket_id, 'the goal was cancelled')
        except OrchestratorError:
            return CancelResponse.REJECT
        except Exception as error:
            report(self._node.executor, error)
            return CancelResponse.REJECT
        return CancelResponse.ACCEPT

    async def _find(self, ticket_id: str) -> TicketMessage:
        """Return the ticket of a refused goal as it is; empty where there is none."""
        try:
            return conversions.ticket_to_msg(await self._records.find(ticket_id))
        except OrchestratorError:
            return TicketMessage()

    def _on_feedback(self) -> None:
        for goal in self._goals:
            progress = self._progress.of(goal.request.ticket_id)
            if progress is not None and goal.status == GoalStatus.STATUS_EXECUTING:
                goal.publish_feedback(_feedback(progress))


def _feedback(progress: Progress) -> ExecuteTicket.Feedback:
    return ExecuteTicket.Feedback(
        status=progress.status.value,
        progress=progress.progress,
        elapsed_seconds=progress.elapsed_s,
        remaining_seconds=progress.remaining_s,
        distance_m=progress.distance_m,
        speed_mps=progress.speed_mps,
        queue_position=progress.queue_position,
        message=progress.message,
    )


def _fill(result: ExecuteTicket.Result, ticket: Ticket) -> None:
    result.success = ticket.status is Status.COMPLETED
    result.error_code = ticket.error_code
    result.message = ticket.error
    result.ticket = conversions.ticket_to_msg(ticket)


def _finish(goal: ServerGoalHandle, result: ExecuteTicket.Result) -> None:
    """Give the goal its final state: `canceled` only where the goal itself was cancelled."""
    if result.success:
        goal.succeed()
    elif goal.is_cancel_requested and result.ticket.status == Status.CANCELLED.value:
        goal.canceled()
    else:
        goal.abort()
