"""Where a robot was, in a few points, and where it is to go."""

from __future__ import annotations

import math

MAX_POINTS = 512
"""Most points that are kept."""

STEP_M = 0.02
"""Least distance between two points at first [m]; it doubles whenever there are too many."""

Point = tuple[float, float]
"""x and y [m]."""


class Trail:
    """A way of any length, coarser the longer it is.

    Args:
        start: Its first point.

    Attributes:
        points: Of the way, oldest first; the last one is where the robot is.
    """

    def __init__(self, start: Point) -> None:
        self.points = [start, start]
        self._step_m = STEP_M

    def add(self, point: Point) -> None:
        """Go on to a point."""
        if math.dist(self.points[-2], point) < self._step_m:
            self.points[-1] = point
            return
        self.points[-1:] = [point, point]
        if len(self.points) > MAX_POINTS:
            self.points[1:-1] = self.points[2:-1:2]
            self._step_m *= 2.0


def ahead(start: Point, yaw_rad: float, forward_m: float, left_m: float) -> Point:
    """Return the point that lies so from a robot at `start`, heading `yaw_rad` [rad]."""
    cosine, sine = math.cos(yaw_rad), math.sin(yaw_rad)
    return (
        start[0] + forward_m * cosine - left_m * sine,
        start[1] + forward_m * sine + left_m * cosine,
    )
