"""What odometry says of the motion: way travelled, heading, standstill."""

from __future__ import annotations

import math
from dataclasses import dataclass

STANDSTILL_SPEED_MPS = 0.01
STANDSTILL_YAW_RATE_RADPS = 0.01
STANDSTILL_TIME_S = 0.1
"""The robot stands when it was slower than the two speeds for this time [s]."""

FRESH_S = 0.5
"""Odometry older than this counts as none [s]."""


def wrap_angle(angle_rad: float) -> float:
    """Return the same direction within (-pi, pi] [rad]."""
    wrapped = math.remainder(angle_rad, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


@dataclass(frozen=True)
class OdometrySample:
    """One odometry message.

    Attributes:
        x_m, y_m: Position [m].
        yaw_rad: Heading [rad].
        speed_mps: Magnitude of the translation [m/s, >= 0].
        yaw_rate_radps: Turning [rad/s].
        received_mono_s: When it came in, on the steady clock [s].
    """

    x_m: float
    y_m: float
    yaw_rad: float
    speed_mps: float
    yaw_rate_radps: float
    received_mono_s: float

    @property
    def is_slow(self) -> bool:
        """Whether it shows a robot that stands."""
        return (
            self.speed_mps < STANDSTILL_SPEED_MPS
            and abs(self.yaw_rate_radps) < STANDSTILL_YAW_RATE_RADPS
        )


class Odometer:
    """Adds up odometry samples."""

    def __init__(self) -> None:
        self._latest: OdometrySample | None = None
        self._slow_since_mono_s: float | None = None
        self._distance_m = 0.0
        self._heading_rad = 0.0

    def add(self, sample: OdometrySample) -> None:
        """Take the next sample; one with NaN or infinity is ignored."""
        values = (sample.x_m, sample.y_m, sample.yaw_rad, sample.speed_mps, sample.yaw_rate_radps)
        if not all(map(math.isfinite, values)):
            return
        if self._latest is None:
            self._heading_rad = sample.yaw_rad
        else:
            self._distance_m += math.hypot(
                sample.x_m - self._latest.x_m, sample.y_m - self._latest.y_m
            )
            self._heading_rad += wrap_angle(sample.yaw_rad - self._latest.yaw_rad)
        if not sample.is_slow:
            self._slow_since_mono_s = None
        elif self._slow_since_mono_s is None:
            self._slow_since_mono_s = sample.received_mono_s
        self._latest = sample

    def fresh(self, now_mono_s: float) -> OdometrySample | None:
        """Return the latest sample, or None when there is none of the last `FRESH_S`."""
        if self._latest is None or now_mono_s - self._latest.received_mono_s > FRESH_S:
            return None
        return self._latest

    @property
    def has_begun(self) -> bool:
        """Whether there was any sample."""
        return self._latest is not None

    @property
    def distance_m(self) -> float:
        """Length of the path since the first sample [m, >= 0]."""
        return self._distance_m

    @property
    def heading_rad(self) -> float:
        """Heading that does not wrap: two turns to the left are 4 pi [rad]."""
        return self._heading_rad

    def is_standing(self, since_mono_s: float) -> bool:
        """Whether the robot has stood for `STANDSTILL_TIME_S`, all of it after `since_mono_s`."""
        if self._latest is None or self._slow_since_mono_s is None:
            return False
        since = self.standing_since(since_mono_s)
        return self._latest.received_mono_s - since >= STANDSTILL_TIME_S

    def standing_since(self, since_mono_s: float) -> float:
        """Return when the robot began to stand, `since_mono_s` at the earliest [s]; inf = not."""
        if self._slow_since_mono_s is None:
            return math.inf
        return max(self._slow_since_mono_s, since_mono_s)
