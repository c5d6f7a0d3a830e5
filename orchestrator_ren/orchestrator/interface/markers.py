"""What the robot does, or why it does nothing, as markers for rviz."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from builtin_interfaces.msg import Duration
from geometry_msgs.msg import Point
from rclpy.node import Node
from std_msgs.msg import ColorRGBA
from visualization_msgs.msg import Marker, MarkerArray

from orchestrator_ren.motion import trail
from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.trail import Trail
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.execution.execution import Execution

LIFETIME_S = 3
"""What a dead orchestrator published last vanishes after this time [s]."""

TEXT_HEIGHT_M, TEXT_ABOVE_M = 0.15, 0.8
ARROW_ABOVE_M, ARROW_WIDTH_M = 0.3, 0.05
WAY_ABOVE_M, WAY_WIDTH_M = 0.02, 0.04
E_STOP_DIAMETER_M, E_STOP_HEIGHT_M = 1.2, 0.02

RED = ColorRGBA(r=0.9, g=0.1, b=0.1, a=1.0)
PALE_RED = ColorRGBA(r=0.9, g=0.1, b=0.1, a=0.5)
GREEN = ColorRGBA(r=0.1, g=0.7, b=0.2, a=1.0)
BLUE = ColorRGBA(r=0.2, g=0.4, b=1.0, a=1.0)
GREY = ColorRGBA(r=0.6, g=0.6, b=0.6, a=1.0)


@dataclass
class Way:
    """Of the last motion that began while odometry was heard.

    Attributes:
        ticket_id: Of its ticket.
        goal: Where it is to lead; None = its command does not say.
        driven: Where it has led.
    """

    ticket_id: str
    goal: trail.Point | None
    driven: Trail

    def go_on(self, sample: OdometrySample) -> None:
        """Take where the robot is now."""
        self.driven.add((sample.x_m, sample.y_m))


class MarkersPublisher:
    """What is so in the frame of the robot, and its way in that of its odometry; for who looks.

    Args:
        node: Owns the publisher.
        base_frame: Of the robot.
        odom_frame: Of its odometry.
        sample: Returns the latest odometry; None when none is heard.
    """

    def __init__(
        self,
        node: Node,
        base_frame: str,
        odom_frame: str,
        sample: Callable[[], OdometrySample | None],
    ) -> None:
        self._base_frame = base_frame
        self._odom_frame = odom_frame
        self._sample = sample
        self._way: Way | None = None
        self._publisher = node.create_publisher(MarkerArray, 'markers', 10)

    @property
    def is_watched(self) -> bool:
        """Whether somebody subscribes."""
        return self._publisher.get_subscription_count() > 0

    def note_start(self, execution: Execution | None) -> None:
        """Remember where the robot is: a motion begins here."""
        sample = self._sample()
        if execution is None or not execution.moves or sample is None:
            return
        here, prediction = (sample.x_m, sample.y_m), execution.plan.prediction
        goal = None
        if prediction.distance_m > 0.0:
            goal = trail.ahead(here, sample.yaw_rad, prediction.end_x_m, prediction.end_y_m)
        self._way = Way(execution.ticket_id, goal, Trail(here))

    def publish(self, status: OrchestratorStatus, executing: Sequence[Execution]) -> None:
        """Show the status, the commands that run, the velocity that they ask for, the way."""
        velocities = [each.velocity for each in executing if each.moves]
        markers = [
            self._text(status, executing),
            self._arrow(velocities[0] if velocities else ZERO),
            self._e_stop(status),
            self._planned_way({each.ticket_id for each in executing}),
            self._driven_way(),
        ]
        self._publisher.publish(MarkerArray(markers=markers))

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

    def _e_stop(self, status: OrchestratorStatus) -> Marker:
        marker = self._marker('e_stop', Marker.CYLINDER)
        if status.state != OrchestratorStatus.STOPPED:
            marker.action = Marker.DELETE
        marker.scale.x = marker.scale.y = E_STOP_DIAMETER_M
        marker.scale.z = E_STOP_HEIGHT_M
        marker.color = PALE_RED
        return marker

    def _planned_way(self, executing_ids: set[str]) -> Marker:
        way = self._way
        if way is None or way.goal is None or way.ticket_id not in executing_ids:
            return self._line('planned_way', [], BLUE)
        return self._line('planned_way', [way.driven.points[0], way.goal], BLUE)

    def _driven_way(self) -> Marker:
        sample = self._sample()
        if self._way is None:
            return self._line('driven_way', [], GREEN)
        if sample is not None:
            self._way.go_on(sample)
        return self._line('driven_way', self._way.driven.points, GREEN)

    def _line(self, name: str, points: Sequence[trail.Point], color: ColorRGBA) -> Marker:
        marker = self._marker(name, Marker.LINE_STRIP)
        marker.header.frame_id, marker.frame_locked = self._odom_frame, False
        if not points:
            marker.action = Marker.DELETE
        marker.points = [Point(x=x, y=y, z=WAY_ABOVE_M) for x, y in points]
        marker.scale.x, marker.color = WAY_WIDTH_M, color
        return marker

    def _marker(self, name: str, kind: int) -> Marker:
        """Return a marker that stays with the robot: stamp 0 is the latest transform."""
        marker = Marker(ns=name, type=kind, frame_locked=True)
        marker.header.frame_id = self._base_frame
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
