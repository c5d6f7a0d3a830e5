"""Whether a robot is held up: it makes far less way than it is told to.

Ways are complex numbers: x + iy for a translation in the frame of the odometry [m], a real number
for turning [rad]. What counts is the way made in the direction of the way asked for: neither the
jitter of an odometry, nor a slide to the side, nor driving the wrong way is any.
"""

from __future__ import annotations

import cmath
import math
from bisect import bisect_right
from dataclasses import dataclass

from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.response import Response
from orchestrator_ren.motion.velocity import Velocity

WINDOW_S = 1.0
SLOW_WINDOW_S = 10.0
"""Times over which the two ways are compared [s]; the longer one for what is very slow."""

SHARE = 0.2
"""Part of the way asked for below which the robot is held up."""

SIDEWAYS_SHARE = 0.4
SIDEWAYS_LEAST_M = 0.1
"""A base that goes aside by more than that part of the way asked for goes elsewhere; judged where
so much is asked for at least [m], as a pose trembles."""

DELAYS_S = (0.0, 0.25, 0.5)
"""What was asked for until so long ago is compared with what was made until now [s]. Only if it is
too little for each is the robot held up: up to 0.3 s the base may take to follow, and up to 0.2 s
an odometry of 5 Hz to tell."""

STRAIGHT = 0.7
"""Where less than this part of the way asked for is left from its begin to its end, it turned back
or went round, and is not judged: a delay alone would look like being held up."""

LEAST_WAYS_M = {WINDOW_S: 0.02, SLOW_WINDOW_S: 0.05}
LEAST_TURNS_RAD = {WINDOW_S: 0.05, SLOW_WINDOW_S: 0.1}
"""What asks for less in that time is not judged [m, rad]: the end of an approach, which friction
may well hold, and what an odometry hardly tells."""

LEAST_TURNING_WHILE_DRIVING_RADPS = 0.6
"""While driving, only more turning than that is judged [rad/s]. `drive` holds its heading with up
to 0.5 rad/s, and where something pulls the robot aside all the time, holding it is not turning."""

LONGEST_STEP_S = 0.25
"""A command that was not renewed for longer has moved nothing: the gate stopped the robot [s]."""


@dataclass(frozen=True)
class _Moment:
    now_s: float
    commanded: complex
    measured: complex
    path: float

    def towards(self, later: _Moment, then_s: float) -> _Moment:
        """Return what was between this moment and a later one."""
        share = (then_s - self.now_s) / (later.now_s - self.now_s)
        return _Moment(
            then_s,
            self.commanded + share * (later.commanded - self.commanded),
            self.measured + share * (later.measured - self.measured),
            self.path + share * (later.path - self.path),
        )


class BlockedWatch:
    """Compares the way asked for with the way made; stops nothing itself.

    Args:
        window_s: Time over which it compares [s, > 0].
    """

    def __init__(self, window_s: float = WINDOW_S) -> None:
        self._window_s = window_s
        self._moments: list[_Moment] = []

    def add(self, now_s: float, commanded: complex, measured: complex) -> None:
        """Take both ways so far; `now_s` never goes back [s]."""
        path = 0.0
        if self._moments:
            path = self._moments[-1].path + abs(commanded - self._moments[-1].commanded)
        self._moments.append(_Moment(now_s, commanded, measured, path))
        del self._moments[: self._index(now_s - self._window_s - DELAYS_S[-1])]

    def path(self) -> float:
        """Return how far it was asked to go lately, in whatever direction [>= 0]."""
        return self._moments[-1].path - self._moments[0].path if self._moments else 0.0

    def shortfall(self, least: float) -> tuple[float, float] | None:
        """Return the way made within the window and the way asked for; None = not held up.

        Args:
            least: What asks for a shorter way is not judged [> 0].
        """
        if not self._moments or self._moments[-1].now_s - self._moments[0].now_s < self._window_s:
            return None
        now_s = self._moments[-1].now_s
        made = self._moments[-1].measured - self._at(now_s - self._window_s).measured
        asked = [self._asked(now_s - delay_s, least) for delay_s in DELAYS_S]
        if any(each == 0.0 or _follows(made, each) for each in asked):
            return None
        return _along(made, asked[0]), abs(asked[0])

    def _asked(self, until_s: float, least: float) -> complex:
        """Return the way asked for within the window until then; 0 = nothing to be judged."""
        begin, end = self._at(until_s - self._window_s), self._at(until_s)
        way = end.commanded - begin.commanded
        return way if abs(way) >= max(least, STRAIGHT * (end.path - begin.path)) else 0.0

    def _at(self, then_s: float) -> _Moment:
        index = self._index(then_s)
        before, after = (self._moments[index : index + 2] * 2)[:2]
        return before.towards(after, then_s) if before.now_s < then_s < after.now_s else before

    def _index(self, then_s: float) -> int:
        """Return the index of the last moment until then, or of the first of all."""
        return max(0, bisect_right(self._moments, then_s, key=lambda each: each.now_s) - 1)


class HoldUp:
    """Watches one execution: translation and turning, each by itself.

    Its clock goes only as far as both simulated and steady time do: it gives no false alarm where
    one of them races, and none while simulated time stands.

    Args:
        response: No more is expected of the base than that it speeds up so.
        limits: What the gate lets pass: the base is asked for no more.

    Attributes:
        made_m: Way made in the direction commanded, whatever that was at the time [m].
    """

    def __init__(self, response: Response, limits: MotionLimits | None = None) -> None:
        self.made_m = 0.0
        self._limits = limits or MotionLimits()
        self._position: complex | None = None
        self._direction: complex = 0.0
        self._now_s: float | None = None
        self._now_mono_s = 0.0
        self._watched_s = 0.0
        self._translating = _Expected(response.acceleration_mps2)
        self._turning = _Expected(response.yaw_acceleration_radps2)

    def look(
        self,
        now_s: float,
        now_mono_s: float,
        velocity: Velocity,
        position: complex,
        heading_rad: float,
    ) -> str | None:
        """Return why the robot is held up; None when it is not.

        Args:
            now_s: Simulated time, where there is any, else steady time [s].
            now_mono_s: Steady time [s].
            velocity: Commanded since the last look, in the robot's frame.
            position: Measured, x + iy in the frame of the odometry [m].
            heading_rad: Measured, not wrapped [rad].
        """
        step_s = self._step_s(now_s, now_mono_s)
        self._watched_s += step_s
        velocity = self._limits.clamp(velocity)
        wanted = complex(velocity.x_mps, velocity.y_mps) * cmath.exp(1j * heading_rad)
        self._measure(wanted, position)
        self._translating.add(self._watched_s, step_s, wanted, position)
        self._turning.add(self._watched_s, step_s, velocity.yaw_radps, heading_rad)
        return self._why()

    def _measure(self, wanted: complex, position: complex) -> None:
        """Add the way made since the last look; a base that rolls out goes on as it went."""
        self._direction = wanted or self._direction
        if self._direction and self._position is not None:
            self.made_m += _along(position - self._position, self._direction)
        self._position = position

    def _step_s(self, now_s: float, now_mono_s: float) -> float:
        steps_s = (0.0, 0.0)
        if self._now_s is not None:
            steps_s = (now_s - self._now_s, now_mono_s - self._now_mono_s)
        self._now_s, self._now_mono_s = now_s, now_mono_s
        return min(LONGEST_STEP_S, max(0.0, min(steps_s)))

    def _why(self) -> str | None:
        for window_s, least_m in LEAST_WAYS_M.items():
            driving = self._translating.watches[window_s]
            if (found := driving.shortfall(least_m)) is not None:
                made_m, asked_m = (round(each, 2) + 0.0 for each in found)
                return f'it made {made_m:.2f} of {asked_m:.2f} m within {window_s:g} s'
            least_rad = LEAST_TURNS_RAD[window_s]
            if driving.path() >= least_m:
                least_rad = LEAST_TURNING_WHILE_DRIVING_RADPS * window_s
            if (found := self._turning.watches[window_s].shortfall(least_rad)) is not None:
                made_deg, asked_deg = (round(math.degrees(each)) for each in found)
                return f'it turned {made_deg} of {asked_deg} degrees within {window_s:g} s'
        return None


class _Expected:
    """The way that may be expected of the base so far, beside the way measured."""

    def __init__(self, acceleration: float) -> None:
        self.watches = {each: BlockedWatch(each) for each in (WINDOW_S, SLOW_WINDOW_S)}
        self._acceleration = acceleration
        self._speed: complex = 0.0
        self._way: complex = 0.0

    def add(self, now_s: float, step_s: float, wanted: complex, measured: complex) -> None:
        self._speed = self._next_speed(wanted, step_s)
        self._way += self._speed * step_s
        for each in self.watches.values():
            each.add(now_s, self._way, measured)

    def _next_speed(self, wanted: complex, step_s: float) -> complex:
        """Return the speed wanted, or less where the base cannot have reached it yet."""
        if wanted == 0.0:
            return 0.0
        reached = max(0.0, _along(self._speed, wanted)) + self._acceleration * step_s
        return wanted * min(1.0, reached / abs(wanted))


def _follows(made: complex, asked: complex) -> bool:
    """Whether the way made is enough of the way asked for, which is not 0."""
    aside = abs((made * asked.conjugate()).imag) / abs(asked)
    is_judged_aside = abs(asked) >= SIDEWAYS_LEAST_M
    goes_aside = is_judged_aside and aside > SIDEWAYS_SHARE * abs(asked)
    return _along(made, asked) >= SHARE * abs(asked) and not goes_aside


def _along(way: complex, direction: complex) -> float:
    """Return how much of the way goes in that direction; the direction is not 0."""
    return (way * direction.conjugate()).real / abs(direction)
