"""The execute_ticket action: every goal is accepted and answered."""

from __future__ import annotations

import traceback

from rclpy.action import CancelResponse, GoalResponse
from rclpy.action.server import ServerGoalHandle
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.errors import InternalError, OrchestratorError
from orchestrator_ren.msg import Ticket as TicketMessage
from orchestrator_ren.orchestrator.dispatch.manual_dispatch import ManualDispatch
from orchestrator_ren.orchestrator.execution.cancellation import Cancellation
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.orchestrator.interface.feedback import Feedback
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.action_server import ActionServer
from orchestrator_ren.ros.coroutine_run import report
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.tickets.ticket import Status, Ticket

RESULT_TIMEOUT_S = 10
"""How long results are kept by the middleware [s]; get_ticket answers later. Each kept goal slows
the server down (rclpy#1171)."""


class ExecuteAction:
    """Turns goals into executions, and their progress into feedback.

    Args:
        node: Owns the action server.
        tasks: Run the goals.
        manual: Executes the tickets.
        cancellation: Cancels them.
        records: The tickets as they are.
        feedback: Tells how far each is.
    """

    def __init__(
        self,
        node: Node,
        tasks: Tasks,
        manual: ManualDispatch,
        cancellation: Cancellation,
        records: TicketRecords,
        feedback: Feedback,
    ) -> None:
        self._node = node
        self._tasks = tasks
        self._manual = manual
        self._cancellation = cancellation
        self._records = records
        self._feedback = feedback
        self._server = ActionServer(
            node,
            tasks,
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

    async def _on_execute(self, goal: ServerGoalHandle) -> ExecuteTicket.Result:
        result = ExecuteTicket.Result()
        self._feedback.add(goal)
        try:
            ticket = await self._manual.execute(
                goal.request.ticket_id,
                force=goal.request.force,
                dry_run=goal.request.dry_run,
                requested_by=goal.request.requested_by,
            )
            _fill(result, ticket)
        except OrchestratorError as error:
            words = f'execute_ticket {goal.request.ticket_id}: {error} [{error.code}]'
            self._node.get_logger().warning(words)
            result.ticket = await self._find(goal.request.ticket_id)
            conversions.refuse(result, error)
            self._node.count_refused(error.code)
        except Exception as error:
            self._node.get_logger().error(f'execute_ticket failed\n{traceback.format_exc()}')
            conversions.refuse(result, InternalError(detail=repr(error)))
            self._node.count_refused(InternalError.code)
        finally:
            self._feedback.remove(goal)
        _finish(goal, result)
        return result

    async def _on_cancel(self, goal: ServerGoalHandle) -> CancelResponse:
        """Cancel the ticket of the goal; refused when it is ending already."""
        response = CancelResponse.REJECT
        try:
            request, reason = goal.request, 'the goal was cancelled'
            await self._cancellation.cancel(request.ticket_id, reason, request.requested_by)
            response = CancelResponse.ACCEPT
        except OrchestratorError:
            pass
        except Exception as error:
            report(self._node.executor, error)
        await self._tasks.breathe()  # somebody may cancel a thousand goals at once
        return response

    async def _find(self, ticket_id: str) -> TicketMessage:
        """Return the ticket of a refused goal as it is; empty where there is none."""
        try:
            return conversions.ticket_to_msg(await self._records.find(ticket_id))
        except OrchestratorError:
            return TicketMessage()


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
