"""Who else publishes where the gate, or one orchestrator, should be the only one."""

from __future__ import annotations

from rclpy.node import Node

from orchestrator_ren.gate import command_input, velocity_publisher
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_input import Press, Release
from orchestrator_ren.ros.graph import publishers_of


class Neighbours:
    """Looks for them in the ROS graph.

    Args:
        node: The gate.
        is_latching: Whether the e-stop latches while somebody else publishes on cmd_vel.

    Attributes:
        other_publishers: Names of those that publish on cmd_vel, too.
        commanders: Names of those that publish on drive_command.
    """

    def __init__(self, node: Node, is_latching: bool) -> None:
        self.other_publishers: list[str] = []
        self.commanders: list[str] = []
        self._node = node
        self._is_latching = is_latching

    def look(self) -> Press | Release | None:
        """Look again, tell the log who is new, and return what follows for the gate."""
        self.commanders = sorted(set(publishers_of(self._node, command_input.TOPIC)))
        # One of its own name is its own, which was killed, or another gate: see `OtherGates`.
        own = self._node.get_fully_qualified_name()
        others = set(publishers_of(self._node, velocity_publisher.TOPIC)) - {own}
        before, self.other_publishers = self.other_publishers, sorted(others)
        if not others:
            return Release(Cause.PUBLISHER)  # also one from before a restart
        if self.other_publishers == before:
            return None
        topic = self._node.resolve_topic_name(velocity_publisher.TOPIC)
        words = f'{", ".join(self.other_publishers)} publishes on {topic}, too'
        self._node.get_logger().warning(f'{words}: the base obeys both')
        return Press(words, Cause.PUBLISHER) if self._is_latching else None
