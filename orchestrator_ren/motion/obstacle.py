"""How far the way is free, as a laser scan shows it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

SCAN_FRESH_S = 0.5
"""A scan older than this shows nothing any more [s]."""


@dataclass(frozen=True)
class Scan:
    """One laser scan, in a frame whose x axis is the robot's; fields as in LaserScan.

    Attributes:
        ranges_m: Distances [m]; those out of range, and NaN, are no returns.
        angle_min_rad: Direction of the first [rad, counter-clockwise from the robot's x axis].
        angle_increment_rad: Between two of them [rad].
        range_min_m, range_max_m: Distances that are returns [m].
        received_mono_s: When it came in, on the steady clock [s].
    """

    ranges_m: Sequence[float]
    angle_min_rad: float
    angle_increment_rad: float
    range_min_m: float
    range_max_m: float
    received_mono_s: float


def clearance_m(
    scan: Scan | None, direction_rad: float, half_width_m: float, now_mono_s: float
) -> float:
    """Return the free way in a direction [m, >= 0]; 0 without a fresh scan: nobody looks.

    Args:
        scan: The latest one.
        direction_rad: Of travel [rad, counter-clockwise from the robot's x axis].
        half_width_m: Half the width of the way that must be free [m, > 0].
        now_mono_s: Steady time [s].
    """
    if scan is None or now_mono_s - scan.received_mono_s > SCAN_FRESH_S:
        return 0.0
    nearest_m = math.inf
    for place, range_m in enumerate(scan.ranges_m):
        if not scan.range_min_m <= range_m <= min(scan.range_max_m, nearest_m + half_width_m):
            continue
        angle_rad = scan.angle_min_rad + place * scan.angle_increment_rad - direction_rad
        ahead_m = range_m * math.cos(angle_rad)
        if 0.0 < ahead_m < nearest_m and abs(range_m * math.sin(angle_rad)) <= half_width_m:
            nearest_m = ahead_m
    return nearest_m
