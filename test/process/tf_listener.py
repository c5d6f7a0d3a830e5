"""Prints each transform that it hears, and where odometry says that the base is, as JSON."""

import json

import rclpy
from nav_msgs.msg import Odometry
from tf2_msgs.msg import TFMessage

from orchestrator_ren.robots.transforms import FIXED_QOS, TF_QOS


def tell(topic: str, parent: str, child: str, x_m: float, z_m: float) -> None:
    print(json.dumps([topic, parent, child, x_m, z_m]), flush=True)  # noqa: T201 - its output


def on_transforms(topic: str, message: TFMessage) -> None:
    for each in message.transforms:
        shift = each.transform.translation
        tell(topic, each.header.frame_id, each.child_frame_id, shift.x, shift.z)


def on_odometry(message: Odometry) -> None:
    position = message.pose.pose.position
    tell('odom', message.header.frame_id, message.child_frame_id, position.x, position.z)


def main() -> None:
    rclpy.init()
    node = rclpy.create_node('tf_listener')
    for topic, profile in (('/tf', TF_QOS), ('/tf_static', FIXED_QOS)):
        node.create_subscription(
            TFMessage, topic, lambda seen, topic=topic: on_transforms(topic, seen), profile
        )
    node.create_subscription(Odometry, 'odom', on_odometry, 10)
    rclpy.spin(node)


if __name__ == '__main__':
    main()
