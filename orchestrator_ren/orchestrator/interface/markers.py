"""What the robot does, or why it does nothing, as markers for rviz."""

from __future__ import annotations

from collections.abc import Sequence

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point
from rclpy.node import Node
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.execution.execution import Execution

LIFETIME_S = 3
"""What a dead orchestrator published last vanishes after this time [s]."""

TEXT_HEIGHT_M, TEXT_ABOVE_M = 0.15, 0.8
ARROW_ABOVE_M, ARROW_WIDTH_M = 0.3, 0.05

RED = ColorRGBA(r=0.9, g=0.1, b=0.1, a=1.0)
GREEN = ColorRGBA(r=0.1, g=0.7, b=0.2, a=1.0)
GREY = ColorRGBA(r=0.6, g=0.6, b=0.6, a=1.0)


class MarkersPublisher:
    """A text above the robot, and an arrow to where it would be in a second; for whoever looks.

    Args:
        node: Owns the publisher.
        frame: Of the robot.
    """

    def __init__(self, node: Node, frame: str) -> None:
        self._frame = frame
        self._publisher = node.create_publisher(MarkerArray, 'markers', 10)

    @property
    def is_watched(self) -> bool:
        """Whether somebody subscribes."""
        return self._publisher.get_subscription_count() > 0

    def publish(self, status: OrchestratorStatus, executing: Sequence[Execution]) -> None:
        """Show the status, the commands that run, and the velocity that they ask for."""
        velocities = [each.velocity for each in executing if each.moves]
        arrow = self._arrow(velocities[0] if velocities else ZERO)
        self._publisher.publish(MarkerArray(markers=[self._text(status, executing), arrow]))

    def _text(self, status: OrchestratorStatus, executing: Sequence[Execution]) -> Marker:
        marker = self._marker('status', Marker.TEXT_VIEW_FACING)
        marker.text = '\n'.join(_lines(status, executing))
        marker.color = GREEN if executing else GREY
        if status.state != OrchestratorStatus.READY:
            marker.color = RED
        marker.scale.z, marker.pose.position.z = TEXT_HEIGHT_M, TEXT_ABOVE_M
        return marker

    def _arrow(self, velocity: Velocity) -> Marker:
        marker = self._marker('velocity', Marker.ARROW)
        if velocity.speed_mps == 0.0:
            marker.action = Marker.DELETE
            return marker
        tip = Point(x=velocity.x_mps, y=velocity.y_mps, z=ARROW_ABOVE_M)
        marker.points = [Point(z=ARROW_ABOVE_M), tip]
        marker.scale.x, marker.scale.y = ARROW_WIDTH_M, 2.0 * ARROW_WIDTH_M
        marker.color = GREEN
        return marker

    def _marker(self, name: str, kind: int) -> Marker:
        """Return a marker that stays with the robot: stamp 0 is the latest transform."""
        marker = Marker(ns=name, type=kind, frame_locked=True)
        marker.header.frame_id = self._frame
        marker.lifetime = Duration(sec=LIFETIME_S)
        return marker


def _lines(status: OrchestratorStatus, executing: Sequence[Execution]) -> list[str]:
    lines = [f'{status.state}: {status.detail}' if status.detail else status.state]
    lines += [f'{each.command} {100.0 * each.progress:.0f} % {each.message}' for each in executing]
    if status.waiting:
        lines.append(f'{status.waiting} waiting')
    if status.pause_reason:
        lines.append(f'paused: {status.pause_reason}')
    return lines
