"""One robot of a fleet as seen, moved and asked from outside."""

import time
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import rclpy
from geometry_msgs.msg import Twist
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.commands.command import CONTROL_PERIOD_S
from orchestrator_ren.msg import DriveCommand, OrchestratorStatus, TicketEvent
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import (
    CancelTicket,
    ChangeQueue,
    CreateTicket,
    GetHistory,
    ListRobots,
    ListTickets,
)

from ..node.conftest import Base
from ..process.crash.ledger import FINAL, UNSAFE, Finding

STOPPED_WITHIN_S = 0.5
"""From whatever stops a robot to the last velocity that is not zero [s]."""

SERVICES = {
    'create_ticket': CreateTicket,
    'cancel_ticket': CancelTicket,
    'list_tickets': ListTickets,
    'get_history': GetHistory,
    'list_robots': ListRobots,
    'resume_queue': ChangeQueue,
    'reset_e_stop': Trigger,
    'stop': Trigger,
}


class RobotSeen:
    """Its base, which follows cmd_vel, and what is heard of it.

    Attributes:
        name: By which the store knows it.
        statuses: What its orchestrators said, newest last.
        began_at_mono_s: When each term was first heard of.
        terms_of_stream: The terms in which each stream moved the robot.
        ends: What was announced as the end of each ticket.
        term: The highest one heard of.
        moved: When the base was given a velocity that is not zero.
    """

    def __init__(self, name: str, context: Any, namespace: str) -> None:
        self.name = name
        self.node = rclpy.create_node('client', namespace=f'{namespace}/{name}', context=context)
        self.base = Base(self.node)
        self.statuses: list[OrchestratorStatus] = []
        self.began_at_mono_s: dict[int, float] = {}
        self.terms_of_stream: dict[str, set[int]] = defaultdict(set)
        self.ends: dict[str, set[tuple[str, int, int]]] = defaultdict(set)
        self.moved: list[float] = []
        self.term = 0
        self._quiet_from_mono_s = float('inf')
        self._quiet_term = 0
        self._in_flight = 0
        self._findings: list[Finding] = []
        self.clients = {
            name: self.node.create_client(service, name) for name, service in SERVICES.items()
        }
        self._e_stop = self.node.create_publisher(Bool, 'e_stop', 10)
        deep = QoSProfile(depth=1000)
        for message, topic, hear, profile in (
            (DriveCommand, 'drive_command', self._on_drive_command, deep),
            (Twist, 'cmd_vel', self._on_cmd_vel, deep),
            (OrchestratorStatus, 'status', self._on_status, qos.LATCHED),
            (TicketEvent, 'telemetry/events', self._on_event, qos.EVENTS),
        ):
            self.node.create_subscription(message, topic, hear, profile)

    def press(self, is_pressed: bool) -> None:
        self._e_stop.publish(Bool(data=is_pressed))

    @property
    def status(self) -> OrchestratorStatus:
        return self.statuses[-1] if self.statuses else OrchestratorStatus()

    def is_moved_by(self, ticket_id: str) -> bool:
        """Whether the first attempt of that ticket has moved it."""
        return f'{ticket_id}#1' in self.terms_of_stream

    @property
    def begun_term(self) -> int:
        """The highest term of which a status was heard."""
        return max(self.began_at_mono_s, default=0)

    @property
    def drove_s(self) -> float:
        """For how long it was given velocities, in all [s]; this process may have stood still."""
        return len(self.moved) * CONTROL_PERIOD_S

    def moved_after(self, mono_s: float) -> float:
        """Return for how long after a moment it was given velocities; 0 = not at all."""
        return max(0.0, self.moved[-1] - mono_s) if self.moved else 0.0

    def expect_quiet(self, from_mono_s: float, in_flight: int = 0) -> None:
        """It stops soon now, and stands until it begins another motion, or in another term.

        Args:
            from_mono_s: The moment from which.
            in_flight: How many velocities may come late: a gate that is frozen while it sends one
                has sent it when it goes on; what is judged next is that time has passed.
        """
        self._in_flight = in_flight
        self._quiet_from_mono_s = from_mono_s + STOPPED_WITHIN_S
        self._quiet_term = self.term

    def end_quiet(self) -> None:
        """Something is executed from now on."""
        self._quiet_from_mono_s = float('inf')

    def findings(self) -> Iterator[Finding]:
        """Yield what was seen that must not be, once."""
        yield from self._findings
        self._findings.clear()

    def _hear_term(self, term: int) -> None:
        self.term = max(term, self.term)
        if self.term > self._quiet_term:
            self.end_quiet()

    def _on_drive_command(self, message: DriveCommand) -> None:
        self._hear_term(message.term)
        if message.twist != Twist():
            if message.stream not in self.terms_of_stream and message.term == self.term:
                self.end_quiet()
            self.terms_of_stream[message.stream].add(message.term)

    def _on_cmd_vel(self, message: Twist) -> None:
        if message == Twist():
            return
        now_mono_s = time.monotonic()
        self.moved.append(now_mono_s)
        if now_mono_s > self._quiet_from_mono_s and self._in_flight:
            self._in_flight -= 1
        elif now_mono_s > self._quiet_from_mono_s:
            late_s = now_mono_s - self._quiet_from_mono_s
            self._findings.append((UNSAFE, f'{self.name} moved {late_s:.2f} s after it must not'))

    def _on_status(self, message: OrchestratorStatus) -> None:
        self.statuses.append(message)
        if message.state != OrchestratorStatus.STANDBY and message.term:
            self.began_at_mono_s.setdefault(message.term, time.monotonic())
            self._hear_term(message.term)

    def _on_event(self, message: TicketEvent) -> None:
        if message.status in FINAL:
            end = message.status, message.attempt, message.error_code
            self.ends[message.ticket_id].add(end)
