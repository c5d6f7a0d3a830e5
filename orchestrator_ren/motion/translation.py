"""A straight drive, tick by tick: how fast next, and when it is there."""

from __future__ import annotations

from orchestrator_ren.motion import profile

ARRIVED_M = 0.01
"""So near to the end it is there [m]; the last of it the base rolls."""

ROLL_OUT_S = 0.5
ROLL_OUT_M = 0.002
"""A base that rolls to the end makes so much way [m] in so much time [s]; one that does not has
stopped short, and is driven on."""

LEAST_GAIN = 0.2
"""Of a base that slips, so much of the way commanded is expected at least; less is held up."""

DECELERATION_MARGIN = 1.2
"""Part of the acceleration limit that may be used to slow down, where the base is ahead of what it
was commanded."""

NOTHING_M = 1e-6


class Translation:
    """The profile over a distance, held to the way that is measured, where it is.

    A base that follows what it is commanded, with whatever lag, gets the trapezoid of `profile`
    and ends at its end. One that slips is driven on until the way is made. The speed is never
    below 0 nor above `cruise_mps`: it cannot move the robot back, nor faster than was asked for.

    Args:
        distance_m: To be made [m, > 0].
        cruise_mps: Speed not exceeded [m/s, > 0].
        acceleration_mps2: Of speeding up and slowing down [m/s², > 0].

    Attributes:
        speed_mps: To be held now [m/s, >= 0].
        made_m: Way made so far [m].
        elapsed_s: Time since the start [s].
    """

    def __init__(self, distance_m: float, cruise_mps: float, acceleration_mps2: float) -> None:
        self.speed_mps = 0.0
        self.made_m = 0.0
        self.elapsed_s = 0.0
        self._distance_m = distance_m
        self._cruise_mps = cruise_mps
        self._acceleration_mps2 = acceleration_mps2
        self._is_measured = False
        self._expected_m = 0.0  # what is made once the base has done what it was told until now
        self._gain = 1.0  # part of the way commanded that is made, as the last leg has shown
        self._commanded_m = 0.0
        self._leg_m = (0.0, 0.0)  # commanded and made, at its begin
        self._rolled_to_m = 0.0
        self._rolled_s = 0.0

    @property
    def is_done(self) -> bool:
        """Whether the way is made; where it is measured, not before that shows it."""
        tolerance_m = min(ARRIVED_M, self._distance_m / 20.0) if self._is_measured else NOTHING_M
        return not self._is_short and self._distance_m - self.made_m <= tolerance_m

    @property
    def share(self) -> float:
        """Part of the distance that is made [0-1]."""
        return min(1.0, self.made_m / self._distance_m)

    @property
    def _is_short(self) -> bool:
        """Whether the base would not come to the end by itself."""
        nothing_m = self._distance_m / 1000.0 if self._is_measured else NOTHING_M
        return self._distance_m - self._expected_m > min(0.001, nothing_m)

    def next_speed_mps(self, step_s: float) -> float:
        """Return the speed to hold for the next step, of about that length [m/s, >= 0]."""
        if self._rolled_s > ROLL_OUT_S:  # it did not come
            self._begin_leg()
        self.speed_mps = self._profile_mps(step_s) if self._is_short else 0.0
        return self.speed_mps

    def _begin_leg(self) -> None:
        """Drive on from where it has come to, with what is known of its slip."""
        commanded_m, made_m = self._commanded_m - self._leg_m[0], self.made_m - self._leg_m[1]
        if commanded_m > ARRIVED_M:
            self._gain = min(1.0, max(LEAST_GAIN, made_m / commanded_m))
        self._leg_m = (self._commanded_m, self.made_m)
        self._expected_m, self._rolled_s = self.made_m, 0.0

    def _profile_mps(self, step_s: float) -> float:
        remaining_m = self._distance_m - self._expected_m
        wanted_mps = profile.next_speed(
            self.speed_mps, remaining_m, self._cruise_mps, self._acceleration_mps2, step_s
        )
        limit_mps2 = DECELERATION_MARGIN * self._acceleration_mps2
        return max(wanted_mps, self.speed_mps - limit_mps2 * step_s)

    def advance(self, step_s: float, measured_m: float | None) -> None:
        """Take what the step has brought.

        Args:
            step_s: How long the speed was held [s, >= 0].
            measured_m: Way made since the start; None = not measured: what was commanded counts.
        """
        self.elapsed_s += step_s
        step_m = self.speed_mps * step_s
        self._commanded_m += step_m
        self._expected_m += self._gain * step_m
        self._is_measured = measured_m is not None
        if measured_m is None:
            self.made_m = self._expected_m
            return
        self.made_m = measured_m
        self._expected_m = max(self._expected_m, measured_m)
        self._notice_roll(step_s)

    def _notice_roll(self, step_s: float) -> None:
        """Count the time in which it makes no way any more, though none is commanded."""
        if self._is_short or self.made_m > self._rolled_to_m + ROLL_OUT_M:
            self._rolled_s, self._rolled_to_m = 0.0, self.made_m
        else:
            self._rolled_s += step_s
