"""Odometry as the transforms that rviz and others look for, on `/tf` (REP-105)."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import NamedTuple

from geometry_msgs.msg import Transform, TransformStamped
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import DurabilityPolicy, QoSProfile

TF_QOS = QoSProfile(depth=100)
FIXED_QOS = QoSProfile(depth=1, durability=DurabilityPolicy.TRANSIENT_LOCAL)
"""Source: ros2/geometry2, tf2_ros/include/tf2_ros/qos.hpp."""


class Fixed(NamedTuple):
    """The frame `child` is so high above `parent` [m], and turned as it is."""

    parent: str
    child: str
    height_m: float


def find_tf_type() -> type | None:
    """Return the type of the topics; None where no package has it (it is not on PyPI)."""
    try:
        from tf2_msgs.msg import TFMessage
    except ModuleNotFoundError:
        return None
    return TFMessage


class Transforms:
    """Publishes where bases are in the frames of their odometry, and what is fixed to them.

    Args:
        node: Owns the publishers.
        is_wanted: False where somebody else publishes them, such as robot_localization.
    """

    def __init__(self, node: Node, is_wanted: bool) -> None:
        self._moving = self._fixed = None
        kind = find_tf_type() if is_wanted else None
        if kind is not None:
            self._moving = node.create_publisher(kind, '/tf', TF_QOS)
            self._fixed = node.create_publisher(kind, '/tf_static', FIXED_QOS)
            self._message = kind(transforms=[TransformStamped()])
        elif is_wanted:
            package = f'ros-{os.environ.get("ROS_DISTRO", "jazzy")}-tf2-msgs'
            node.get_logger().warning(
                f'no transforms on /tf: tf2_msgs is not installed; sudo apt install {package}, or'
                ' set publish_tf to false'
            )

    def tell(self, odometry: Odometry) -> None:
        """Publish what the odometry says, if anybody listens."""
        if self._moving is None or not self._moving.get_subscription_count():
            return
        [each] = self._message.transforms
        each.header, each.child_frame_id = odometry.header, odometry.child_frame_id
        position, shift = odometry.pose.pose.position, each.transform.translation
        shift.x, shift.y, shift.z = position.x, position.y, position.z
        each.transform.rotation = odometry.pose.pose.orientation
        self._moving.publish(self._message)

    def tell_fixed(self, fixed: Sequence[Fixed]) -> None:
        """Publish, once and for all, what is fixed to what."""
        if self._fixed is not None:
            self._fixed.publish(type(self._message)(transforms=[_transform(f) for f in fixed]))


def _transform(fixed: Fixed) -> TransformStamped:
    made = TransformStamped(child_frame_id=fixed.child, transform=Transform())
    made.header.frame_id = fixed.parent
    made.transform.translation.z = fixed.height_m
    return made
