"""A gate's lookout for other gates of the same robot."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from rclpy.node import Node

from orchestrator_ren.gate.state_publisher import TOPIC
from orchestrator_ren.motion.presence import was_first
from orchestrator_ren.msg import EStopState
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.graph import publishers_of

SERVICE = 'reset_e_stop'


class OtherGates:
    """Tells when another gate is heard, and whether that one was there first.

    The graph alone proves nothing, as a gate that was killed stays in it for a while; but only as
    long as it shows another one is there something to listen for: one's own state comes back too.

    Args:
        node: The gate.
        gate_id: Its own.
        uptime_s: Returns the time since its start [s].
        on_first: Called when the other one was there first.
    """

    def __init__(
        self, node: Node, gate_id: int, uptime_s: Callable[[], float], on_first: Callable[[], None]
    ) -> None:
        self._node = node
        self._gate_id = gate_id
        self._uptime_s = uptime_s
        self._on_first = on_first
        self._subscription: Any = None

    def look(self) -> None:
        """Listen if there is something to listen for; called once a second."""
        are_several = len(publishers_of(self._node, TOPIC)) > 1
        if are_several and self._subscription is None:
            self._subscription = self._node.create_subscription(
                EStopState, TOPIC, self._on_state, qos.LATCHED
            )
        elif not are_several and self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    @property
    def _is_there(self) -> bool:
        """Whether another gate can be asked, too: a recording that is played back cannot."""
        return self._node.count_services(self._node.resolve_service_name(SERVICE)) > 1

    def _on_state(self, message: EStopState) -> None:
        if message.gate_id == self._gate_id or not self._is_there:
            return
        other = message.gate_id, message.uptime_seconds
        if was_first(*other, self._gate_id, self._uptime_s()):
            self._on_first()
