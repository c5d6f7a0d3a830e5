"""What one simulated robot says and hears, alone or as one of several."""

from __future__ import annotations

import math
from array import array
from types import SimpleNamespace
from typing import TYPE_CHECKING

from builtin_interfaces.msg import Time
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.node import Node
from rclpy.qos import QoSProfile
from sensor_msgs.msg import LaserScan
from std_srvs.srv import Trigger

from orchestrator_ren.errors import WorldError
from orchestrator_ren.robots.transforms import Fixed, Transforms
from orchestrator_ren.ros import qos
from orchestrator_ren.simulation.base import CONTROL_STEP_S

if TYPE_CHECKING:
    from orchestrator_ren.simulation.robot import SimulatedRobot

STEPS_PER_SCAN = 5

WORLD_FRAME = 'world'
"""In which the odometry of several robots is, all of it without drift."""

SENSOR_QOS = QoSProfile(depth=10)
"""Reliable publishers serve best-effort subscriptions as well."""


class SimTopics:
    """The topics and the service of a robot; `start` gives it the robot.

    Args:
        node: Owns them.
        settings: The parameters of `sim_robot`.
        name: Of the robot, before its topics and frames; empty = it is the only one.
    """

    def __init__(self, node: Node, settings: SimpleNamespace, name: str) -> None:
        prefix = f'{name}/' if name else ''
        self._is_one_of_several = bool(name)
        self._robot: SimulatedRobot | None = None
        self._odometry = Odometry(child_frame_id=f'{prefix}{settings.base_frame}')
        self._odometry.header.frame_id = f'{prefix}{settings.odom_frame}'
        self._scan = LaserScan()
        self._scan.header.frame_id = f'{prefix}{settings.scan_frame}'
        self._odometry_topic = node.create_publisher(Odometry, f'{prefix}odom', SENSOR_QOS)
        self._scan_topic = node.create_publisher(LaserScan, f'{prefix}scan', SENSOR_QOS)
        node.create_subscription(Twist, f'{prefix}cmd_vel', self._on_cmd_vel, qos.VELOCITY)
        node.create_service(Trigger, f'{prefix}{node.get_name()}/reset', self._handle_reset)

    def start(self, robot: SimulatedRobot) -> list[Fixed]:
        """Speak for the robot from now on; return what is fixed to it."""
        self._robot = robot
        lidar, scan = robot.lidar, self._scan
        scan.angle_min, scan.angle_max = lidar.angle_min_rad, lidar.angle_max_rad
        scan.angle_increment = lidar.angle_increment_rad
        scan.range_min, scan.range_max = lidar.range_min_m, lidar.range_max_m
        scan.scan_time = CONTROL_STEP_S * STEPS_PER_SCAN
        odometry = self._odometry
        fixed = [Fixed(odometry.child_frame_id, scan.header.frame_id, lidar.height_m)]
        if self._is_one_of_several:
            fixed.append(Fixed(WORLD_FRAME, odometry.header.frame_id, 0.0))
        return fixed

    def publish(self, stamp: Time, transforms: Transforms, is_scan_due: bool) -> None:
        """Tell where the robot is, and what it sees."""
        if self._robot is None:
            return
        self._odometry.header.stamp = stamp
        _fill_odometry(self._odometry, self._robot)
        self._odometry_topic.publish(self._odometry)
        transforms.tell(self._odometry)
        if is_scan_due:
            self._scan.header.stamp = stamp
            self._scan.ranges = array('f', self._robot.scan().tobytes())
            self._scan_topic.publish(self._scan)

    def _on_cmd_vel(self, message: Twist) -> None:
        if self._robot is not None:
            self._robot.command(message.linear.x, message.linear.y, message.angular.z)

    def _handle_reset(self, _: Trigger.Request, response: Trigger.Response) -> Trigger.Response:
        response.success, response.message = False, 'not started yet'
        if self._robot is not None:
            try:
                self._robot.reset()
                response.success, response.message = True, 'back at the start'
            except WorldError as error:
                response.message = str(error)
        return response


def _fill_odometry(message: Odometry, robot: SimulatedRobot) -> None:
    pose, velocity = robot.pose, robot.velocity
    message.pose.pose.position.x = pose.x_m
    message.pose.pose.position.y = pose.y_m
    message.pose.pose.orientation.z = math.sin(pose.yaw_rad / 2)
    message.pose.pose.orientation.w = math.cos(pose.yaw_rad / 2)
    message.twist.twist.linear.x = velocity.vx_mps
    message.twist.twist.linear.y = velocity.vy_mps
    message.twist.twist.angular.z = velocity.wz_radps
