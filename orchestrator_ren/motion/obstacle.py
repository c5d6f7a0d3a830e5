"""How far the way is free, as a laser scan shows it. What is not seen is not free.

The way is a strip in the direction of travel. Things in it are looked for at any distance; that
nothing is missed is asked for at the stop distance, across the whole strip: what is nearer beside
the beams has been that far ahead before, and was seen then.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestrator_ren.motion.laser_scan import ScanReading

SCAN_FRESH_S = 0.5
"""A scan older than this shows nothing any more [s]."""

LEG_M = 0.15
"""Width of what must not slip through between two beams at the stop distance [m]: a leg. A lidar
with a beam each degree may so lack 7 in a row at 1 m, and one at 4 m."""

WIDEST_GAP_RAD = math.radians(10.0)
"""Between two beams at most [rad], however near the stop distance is."""


@dataclass(frozen=True)
class Clearance:
    """How far the way is free.

    Attributes:
        way_m: Free way [m, >= 0]; inf = nothing is in sight.
        reason: Why it is 0, where it is not for a thing on the way; else empty.
    """

    way_m: float
    reason: str = ''


def clearance(
    reading: ScanReading | None,
    direction_rad: float,
    half_width_m: float,
    stop_distance_m: float,
    now_mono_s: float,
) -> Clearance:
    """Return the free way in a direction; 0 where nobody looks, or not all of the way is seen.

    Args:
        reading: Of the latest scan.
        direction_rad: Of travel [rad, counter-clockwise from the robot's x axis].
        half_width_m: Half the width of the way that must be free [m, > 0].
        stop_distance_m: So far ahead, all of the way must be seen [m, > 0].
        now_mono_s: Steady time [s].
    """
    trouble = fault_of(reading, math.hypot(stop_distance_m, half_width_m), now_mono_s)
    if reading is None or trouble:
        return Clearance(0.0, trouble)
    nearest_m = math.inf
    edge_rad = math.atan2(half_width_m, stop_distance_m)
    gap_rad = min(LEG_M / stop_distance_m, WIDEST_GAP_RAD)
    seen_rad: list[float] = []
    for angle_rad, distance_m in _ahead(reading, direction_rad):
        if abs(angle_rad) <= edge_rad + gap_rad:
            seen_rad.append(angle_rad)
        if distance_m < nearest_m + half_width_m:
            ahead_m = distance_m * math.cos(angle_rad)
            if abs(distance_m * math.sin(angle_rad)) <= half_width_m:
                nearest_m = min(nearest_m, ahead_m)
    if not _is_covered(seen_rad, edge_rad, gap_rad):
        return Clearance(0.0, 'the scan does not cover the way')
    return Clearance(nearest_m)


def fault_of(reading: ScanReading | None, seen_m: float, now_mono_s: float) -> str:
    """Return why the scan does not show a way of that length [m], wherever it goes."""
    if reading is None:
        return 'no scan has come yet'
    age_s = now_mono_s - reading.scan.received_mono_s
    if age_s > SCAN_FRESH_S:
        return f'no scan for {age_s:.1f} s'
    if not reading.fault and reading.scan.range_max_m < seen_m:
        return f'the scan sees only {reading.scan.range_max_m:g} m far'
    return reading.fault


def _ahead(reading: ScanReading, direction_rad: float) -> list[tuple[float, float]]:
    """Return angle from the direction [rad] and distance [m] of the beams that see ahead."""
    first_rad = reading.scan.angle_min_rad - direction_rad
    step_rad, turn_rad, right_rad = reading.scan.angle_increment_rad, math.tau, math.pi / 2.0
    return [
        (angle_rad, distance_m)
        for place, distance_m in enumerate(reading.distances_m)
        if -right_rad < (angle_rad := math.remainder(first_rad + place * step_rad, turn_rad))
        and angle_rad < right_rad
        and distance_m == distance_m  # not NaN
    ]


def _is_covered(seen_rad: list[float], edge_rad: float, gap_rad: float) -> bool:
    """Whether beams at these angles look at all between the edges: none of the gaps is wider."""
    reached_rad = -edge_rad - gap_rad / 2.0
    for angle_rad in sorted(seen_rad):
        if angle_rad - reached_rad > gap_rad:
            return False
        reached_rad = max(reached_rad, angle_rad)
    return reached_rad >= edge_rad - gap_rad / 2.0
