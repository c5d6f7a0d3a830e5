"""The least that hears odometry: a bare rclpy node, in a process of its own."""

import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor

from orchestrator_ren.ros import qos


def main() -> None:
    """Listen until killed."""
    rclpy.init()
    node = rclpy.create_node('bare_odometry')
    node.create_subscription(Odometry, 'odom', lambda _: None, qos.SENSOR)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


if __name__ == '__main__':
    main()
