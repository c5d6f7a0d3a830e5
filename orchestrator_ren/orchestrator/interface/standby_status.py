"""The status of an orchestrator that waits for its robot."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

from rclpy.node import Node
from rclpy.subscription import Subscription

from orchestrator_ren.errors import StoreError
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.interface.health import Health
from orchestrator_ren.orchestrator.interface.status_publisher import StatusPublisher
from orchestrator_ren.ros import qos

SILENCE_S = 2.5
"""After so long without a word of the orchestrator that has the robot, this one tells that it
waits [s]."""


class StandbyStatus:
    """Says STANDBY where nobody else says anything: the robot has one status.

    Args:
        node: Owns the subscription.
        health: Makes the rest of the status.
        publisher: Of the status.
        rival: Returns who has the robot; None = it is this orchestrator's.
    """

    def __init__(
        self,
        node: Node,
        health: Health,
        publisher: StatusPublisher,
        rival: Callable[[], StoreError | None],
    ) -> None:
        self._node = node
        self._health = health
        self._publisher = publisher
        self._rival = rival
        self._heard_at_mono_s = -math.inf
        self._subscription: Subscription | None = None

    def tell(self) -> None:
        """Publish the status, if nobody else does; called each second while it waits."""
        if self._subscription is None:
            self._subscription = self._node.create_subscription(
                OrchestratorStatus, 'status', self._on_status, qos.LATCHED
            )
        elif time.monotonic() - self._heard_at_mono_s > SILENCE_S:
            self._publisher.publish(self._status())

    def close(self) -> None:
        """Listen no longer: the robot is this orchestrator's."""
        if self._subscription is not None:
            self._node.destroy_subscription(self._subscription)
            self._subscription = None

    def _status(self) -> OrchestratorStatus:
        status = self._health.status()
        status.state = OrchestratorStatus.STANDBY
        status.state_code = OrchestratorStatus.CODE_STANDBY
        status.detail = f'waits for the robot: {self._rival()}'
        return status

    def _on_status(self, message: OrchestratorStatus) -> None:
        if message.state != OrchestratorStatus.STANDBY:
            self._heard_at_mono_s = time.monotonic()
