"""Planar velocity in the robot's frame: x forward, y left, counter-clockwise (REP-103)."""

from __future__ import annotations

import math
from dataclasses import dataclass


@dataclass(frozen=True)
class Velocity:
    """What a base is told, or seen, to do.

    Attributes:
        x_mps: Forward [m/s].
        y_mps: To the left [m/s]; 0 for a differential base.
        yaw_radps: Counter-clockwise [rad/s].
    """

    x_mps: float = 0.0
    y_mps: float = 0.0
    yaw_radps: float = 0.0

    @property
    def speed_mps(self) -> float:
        """Magnitude of the translation [m/s, >= 0]."""
        return math.hypot(self.x_mps, self.y_mps)

    @property
    def is_zero(self) -> bool:
        """Whether it commands no motion at all."""
        return self == ZERO

    @property
    def is_finite(self) -> bool:
        """Whether it holds neither NaN nor infinity."""
        return all(math.isfinite(v) for v in (self.x_mps, self.y_mps, self.yaw_radps))


ZERO = Velocity()
