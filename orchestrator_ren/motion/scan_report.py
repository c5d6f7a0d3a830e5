"""What laser scans show around the robot: nearest return, sectors, free ways, what was seen."""

from __future__ import annotations

import heapq
import math
from array import array
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator_ren.motion.laser_scan import RangeScan, read

COVERED_SHARE = 0.9
"""Part of a sector that must have been looked at before it is called free; single beams that
give no reading are usual."""

MAX_BEAM_WIDTH_DEG = 5.0
"""A beam says nothing of what is farther beside it than half of this [degrees]."""

JOIN_DEG = 0.001
"""Two looked-at arcs so close are one [degrees]; also the grain of a bearing."""

SORTED_AT_ONCE = 4096
"""Returns that are sorted in one piece."""

Arc = tuple[float, float]
"""From, to [degrees], both within -180 and 180, from <= to."""


@dataclass(frozen=True)
class Sector:
    """A part of the circle around the robot, and what was seen in it.

    Attributes:
        from_deg, to_deg: Where it begins and ends [degrees, counter-clockwise].
        covered: Share of it that has been looked at [0-1].
        free: Whether nothing is within the free distance; None where it was not looked at enough
            to tell.
        ranges_m: Its returns, nearest first [m].
    """

    from_deg: float
    to_deg: float
    covered: float
    free: bool | None
    ranges_m: Sequence[float]

    def as_dict(self) -> dict[str, Any]:
        """Return it for a result, rounded."""
        count = len(self.ranges_m)
        return {
            'from': round(self.from_deg, 2),
            'to': round(self.to_deg, 2),
            'covered': round(self.covered, 3),
            'free': self.free,
            'min': _metres(self.ranges_m[0]) if count else None,
            'mean': _metres(math.fsum(self.ranges_m) / count) if count else None,
            'p10': _percentile(self.ranges_m, 0.1),
            'p50': _percentile(self.ranges_m, 0.5),
            'p90': _percentile(self.ranges_m, 0.9),
            'returns': count,
        }


class ScanReport:
    """Adds up scans, each taken at its own heading.

    Args:
        sectors: Parts the circle is divided into, from -180 degrees on [>= 1].
        free_distance_m: A sector is free when its nearest return is farther [m, > 0].
        open_space: What the lidar sends for nothing in sight: see `laser_scan.read`.

    Attributes:
        scans: How many were added.
        free_distance_m: As given [m].
    """

    def __init__(self, sectors: int, free_distance_m: float, open_space: str = 'inf') -> None:
        self.scans = 0
        self.free_distance_m = free_distance_m
        self._open_space = open_space
        self._sector_count = sectors
        self._bearings_deg = array('d')
        self._ranges_m = array('d')
        self._ranges_of_sector_m = [array('d') for _ in range(sectors)]
        self._nearest: tuple[float, float] | None = None
        self._looked_at: list[Arc] = []

    def add(self, scan: RangeScan, heading_rad: float = 0.0) -> str:
        """Take a scan; `heading_rad` is where the robot looked, seen from the start [rad].

        A reading beyond the range is a free view, one that is too near a return at 0 m, and NaN
        tells nothing: see `laser_scan.read`.

        Returns:
            Why it is no scan, and was not added; empty = it was.
        """
        reading = read(scan, self._open_space)
        if reading.fault:
            return reading.fault
        self.scans += 1
        start_deg = math.degrees(scan.angle_min_rad + heading_rad)
        step_deg = math.degrees(scan.angle_increment_rad)
        for place, range_m in enumerate(reading.distances_m):
            if range_m < math.inf:  # no NaN either
                self._add_return(_wrapped_deg(start_deg + place * step_deg), range_m)
        arcs = _arcs(reading.distances_m, start_deg, step_deg)
        self._looked_at = _merged([*self._looked_at, *arcs])
        return ''

    @property
    def return_count(self) -> int:
        """How many returns there are."""
        return len(self._ranges_m)

    def returns(self) -> Iterator[tuple[float, float]]:
        """Yield bearing [degrees] and distance [m] of each return."""
        return zip(self._bearings_deg, self._ranges_m, strict=True)

    def sectors(self) -> list[Sector]:
        """Return all of them, counter-clockwise from straight behind."""
        return [
            self._sector(place, _ordered(inside))
            for place, inside in enumerate(self._ranges_of_sector_m)
        ]

    def result(self) -> dict[str, Any]:
        """Return the report as it has a JSON form: no NaN, no infinity, rounded.

        Bearings are degrees counter-clockwise from the robot's x axis at the start. `free_sectors`
        go counter-clockwise from their first to their second bearing, also across 180 degrees.
        Percentiles interpolate between the two returns beside them. It takes a microsecond per
        return: where there are many, call it from a thread.
        """
        bearing_deg, nearest_m = self._nearest or (None, None)
        sectors = self.sectors()
        return {
            'nearest': None if nearest_m is None else _metres(nearest_m),
            'nearest_bearing': None if bearing_deg is None else _shown_deg(bearing_deg),
            'coverage': round(self._looked_at_deg(-180.0, 180.0) / 360.0, 3),
            'sectors': [each.as_dict() for each in sectors],
            'free_sectors': [[round(a, 2), round(b, 2)] for a, b in free_arcs(sectors)],
            'scans': self.scans,
        }

    def _add_return(self, bearing_deg: float, range_m: float) -> None:
        self._bearings_deg.append(bearing_deg)
        self._ranges_m.append(range_m)
        self._ranges_of_sector_m[self._sector_of(bearing_deg)].append(range_m)
        if self._nearest is None or range_m < self._nearest[1]:
            self._nearest = bearing_deg, range_m

    def _edge_deg(self, place: int) -> float:
        return -180.0 + 360.0 * place / self._sector_count

    def _sector_of(self, bearing_deg: float) -> int:
        # Rounded: a beam along an edge must not fall on either side of it by chance.
        from_behind_deg = round((bearing_deg + 180.0) / JOIN_DEG) * JOIN_DEG
        share = from_behind_deg / 360.0 * self._sector_count
        return math.floor(share + 1e-9) % self._sector_count

    def _sector(self, place: int, ranges_m: Sequence[float]) -> Sector:
        from_deg, to_deg = self._edge_deg(place), self._edge_deg(place + 1)
        covered = min(1.0, self._looked_at_deg(from_deg, to_deg) / (to_deg - from_deg))
        free: bool | None = None
        if ranges_m and ranges_m[0] <= self.free_distance_m:
            free = False
        elif covered >= COVERED_SHARE:
            free = True
        return Sector(from_deg, to_deg, covered, free, ranges_m)

    def _looked_at_deg(self, from_deg: float, to_deg: float) -> float:
        """Return how much between two bearings has been looked at [degrees]."""
        return math.fsum(
            max(0.0, min(to_deg, end_deg) - max(from_deg, begin_deg))
            for begin_deg, end_deg in self._looked_at
        )


def free_arcs(sectors: Sequence[Sector]) -> list[tuple[float, float]]:
    """Return from where to where it is free, neighbours in one, also across the seam [degrees]."""
    if all(each.free for each in sectors):
        return [(-180.0, 180.0)]
    arcs = []
    for place, first in enumerate(sectors):
        if not first.free or sectors[place - 1].free:
            continue
        last = place
        while sectors[(last + 1) % len(sectors)].free:
            last += 1
        arcs.append((first.from_deg, sectors[last % len(sectors)].to_deg))
    return arcs


def _arcs(distances_m: Sequence[float], start_deg: float, step_deg: float) -> Iterator[Arc]:
    """Yield what the beams that are no NaN have looked at, those in a row in one where they meet.

    Args:
        distances_m: Of each beam [m].
        start_deg: Bearing of the first [degrees].
        step_deg: Between two of them [degrees].
    """
    half_deg = min(abs(step_deg), MAX_BEAM_WIDTH_DEG) / 2.0
    most = len(distances_m) if abs(step_deg) <= MAX_BEAM_WIDTH_DEG else 1
    for first, count in _runs(distances_m, most):
        ends_deg = (start_deg + first * step_deg, start_deg + (first + count - 1) * step_deg)
        yield from _within_circle(min(ends_deg) - half_deg, max(ends_deg) + half_deg)


def _runs(distances_m: Sequence[float], most: int) -> Iterator[tuple[int, int]]:
    """Yield place and length of runs of no NaN, of at most so many each."""
    first = count = 0
    for place, range_m in enumerate(distances_m):
        if count == most or (count and math.isnan(range_m)):
            yield first, count
            count = 0
        if not math.isnan(range_m):
            first, count = (first, count + 1) if count else (place, 1)
    if count:
        yield first, count


def _within_circle(begin_deg: float, end_deg: float) -> Iterator[Arc]:
    """Yield the arc, one across the seam in two."""
    length_deg = end_deg - begin_deg
    begin_deg = _wrapped_deg(begin_deg)
    if length_deg >= 360.0:
        yield -180.0, 180.0
    elif begin_deg + length_deg <= 180.0:
        yield begin_deg, begin_deg + length_deg
    else:
        yield begin_deg, 180.0
        yield -180.0, begin_deg + length_deg - 360.0


def _merged(arcs: list[Arc]) -> list[Arc]:
    """Return what the arcs cover together, in order."""
    merged: list[Arc] = []
    for begin_deg, end_deg in sorted(arcs):
        if merged and begin_deg <= merged[-1][1] + JOIN_DEG:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end_deg))
        else:
            merged.append((begin_deg, end_deg))
    return merged


def _percentile(ordered_m: Sequence[float], share: float) -> float | None:
    """Return the distance that `share` of the returns are nearer than [m]; None without any."""
    if not ordered_m:
        return None
    position = share * (len(ordered_m) - 1)
    below = math.floor(position)
    above = min(below + 1, len(ordered_m) - 1)
    part = position - below
    return _metres(ordered_m[below] * (1.0 - part) + ordered_m[above] * part)


def _ordered(ranges_m: Sequence[float]) -> Sequence[float]:
    """Return them nearest first; other threads go on meanwhile, as they would not while one sorts.

    Sorting holds Python's lock: 260,000 returns of a full turn are 60 ms, a part of them 1 ms.
    """
    parts = [
        sorted(ranges_m[start : start + SORTED_AT_ONCE])
        for start in range(0, len(ranges_m), SORTED_AT_ONCE)
    ]
    return parts[0] if len(parts) == 1 else array('d', heapq.merge(*parts))


def _wrapped_deg(angle_deg: float) -> float:
    """Return the angle within [-180, 180)."""
    return (angle_deg + 180.0) % 360.0 - 180.0


def _shown_deg(bearing_deg: float) -> float:
    """Return the bearing to 0.1 degrees, within (-180, 180]."""
    shown = round(bearing_deg, 1) + 0.0  # never -0.0
    return 180.0 if shown == -180.0 else shown


def _metres(distance_m: float) -> float:
    return round(distance_m, 3)
