"""A node, and a thread that spins it, which disturb nobody: for callers that have none."""

from __future__ import annotations

import secrets
import threading
import time
import traceback
from threading import get_ident

from rclpy.context import Context
from rclpy.node import Node

from orchestrator_ren.ros.discovery import set_meanwhile
from orchestrator_ren.ros.executor import make_executor

CALM_S = 0.1
"""Pause after a callback that raised [s]."""

END_S = 2.0
"""How long the thread is waited for at the end [s]."""


class OwnNode:
    """Makes the node in a context of its own, so that rclpy of the caller is left alone.

    The signals are the caller's, and so are the arguments of the command line.

    Args:
        namespace: Of the node; the robot's.
        domain_id: ROS domain; None = that of ROS_DOMAIN_ID.
    """

    def __init__(self, namespace: str, domain_id: int | None) -> None:
        self._context = Context()
        self._context.init([], initialize_logging=False, domain_id=domain_id)
        with set_meanwhile():
            self.node = Node(
                f'ticket_client_{secrets.token_hex(4)}',
                context=self._context,
                namespace=namespace,
                enable_rosout=False,
                start_parameter_services=False,
                use_global_arguments=False,
            )
        self._executor = make_executor([self.node], is_stock_wanted=False)
        self._is_ending = threading.Event()
        self._thread = threading.Thread(target=self._spin, name='ticket_client', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """End thread, node and context."""
        self._is_ending.set()
        self._executor.shutdown(timeout_sec=0.0)
        if self._thread.ident != get_ident():
            self._thread.join(END_S)
        self.node.destroy_node()
        self._context.try_shutdown()

    def _spin(self) -> None:
        while not self._is_ending.is_set() and self._context.ok():
            self._spin_once()

    def _spin_once(self) -> None:
        """Run a callback; one that raises must not end the others."""
        try:
            self._executor.spin_once()
        except Exception:
            if not self._is_ending.is_set() and self._context.ok():
                self.node.get_logger().error(f'a callback raised\n{traceback.format_exc()}')
                time.sleep(CALM_S)
