"""What laser scans show around the robot: nearest return, sectors, free ways, what was seen."""

from __future__ import annotations

import math
from array import array
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from orchestrator_ren.motion.laser_scan import RangeScan, read
from orchestrator_ren.motion.odometry import wrap_angle

COVERED_SHARE = 0.9
"""Part of a sector that must have been looked at before it is called free; single beams that
give no reading are usual."""

MAX_BEAM_WIDTH_DEG = 5.0
"""A beam says nothing of what is farther beside it than half of this [degrees]."""

JOIN_DEG = 0.001
"""Two looked-at arcs so close are one [degrees]; also the grain of a bearing."""

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
        half_deg = min(abs(step_deg), MAX_BEAM_WIDTH_DEG) / 2.0
        arcs = []
        for place, range_m in enumerate(reading.distances_m):
            if math.isnan(range_m):
                continue
            bearing_deg = _wrapped_deg(start_deg + place * step_deg)
            arcs.append((bearing_deg - half_deg, bearing_deg + half_deg))
            if math.isfinite(range_m):
                self._bearings_deg.append(bearing_deg)
                self._ranges_m.append(range_m)
        self._looked_at = _merged([*self._looked_at, *_within_circle(arcs)])
        return ''

    def returns(self) -> Iterator[tuple[float, float]]:
        """Yield bearing [degrees] and distance [m] of each return."""
        return zip(self._bearings_deg, self._ranges_m, strict=True)

    def sectors(self) -> list[Sector]:
        """Return all of them, counter-clockwise from straight behind."""
        ranges_m: list[list[float]] = [[] for _ in range(self._sector_count)]
        for bearing_deg, range_m in self.returns():
            ranges_m[self._sector_of(bearing_deg)].append(range_m)
        return [self._sector(place, sorted(inside)) for place, inside in enumerate(ranges_m)]

    def result(self) -> dict[str, Any]:
        """Return the report as it has a JSON form: no NaN, no infinity, rounded.

        Bearings are degrees counter-clockwise from the robot's x axis at the start. `free_sectors`
        go counter-clockwise from their first to their second bearing, also across 180 degrees.
        Percentiles interpolate between the two returns beside them.
        """
        bearing_deg, nearest_m = min(
            self.returns(), key=lambda each: each[1], default=(None, None)
        )
        sectors = self.sectors()
        return {
            'nearest': None if nearest_m is None else _metres(nearest_m),
            'nearest_bearing': None if bearing_deg is None else _shown_deg(bearing_deg),
            'coverage': round(self._looked_at_deg(-180.0, 180.0) / 360.0, 3),
            'sectors': [each.as_dict() for each in sectors],
            'free_sectors': [[round(a, 2), round(b, 2)] for a, b in free_arcs(sectors)],
            'scans': self.scans,
        }

    def _edge_deg(self, place: int) -> float:
        return -180.0 + 360.0 * place / self._sector_count

    def _sector_of(self, bearing_deg: float) -> int:
        # Rounded: a beam along an edge must not fall on either side of it by chance.
        from_behind_deg = round((bearing_deg + 180.0) / JOIN_DEG) * JOIN_DEG
        share = from_behind_deg / 360.0 * self._sector_count
        return math.floor(share + 1e-9) % self._sector_count

    def _sector(self, place: int, ranges_m: list[float]) -> Sector:
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


def _within_circle(arcs: Iterable[Arc]) -> Iterator[Arc]:
    """Yield the arcs, those across the seam in two."""
    for begin_deg, end_deg in arcs:
        if begin_deg < -180.0:
            yield begin_deg + 360.0, 180.0
        elif end_deg > 180.0:
            yield -180.0, end_deg - 360.0
        yield max(begin_deg, -180.0), min(end_deg, 180.0)


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


def _wrapped_deg(angle_deg: float) -> float:
    return math.degrees(wrap_angle(math.radians(angle_deg)))


def _shown_deg(bearing_deg: float) -> float:
    """Return the bearing to 0.1 degrees, within (-180, 180]."""
    shown = round(bearing_deg, 1) + 0.0  # never -0.0
    return 180.0 if shown == -180.0 else shown


def _metres(distance_m: float) -> float:
    return round(distance_m, 3)
