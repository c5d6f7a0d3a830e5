"""The orchestrator's node: tickets in, motion out, everything told."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.commands.drive import DriveSettings
from orchestrator_ren.commands.registry import built_in_commands
from orchestrator_ren.errors import (
    OrchestratorError,
    ServiceStopping,
    StoreUnavailable,
)
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.nodes import parameters
from orchestrator_ren.nodes.cmd_vel_gate import CmdVelGate
from orchestrator_ren.nodes.execute_action import ExecuteAction
from orchestrator_ren.nodes.process import ProcessNode, run
from orchestrator_ren.nodes.runner import TicketRunner
from orchestrator_ren.nodes.store_worker import StoreWorker
from orchestrator_ren.nodes.telemetry import PERIOD_S, TelemetryPublisher
from orchestrator_ren.nodes.ticket_services import TicketServices
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.event import Event, EventType


class Orchestrator(ProcessNode):
    """Takes, keeps and executes tickets.

    Parameters:
        See `parameters.ORCHESTRATOR`.
    Services:
        create_ticket, get_ticket, list_tickets, cancel_ticket, get_status.
    Actions:
        execute_ticket (ExecuteTicket): feedback at 5 Hz, see `execute_action.py`.
    Publishers:
        telemetry/events (TicketEvent; qos.EVENTS), telemetry/metrics (Metrics; 1 Hz),
        status (OrchestratorStatus; qos.LATCHED; on change and 1 Hz): see `telemetry.py`.
        drive_command (DriveCommand; qos.VELOCITY; 20 Hz while driving): see `gate_link.py`.
    Subscriptions:
        e_stop_state (EStopState; qos.LATCHED), odom (nav_msgs/Odometry; qos.SENSOR).
    """

    def __init__(self, parameter_overrides: Sequence[RosParameter] = (), **node_args: Any) -> None:
        super().__init__(
            'orchestrator', parameter_overrides=list(parameter_overrides), **node_args
        )
        self.settings = parameters.declare(self, parameters.ORCHESTRATOR)
        self._registry = built_in_commands(
            DriveSettings(
                is_holonomic=self.settings.base == 'holonomic',
                max_speed_mps=self.settings.max_speed_mps,
                acceleration_mps2=self.settings.acceleration_mps2,
                yaw_rate_radps=self.settings.yaw_rate_radps,
                yaw_acceleration_radps2=self.settings.yaw_acceleration_radps2,
            )
        )
        self._store = TicketStore(self.settings.store_url or _default_store_url(self))
        self._worker = StoreWorker(self)
        self._store_trouble: OrchestratorError | None = None
        self._telemetry = TelemetryPublisher(self)
        self._runner = TicketRunner(
            self,
            self._store,
            self._worker,
            self._registry,
            self._on_event,
            self._telemetry.metrics.observe_latency,
            self._publish_status,
        )
        self._runner.link.requires_odometry = self.settings.require_odometry

    def start(self) -> None:
        """Open the store, clean up after a crash, and take requests from now on.

        Raises:
            StoreError: The store cannot be used; the node must not run.
        """
        self._store.open()
        self._runner.link.term = self._store.term
        recovered = self._store.recover(datetime.now(timezone.utc))
        counts = self._store.count_by_status()
        TicketServices(
            self,
            self._store,
            self._worker,
            self._registry,
            self._runner,
            self._health,
            self._on_event,
            self._on_error,
        )
        ExecuteAction(self, self._runner)
        self.create_timer(
            PERIOD_S, self._publish_status, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._telemetry.announce_service(
            EventType.SERVICE_STARTED, f'store {self._store.shown_url}'
        )
        for _, event in recovered:
            self._telemetry.announce(event)
        self._telemetry.set_counts(counts)
        self._publish_status()

    def begin_stop(self) -> None:
        """Refuse what is new, and bring the robot to zero."""
        self._runner.begin_stop()
        self._publish_status()

    async def finish_stop(self) -> None:
        """Wait until the executions under way are saved, and say goodbye."""
        await self._runner.all_ended()
        self._telemetry.announce_service(EventType.SERVICE_STOPPED, '')
        self._telemetry.flush()
        self._worker.close(self._store.close)

    def _on_event(self, event: Event) -> None:
        self._store_trouble = None
        self._telemetry.announce(event)
        self._publish_status()

    def _on_error(self, error: OrchestratorError) -> None:
        """Remember whether the store works, for the status."""
        if isinstance(error, StoreUnavailable):
            self._store_trouble = error
            self._publish_status()

    def _trouble(self) -> OrchestratorError | None:
        if self._runner.is_stopping:
            return ServiceStopping()
        return self._store_trouble or self._runner.link.trouble

    def _health(self) -> tuple[OrchestratorStatus, OrchestratorError | None]:
        trouble = self._trouble()
        link, executing_ids = self._runner.link, self._runner.executing_ids
        return self._telemetry.status(trouble, link, executing_ids), trouble

    def _publish_status(self) -> None:
        self._telemetry.publish_status(self._health()[0])


def _default_store_url(node: ProcessNode) -> str:
    """Return an SQLite file of the node's namespace, so that two robots never share one."""
    home = Path(os.environ.get('ROS_HOME') or Path.home() / '.ros').expanduser()
    robot = node.get_namespace().strip('/').replace('/', '.') or 'tickets'
    return f'sqlite:///{home}/orchestrator_ren/{robot}.db'


def make_nodes() -> list[ProcessNode]:
    """Return the orchestrator, started, and the gate before it where that is in this process."""
    orchestrator = Orchestrator()
    orchestrator.start()
    if orchestrator.settings.gate == 'external':
        return [orchestrator]
    return [CmdVelGate(), orchestrator]


def main() -> int:
    """Run the orchestrator."""
    return run(make_nodes)
