"""Tells whoever starts the orchestrator alone how to start a gate."""

from __future__ import annotations

import time

from rclpy.node import Node

from orchestrator_ren.orchestrator.execution.gate_link import GateLink

PATIENCE_S = 3.0
"""A gate that is started together with the orchestrator is heard by then [s]."""


class GateHint:
    """Says it once, where no gate was heard since the start.

    Args:
        node: Whose namespace the gate must have; its log.
        link: To the gate.
    """

    def __init__(self, node: Node, link: GateLink) -> None:
        self._node = node
        self._link = link
        self._due_mono_s = time.monotonic() + PATIENCE_S
        self._is_settled = False

    def tick(self) -> None:
        """Look whether it must be said; called each second."""
        if self._is_settled or time.monotonic() < self._due_mono_s:
            return
        self._is_settled = True
        if self._link.limits is None:
            self._node.get_logger().warning(how_to_start_a_gate(self._node.get_namespace()))


def how_to_start_a_gate(namespace: str) -> str:
    """Return what to type where no gate is heard in the namespace."""
    robot = namespace.strip('/')
    of_ren, of_ros = (f' -n {robot}', f' --ros-args -r __ns:=/{robot}') if robot else ('', '')
    return (
        'no cmd_vel gate is heard, so nothing can move; start all of it with `ren up'
        f'{of_ren}`, or a gate with `ros2 run orchestrator_ren cmd_vel_gate{of_ros}`, or start'
        ' this with `-p gate:=in_process`'
    )
