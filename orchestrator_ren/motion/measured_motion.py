"""What odometry shows of one motion, and what of that ends it."""

from __future__ import annotations

from orchestrator_ren.errors import Blocked, OdometryJumped, OdometryLost
from orchestrator_ren.motion.blocked import HoldUp
from orchestrator_ren.motion.odometry import FRESH_S, Odometer
from orchestrator_ren.motion.velocity import Velocity


class MeasuredMotion:
    """One motion, from its start.

    Args:
        odometer: Of the robot; others feed it.
        hold_up: Of this motion.
        now_mono_s: Steady time [s].

    Attributes:
        had_odometry: Whether there was odometry at its start.
    """

    def __init__(self, odometer: Odometer, hold_up: HoldUp, now_mono_s: float) -> None:
        self.had_odometry = odometer.fresh(now_mono_s) is not None
        self._odometer = odometer
        self._hold_up = hold_up
        self._start_m = odometer.distance_m
        self._start_jumps = odometer.jump_count
        self._was_heard = self.had_odometry
        self._was_missed = False

    @property
    def made_m(self) -> float | None:
        """Way made in the direction commanded [m]; None without odometry."""
        return self._hold_up.made_m if self.had_odometry else None

    @property
    def heading_rad(self) -> float | None:
        """Measured heading, not wrapped [rad]; None without odometry."""
        return self._odometer.heading_rad if self.had_odometry else None

    def distance_m(self, now_mono_s: float) -> float | None:
        """Return the way travelled [m]; None where it is not measured now, or was not at first."""
        is_heard = self._odometer.fresh(now_mono_s) is not None
        if not (self.had_odometry and is_heard):
            return None
        return self._odometer.distance_m - self._start_m

    def jump(self) -> OdometryJumped | None:
        """Return the error once odometry has jumped since the start: the way is not known."""
        jump = self._odometer.jump
        if jump is None or self._odometer.jump_count <= self._start_jumps:
            return None
        return OdometryJumped(step_m=jump.step_m, turn_deg=jump.turn_deg, within_s=jump.within_s)

    def loss(self, now_mono_s: float) -> OdometryLost | None:
        """Return the error once odometry is silent: missed twice, for one's own stall is none."""
        if self._odometer.fresh(now_mono_s) is not None:
            self._was_heard, self._was_missed = True, False
        elif self._was_missed:
            return OdometryLost(limit_s=FRESH_S)
        else:
            self._was_missed = self._was_heard
        return None

    def hold_up(
        self, now_s: float, now_mono_s: float, velocity: Velocity, commanded_m: float
    ) -> Blocked | None:
        """Return the error once the robot makes far less way than it is told to.

        Args:
            now_s: Simulated time, where there is any, else steady time [s].
            now_mono_s: Steady time [s].
            velocity: Commanded since the last look, in the robot's frame.
            commanded_m: Way asked for so far [m].
        """
        sample = self._odometer.fresh(now_mono_s)
        if sample is None:
            return None
        position, heading_rad = complex(sample.x_m, sample.y_m), self._odometer.heading_rad
        why = self._hold_up.look(now_s, now_mono_s, velocity, position, heading_rad)
        if why is None:
            return None
        made_m = self._hold_up.made_m
        in_all = f', {made_m:.2f} of {commanded_m:.2f} m in all' if commanded_m else ''
        return Blocked(detail=why + in_all)
