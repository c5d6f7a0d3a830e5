"""The executable `turtlesim_odometry`: turtlesim's pose as odometry, so that turtles are measured.

What to know of turtlesim as a base:

* Its world is 11 by 11 units, which count as metres, and a turtle starts in the middle: more than
  5 m in one direction end at a wall.
* It holds a command for 1 s (of ROS time) by itself. The zeros of the gate come long before that.
* It reports the velocity it was told, not the one it has: exactly 0 when it stands, so standstill
  is measurable, but not 0 while it pushes against a wall.
* Its linear velocity is a magnitude: driving backwards or sideways looks like driving forwards.

Source: ros/ros_tutorials, turtlesim/src/turtle.cpp, `Turtle::update`, release 1.8.2.
"""

from __future__ import annotations

import importlib
import math
import os
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Protocol

from builtin_interfaces.msg import Time
from nav_msgs.msg import Odometry
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.errors import LibraryMissing
from orchestrator_ren.robots.parameters import TURTLESIM_ODOMETRY
from orchestrator_ren.robots.transforms import Transforms
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.ros.program import Program

POSE_MODULES = ('turtlesim.msg', 'turtlesim_msgs.msg')
"""Where the type Pose is: up to Jazzy, and from Kilted on (ros/ros_tutorials#169). In this order,
for a turtlesim with interfaces of its own publishes those, whatever else is installed."""

ODOMETRY_DEPTH = 10


class TurtlePose(Protocol):
    """What turtlesim tells of a turtle, in either package.

    Attributes:
        x, y: Position [units]; the origin is the lower left corner.
        theta: Heading [rad], counter-clockwise from x.
        linear_velocity: Magnitude [units/s, >= 0].
        angular_velocity: Turning [rad/s].
    """

    x: float
    y: float
    theta: float
    linear_velocity: float
    angular_velocity: float


class TurtlesimOdometry(ProcessNode):
    """Publishes each pose of the turtle as odometry.

    Parameters:
        See `robots/parameters.py`.
    Publishers:
        odom (nav_msgs/Odometry; reliable, depth 10): with each pose, 62.5 Hz.
        /tf (tf2_msgs/TFMessage): the same, with `publish_tf`; see `transforms.py`.
    Subscriptions:
        turtle1/pose (turtlesim/Pose, or turtlesim_msgs/Pose; qos.SENSOR).

    Raises:
        LibraryMissing: turtlesim's interfaces are not installed.
    """

    def __init__(self, parameter_overrides: Sequence[RosParameter] = (), **node_args: Any) -> None:
        pose_type = find_pose_type()
        super().__init__(
            'turtlesim_odometry', parameter_overrides=list(parameter_overrides), **node_args
        )
        self._settings = declare(self, TURTLESIM_ODOMETRY)
        self._publisher = self.create_publisher(Odometry, 'odom', ODOMETRY_DEPTH)
        self._transforms = Transforms(self, self._settings.publish_tf)
        self.create_subscription(pose_type, 'turtle1/pose', self._on_pose, qos.SENSOR)

    def _on_pose(self, pose: TurtlePose) -> None:
        odometry = odometry_from_pose(pose, self.get_clock().now().to_msg())
        odometry.header.frame_id = self._settings.odom_frame
        odometry.child_frame_id = self._settings.base_frame
        self._publisher.publish(odometry)
        self._transforms.tell(odometry)


def odometry_from_pose(pose: TurtlePose, stamp: Time) -> Odometry:
    """Return the odometry, without frames; the pose has no stamp of its own."""
    odometry = Odometry()
    odometry.header.stamp = stamp
    odometry.pose.pose.position.x = float(pose.x)
    odometry.pose.pose.position.y = float(pose.y)
    odometry.pose.pose.orientation.z = math.sin(pose.theta / 2)
    odometry.pose.pose.orientation.w = math.cos(pose.theta / 2)
    odometry.twist.twist.linear.x = float(pose.linear_velocity)
    odometry.twist.twist.angular.z = float(pose.angular_velocity)
    return odometry


def find_pose_type() -> type:
    """Return the type of turtlesim's poses.

    Raises:
        LibraryMissing: No package has it; install turtlesim.
    """
    for module in POSE_MODULES:
        with suppress(ModuleNotFoundError):
            return importlib.import_module(module).Pose
    distro = os.environ.get('ROS_DISTRO', 'jazzy')
    raise LibraryMissing(library='turtlesim', command=f'sudo apt install ros-{distro}-turtlesim')


PROGRAM = Program(
    'turtlesim_odometry',
    "turtlesim's pose as odometry, so that turtles are measured.",
    TURTLESIM_ODOMETRY,
)


def main() -> int:
    """Run the adapter."""
    return PROGRAM.run(lambda: [TurtlesimOdometry()])
