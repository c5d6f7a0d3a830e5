"""A base in each namespace given: it does at once what cmd_vel says, and tells at 50 Hz."""

from __future__ import annotations

import math
import sys

import rclpy
from geometry_msgs.msg import Twist
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node

from orchestrator_ren.ros import qos

PERIOD_S = 0.02


class Base:
    """The base of one namespace."""

    def __init__(self, node: Node, namespace: str) -> None:
        self._node = node
        self._twist = Twist()
        self._odometry = Odometry()
        self._odometry.header.frame_id = 'odom'
        self._odometry.child_frame_id = 'base_link'
        self._heading_rad = 0.0
        self._publisher = node.create_publisher(Odometry, f'/{namespace}/odom', qos.SENSOR)
        node.create_subscription(Twist, f'/{namespace}/cmd_vel', self._on_velocity, qos.VELOCITY)
        node.create_timer(PERIOD_S, self._tell)

    def _on_velocity(self, velocity: Twist) -> None:
        self._twist = velocity

    def _tell(self) -> None:
        twist, pose = self._twist, self._odometry.pose.pose
        self._heading_rad += twist.angular.z * PERIOD_S
        cos, sin = math.cos(self._heading_rad), math.sin(self._heading_rad)
        pose.position.x += (twist.linear.x * cos - twist.linear.y * sin) * PERIOD_S
        pose.position.y += (twist.linear.x * sin + twist.linear.y * cos) * PERIOD_S
        pose.orientation.z = math.sin(self._heading_rad / 2.0)
        pose.orientation.w = math.cos(self._heading_rad / 2.0)
        self._odometry.twist.twist = twist
        self._odometry.header.stamp = self._node.get_clock().now().to_msg()
        self._publisher.publish(self._odometry)


def main() -> None:
    rclpy.init()
    names = rclpy.utilities.remove_ros_args(sys.argv)[1:]
    node = rclpy.create_node('steady_odometry')
    bases = [Base(node, each) for each in names]
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    print(f'{len(bases)} bases', flush=True)
    executor.spin()


if __name__ == '__main__':
    main()
