"""How far the way is free; what is not seen is not free."""

import math
import time
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.motion.laser_scan import RangeScan, ScanReading, read
from orchestrator_ren.motion.obstacle import LEG_M, SCAN_FRESH_S, Clearance, clearance

NOW_S = 100.0
STOP_M = 0.5
HALF_WIDTH_M = 0.3
NOT_COVERED = Clearance(0.0, 'the scan does not cover the way')


def scan_of(returns: dict[float, float], received_s: float = NOW_S) -> RangeScan:
    """Return a scan of 360 beams with the distances [m] at the directions [degrees]."""
    ranges = [math.inf] * 360
    for direction_deg, range_m in returns.items():
        ranges[int(direction_deg + 180) % 360] = range_m
    return RangeScan(ranges, -math.pi, math.radians(1), 0.1, 10.0, received_s)


def view(
    first_deg: float, last_deg: float, step_deg: float = 1.0, range_m: float = 5.0
) -> RangeScan:
    """Return a scan that looks from one direction to another [degrees]."""
    beams = round((last_deg - first_deg) / step_deg) + 1
    return RangeScan(
        [range_m] * beams, math.radians(first_deg), math.radians(step_deg), 0.1, 10.0, NOW_S
    )


def ahead(
    scan: RangeScan,
    direction_deg: float = 0.0,
    half_width_m: float = HALF_WIDTH_M,
    stop_m: float = STOP_M,
) -> Clearance:
    return clearance(read(scan), math.radians(direction_deg), half_width_m, stop_m, NOW_S)


def free(
    returns: dict[float, float], direction_deg: float = 0.0, half_width_m: float = HALF_WIDTH_M
) -> float:
    return ahead(scan_of(returns), direction_deg, half_width_m).way_m


def is_free(scan: RangeScan, direction_deg: float = 0.0, **limits: float) -> bool:
    return ahead(scan, direction_deg, **limits).way_m >= STOP_M


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


@pytest.mark.parametrize('range_m', [math.nan, math.inf, 10.1])
def test_what_is_no_return_limits_nothing(range_m: float) -> None:
    assert free({0: range_m}) == math.inf


@pytest.mark.parametrize('range_m', [-math.inf, -1.0, 0.0, 0.05])
@pytest.mark.parametrize('direction_deg', [0, 60, -89])
def test_what_is_too_near_to_measure_is_on_the_way(range_m: float, direction_deg: int) -> None:
    assert free({direction_deg: range_m}) == 0.0
    assert ahead(scan_of({direction_deg: range_m})).reason == '', 'it is a thing, not a blindness'


def test_what_is_too_near_behind_is_left_behind() -> None:
    assert free({180: -math.inf, 120: 0.05}) == math.inf


def test_a_near_return_at_the_edge_is_not_hidden_by_one_ahead() -> None:
    assert free({0: 1.0, 20: 0.8}) == pytest.approx(0.8 * math.cos(math.radians(20)))


def test_without_a_fresh_scan_nothing_is_free() -> None:
    def at(reading: ScanReading | None) -> Clearance:
        return clearance(reading, 0.0, HALF_WIDTH_M, STOP_M, NOW_S)

    assert at(None) == Clearance(0.0, 'no scan has come yet')
    old = read(scan_of({}, NOW_S - SCAN_FRESH_S - 0.1))
    assert at(old) == Clearance(0.0, 'no scan for 0.6 s')
    assert at(read(scan_of({}, NOW_S - SCAN_FRESH_S))).way_m == math.inf


@pytest.mark.parametrize(
    ('scan', 'reason'),
    [
        (replace(scan_of({}), ranges_m=[]), 'the scan has no reading'),
        (replace(scan_of({}), ranges_m=[math.nan] * 360), 'the scan has no reading'),
        (replace(scan_of({}), angle_increment_rad=math.nan), 'the scan is none'),
        (replace(scan_of({}), angle_increment_rad=0.0), 'the scan is none'),
        (replace(scan_of({}), range_min_m=math.nan), 'the scan is none'),
        (replace(scan_of({}), range_max_m=0.52), 'the scan sees only 0.52 m far'),
    ],
)
def test_a_scan_that_shows_nothing_clears_nothing(scan: RangeScan, reason: str) -> None:
    assert ahead(scan).way_m == 0.0
    assert reason in ahead(scan).reason


# What is not covered.


def test_a_lidar_that_looks_ahead_says_nothing_of_the_way_back() -> None:
    scan = view(-90, 90)
    assert is_free(scan)
    assert ahead(scan, 180) == NOT_COVERED
    assert ahead(scan, 90) == NOT_COVERED, 'half of the way sideways is behind'
    assert is_free(scan, 30)


def test_a_view_must_be_as_wide_as_the_way() -> None:
    edge_deg = math.degrees(math.atan2(HALF_WIDTH_M, STOP_M))
    assert is_free(view(-edge_deg, edge_deg))
    assert ahead(view(-edge_deg + 10, edge_deg)) == NOT_COVERED
    assert ahead(view(-edge_deg, edge_deg - 10)) == NOT_COVERED


@pytest.mark.parametrize('stop_m', [0.5, 1.0, 2.0, 4.0])
def test_one_beam_without_a_reading_does_not_stop_the_robot(stop_m: float) -> None:
    assert ahead(scan_of({0: math.nan}), stop_m=stop_m).way_m == math.inf


@pytest.mark.parametrize('stop_m', [0.5, 1.0, 2.0, 4.0])
def test_a_leg_does_not_fit_into_a_gap(stop_m: float) -> None:
    beams = math.ceil(math.degrees(LEG_M / stop_m))
    gap = {place - beams // 2: math.nan for place in range(beams)}
    assert ahead(scan_of(gap), stop_m=stop_m) == NOT_COVERED
    beside = {180 + place: math.nan for place in gap}
    assert ahead(scan_of(beside), stop_m=stop_m).way_m == math.inf


def test_a_beam_beside_the_way_uncovers_nothing() -> None:
    edge_deg = math.degrees(math.atan2(HALF_WIDTH_M, STOP_M))
    inside, beside = view(-edge_deg + 4, edge_deg), view(-edge_deg - 8, edge_deg)
    assert is_free(inside)
    with_one_more = [5.0, *[math.nan] * 11, *beside.ranges_m[12:]]
    assert is_free(replace(beside, ranges_m=with_one_more))


def test_beams_far_apart_cover_nothing_however_near_the_way_ends() -> None:
    assert ahead(view(-180, 168, step_deg=12.0), stop_m=0.1) == NOT_COVERED
    assert is_free(view(-180, 171, step_deg=9.0))


def test_one_beam_is_no_view() -> None:
    assert ahead(RangeScan([5.0], 0.0, 0.0, 0.1, 10.0, NOW_S)) == NOT_COVERED


@pytest.mark.parametrize(
    'scan',
    [
        RangeScan([5.0] * 360, 0.0, math.tau / 360, 0.1, 10.0, NOW_S),
        RangeScan([5.0] * 361, 0.0, math.tau / 360, 0.1, 10.0, NOW_S),
        RangeScan([5.0] * 359, 0.0, math.tau / 360, 0.1, 10.0, NOW_S),
        RangeScan([5.0] * 360, math.pi, -math.tau / 360, 0.1, 10.0, NOW_S),
        RangeScan([5.0] * 360, -3.1415927410125732, 0.01745329238474369, 0.1, 10.0, NOW_S),
    ],
    ids=['0 to 2 pi', 'the first beam twice', 'one beam short', 'clockwise', 'float32'],
)
@pytest.mark.parametrize('direction_deg', [0, 90, 180, -91, 359])
def test_a_lidar_that_looks_all_around_covers_every_way(
    scan: RangeScan, direction_deg: int
) -> None:
    assert ahead(scan, direction_deg).way_m == 5.0 or is_free(scan, direction_deg)


ranges = st.one_of(
    st.floats(width=32), st.sampled_from([math.nan, math.inf, -math.inf, 0.0]), st.floats(0.0, 3.0)
)
scans = st.builds(
    RangeScan,
    st.lists(ranges, max_size=80),
    st.floats(-7.0, 7.0),
    st.floats(-0.3, 0.3),
    st.just(0.1),
    st.just(10.0),
    st.just(NOW_S),
)
directions = st.floats(-200.0, 200.0)


@given(scans, directions, st.floats(0.1, 4.0), st.floats(0.05, 1.0))
def test_never_free_where_not_covered(
    scan: RangeScan, direction_deg: float, stop_m: float, half_width_m: float
) -> None:
    """A thing as wide as the widest gap, anywhere across the way, meets a beam that was read."""
    if ahead(scan, direction_deg, half_width_m, stop_m).way_m < stop_m:
        return
    widest_rad = LEG_M / stop_m
    edge_rad = math.atan2(half_width_m, stop_m)
    read_rad = [
        math.remainder(
            scan.angle_min_rad + n * scan.angle_increment_rad - math.radians(direction_deg),
            math.tau,
        )
        for n, range_m in enumerate(scan.ranges_m)
        if not math.isnan(range_m)
    ]
    for part in range(-10, 11):
        there_rad = edge_rad * part / 10.0
        assert min(abs(each - there_rad) for each in read_rad) <= widest_rad / 2.0 + 1e-6


@given(scans, directions, st.integers(0, 79), st.floats(0.0, 1.0))
def test_a_nearer_return_never_makes_the_way_longer(
    scan: RangeScan, direction_deg: float, place: int, share: float
) -> None:
    if place >= len(scan.ranges_m) or not scan.ranges_m[place] >= 0.0:
        return
    nearer = list(scan.ranges_m)
    nearer[place] = share * min(scan.ranges_m[place], scan.range_max_m)
    changed = replace(scan, ranges_m=nearer)
    assert ahead(changed, direction_deg).way_m <= ahead(scan, direction_deg).way_m


@given(scans, directions, st.integers(-3, 3))
def test_turns_of_a_full_circle_change_nothing(
    scan: RangeScan, direction_deg: float, turns: int
) -> None:
    once, again = (ahead(scan, direction_deg + 360.0 * n) for n in (0, turns))
    assert again.way_m == pytest.approx(once.way_m, abs=1e-6)


def test_a_thousand_beams_cost_less_than_two_milliseconds() -> None:
    reading = read(RangeScan([5.0] * 1000, -math.pi, math.tau / 1000, 0.1, 10.0, NOW_S))
    spent_s = []
    for _ in range(20):
        began_s = time.process_time()
        clearance(reading, 0.3, HALF_WIDTH_M, STOP_M, NOW_S)
        spent_s.append(time.process_time() - began_s)
    assert min(spent_s) < 0.002
