"""What a report says of scans whose returns are known."""

import json
import math
import random
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.scan_report import ScanReport

RANGE_MIN_M, RANGE_MAX_M = 0.1, 10.0


def scan_of(
    ranges_m: Sequence[float], first_deg: float = -180.0, step_deg: float = 1.0
) -> RangeScan:
    return RangeScan(
        ranges_m, math.radians(first_deg), math.radians(step_deg), RANGE_MIN_M, RANGE_MAX_M, 0.0
    )


def circle(returns: dict[int, float], elsewhere_m: float = math.inf) -> RangeScan:
    """Return 360 beams with these distances [m] at these bearings [degrees, -180 to 179]."""
    return scan_of([returns.get(bearing, elsewhere_m) for bearing in range(-180, 180)])


def report_of(
    *scans: RangeScan, sectors: int = 12, free_distance_m: float = 1.0
) -> dict[str, Any]:
    report = ScanReport(sectors, free_distance_m)
    for scan in scans:
        report.add(scan)
    return report.result()


def sector(result: dict[str, Any], from_deg: float) -> dict[str, Any]:
    return next(each for each in result['sectors'] if each['from'] == from_deg)


def test_every_number_of_a_known_scan() -> None:
    # Between 0 and 30 degrees: 2, 3, 4, 5, 6 m. At -90: 0.8 m. Nothing else.
    result = report_of(circle({1: 2.0, 5: 4.0, 9: 6.0, 20: 3.0, 29: 5.0, -90: 0.8}))
    assert result['nearest'] == 0.8
    assert result['nearest_bearing'] == -90.0
    assert result['coverage'] == 1.0
    assert result['scans'] == 1
    assert [(each['from'], each['to']) for each in result['sectors']] == [
        (from_deg, from_deg + 30) for from_deg in range(-180, 180, 30)
    ]
    assert sector(result, 0) == {
        'from': 0.0,
        'to': 30.0,
        'covered': 1.0,
        'free': True,
        'min': 2.0,
        'mean': 4.0,
        'p10': 2.4,  # 0.4 of the way from the first to the second
        'p50': 4.0,
        'p90': 5.6,
        'returns': 5,
    }
    assert sector(result, -90) == {
        'from': -90.0,
        'to': -60.0,
        'covered': 1.0,
        'free': False,
        'min': 0.8,
        'mean': 0.8,
        'p10': 0.8,
        'p50': 0.8,
        'p90': 0.8,
        'returns': 1,
    }
    assert sector(result, 90) == {
        'from': 90.0,
        'to': 120.0,
        'covered': 1.0,
        'free': True,
        'min': None,
        'mean': None,
        'p10': None,
        'p50': None,
        'p90': None,
        'returns': 0,
    }
    assert result['free_sectors'] == [[-60.0, -90.0]]


def test_percentiles_lie_between_the_returns_beside_them() -> None:
    result = report_of(circle({bearing: 1.0 + bearing for bearing in range(2)}))
    assert [sector(result, 0)[name] for name in ('p10', 'p50', 'p90')] == [1.1, 1.5, 1.9]


def test_without_a_return_all_is_free_and_nothing_near() -> None:
    result = report_of(circle({}))
    assert result['nearest'] is None
    assert result['nearest_bearing'] is None
    assert result['coverage'] == 1.0
    assert result['free_sectors'] == [[-180.0, 180.0]]


@pytest.mark.parametrize('range_m', [math.inf, 10.01, 1e30])
def test_a_reading_beyond_the_range_is_a_free_view(range_m: float) -> None:
    result = report_of(circle({}, elsewhere_m=range_m))
    assert result['nearest'] is None
    assert result['coverage'] == 1.0
    assert all(each['free'] is True for each in result['sectors'])


def test_a_reading_that_tells_nothing_covers_nothing() -> None:
    result = report_of(circle({10: 5.0}, elsewhere_m=math.nan))
    assert result['coverage'] == pytest.approx(1 / 360, abs=0.001)
    assert all(each['free'] is None for each in result['sectors'])
    assert sum(each['covered'] > 0.0 for each in result['sectors']) == 1
    assert result['free_sectors'] == []


@pytest.mark.parametrize('range_m', [-math.inf, -1.0, 0.0, 0.09])
def test_a_reading_too_near_to_measure_is_a_return_at_nothing(range_m: float) -> None:
    result = report_of(circle({10: range_m}))
    assert (result['nearest'], result['nearest_bearing']) == (0.0, 10.0)
    assert (sector(result, 0)['free'], sector(result, 0)['min']) == (False, 0.0)
    assert result['coverage'] == 1.0
    assert sector(result, 90)['free'] is True


@pytest.mark.parametrize(('open_space', 'range_m'), [('nan', math.nan), ('zero', 0.0)])
def test_a_lidar_may_say_open_space_in_its_own_way(open_space: str, range_m: float) -> None:
    report = ScanReport(12, 1.0, open_space)
    assert report.add(circle({}, elsewhere_m=range_m)) == ''
    assert report.result()['nearest'] is None
    assert report.result()['free_sectors'] == [[-180.0, 180.0]]


@pytest.mark.parametrize('range_m', [RANGE_MIN_M, RANGE_MAX_M])
def test_the_limits_of_the_range_are_returns(range_m: float) -> None:
    result = report_of(circle({-37: range_m}))
    assert (result['nearest'], result['nearest_bearing']) == (range_m, -37.0)


def test_an_infinite_range_max_makes_no_return_of_infinity() -> None:
    scan = RangeScan([math.inf, 2.0], 0.0, math.radians(1.0), 0.1, math.inf, 0.0)
    assert report_of(scan)['nearest'] == 2.0


@pytest.mark.parametrize(('range_m', 'is_free'), [(0.999, False), (1.0, False), (1.001, True)])
def test_a_sector_is_free_when_its_nearest_return_is_farther(
    range_m: float, is_free: bool
) -> None:
    assert sector(report_of(circle({10: range_m})), 0)['free'] is is_free


def test_a_narrow_view_covers_what_it_looks_at() -> None:
    # 90 beams, each a degree wide, from -45 to 45 degrees.
    result = report_of(scan_of([5.0] * 90, first_deg=-44.5))
    assert result['coverage'] == 0.25
    covered = {each['from']: each['covered'] for each in result['sectors'] if each['covered']}
    assert covered == {-60.0: 0.5, -30.0: 1.0, 0.0: 1.0, 30.0: 0.5}
    assert result['free_sectors'] == [[-30.0, 30.0]]
    assert sector(result, -180)['free'] is None


def test_half_a_look_does_not_make_a_sector_free_but_a_near_return_makes_it_not() -> None:
    far, near = (report_of(scan_of([m] * 15, first_deg=0.5)) for m in (5.0, 0.5))
    assert (sector(far, 0)['covered'], sector(far, 0)['free']) == (0.5, None)
    assert (sector(near, 0)['covered'], sector(near, 0)['free']) == (0.5, False)


def test_a_single_beam_without_a_reading_leaves_a_sector_free() -> None:
    result = report_of(circle({10: math.nan}))
    assert sector(result, 0)['covered'] == pytest.approx(29 / 30, abs=0.001)
    assert sector(result, 0)['free'] is True


def test_beams_far_apart_do_not_cover_what_is_between_them() -> None:
    result = report_of(scan_of([5.0] * 4, step_deg=90.0))
    assert result['coverage'] == pytest.approx(4 * 5 / 360, abs=0.001)
    assert result['free_sectors'] == []


def test_looking_twice_at_the_same_covers_it_once() -> None:
    view = scan_of([5.0] * 90, first_deg=-44.5)
    result = report_of(view, view)
    assert result['coverage'] == 0.25
    assert result['scans'] == 2
    assert sector(result, 0)['returns'] == 60


@pytest.mark.parametrize(
    ('near_deg', 'free'),
    [
        ([], [[-180.0, 180.0]]),
        ([0], [[30.0, 0.0]]),  # over the seam
        ([-180], [[-150.0, 180.0]]),  # up to the seam
        ([179], [[-180.0, 150.0]]),
        ([-90, 90], [[-60.0, 90.0], [120.0, -90.0]]),
        ([-150, 0], [[-120.0, 0.0], [30.0, -150.0]]),
        (list(range(-180, 180, 30)), []),
    ],
)  # fmt: skip
def test_neighbouring_free_sectors_are_one_also_over_the_seam(
    near_deg: list[int], free: list[list[float]]
) -> None:
    assert report_of(circle(dict.fromkeys(near_deg, 0.5)))['free_sectors'] == free


@pytest.mark.parametrize('sectors', [1, 2, 7, 72])
def test_the_circle_is_divided_evenly(sectors: int) -> None:
    result = report_of(circle({}, elsewhere_m=5.0), sectors=sectors)
    edges = [each['from'] for each in result['sectors']] + [result['sectors'][-1]['to']]
    assert edges[0] == -180.0
    assert edges[-1] == 180.0
    assert edges == [
        pytest.approx(-180 + n * 360 / sectors, abs=0.006) for n in range(sectors + 1)
    ]
    assert sum(each['returns'] for each in result['sectors']) == 360
    assert result['free_sectors'] == [[-180.0, 180.0]]


@pytest.mark.parametrize('sectors', [3, 12, 36, 72])
def test_a_beam_along_an_edge_belongs_to_the_sector_that_begins_there(sectors: int) -> None:
    per_sector = 360 // sectors
    result = report_of(circle({}, elsewhere_m=5.0), sectors=sectors)
    assert [each['returns'] for each in result['sectors']] == [per_sector] * sectors


def test_pi_as_a_float32_is_still_straight_behind() -> None:
    """LaserScan has float32 angles, whose pi is beyond pi."""
    result = report_of(RangeScan([2.0], -3.1415927410125732, 0.017453292, 0.1, 10.0, 0.0))
    assert result['nearest_bearing'] == 180.0
    assert sector(result, -180)['returns'] == 1


@pytest.mark.parametrize('bearing_deg', [-179, -90, -1, 0, 1, 90, 179])
def test_the_bearing_is_counter_clockwise_from_the_x_axis(bearing_deg: int) -> None:
    result = report_of(circle({bearing_deg: 2.0}))
    assert result['nearest_bearing'] == bearing_deg
    assert str(result['nearest_bearing']) != '-0.0'


def test_a_lidar_that_turns_clockwise_is_read_the_right_way() -> None:
    result = report_of(scan_of([5.0, 5.0, 2.0], first_deg=90.0, step_deg=-45.0))
    assert result['nearest_bearing'] == 0.0
    result = report_of(scan_of([5.0] * 90, first_deg=44.5, step_deg=-1.0))
    assert result['coverage'] == 0.25


def test_a_scan_counts_where_the_robot_looked() -> None:
    report = ScanReport(12, 1.0)
    view = scan_of([3.0] * 89 + [2.0], first_deg=-44.5)
    report.add(view, math.radians(0.0))
    report.add(scan_of([3.0] * 45 + [0.7] + [3.0] * 44, first_deg=-44.5), math.radians(170.0))
    result = report.result()
    assert result['coverage'] == 0.5
    assert result['nearest'] == 0.7
    assert result['nearest_bearing'] == 170.5
    assert sector(result, 150)['free'] is False
    assert sector(result, -180)['covered'] == 1.0


def test_turns_of_more_than_a_circle_do_not_matter() -> None:
    once, thrice = ScanReport(12, 1.0), ScanReport(12, 1.0)
    scan = circle({40: 2.0})
    once.add(scan, 1.0)
    thrice.add(scan, 1.0 + 2 * math.tau)
    assert once.result() == thrice.result()


@pytest.mark.parametrize(
    'angles', [(math.nan, 0.1), (0.0, math.nan), (math.inf, 0.1), (0.0, 1e308)], ids=repr
)
def test_a_scan_whose_angles_are_no_numbers_shows_nothing(angles: tuple[float, float]) -> None:
    report = ScanReport(12, 1.0)
    assert 'the scan is none' in report.add(RangeScan([1.0, 2.0], *angles, 0.1, 10.0, 0.0))
    result = report.result()
    assert (result['nearest'], result['coverage'], result['scans']) == (None, 0.0, 0)


@pytest.mark.parametrize('ranges_m', [[], [math.nan] * 90])
def test_a_scan_without_a_reading_shows_nothing(ranges_m: list[float]) -> None:
    report = ScanReport(12, 1.0)
    assert report.add(scan_of(ranges_m)) == 'the scan has no reading'
    result = report.result()
    assert (result['nearest'], result['coverage'], result['scans']) == (None, 0.0, 0)


@given(
    st.lists(st.floats(width=32), max_size=100),
    st.floats(-10.0, 10.0),
    st.floats(1e-6, 0.06) | st.floats(-0.06, -1e-6),
    st.floats(-100.0, 100.0),
    st.integers(1, 72),
)
def test_whatever_the_ranges_the_report_is_json_and_has_the_smallest(
    ranges_m: list[float], first_rad: float, step_rad: float, heading_rad: float, sectors: int
) -> None:
    report = ScanReport(sectors, 1.0)
    report.add(
        RangeScan(ranges_m, first_rad, step_rad, RANGE_MIN_M, RANGE_MAX_M, 0.0), heading_rad
    )
    result = report.result()
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    valid_m = [each if each >= RANGE_MIN_M else 0.0 for each in ranges_m if each <= RANGE_MAX_M]
    assert result['nearest'] == (round(min(valid_m), 3) if valid_m else None)
    assert sum(each['returns'] for each in result['sectors']) == len(valid_m)
    assert 0.0 <= result['coverage'] <= 1.0
    assert all(0.0 <= each['covered'] <= 1.0 for each in result['sectors'])
    if valid_m:
        assert -180.0 < result['nearest_bearing'] <= 180.0


@pytest.mark.parametrize('step_deg', [0.25, -0.25, 1.0, 7.0])
@given(
    first_deg=st.floats(-400.0, 400.0),
    readings=st.lists(st.sampled_from([2.0, math.nan, math.inf]), min_size=2, max_size=50),
)
def test_beams_in_a_row_cover_what_each_of_them_does(
    first_deg: float, readings: list[float], step_deg: float
) -> None:
    row, single = ScanReport(8, 1.0), ScanReport(8, 1.0)
    row.add(scan_of(readings, first_deg, step_deg))
    for place, each in enumerate(readings):
        alone = [math.nan] * len(readings)
        alone[place] = each
        single.add(scan_of(alone, first_deg, step_deg))
    for sector_, expected in zip(row.sectors(), single.sectors(), strict=True):
        assert sector_.covered == pytest.approx(expected.covered, abs=1e-6)
        assert list(sector_.ranges_m) == list(expected.ranges_m)


def test_many_returns_of_one_sector_are_in_order() -> None:
    chance = random.Random(1)
    ranges_m = [chance.uniform(RANGE_MIN_M, RANGE_MAX_M) for _ in range(9000)]
    report = ScanReport(1, 1.0)
    report.add(scan_of(ranges_m, step_deg=0.04))
    assert list(report.sectors()[0].ranges_m) == sorted(ranges_m)
    assert report.return_count == 9000
