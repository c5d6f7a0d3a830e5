"""What rqt_robot_monitor shows: `/diagnostics`, REP-107."""

from __future__ import annotations

from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus, KeyValue
from rclpy.node import Node

PERIOD_S = 1.0

Part = tuple[str, bytes, str, dict[str, object]]
"""One part of a node: its name, level, message, values."""

OK, WARN, ERROR = DiagnosticStatus.OK, DiagnosticStatus.WARN, DiagnosticStatus.ERROR


class DiagnosticsPublisher:
    """Publishes the state of a node's parts.

    Args:
        node: Owns the publisher; its full name stands before each part.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._publisher = node.create_publisher(DiagnosticArray, '/diagnostics', 10)

    def publish(self, *parts: Part) -> None:
        """Publish the parts."""
        array = DiagnosticArray()
        array.header.stamp = self._node.get_clock().now().to_msg()
        array.status = [
            DiagnosticStatus(
                name=f'{self._node.get_fully_qualified_name().lstrip("/")}: {name}',
                hardware_id=self._node.get_namespace().strip('/'),
                level=level,
                message=message,
                values=[KeyValue(key=key, value=str(value)) for key, value in values.items()],
            )
            for name, level, message, values in parts
        ]
        self._publisher.publish(array)
