"""Publishes the status when it says something new, and not too often."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.ros import qos

CALM_S = 0.05
"""Least time between two changes told [s]: a flood of tickets is not told one by one."""

AGEING = {'stamp', 'uptime_seconds'}
"""Fields that tell nothing new."""


class StatusPublisher:
    """The first of several changes is told at once, what the others led to `CALM_S` later.

    Args:
        node: Owns the publisher and the timer.
        make_status: Returns the status as it is now.
    """

    def __init__(self, node: Node, make_status: Callable[[], OrchestratorStatus]) -> None:
        self._make_status = make_status
        self._publisher = node.create_publisher(OrchestratorStatus, 'status', qos.LATCHED)
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = node.create_timer(CALM_S, self._on_timer, clock=steady)
        self._timer.cancel()
        self._due_at_mono_s = math.inf
        self._is_put_off = False
        self._looked_at_mono_s = -math.inf
        self._told: list[Any] = []

    def tell_change(self) -> None:
        """Publish it, soon and if it says something new; called whenever it may."""
        if self._due_at_mono_s < math.inf:
            return
        if time.monotonic() < self._looked_at_mono_s + CALM_S:
            self._look_later()
        else:
            self._look()

    def tell(self) -> OrchestratorStatus:
        """Publish it, whatever it says; return it."""
        self._told = []  # as if nothing had been
        return self._look()

    def publish(self, status: OrchestratorStatus) -> None:
        """Publish another status than that of this orchestrator as it is now."""
        self._publisher.publish(status)

    def _look_later(self) -> None:
        self._due_at_mono_s = time.monotonic() + CALM_S
        self._timer.reset()

    def _on_timer(self) -> None:
        is_late = time.monotonic() > self._due_at_mono_s + CALM_S
        if is_late and not self._is_put_off:  # it stood still: first what has come in meanwhile
            self._is_put_off = True  # once: where it is always late, nothing would ever be told
            self._look_later()
            return
        self._timer.cancel()
        self._due_at_mono_s, self._is_put_off = math.inf, False
        self._look()

    def _look(self) -> OrchestratorStatus:
        """Publish the status if it says something new; return it."""
        status = self._make_status()
        self._looked_at_mono_s = time.monotonic()
        said = _said_by(status)
        if said != self._told:
            self._told = said
            self._publisher.publish(status)
        return status


def _said_by(status: OrchestratorStatus) -> list[Any]:
    fields = status.get_fields_and_field_types()
    return [getattr(status, name) for name in fields if name not in AGEING]
