"""How far the way is free."""

import math

import pytest

from orchestrator_ren.motion.obstacle import SCAN_FRESH_S, Scan, clearance_m

NOW_S = 100.0


def scan_of(returns: dict[float, float], received_s: float = NOW_S) -> Scan:
    """Return a scan of 360 beams with the distances [m] at the directions [degrees]."""
    ranges = [math.inf] * 360
    for direction_deg, range_m in returns.items():
        ranges[int(direction_deg + 180) % 360] = range_m
    return Scan(ranges, -math.pi, math.radians(1), 0.1, 10.0, received_s)


def free(returns: dict[float, float], direction_deg: float = 0.0, half_width_m: float = 0.3):
    return clearance_m(scan_of(returns), math.radians(direction_deg), half_width_m, NOW_S)


def test_the_nearest_return_ahead_limits_the_way() -> None:
    assert free({0: 2.0, 1: 1.5}) == pytest.approx(1.5 * math.cos(math.radians(1)))


def test_a_return_beside_the_way_does_not() -> None:
    assert free({45: 1.0}) == math.inf
    assert free({45: 1.0}, half_width_m=0.75) == pytest.approx(math.sqrt(0.5))


def test_a_return_behind_does_not() -> None:
    assert free({180: 0.2}) == math.inf


@pytest.mark.parametrize('direction_deg', [-180, -90, -37, 0, 90, 179])
def test_the_way_is_the_one_travelled(direction_deg: int) -> None:
    assert free({direction_deg: 1.0}, direction_deg) == pytest.approx(1.0)
    assert free({direction_deg + 180: 1.0}, direction_deg) == math.inf


@pytest.mark.parametrize('range_m', [math.nan, math.inf, -1.0, 0.0, 0.05, 10.1])
def test_what_is_no_return_limits_nothing(range_m: float) -> None:
    assert free({0: range_m}) == math.inf


def test_a_near_return_at_the_edge_is_not_hidden_by_one_ahead() -> None:
    assert free({0: 1.0, 20: 0.8}) == pytest.approx(0.8 * math.cos(math.radians(20)))


def test_without_a_fresh_scan_nothing_is_free() -> None:
    assert clearance_m(None, 0.0, 0.3, NOW_S) == 0.0
    old = scan_of({}, NOW_S - SCAN_FRESH_S - 0.01)
    assert clearance_m(old, 0.0, 0.3, NOW_S) == 0.0
    assert clearance_m(scan_of({}, NOW_S - SCAN_FRESH_S), 0.0, 0.3, NOW_S) == math.inf
