"""What a laser scan says, beam by beam, and when it says nothing."""

import math
from array import array
from dataclasses import replace

import pytest

from orchestrator_ren.motion.laser_scan import RangeScan, is_repeated, read

SCAN = RangeScan([1.0, 2.0, 3.0], -0.1, 0.1, 0.1, 10.0, 0.0)


def beam(range_m: float, open_space: str = 'inf') -> float:
    return read(replace(SCAN, ranges_m=[1.0, range_m, 3.0]), open_space).distances_m[1]


@pytest.mark.parametrize(
    ('range_m', 'distance_m'),
    [
        (2.0, 2.0),
        (0.1, 0.1),
        (10.0, 10.0),
        (10.01, math.inf),
        (math.inf, math.inf),
        (-math.inf, 0.0),
        (0.099, 0.0),
        (0.0, 0.0),
        (-0.0, 0.0),
        (-3.0, 0.0),
    ],
)
def test_a_reading_is_a_thing_open_space_or_too_near(range_m: float, distance_m: float) -> None:
    assert beam(range_m) == distance_m


def test_nan_is_no_reading() -> None:
    assert math.isnan(beam(math.nan))


@pytest.mark.parametrize(
    ('open_space', 'nan_m', 'zero_m'),
    [('inf', math.nan, 0.0), ('nan', math.inf, 0.0), ('zero', math.nan, math.inf)],
)
def test_open_space_is_what_the_driver_sends_for_it(
    open_space: str, nan_m: float, zero_m: float
) -> None:
    assert beam(math.nan, open_space) == pytest.approx(nan_m, nan_ok=True)
    assert beam(0.0, open_space) == zero_m
    assert beam(0.05, open_space) == 0.0
    assert beam(-math.inf, open_space) == 0.0
    assert beam(math.inf, open_space) == math.inf


def test_zero_is_too_near_also_where_the_lidar_measures_from_zero_on() -> None:
    assert read(replace(SCAN, ranges_m=[0.0], range_min_m=0.0)).distances_m[0] == 0.0


def test_a_lidar_may_see_without_end() -> None:
    far = read(replace(SCAN, ranges_m=[math.inf, 1e6], range_max_m=math.inf))
    assert list(far.distances_m) == [math.inf, 1e6]


@pytest.mark.parametrize('field', ['angle_min_rad', 'angle_increment_rad', 'range_min_m'])
@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_a_scan_whose_angles_or_limits_are_no_numbers_is_none(field: str, value: float) -> None:
    reading = read(replace(SCAN, **{field: value}))
    assert 'the scan is none' in reading.fault
    assert not reading.distances_m


@pytest.mark.parametrize(
    'changed',
    [
        {'range_max_m': math.nan},
        {'range_max_m': -math.inf},
        {'range_max_m': 0.05},
        {'range_max_m': 0.1},
        {'range_min_m': -0.1},
        {'range_min_m': 0.0, 'range_max_m': 0.0},
        {'angle_increment_rad': 0.0},
        {'angle_increment_rad': 1e308},
        {'angle_min_rad': -180.0},
        {'ranges_m': [1.0] * 360, 'angle_increment_rad': 1.0},
    ],
    ids=repr,
)
def test_a_scan_that_makes_no_sense_is_none(changed: dict[str, float]) -> None:
    """Degrees in the place of radians among them."""
    assert 'the scan is none' in read(replace(SCAN, **changed)).fault


@pytest.mark.parametrize('ranges_m', [[], array('f'), [math.nan], [math.nan] * 3])
def test_a_scan_without_a_reading_is_none(ranges_m: list[float]) -> None:
    assert read(replace(SCAN, ranges_m=ranges_m)).fault == 'the scan has no reading'


def test_nan_everywhere_is_open_space_where_the_driver_sends_it_for_that() -> None:
    assert read(replace(SCAN, ranges_m=[math.nan] * 3), 'nan').fault == ''


def test_a_scan_is_repeated_when_its_time_has_not_gone_on() -> None:
    stamped = replace(SCAN, stamp_s=5.0)
    assert is_repeated(replace(stamped, received_mono_s=1.0), stamped)
    assert not is_repeated(replace(stamped, stamp_s=5.1), stamped)
    assert not is_repeated(replace(stamped, ranges_m=[1.0, 2.0, 3.1]), stamped)
    assert not is_repeated(replace(SCAN, received_mono_s=1.0), SCAN), 'it tells no time'
    assert not is_repeated(stamped, None)
