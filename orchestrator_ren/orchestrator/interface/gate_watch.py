"""Counts what the gate did, from what it says of itself."""

from __future__ import annotations

import time

from rclpy.serialization import deserialize_message

from orchestrator_ren.msg import EStopState
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.quiet_subscription import QuietNode, QuietSubscription
from orchestrator_ren.telemetry.gate_counts import GateCounts
from orchestrator_ren.telemetry.metrics import TicketMetrics


class GateWatch:
    """Looks at the gate's last word when it is told to: ten a second would wake the process.

    Args:
        node: Owns the subscription.
        metrics: Told what is new.
    """

    def __init__(self, node: QuietNode, metrics: TicketMetrics) -> None:
        self._metrics = metrics
        self._counts = GateCounts()
        self._is_latched = False
        self._command_times_s = 0.0, 0.0
        self._heard_at_mono_s = time.monotonic()
        self._words = QuietSubscription(
            node, EStopState, 'e_stop_state', qos.LATCHED, self._on_word
        )

    def look(self) -> None:
        """Count what is new; to be called once a second."""
        self._words.look()
        silence_s = time.monotonic() - self._heard_at_mono_s
        period_s, age_s = self._command_times_s
        self._metrics.set_gate(
            is_latched=self._is_latched, silence_s=silence_s, period_s=period_s, age_s=age_s
        )

    def _on_word(self, raw: bytes, received_mono_s: float) -> None:
        word = deserialize_message(raw, EStopState)
        counts = word.count, word.rejected_count, word.stop_count
        self._metrics.count_gate(*self._counts.take(word.gate_id, counts))
        self._is_latched = word.state != EStopState.FREE
        self._command_times_s = word.command_period_seconds, word.command_age_seconds
        self._heard_at_mono_s = received_mono_s
