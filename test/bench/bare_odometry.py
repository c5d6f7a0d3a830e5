"""The least that can hear odometry: a bare rclpy node, in a process of its own."""

import rclpy
from nav_msgs.msg import Odometry
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import qos_profile_sensor_data


def main() -> None:
    """Take every message until the process is killed."""
    rclpy.init()
    node = rclpy.create_node('bare_odometry')
    node.create_subscription(Odometry, 'odom', lambda _: None, qos_profile_sensor_data)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


if __name__ == '__main__':
    main()
