"""Whether a drive would start now, and if not, why: the status that everybody sees."""

from __future__ import annotations

from orchestrator_ren.errors import OrchestratorError, ServiceStopping
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.motion_check import MotionCheck
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.orchestrator.interface.telemetry import TelemetryPublisher
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper


class Health:
    """Puts the status together from those who know.

    Args:
        shutdown: The end of the orchestrator.
        keeper: Of the store.
        link: To the gate.
        motion_check: Why no motion may begin.
        sensors: Of the robot.
        executions: Those under way.
        dispatcher: Holds the queue.
        pause: Of the queue.
        telemetry: Knows of the tickets.
    """

    def __init__(
        self,
        shutdown: Shutdown,
        keeper: StoreKeeper,
        link: GateLink,
        motion_check: MotionCheck,
        sensors: Sensors,
        executions: Executions,
        dispatcher: Dispatcher,
        pause: QueuePause,
        telemetry: TelemetryPublisher,
    ) -> None:
        self._shutdown = shutdown
        self._keeper = keeper
        self._link = link
        self._motion_check = motion_check
        self._sensors = sensors
        self._executions = executions
        self._dispatcher = dispatcher
        self._pause = pause
        self._telemetry = telemetry

    @property
    def trouble(self) -> OrchestratorError | None:
        """Why nothing can move; None when it can."""
        if self._shutdown.has_begun:
            return ServiceStopping()
        moving = self._motion_check.trouble or self._motion_check.scan_trouble
        return self._keeper.trouble or self._link.trouble or moving

    def status(self) -> OrchestratorStatus:
        """Return the status as it is now."""
        return self.status_with(self.trouble)

    def status_with(self, trouble: OrchestratorError | None) -> OrchestratorStatus:
        """Return the status, `trouble` being the reason why nothing can move."""
        status = self._telemetry.status(trouble)
        status.term = self._keeper.store.term
        status.robot = self._keeper.store.robot.name
        status.hears_odometry = self._sensors.hears_odometry
        status.executing_ids = [each.ticket_id for each in self._executions.executing]
        status.waiting = len(self._dispatcher)
        status.pause_reason = self._pause.reason.text
        return status
