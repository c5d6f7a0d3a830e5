"""An action server and service servers to forward to; a program.

The goal's `ticket_id` says what becomes of it: see `_execute`. What it sees goes into its log.
"""

import rclpy
from rclpy.action import ActionServer, CancelResponse, GoalResponse
from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.task import Future
from std_srvs.srv import SetBool, Trigger

from orchestrator_ren.action import ExecuteTicket

PERIOD_S = 0.02
STEPS = 20
"""Of a goal that succeeds: 0.4 s."""


class ForwardedServer(Node):
    """Actions: work (ExecuteTicket). Services: switch (SetBool), slow (Trigger: never answers)."""

    def __init__(self) -> None:
        super().__init__('forwarded_server')
        self._ticks: list[Future] = []
        self.create_timer(PERIOD_S, self._on_tick)
        self._server = ActionServer(
            self,
            ExecuteTicket,
            'work',
            self._execute,
            goal_callback=self._on_goal,
            cancel_callback=self._on_cancel,
        )
        self.create_service(SetBool, 'switch', self._on_switch)
        # In the default group, nothing else would be called while it does not return.
        self.create_service(
            Trigger, 'slow', self._on_slow, callback_group=ReentrantCallbackGroup()
        )

    async def _tick(self) -> None:
        self._ticks.append(Future())
        await self._ticks[-1]

    def _on_tick(self) -> None:
        ticks, self._ticks = self._ticks, []
        for each in ticks:
            each.set_result(None)

    def _on_goal(self, goal: ExecuteTicket.Goal) -> GoalResponse:
        self.get_logger().info(f'goal {goal.ticket_id}')
        return GoalResponse.REJECT if goal.ticket_id == 'reject' else GoalResponse.ACCEPT

    def _on_cancel(self, handle) -> CancelResponse:
        self.get_logger().info(f'cancel {handle.request.ticket_id}')
        refuses = handle.request.ticket_id == 'refuse'
        return CancelResponse.REJECT if refuses else CancelResponse.ACCEPT

    async def _execute(self, handle) -> ExecuteTicket.Result:
        """Do what the goal says.

        succeed, abort, fail (succeeded without success): after 0.4 s of feedback.
        go_on, refuse, deaf: endless; deaf accepts the cancel and goes on, refuse refuses it.
        """
        word, step = handle.request.ticket_id, 0
        while step < STEPS or word in ('go_on', 'refuse', 'deaf'):
            if handle.is_cancel_requested and word != 'deaf':
                self.get_logger().info('ended by the cancel')
                handle.canceled()
                return ExecuteTicket.Result(message='canceled')
            step += 1
            share = min(0.9, step / STEPS)
            handle.publish_feedback(
                ExecuteTicket.Feedback(progress=share, remaining_seconds=10.0 * (1.0 - share))
            )
            await self._tick()
        if word == 'abort':
            handle.abort()
            return ExecuteTicket.Result(error_code=42, message='stuck')
        handle.succeed()
        return ExecuteTicket.Result(success=word != 'fail', error_code=7, message=word)

    def _on_switch(self, request: SetBool.Request, response: SetBool.Response):
        self.get_logger().info(f'switched {request.data}')
        response.success, response.message = request.data, 'on' if request.data else 'stuck'
        return response

    async def _on_slow(self, _: Trigger.Request, response: Trigger.Response):
        self.get_logger().info('called')
        while True:
            await self._tick()


def main() -> None:
    """Serve until killed."""
    rclpy.init()
    executor = SingleThreadedExecutor()
    executor.add_node(ForwardedServer())
    executor.spin()


if __name__ == '__main__':
    main()
