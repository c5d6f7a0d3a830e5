"""What odometry says: way, heading, standstill, silence."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.motion.odometry import FRESH_S, Odometer, OdometrySample, wrap_angle
from orchestrator_ren.motion.standstill import (
    STANDSTILL_SPEED_MPS,
    STANDSTILL_TIME_S,
    STANDSTILL_YAW_RATE_RADPS,
    StandstillLimits,
)

STANDING = OdometrySample(0.0, 0.0, 0.0, 0.0, 0.0, 0.0)


def odometer_after(*samples: OdometrySample) -> Odometer:
    odometer = Odometer()
    for sample in samples:
        odometer.add(sample)
    return odometer


def standing_at(*times_s: float) -> list[OdometrySample]:
    return [replace(STANDING, received_mono_s=time_s) for time_s in times_s]


@pytest.mark.parametrize(
    ('angle_rad', 'wrapped_rad'),
    [
        (0.0, 0.0),
        (math.pi, math.pi),
        (-math.pi, math.pi),
        (3 * math.pi, math.pi),
        (1.5 * math.pi, -0.5 * math.pi),
        (-1.5 * math.pi, 0.5 * math.pi),
        (2 * math.pi, 0.0),
    ],
)
def test_an_angle_is_wrapped_to_plus_minus_pi(angle_rad: float, wrapped_rad: float) -> None:
    assert wrap_angle(angle_rad) == pytest.approx(wrapped_rad)


@given(st.floats(-1000.0, 1000.0))
def test_a_wrapped_angle_is_the_same_direction(angle_rad: float) -> None:
    wrapped_rad = wrap_angle(angle_rad)
    assert -math.pi < wrapped_rad <= math.pi
    assert math.cos(wrapped_rad) == pytest.approx(math.cos(angle_rad), abs=1e-9)
    assert math.sin(wrapped_rad) == pytest.approx(math.sin(angle_rad), abs=1e-9)


def test_without_a_sample_nothing_is_known() -> None:
    odometer = Odometer()
    assert odometer.fresh(0.0) is None
    assert not odometer.is_standing(-math.inf)
    assert odometer.distance_m == 0.0


def test_the_first_sample_is_where_counting_starts() -> None:
    odometer = odometer_after(replace(STANDING, x_m=100.0, y_m=-50.0, yaw_rad=3.0))
    assert odometer.distance_m == 0.0
    assert odometer.heading_rad == 3.0


def test_the_way_is_the_length_of_the_path_and_not_the_beeline() -> None:
    there = [*range(101), *range(100, -1, -1)]  # in hundredths, a rest where it turns back
    path = [
        replace(STANDING, x_m=0.03 * part, y_m=0.04 * part, received_mono_s=0.02 * n)
        for n, part in enumerate(there)
    ]
    assert odometer_after(*path).distance_m == pytest.approx(10.0)


@pytest.mark.parametrize('turns', [2, -2])
def test_the_heading_does_not_wrap(turns: int) -> None:
    angles_rad = [turns * 2 * math.pi * n / 40 for n in range(41)]
    odometer = odometer_after(
        *(
            replace(STANDING, yaw_rad=wrap_angle(angle_rad), received_mono_s=0.1 * n)
            for n, angle_rad in enumerate(angles_rad)
        )
    )
    assert odometer.heading_rad == pytest.approx(turns * 2 * math.pi)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('field', ['x_m', 'y_m', 'yaw_rad', 'speed_mps', 'yaw_rate_radps'])
def test_a_sample_that_is_not_finite_is_ignored(field: str, value: float) -> None:
    odometer = odometer_after(STANDING, replace(STANDING, received_mono_s=9.0, **{field: value}))
    assert odometer.fresh(0.1) == STANDING
    assert odometer.fresh(9.0) is None
    assert odometer.distance_m == 0.0


def test_a_sample_is_fresh_for_half_a_second() -> None:
    odometer = odometer_after(STANDING)
    assert odometer.fresh(FRESH_S) == STANDING
    assert odometer.fresh(math.nextafter(FRESH_S, math.inf)) is None


@pytest.mark.parametrize(
    ('speed_mps', 'yaw_rate_radps', 'is_slow'),
    [
        (0.0, 0.0, True),
        (STANDSTILL_SPEED_MPS * 0.99, -STANDSTILL_YAW_RATE_RADPS * 0.99, True),
        (STANDSTILL_SPEED_MPS, 0.0, False),
        (0.0, STANDSTILL_YAW_RATE_RADPS, False),
        (0.0, -STANDSTILL_YAW_RATE_RADPS, False),
    ],
)
def test_slow_is_below_both_thresholds(
    speed_mps: float, yaw_rate_radps: float, is_slow: bool
) -> None:
    assert StandstillLimits().allow(speed_mps, yaw_rate_radps) == is_slow


def test_one_slow_sample_is_no_standstill() -> None:
    assert not odometer_after(STANDING).is_standing(-1.0)


def test_a_tenth_of_a_second_of_slow_samples_is_standstill() -> None:
    assert odometer_after(*standing_at(0.0, 0.05, STANDSTILL_TIME_S)).is_standing(0.0)
    assert not odometer_after(*standing_at(0.0, 0.05, 0.09)).is_standing(0.0)


def test_standing_before_the_stop_was_asked_for_does_not_count() -> None:
    odometer = odometer_after(*standing_at(*(n / 10 for n in range(11))))
    assert odometer.is_standing(0.89)
    assert not odometer.is_standing(0.95)
    assert not odometer.is_standing(2.0)


def test_one_fast_sample_starts_the_wait_again() -> None:
    rolling = replace(STANDING, speed_mps=0.5, received_mono_s=0.1)
    odometer = odometer_after(*standing_at(0.0, 0.05), rolling, *standing_at(0.15, 0.2))
    assert not odometer.is_standing(0.0)
    for sample in standing_at(0.26):
        odometer.add(sample)
    assert odometer.is_standing(0.0)


def test_turning_in_place_is_no_standstill() -> None:
    turning = [replace(each, yaw_rate_radps=0.3) for each in standing_at(0.0, 0.1, 0.2)]
    assert not odometer_after(*turning).is_standing(0.0)
