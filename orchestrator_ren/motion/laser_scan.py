"""What a laser scan says, beam by beam; one judgement for all who look at scans.

REP 117: -inf is too near to measure, +inf is nothing within range, NaN is no reading.
Source: https://www.ros.org/reps/rep-0117.html
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

OPEN_SPACE = ('inf', 'nan', 'zero')
"""What a driver may send where nothing is in sight: +inf only, or NaN too, or 0 too."""

MOST_TURNS = 1.1
"""The beams of a scan go around the robot once; some look twice at the first few degrees. More is
an angle in degrees where one in radians belongs."""


@dataclass(frozen=True)
class RangeScan:
    """One laser scan, in a frame whose x axis is the robot's; fields as in LaserScan.

    Attributes:
        ranges_m: Distances [m], as the driver sent them.
        angle_min_rad: Direction of the first [rad, counter-clockwise from the robot's x axis].
        angle_increment_rad: Between two of them [rad]; negative = clockwise.
        range_min_m, range_max_m: Distances that can be measured [m].
        received_mono_s: When it came in, on the steady clock [s].
        stamp_s: When it was taken, by the clock of who sent it [s]; 0 = not told.
    """

    ranges_m: Sequence[float]
    angle_min_rad: float
    angle_increment_rad: float
    range_min_m: float
    range_max_m: float
    received_mono_s: float
    stamp_s: float = 0.0


@dataclass(frozen=True)
class ScanReading:
    """A scan as it was read.

    Attributes:
        scan: As it came.
        fault: Why it is no scan; empty = it is one.
        distances_m: Of each beam: of the nearest thing [m]; 0 = too near to measure, inf = nothing
            up to the scan's `range_max_m`, NaN = not known. Empty where it is no scan.
    """

    scan: RangeScan
    fault: str
    distances_m: Sequence[float]


def read(scan: RangeScan, open_space: str = 'inf') -> ScanReading:
    """Judge a scan as a whole, and each of its beams.

    Args:
        scan: As it came.
        open_space: What the driver sends for nothing in sight: one of `OPEN_SPACE`.
    """
    fault = _fault_of(scan)
    if fault:
        return ScanReading(scan, fault, ())
    distances_m = [_distance_m(each, scan, open_space) for each in scan.ranges_m]
    if all(map(math.isnan, distances_m)):
        return ScanReading(scan, 'the scan has no reading', ())
    return ScanReading(scan, '', distances_m)


def is_repeated(scan: RangeScan, previous: RangeScan | None) -> bool:
    """Whether somebody sends again what was measured once: its time has not gone on."""
    return (
        previous is not None
        and scan.stamp_s > 0.0
        and scan.stamp_s == previous.stamp_s
        and scan.ranges_m == previous.ranges_m
    )


def _fault_of(scan: RangeScan) -> str:
    """Return why nothing can be read from it, whatever its ranges are; empty = it can."""
    angles_rad = (scan.angle_min_rad, scan.angle_increment_rad)
    if not all(map(math.isfinite, angles_rad)):
        return 'the scan is none: its angles are {:g} and {:g}'.format(*angles_rad)
    steps = len(scan.ranges_m) - 1
    turns = abs(scan.angle_increment_rad) * steps / math.tau
    if steps > 0 and not 0.0 < turns <= MOST_TURNS:
        return f'the scan is none: its {steps + 1} beams go {turns:.3g} times around'
    if abs(scan.angle_min_rad) > 2.0 * math.tau:
        return f'the scan is none: it begins at {scan.angle_min_rad:g} rad'
    if not (0.0 <= scan.range_min_m < math.inf and scan.range_max_m > scan.range_min_m):
        limits = f'{scan.range_min_m:g} to {scan.range_max_m:g} m'
        return f'the scan is none: its limits are {limits}'
    return ''


def _distance_m(range_m: float, scan: RangeScan, open_space: str) -> float:
    """Return how far the nearest thing is along a beam [m]: see `ScanReading`."""
    if math.isnan(range_m):
        return math.inf if open_space == 'nan' else math.nan
    if range_m == 0.0:
        return math.inf if open_space == 'zero' else 0.0
    if range_m < scan.range_min_m or range_m < 0.0:
        return 0.0
    return range_m if range_m <= scan.range_max_m else math.inf
