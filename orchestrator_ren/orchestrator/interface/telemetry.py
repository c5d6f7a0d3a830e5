"""Publishes events and metrics."""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.metadata import version

from rclpy.clock import Clock, ClockType
from rclpy.duration import Duration

from orchestrator_ren.errors import (
    ClockUnusable,
    EStopActive,
    NoOdometry,
    NotAlone,
    NotFollowed,
    OrchestratorError,
    ScanMissing,
    ServiceStopping,
    StoreError,
    printable,
)
from orchestrator_ren.msg import Metrics, OrchestratorStatus, TicketEvent
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.orchestrator.interface.gate_watch import GateWatch
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.quiet_subscription import QuietNode
from orchestrator_ren.ros.stamps import time_to_msg
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.telemetry.metrics import TicketMetrics
from orchestrator_ren.telemetry.metrics_page import MetricsPage
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.ticket import Status

PERIOD_S = 1.0

FLUSH_S = 0.2
"""How long the last event is waited for [s]."""


class TelemetryPublisher:
    """Tells the world what the orchestrator does.

    Args:
        node: Owns the publishers, the subscription and the timer; has `prometheus_host` and
            `prometheus_port`.
        count_by_status: Returns the number of stored tickets in each status.

    Attributes:
        metrics: What is counted.
        page: The same, for Prometheus.
        version: Of the package.
    """

    def __init__(self, node: QuietNode, count_by_status: Callable[[], dict[Status, int]]) -> None:
        self.metrics = TicketMetrics()
        self.page = MetricsPage(
            self.metrics.page,
            node.get_parameter('prometheus_host').value,
            node.get_parameter('prometheus_port').value,
        )
        self.version = version('orchestrator_ren')
        self._node = node
        self._started_at_mono_s = time.monotonic()
        self._count_by_status = count_by_status
        self._gate = GateWatch(node, self.metrics)
        self._events = node.create_publisher(TicketEvent, 'telemetry/events', qos.EVENTS)
        self._metrics = node.create_publisher(Metrics, 'telemetry/metrics', qos.METRICS)
        node.create_timer(
            PERIOD_S, self.publish_metrics, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def start(self) -> None:
        """Let Prometheus read, if it is to and can."""
        self.page.start()
        if self.page.trouble:
            self._node.get_logger().warning(self.page.trouble)

    def close(self) -> None:
        """Let nobody read any more."""
        self.page.close()

    def announce(self, event: Event) -> None:
        """Count, log and publish an event that is on disk."""
        self.metrics.count(event)
        self._log(event)
        self._events.publish(conversions.event_to_msg(event))

    def announce_service(self, type_: EventType, message: str) -> None:
        """Publish that the service started or stopped."""
        self.announce(Event(at=utc_now(), type=type_, actor=Actor.SERVICE, message=message))

    def flush(self) -> None:
        """Wait until the events are received, for a while."""
        self._events.wait_for_all_acked(Duration(seconds=FLUSH_S))

    def publish_metrics(self) -> None:
        """Publish every metric as it is now, if anybody listens."""
        self.metrics.set_stored(self._count_by_status())
        self._gate.look()
        if not self._metrics.get_subscription_count():
            return
        self._metrics.publish(
            Metrics(
                stamp=time_to_msg(utc_now()),
                metrics=[conversions.series_to_msg(each) for each in self.metrics.snapshot()],
            )
        )

    def status(self, trouble: OrchestratorError | None) -> OrchestratorStatus:
        """Return what is known here of the status; `health.py` adds the rest."""
        state = _state_of(trouble)
        return OrchestratorStatus(
            stamp=time_to_msg(utc_now()),
            state=state,
            state_code=getattr(OrchestratorStatus, f'CODE_{state}'),
            detail=str(trouble or ''),
            version=self.version,
            uptime_seconds=time.monotonic() - self._started_at_mono_s,
            **{status.value.lower(): count for status, count in self._count_by_status().items()},
        )

    def _log(self, event: Event) -> None:
        logger = self._node.get_logger()
        subject = f'{event.ticket_id} {event.command}' if event.ticket_id else 'service'
        text = printable(f'{event.type.value}: {subject} {event.message}'.rstrip())
        if event.type is EventType.EXECUTION_FAILED:
            logger.error(f'{text} [{event.error_code}]')
        else:
            logger.info(text)


def _state_of(trouble: OrchestratorError | None) -> str:
    if trouble is None:
        return OrchestratorStatus.READY
    for kind, state in _STATES.items():
        if isinstance(trouble, kind):
            return state
    return OrchestratorStatus.NO_GATE


_STATES: dict[type[OrchestratorError], str] = {
    ServiceStopping: OrchestratorStatus.STOPPING,
    StoreError: OrchestratorStatus.STORE_DOWN,
    EStopActive: OrchestratorStatus.STOPPED,
    NotAlone: OrchestratorStatus.NOT_ALONE,
    NoOdometry: OrchestratorStatus.NO_ODOMETRY,
    ClockUnusable: OrchestratorStatus.NO_CLOCK,
    ScanMissing: OrchestratorStatus.NO_SCAN,
    NotFollowed: OrchestratorStatus.NO_BASE,
}
