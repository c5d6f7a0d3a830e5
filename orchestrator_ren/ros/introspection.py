"""Services that tell what they were asked, and what they answered, for recordings."""

from __future__ import annotations

from rclpy.node import Node
from rclpy.service_introspection import ServiceIntrospectionState

from orchestrator_ren.ros import qos

STATES = {
    'off': ServiceIntrospectionState.OFF,
    'metadata': ServiceIntrospectionState.METADATA,
    'contents': ServiceIntrospectionState.CONTENTS,
}

OF_EVERY_NODE = {'rcl_interfaces', 'type_description_interfaces'}
"""Packages of the services that every node has: parameters, types."""


def introspect(node: Node, state: str) -> None:
    """Let the services that a node has made publish their events on `NAME/_service_event`.

    Its actions too, where rclpy can (Kilted and later).

    Args:
        node: Has made them.
        state: One of `STATES`.
    """
    if state == 'off':
        return
    services = [
        each
        for each in node.services
        if each.srv_type.__module__.partition('.')[0] not in OF_EVERY_NODE
    ]
    actions = [each for each in node.waitables if hasattr(each, 'configure_introspection')]
    for each in (*services, *actions):
        each.configure_introspection(node.get_clock(), qos.SERVICE_EVENTS, STATES[state])
