"""How much a pose trembles, so that this is taken neither for way nor for motion."""

from __future__ import annotations

import math
from collections import deque
from statistics import median

SAMPLES = 15
"""So many of the last are looked at."""

OF_POSITION = 2.884
OF_HEADING = 1.652
"""Median of the second difference of Gaussian noise, in its standard deviations: of a position
(Rayleigh, 1.177 × √6), and of an angle (0.6745 × √6). A constant velocity has none."""


class PoseNoise:
    """Estimates the noise of a pose from how it departs from a straight, even way."""

    def __init__(self) -> None:
        self._poses: deque[tuple[complex, float]] = deque(maxlen=3)
        self._positions: deque[float] = deque(maxlen=SAMPLES)
        self._headings: deque[float] = deque(maxlen=SAMPLES)

    def begin(self, position: complex, heading_rad: float) -> None:
        """Forget the poses before: this one is from elsewhere."""
        self._poses.clear()
        self.add(position, heading_rad)

    def add(self, position: complex, heading_rad: float) -> None:
        """Take the next pose: x + iy [m] and heading, not wrapped or wrapped [rad]."""
        self._poses.append((position, heading_rad))
        if len(self._poses) < 3:
            return
        (p0, h0), (p1, h1), (p2, h2) = self._poses
        self._positions.append(abs(p2 - 2.0 * p1 + p0))
        self._headings.append(abs(_turn(h1, h2) - _turn(h0, h1)))

    @property
    def position_m(self) -> float:
        """Standard deviation of x and of y [m, >= 0]."""
        return self._typical(self._positions) / OF_POSITION

    @property
    def heading_rad(self) -> float:
        """Standard deviation of the heading [rad, >= 0]."""
        return self._typical(self._headings) / OF_HEADING

    def _typical(self, values: deque[float]) -> float:
        return median(values) if values else 0.0


def _turn(before_rad: float, after_rad: float) -> float:
    return math.remainder(after_rad - before_rad, math.tau)
