"""drive_command: what orchestrators ask for, and that they are there."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.clock import Clock
from rclpy.node import Node

from orchestrator_ren.motion.command_times import CommandTimes
from orchestrator_ren.motion.gate_input import Announcement, Command
from orchestrator_ren.msg import DriveCommand
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros import qos

TOPIC = 'drive_command'

NS_PER_S = 1_000_000_000


class CommandInput:
    """Listens until it is closed.

    Args:
        node: Owns the subscription.
        clock: Of simulated time; None on a real robot.
        on_announcement, on_command: Called with each.

    Attributes:
        times: How commands come.
    """

    def __init__(
        self,
        node: Node,
        clock: Clock | None,
        on_announcement: Callable[[Announcement], None],
        on_command: Callable[[Command], None],
    ) -> None:
        self.times = CommandTimes()
        self._node = node
        self._clock = clock
        self._on_announcement = on_announcement
        self._on_command = on_command
        self._commanded_at_ns = 0
        self._subscription = node.create_subscription(
            DriveCommand, TOPIC, self._on_message, qos.VELOCITY
        )

    def close(self) -> None:
        """Hear nothing any more; may be called twice."""
        self._node.destroy_subscription(self._subscription)

    def _on_message(self, message: DriveCommand) -> None:
        if conversions.is_announcement(message):
            self._on_announcement(Announcement(conversions.origin_from_msg(message)))
        else:
            self._note_time(message)
            self._on_command(conversions.command_from_msg(message, self._simulated_step_s()))

    def _note_time(self, message: DriveCommand) -> None:
        decided_at_ns = message.stamp.sec * NS_PER_S + message.stamp.nanosec
        age_s = (self._node.get_clock().now().nanoseconds - decided_at_ns) / NS_PER_S
        self.times.add(message.stream, max(0.0, age_s), time.monotonic())

    def _simulated_step_s(self) -> float:
        """Return the simulated time since the last command [s]; 0 without simulated time."""
        if self._clock is None:
            return 0.0
        previous_ns = self._commanded_at_ns
        self._commanded_at_ns = self._clock.now().nanoseconds
        return max(0.0, (self._commanded_at_ns - previous_ns) * 1e-9)
