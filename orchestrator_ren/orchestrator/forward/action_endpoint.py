"""An action that commands are forwarded to."""

from __future__ import annotations

import contextlib
import math
from collections.abc import Callable, Mapping
from typing import Any

from action_msgs.msg import GoalStatus
from action_msgs.srv import CancelGoal
from rclpy.action import ActionClient
from rclpy.logging import get_logger
from rclpy.task import Future

from orchestrator_ren.commands.command import CommandContext, Interruption
from orchestrator_ren.errors import ForwardFailed, ForwardRejected
from orchestrator_ren.orchestrator.forward import message_fields
from orchestrator_ren.orchestrator.forward.server_endpoint import (
    ServerEndpoint,
    ServerWatch,
    words_of,
)

REFUSAL_TICKS = 4
"""Control ticks in which the result may still come after a refused cancel: a goal that ends as the
cancel arrives is refused it too."""

_log = get_logger('orchestrator')


class _Goal:
    """A goal that was sent.

    Attributes:
        accepting: Future of the answer to the goal.
        handle: That answer, once `is_accepted` has looked at it.
        result: Future of the result, then.
        feedback: The last one.
        cancelling: Future of the answer to the cancel, once it was asked for.
    """

    def __init__(self, client: ActionClient, message: Any) -> None:
        self.accepting = client.send_goal_async(message, feedback_callback=self._on_feedback)
        self.handle: Any = None
        self.result: Future | None = None
        self.feedback: Any = None
        self.cancelling: Future | None = None

    def is_accepted(self) -> bool:
        """Return whether it was accepted, once `accepting` is done."""
        self.handle = self.accepting.result()
        return self.handle.accepted

    def ask_for_result(self) -> Future:
        """Return the future of the result of the accepted goal."""
        if self.result is None:
            self.result = self.handle.get_result_async()
        return self.result

    def cancel(self) -> Future:
        """Ask the server to cancel the accepted goal; return the future of its answer."""
        if self.cancelling is None:
            self.cancelling = self.handle.cancel_goal_async()
        return self.cancelling

    def abandon(self) -> None:
        """Cancel it, also if it is accepted only later, and do not wait for that."""
        if self.result is not None and self.result.done():
            return
        self.accepting.add_done_callback(self._cancel_if_accepted)
        if self.result is not None:
            self.result.cancel()  # the client forgets it

    def _cancel_if_accepted(self, _: Future) -> None:
        if self.is_accepted():
            self.cancel()

    def _on_feedback(self, message: Any) -> None:
        self.feedback = message.feedback


class ActionEndpoint(ServerEndpoint):
    """An action; whatever ends the ticket's execution cancels the goal."""

    def __init__(self, node, group, contract, interface) -> None:
        super().__init__(node, group, contract, interface)
        self._client = ActionClient(node, interface, self._name, callback_group=group)

    @staticmethod
    def parts_of(interface: Any) -> tuple[Any, Any, Any]:
        """Return the classes of request, result and feedback."""
        return interface.Goal, interface.Result, interface.Feedback

    def _is_ready(self) -> bool:
        return self._client.server_is_ready()

    async def call(self, request: Mapping[str, Any], context: CommandContext) -> dict[str, Any]:
        """Send the goal, follow it to its end, and return the mapped result."""
        await self._server(context)
        watch = ServerWatch(self._same_server())
        message = self._message(request)
        context.check()
        goal = _Goal(self._client, message)
        try:
            return await self._outcome(goal, context, watch)
        except Interruption:
            await self._call_off(goal, context, watch)
            raise
        finally:
            goal.abandon()

    def _same_server(self) -> Callable[[], bool]:
        """Return a check whether the server is there, and not another one in its place.

        A server that is started again, faster than the middleware learns of the death of the old
        one, does not know our goal.
        """
        topic = f'{self._name}/_action/status'

        def present() -> set[bytes]:
            infos = self._node.get_publishers_info_by_topic(topic)
            return {bytes(each.endpoint_gid) for each in infos}

        known = present()
        return lambda: self._is_ready() and bool(not known or known & present())

    async def _outcome(
        self, goal: _Goal, context: CommandContext, watch: ServerWatch
    ) -> dict[str, Any]:
        limit_s = self._contract.timeout_seconds
        await self._answer(goal.accepting, context, 'it was sent a goal', watch, limit_s)
        if not goal.is_accepted():
            raise ForwardRejected(endpoint=self._name)
        context.report(0.0, f'{self._name} has accepted')
        report = self._reporter(goal, context)
        answer = await self._answer(
            goal.ask_for_result(), context, 'it worked on the goal', watch, each_tick=report
        )
        if answer.status != GoalStatus.STATUS_SUCCEEDED:
            words = _NOT_SUCCEEDED.get(answer.status, f'ended with status {answer.status}')
            raise ForwardFailed(endpoint=self._name, detail=f'{words}: {words_of(answer.result)}')
        return self._mapped(answer.result)

    def _reporter(self, goal: _Goal, context: CommandContext) -> Callable[[], None]:
        """Return what tells the ticket's client of the last feedback."""
        progress = self._contract.progress
        most = 0.0

        def report() -> None:
            nonlocal most
            if goal.feedback is None or progress is None:
                return
            now = float(message_fields.field_value(goal.feedback, progress.field))
            if math.isfinite(now):
                most = max(most, now)
                share = min(1.0, max(0.0, progress.share(now, most)))
                context.report(share, f'{progress.field} {now:g}')

        return report

    async def _call_off(self, goal: _Goal, context: CommandContext, watch: ServerWatch) -> None:
        """Cancel the goal and wait until the server has ended it; one that does not is left."""
        trouble = 'did not end the goal in time after the cancel'
        with contextlib.suppress(Interruption):
            trouble = await self._end_of(goal, context, watch)
        if trouble:
            _log.warning(f'{self._name} {trouble}; it may still work on it')

    async def _end_of(self, goal: _Goal, context: CommandContext, watch: ServerWatch) -> str:
        """Return when the goal has ended, or why it will not."""
        while not goal.accepting.done():
            if watch.is_lost():
                return 'died before it answered to the goal'
            await context.wind_down_tick()
        if not goal.is_accepted():
            return ''
        result, cancelling = goal.ask_for_result(), goal.cancel()
        refusals = 0
        while not result.done():
            refusals += cancelling.done() and _is_refused(cancelling.result())
            if refusals > REFUSAL_TICKS:
                return 'refused to cancel the goal'
            if watch.is_lost():
                return 'died while the goal was cancelled'
            await context.wind_down_tick()
        return ''


_NOT_SUCCEEDED = {
    GoalStatus.STATUS_ABORTED: 'aborted the goal',
    GoalStatus.STATUS_CANCELED: 'canceled the goal, which somebody else asked for',
    GoalStatus.STATUS_UNKNOWN: 'does not know the goal any more',
}


def _is_refused(response: CancelGoal.Response) -> bool:
    """Return whether the server goes on with the goal; False also for one that has ended."""
    is_over = response.return_code == CancelGoal.Response.ERROR_GOAL_TERMINATED
    return not response.goals_canceling and not is_over
