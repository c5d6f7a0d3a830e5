"""Who else is on a topic, by the names of the ROS graph.

A process that was killed stays in the graph for many seconds: what is found here is told, and
what decides whether the robot may move is what is heard.
"""

from __future__ import annotations

import contextlib

from rclpy.node import Node, NodeNameNonExistentError


def namespaces_with(node: Node, service: str, type_name: str) -> list[str]:
    """Return where that service is offered, without slashes around it; empty = no namespace.

    Args:
        node: Whose graph it is.
        service: Its relative name.
        type_name: As `std_srvs/srv/Trigger`.
    """
    end, found = f'/{service}', set()
    # Of all services at once, those that somebody only asks for are named too.
    for name, namespace in node.get_node_names_and_namespaces():
        with contextlib.suppress(NodeNameNonExistentError):  # it is gone meanwhile
            offered = node.get_service_names_and_types_by_node(name, namespace)
            found |= {each for each, types in offered if each.endswith(end) and type_name in types}
    return sorted(each.removesuffix(end).strip('/') for each in found)


def publishers_of(node: Node, topic: str) -> list[str]:
    """Return the full names of the nodes that publish on the topic, one for each publisher.

    Args:
        node: Its own publishers count too.
        topic: As the node itself names it: its remappings apply, as they do to its publishers, and
            as `count_publishers` does not.
    """
    infos = node.get_publishers_info_by_topic(topic)  # expands and remaps
    return sorted(f'{each.node_namespace.rstrip("/")}/{each.node_name}' for each in infos)
