"""What the orchestrator hears of the robot itself: its odometry, and its laser scans."""

from __future__ import annotations

import time
from collections.abc import Callable

from nav_msgs.msg import Odometry
from sensor_msgs.msg import LaserScan

from orchestrator_ren.motion.laser_scan import RangeScan, is_repeated
from orchestrator_ren.motion.odometry import Odometer
from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.standstill import StandstillLimits
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.graph import publishers_of
from orchestrator_ren.ros.quiet_subscription import QuietNode, QuietSubscription


class Sensors:
    """Listens to odometry from the start on, and to scans from the first time somebody asks.

    Each sample of odometry is judged when it comes in while something is under way, otherwise at
    the next look. Scans are looked at when somebody asks.

    Args:
        node: Owns the subscriptions; has `use_sim_time` and the limits of standstill.

    Attributes:
        odometer: What is known from odometry.
        is_simulated: Whether the robot is, so that its time is not that of the steady clock.
        on_odometry_jump: Called when odometry shows a step that no base can make.
    """

    def __init__(self, node: QuietNode) -> None:
        self.is_simulated: bool = node.get_parameter('use_sim_time').value
        self.odometer = Odometer(
            StandstillLimits(
                node.get_parameter('standstill_speed_mps').value,
                node.get_parameter('standstill_yaw_rate_radps').value,
            ),
            is_simulated=self.is_simulated,
        )
        self.on_odometry_jump: Callable[[], None] = _nothing
        self._node = node
        self._is_needed = False
        self._scan: RangeScan | None = None
        self._scans: QuietSubscription | None = None
        self._odometry = QuietSubscription(node, Odometry, 'odom', qos.SENSOR, self._on_odometry)

    def attend(self, is_needed: bool) -> None:
        """Judge each sample of odometry at once while that is needed; those that wait first.

        The end of the need is acted on at the next look: the next one may come soon.
        """
        self._is_needed = is_needed
        if is_needed:
            self._odometry.attend(True)

    @property
    def sample(self) -> OdometrySample | None:
        """The latest odometry; None when none came in lately."""
        return self.odometer.fresh(time.monotonic())

    @property
    def hears_odometry(self) -> bool:
        """Whether odometry came in lately."""
        return self.sample is not None

    @property
    def expects_odometry(self) -> bool:
        """Whether somebody publishes odometry, but none was heard lately."""
        return not self.hears_odometry and bool(publishers_of(self._node, 'odom'))

    def scan_since(self, since_mono_s: float) -> RangeScan | None:
        """Return the latest laser scan, if it came in after `since_mono_s` [s].

        Nobody listens to scans before the first call: they are many and large.
        """
        if self._scans is None:
            self._scans = QuietSubscription(
                self._node, LaserScan, 'scan', qos.NEWEST_SCAN, self._on_scan
            )
        self._scans.look()
        if self._scan is None or self._scan.received_mono_s < since_mono_s:
            return None
        return self._scan

    def look(self) -> None:
        """Judge the samples that wait; to be called so often that the last one is still fresh."""
        self._odometry.attend(self._is_needed)

    def _on_odometry(self, raw: bytes, received_mono_s: float) -> None:
        jumps = self.odometer.jump_count
        self.odometer.add(conversions.odometry_from_bytes(raw, received_mono_s))
        if self.odometer.jump_count != jumps:
            self.on_odometry_jump()

    def _on_scan(self, raw: bytes, received_mono_s: float) -> None:
        scan = conversions.scan_from_bytes(raw, received_mono_s)
        if not is_repeated(scan, self._scan):
            self._scan = scan


def _nothing() -> None:
    pass
