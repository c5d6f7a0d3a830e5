"""The least that answers and could drive: a bare rclpy node, in a process of its own."""

import rclpy
from geometry_msgs.msg import Twist
from rclpy.executors import SingleThreadedExecutor
from std_srvs.srv import Trigger


def main() -> None:
    """Answer until killed."""
    rclpy.init()
    node = rclpy.create_node('bare_service')
    node.create_publisher(Twist, 'cmd_vel', 1)
    node.create_service(Trigger, 'stop', lambda _request, response: response)
    executor = SingleThreadedExecutor()
    executor.add_node(node)
    executor.spin()


if __name__ == '__main__':
    main()
