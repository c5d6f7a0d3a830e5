"""The least that can answer an e-stop: a bare rclpy node, in a process of its own."""

import rclpy
from geometry_msgs.msg import Twist
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool

RELIABLE = QoSProfile(depth=1)


def main() -> None:
    """Answer every Bool with a zero until the process is killed."""
    rclpy.init()
    node = rclpy.create_node('bare_twin')
    publisher = node.create_publisher(Twist, 'cmd_vel', RELIABLE)
    node.create_subscription(Bool, 'e_stop', lambda _: publisher.publish(Twist()), RELIABLE)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


if __name__ == '__main__':
    main()
