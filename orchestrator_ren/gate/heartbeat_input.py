"""heartbeat: whoever watches the source of motion says that he lives."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from std_msgs.msg import Empty

from orchestrator_ren.motion import gate
from orchestrator_ren.ros import qos

LATE = 0.5
"""After this part of the longest silence, each tick may be the one that finds it too long."""


class HeartbeatInput:
    """Hands on each heartbeat, and tells when time is to be looked at because of the next one.

    Args:
        node: Owns subscription and timer.
        timeout_s: Longest silence [s, > 0].
        take: Called with what the gate is to decide on.

    Attributes:
        is_late: Whether the next one is due.
    """

    def __init__(self, node: Node, timeout_s: float, take: Callable[[gate.Input], None]) -> None:
        self.is_late = False
        self._take = take
        node.create_subscription(Empty, 'heartbeat', self._on_heartbeat, qos.SENSOR)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(LATE * timeout_s, self._on_late, clock=steady)

    def _on_heartbeat(self, _message: Empty) -> None:
        self.is_late = False
        self._timer.reset()
        self._take(gate.Heartbeat())

    def _on_late(self) -> None:
        self.is_late = True
        self._timer.cancel()
        self._take(gate.Tick())
