"""How far the tickets are that are executed, for whoever looks on."""

from __future__ import annotations

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.msg import TicketProgress
from orchestrator_ren.orchestrator.execution.execution import Execution
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.stamps import time_to_msg
from orchestrator_ren.ros.wall_clock import utc_now

TOPIC = 'telemetry/progress'

PERIOD_S = 0.2
"""Time between two words on the same ticket [s]; that of the action's feedback."""


class ProgressPublisher:
    """Tells it while something is executed and somebody listens; the timer rests otherwise.

    Args:
        node: Owns the publisher and the timer.
        executions: Those under way.
        sensors: Hear where the robot is.
    """

    def __init__(self, node: Node, executions: Executions, sensors: Sensors) -> None:
        self._executions = executions
        self._sensors = sensors
        self._publisher = node.create_publisher(TicketProgress, TOPIC, qos.PROGRESS)
        self._timer = node.create_timer(
            PERIOD_S, self._on_timer, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._timer.cancel()

    def note_start(self) -> None:
        """Something is executed from now on."""
        if self._timer.is_canceled():
            self._timer.reset()

    def _on_timer(self) -> None:
        executing = self._executions.executing
        if not executing:
            self._timer.cancel()
        elif self._publisher.get_subscription_count():
            for each in executing:
                self._publisher.publish(self._told(each))

    def _told(self, execution: Execution) -> TicketProgress:
        ticket, sample = execution.ticket, self._sensors.sample
        place = {} if sample is None else {
            'x_m': sample.x_m, 'y_m': sample.y_m, 'yaw_rad': sample.yaw_rad
        }  # fmt: skip
        return TicketProgress(
            stamp=time_to_msg(utc_now()),
            ticket_id=execution.ticket_id,
            command=execution.command,
            attempt=ticket.attempt if ticket is not None else 0,
            progress=execution.progress,
            elapsed_seconds=max(0.0, self._executions.now_s - execution.requested_at_s),
            remaining_seconds=execution.remaining_s,
            distance_m=execution.distance_m,
            speed_mps=execution.speed_mps,
            hears_odometry=sample is not None,
            message=execution.message,
            **place,
        )
