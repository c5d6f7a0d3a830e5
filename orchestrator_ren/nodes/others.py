"""Who else is there, by the names as they are on the wire."""

from __future__ import annotations

from rclpy.node import Node


def publishers_of(node: Node, topic: str) -> list[str]:
    """Return the full names of the nodes that publish on a topic, one entry for each publisher.

    Args:
        node: Whose namespace and remaps count: `count_publishers` knows no remaps.
        topic: As the node would subscribe to it.
    """
    infos = node.get_publishers_info_by_topic(topic)  # expands and remaps
    return sorted(f'{each.node_namespace.rstrip("/")}/{each.node_name}' for each in infos)
