"""e_stop_state: what the gate says of itself."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.node import Node

from orchestrator_ren.motion.gate_state import GateState
from orchestrator_ren.motion.gate_word import must_tell, word_of
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.msg import EStopState
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros import qos

TOPIC = 'e_stop_state'

HEARTBEAT_S = 0.1
"""Period in which it is said again [s]."""


class StatePublisher:
    """Says it on change, and when it is time to.

    Args:
        node: Owns the publisher.
        limits: What the gate lets pass.
        listeners: Returns how many listen to cmd_vel.
        command_times: Returns the longest period and the highest age of late commands, at a steady
            time [s].
        scan_fault: Returns why no way is seen, at a steady time [s]; empty = not known to be so.
    """

    def __init__(
        self,
        node: Node,
        limits: MotionLimits,
        listeners: Callable[[], int],
        command_times: Callable[[float], tuple[float, float]],
        scan_fault: Callable[[float], str],
    ) -> None:
        self._node = node
        self._limits = limits
        self._listeners = listeners
        self._command_times = command_times
        self._scan_fault = scan_fault
        self._started_at_mono_s = time.monotonic()
        self._told: GateState | None = None
        self._publisher = node.create_publisher(EStopState, TOPIC, qos.LATCHED)

    def uptime_s(self) -> float:
        """Return the time since the start of the gate [s]."""
        return time.monotonic() - self._started_at_mono_s

    def tell_change(self, state: GateState) -> None:
        """Say it, if others must know at once."""
        if must_tell(self._told, state):
            self.tell(state)

    def tell(self, state: GateState) -> None:
        """Say it."""
        self._told = state
        now_mono_s = time.monotonic()
        word = word_of(
            state,
            self._limits,
            now_mono_s,
            self.uptime_s(),
            self._listeners(),
            self._scan_fault(now_mono_s),
        )
        stamp = self._node.get_clock().now().to_msg()
        times_s = self._command_times(now_mono_s)
        self._publisher.publish(conversions.word_to_msg(word, state, times_s, stamp))
