"""Why the base must not move though the gate is well: odometry, clock, base, scan, speed."""

from __future__ import annotations

import time

from rclpy.clock import Clock

from orchestrator_ren.errors import (
    ClockUnusable,
    NoOdometry,
    OrchestratorError,
    ScanMissing,
    SpeedAboveLimit,
)
from orchestrator_ren.motion.clock_use import ClockUse
from orchestrator_ren.motion.obstacle import SCAN_FRESH_S
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.tickets.needs import Needs


class MotionCheck:
    """Refuses motions that the robot cannot do, before anything is sent.

    It cannot move the robot wrongly: the gate judges whatever it lets through.

    Args:
        link: To the gate.
        sensors: Of the robot.
        clock: The node's, which tells simulated time where the robot is simulated.

    Attributes:
        requires_odometry: Whether the base must not move without odometry.
    """

    def __init__(self, link: GateLink, sensors: Sensors, clock: Clock) -> None:
        self.requires_odometry = False
        self._link = link
        self._sensors = sensors
        self._odometer = sensors.odometer
        self._clock = clock
        self._clock_use = ClockUse()

    def check(self, needs: Needs, speed_mps: float) -> None:
        """Refuse what must not run now, or that the gate would not let pass.

        Raises:
            SafetyError: The e-stop is latched, or the gate is not heard; for what is interlocked.
            NoOdometry: None is heard, and the robot must not move without, or has had some before.
            ClockUnusable: `use_sim_time` is set, and no /clock is heard, or it stands.
            NotFollowed: Nobody listens to the gate's velocities.
            SpeedAboveLimit: The gate's own limit is lower than `speed_mps` [m/s].
        """
        if needs.interlocked:
            self._link.check_safe()
        if needs.moves:
            self._check_motion(speed_mps)

    def _check_motion(self, speed_mps: float) -> None:
        trouble, limits = self.trouble, self._link.limits
        if trouble is not None:
            raise trouble
        if limits is not None and speed_mps > limits.max_speed_mps:
            raise SpeedAboveLimit(
                field='the speed',
                value=speed_mps,
                limit=f"at most {limits.max_speed_mps:g}, the cmd_vel gate's max_speed_mps",
            )

    @property
    def trouble(self) -> OrchestratorError | None:
        """Why no motion may begin; None when one may."""
        return self._odometry_trouble() or self._clock_trouble() or self._link.base_trouble

    @property
    def scan_trouble(self) -> OrchestratorError | None:
        """Why a motion would latch the e-stop at once; None when it is not known to."""
        fault = self._link.scan_fault
        return ScanMissing(waited_s=SCAN_FRESH_S, detail=f': {fault}') if fault else None

    def _odometry_trouble(self) -> NoOdometry | None:
        if self._sensors.hears_odometry:
            return None
        trouble = self._odometer.trouble(time.monotonic())
        told = f'; what comes counts as none: {trouble}' if trouble else ''
        if self.requires_odometry:
            return NoOdometry(reason=f'and require_odometry is set{told}')
        if self._odometer.has_begun:
            reason = f'but was before; mend it, or start the orchestrator again{told}'
            return NoOdometry(reason=reason)
        if trouble:  # it has some, and it lies: that is not to have none
            return NoOdometry(reason=f'for what comes counts as none: {trouble}')
        return None

    def _clock_trouble(self) -> ClockUnusable | None:
        if not self._sensors.is_simulated:
            return None
        return self._clock_use.trouble(self._clock.now().nanoseconds, time.monotonic())
