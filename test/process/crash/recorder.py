"""What moves the robot, and when, as seen from outside."""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from geometry_msgs.msg import Twist
from rclpy.qos import QoSProfile

from orchestrator_ren.msg import DriveCommand, OrchestratorStatus, TicketEvent
from orchestrator_ren.ros import qos

from .ledger import EXECUTED_TWICE, UNSAFE, Finding

STOPPED_WITHIN_S = 0.5
"""From the death of an orchestrator to the last velocity that is not zero [s]: the gate takes
0.25 s, the rest is for noticing."""


class Recorder:
    """Hears the velocities asked for, those that reach the base, and the status.

    Attributes:
        terms_of_stream: The terms in which each stream moved the robot.
        moved_at_mono_s: When the last velocity came that was not zero.
        ready_at_mono_s: When each term was first heard to be READY.
        up_at_s: When the last orchestrator came up, before it opened its store; UTC.
        serving_at_s: When it had cleaned up and took requests; UTC.
    """

    def __init__(self, node: Any) -> None:
        self.terms_of_stream: dict[str, set[int]] = defaultdict(set)
        self.moved_at_mono_s = 0.0
        self.ready_at_mono_s: dict[int, float] = {}
        self.up_at_s = self.serving_at_s = 0.0
        self._twist = Twist()
        self._quiet_from_mono_s = float('inf')
        self._findings: list[Finding] = []
        deep = QoSProfile(depth=1000)
        node.create_subscription(DriveCommand, 'drive_command', self._on_drive_command, deep)
        node.create_subscription(Twist, 'cmd_vel', self._on_cmd_vel, deep)
        node.create_subscription(OrchestratorStatus, 'status', self._on_status, qos.LATCHED)
        node.create_subscription(TicketEvent, 'telemetry/events', self._on_event, qos.EVENTS)

    def expect_quiet(self, died_at_mono_s: float) -> None:
        """The robot stops soon now, and stands until something is executed."""
        self._quiet_from_mono_s = died_at_mono_s + STOPPED_WITHIN_S

    def end_quiet(self) -> None:
        """Something is executed from now on."""
        self._quiet_from_mono_s = float('inf')

    def findings(self) -> Iterator[Finding]:
        """Yield what was seen that must not be."""
        yield from self._findings
        for stream, terms in self.terms_of_stream.items():
            if len(terms) > 1:
                yield EXECUTED_TWICE, f'{stream} moved the robot in the terms {sorted(terms)}'
        if self._quiet_from_mono_s < time.monotonic() and self._twist != Twist():
            yield UNSAFE, f'the last velocity after a kill is {self._twist}'

    def _on_drive_command(self, message: DriveCommand) -> None:
        if message.twist != Twist():
            self.terms_of_stream[message.stream].add(message.term)

    def _on_cmd_vel(self, message: Twist) -> None:
        self._twist = message
        if message == Twist():
            return
        self.moved_at_mono_s = time.monotonic()
        if self.moved_at_mono_s > self._quiet_from_mono_s:
            self._findings.append(
                (UNSAFE, f'moved after a kill, with nothing executed: {message}')
            )

    def _on_status(self, message: OrchestratorStatus) -> None:
        self.up_at_s = _seconds(message.stamp) - message.uptime_seconds
        if message.state == OrchestratorStatus.READY:
            self.ready_at_mono_s.setdefault(message.term, time.monotonic())

    def _on_event(self, message: TicketEvent) -> None:
        if message.type == TicketEvent.SERVICE_STARTED:
            self.serving_at_s = _seconds(message.stamp)


def _seconds(stamp: Any) -> float:
    return stamp.sec + stamp.nanosec * 1e-9
