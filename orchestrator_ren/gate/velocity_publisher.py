"""cmd_vel, of which the gate is the only publisher."""

from __future__ import annotations

from geometry_msgs.msg import Twist, TwistStamped
from rclpy.duration import Duration
from rclpy.node import Node

from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros import qos

TOPIC = 'cmd_vel'

STOP_ZEROS = 5
"""Zeros sent when the process ends."""

ACKNOWLEDGE_S = 0.2
"""How long the end waits for the base to acknowledge the zeros [s]."""


class VelocityPublisher:
    """Publishes velocities as Twist, or as TwistStamped.

    Args:
        node: Owns the publisher.
        frame: Frame id of TwistStamped; None = Twist.
    """

    def __init__(self, node: Node, frame: str | None) -> None:
        self._node = node
        self._frame = frame
        message_type = Twist if frame is None else TwistStamped
        self._publisher = node.create_publisher(message_type, TOPIC, qos.VELOCITY)

    @property
    def listeners(self) -> int:
        """How many listen."""
        return int(self._publisher.get_subscription_count())

    def publish(self, velocity: Velocity) -> None:
        """Send it."""
        twist = conversions.velocity_to_msg(velocity)
        if self._frame is None:
            self._publisher.publish(twist)
            return
        stamped = TwistStamped(twist=twist)
        stamped.header.stamp = self._node.get_clock().now().to_msg()
        stamped.header.frame_id = self._frame
        self._publisher.publish(stamped)

    def publish_last_zeros(self) -> None:
        """Send zeros, and wait until the base has them; may be called from any thread."""
        for _ in range(STOP_ZEROS):
            self.publish(ZERO)
        self._publisher.wait_for_all_acked(Duration(seconds=ACKNOWLEDGE_S))
