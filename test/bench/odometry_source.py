"""The odometry of a robot that stands, at the rate of the parameter `rate_hz`; 0 = none."""

import time

import rclpy
from nav_msgs.msg import Odometry


def main() -> None:
    """Publish until the process is killed."""
    rclpy.init()
    node = rclpy.create_node('odometry_source')
    rate_hz = node.declare_parameter('rate_hz', 0.0).value
    publisher = node.create_publisher(Odometry, 'odom', 10)
    message = Odometry(child_frame_id='base_link')
    message.header.frame_id = 'odom'
    message.pose.pose.orientation.w = 1.0
    due_mono_s = time.monotonic()
    while rate_hz:
        message.header.stamp = node.get_clock().now().to_msg()
        publisher.publish(message)
        due_mono_s += 1.0 / rate_hz
        time.sleep(max(0.0, due_mono_s - time.monotonic()))
    rclpy.spin(node)


if __name__ == '__main__':
    main()
