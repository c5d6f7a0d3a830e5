"""What odometry says: way, heading, standstill, silence."""

import math
from dataclasses import replace
from itertools import groupby, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.motion.odometry import FRESH_S, Odometer, wrap_angle
from orchestrator_ren.motion.odometry_sample import OdometrySample
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


@pytest.mark.parametrize('before', [1, 2, 3, 30])
def test_the_way_in_a_silence_is_not_told_as_way_of_what_comes_later(before: int) -> None:
    """Taken for noise at first, it was way of the next motion: 2.0 m of 0.5 m."""
    odometer = odometer_after(*standing_at(*(0.02 * n for n in range(before))))
    elsewhere = replace(STANDING, x_m=1.5)
    odometer.add(replace(elsewhere, received_mono_s=2.0))
    told_m = odometer.distance_m
    assert told_m == pytest.approx(1.5)
    for n in range(1, 50):
        odometer.add(replace(elsewhere, received_mono_s=2.0 + 0.02 * n))
    assert odometer.distance_m == told_m


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


# What is no reading.


@pytest.mark.parametrize(
    ('changed', 'trouble'),
    [
        ({'orientation_length': 1.2}, 'orientation has length 1.20'),
        ({'orientation_length': 0.85}, 'orientation has length 0.85'),
        ({'orientation_length': 0.0}, 'orientation has length 0.00'),
        ({'orientation_length': math.nan}, 'orientation is nan'),
        ({'orientation_length': math.inf}, 'orientation is inf'),
        ({'out_of_plane': math.nan}, 'motion out of the plane is nan'),
        ({'x_m': math.inf}, 'position is inf'),
        ({'x_m': 1e300, 'y_m': 1e300}, 'position is 1.41e+300 m away'),
    ],
    ids=str,
)
def test_a_stream_of_what_is_no_reading_is_no_odometry(
    changed: dict[str, float], trouble: str
) -> None:
    bad = [replace(each, **changed) for each in standing_at(*(n / 50 for n in range(100)))]
    odometer = odometer_after(*bad)
    assert odometer.fresh(2.0) is None
    assert not odometer.has_begun
    assert not odometer.is_standing(0.0)
    assert odometer.standstill(2.0).is_standing is None
    assert trouble in odometer.trouble(2.0)
    assert odometer.refused_count == 100


@pytest.mark.parametrize('length', [0.91, 0.999, 1.0, 1.09])
def test_an_orientation_of_about_length_one_is_a_rotation(length: float) -> None:
    assert odometer_after(replace(STANDING, orientation_length=length)).has_begun


def test_a_trouble_is_told_until_good_samples_come_again() -> None:
    odometer = odometer_after(replace(STANDING, orientation_length=1.2))
    for sample in standing_at(*(n / 50 for n in range(9))):
        odometer.add(sample)
        assert 'length 1.20' in odometer.trouble(0.2)
    odometer.add(standing_at(0.18)[0])
    assert odometer.trouble(0.2) == ''


def test_nothing_is_told_of_odometry_that_is_silent() -> None:
    odometer = odometer_after(replace(STANDING, orientation_length=1.2))
    assert odometer.trouble(4.9)
    assert odometer.trouble(10.0) == ''


def test_a_message_that_is_sent_again_and_again_is_none() -> None:
    """A bridge repeats the last message of a driver that has died."""
    stamped = [replace(each, stamp_s=7.0) for each in standing_at(*(n / 10 for n in range(11)))]
    odometer = odometer_after(*stamped)
    assert odometer.fresh(1.0) is None
    assert not odometer.is_standing(0.0)
    assert 'stamped 7.000 s is repeated' in odometer.trouble(1.0)


def test_a_speed_that_no_base_has_is_told_and_keeps_it_from_standing() -> None:
    odometer = odometer_after(*(replace(each, speed_mps=100.0) for each in steady(20)))
    assert 'twist says 100.0 m/s' in odometer.trouble(0.4)
    assert odometer.standstill(0.4).is_standing is False


# Jumps.


def steady(
    samples: int,
    rate_hz: float = 50.0,
    speed_mps: float = 0.0,
    yaw_rate_radps: float = 0.0,
    stamped: bool = False,
    pace: float = 1.0,
) -> list[OdometrySample]:
    """Return what a base that moves evenly along x says; `pace` seconds of its time a second."""
    made = []
    for n in range(samples):
        time_s = n / rate_hz
        made.append(
            OdometrySample(
                x_m=speed_mps * time_s,
                y_m=0.0,
                yaw_rad=wrap_angle(yaw_rate_radps * time_s),
                speed_mps=speed_mps,
                yaw_rate_radps=yaw_rate_radps,
                received_mono_s=time_s / pace,
                stamp_s=50.0 + time_s if stamped else 0.0,
            )
        )
    return made


@pytest.mark.parametrize(
    'changed',
    [
        {'x_m': -40.0},
        {'y_m': 0.6},
        {'yaw_rad': math.radians(90.0)},
        {'yaw_rad': math.radians(-30.0)},
        {'x_m': -40.0, 'yaw_rad': math.radians(90.0), 'stamp_s': 60.0},
        {'x_m': 1e6, 'stamp_s': 1e6},
        {'x_m': 40.0, 'stamp_s': 1.0},
    ],
    ids=str,
)
def test_a_step_that_no_base_can_make_is_a_jump_and_no_way(changed: dict[str, float]) -> None:
    before = steady(50, speed_mps=0.5, stamped=True)
    last = before[-1]
    odometer = odometer_after(*before)
    way_m = odometer.distance_m
    there = replace(last, received_mono_s=last.received_mono_s + 0.02, stamp_s=last.stamp_s + 0.02)
    there = replace(there, **changed)
    odometer.add(there)
    jump = odometer.jump
    assert jump is not None
    assert (odometer.jump_count, jump.number) == (1, 1)
    assert jump.step_m == pytest.approx(math.hypot(there.x_m - last.x_m, there.y_m - last.y_m))
    assert odometer.distance_m == pytest.approx(way_m)
    assert odometer.heading_rad == pytest.approx(0.0)
    assert 'jumped' in odometer.trouble(there.received_mono_s)
    for n in range(1, 51):  # and from there on it counts again
        time_s = there.received_mono_s + n / 50
        odometer.add(replace(there, x_m=there.x_m + n / 100, received_mono_s=time_s, stamp_s=0.0))
    assert odometer.jump_count == 1
    assert odometer.distance_m == pytest.approx(way_m + 0.5)


@pytest.mark.parametrize('stamped', [True, False])
@pytest.mark.parametrize('rate_hz', [5.0, 10.0, 50.0, 200.0])
@pytest.mark.parametrize(('speed_mps', 'yaw_rate_radps'), [(3.0, 0.0), (0.0, 10.0), (3.0, -10.0)])
def test_the_fastest_base_does_not_jump(
    stamped: bool, rate_hz: float, speed_mps: float, yaw_rate_radps: float
) -> None:
    samples = steady(100, rate_hz, speed_mps, yaw_rate_radps, stamped)
    odometer = odometer_after(*samples)
    assert odometer.jump is None
    assert odometer.distance_m == pytest.approx(speed_mps * 99 / rate_hz)
    assert odometer.heading_rad == pytest.approx(yaw_rate_radps * 99 / rate_hz)


@pytest.mark.parametrize('stamped', [True, False])
@pytest.mark.parametrize('rate_hz', [10.0, 50.0])
@pytest.mark.parametrize('stall_s', [0.1, 0.4, 1.0, 5.0])
def test_messages_that_queued_up_while_this_process_stood_still_are_no_jump(
    stamped: bool, rate_hz: float, stall_s: float
) -> None:
    """The queue of a sensor holds five; what is older is lost."""
    samples = steady(400, rate_hz, 3.0, 2.0, stamped)
    stall = range(100, 100 + round(stall_s * rate_hz))
    bunched = [
        each
        if place not in stall
        else replace(each, received_mono_s=samples[stall.stop - 1].received_mono_s + place * 1e-6)
        for place, each in enumerate(samples)
        if place not in stall[:-5] or stall_s * rate_hz <= 5
    ]
    odometer = odometer_after(*bunched)
    if stall_s <= 1.0:
        assert odometer.jump is None
        assert odometer.distance_m == pytest.approx(3.0 * 399 / rate_hz)
    else:  # nobody looked for so long that the way is not known: never more than it was
        assert odometer.distance_m <= 3.0 * 399 / rate_hz + 1e-6


@pytest.mark.parametrize('pace', [10.0, 100.0])
@pytest.mark.parametrize('rate_hz', [10.0, 50.0])
def test_a_simulator_faster_than_time_does_not_jump(pace: float, rate_hz: float) -> None:
    odometer = odometer_after(*steady(300, rate_hz, 3.0, 1.0, stamped=True, pace=pace))
    assert odometer.jump is None
    assert odometer.distance_m == pytest.approx(3.0 * 299 / rate_hz)


def test_a_simulator_faster_than_time_may_still_jump() -> None:
    samples = steady(300, 50.0, 1.0, stamped=True, pace=10.0)
    odometer = odometer_after(*samples, replace(samples[-1], x_m=-40.0, stamp_s=56.0))
    assert odometer.jump_count == 1


@pytest.mark.parametrize('other_stamp_s', [0.0, -1000.0, 1000.0])
def test_two_sources_far_apart_jump_and_add_no_way(other_stamp_s: float) -> None:
    one = steady(200, 50.0, 0.5, stamped=True)
    other = [
        replace(
            each,
            x_m=each.x_m + 3.0,
            received_mono_s=each.received_mono_s + 0.01,
            stamp_s=max(0.0, each.stamp_s + other_stamp_s),
        )
        for each in one
    ]
    odometer = odometer_after(*(each for pair in zip(one, other, strict=True) for each in pair))
    assert odometer.jump_count > 300
    assert odometer.distance_m <= 2.0 + 1e-6
    assert odometer.standstill(4.0).is_standing is False


def test_two_sources_near_each_other_add_no_way_of_their_own() -> None:
    one = steady(200, 10.0)
    other = [replace(each, x_m=0.05, received_mono_s=each.received_mono_s + 0.05) for each in one]
    odometer = odometer_after(*(each for pair in zip(one, other, strict=True) for each in pair))
    assert odometer.distance_m <= 0.05
    assert odometer.standstill(20.0).is_standing is False, 'nobody knows where it is'


@given(st.lists(st.tuples(st.floats(-2.0, 2.0), st.floats(-2.0, 2.0)), max_size=30))
def test_the_way_never_shrinks_and_is_never_longer_than_the_path(
    path: list[tuple[float, float]],
) -> None:
    odometer, ways_m = Odometer(), [0.0]
    for n, (x_m, y_m) in enumerate(path):
        odometer.add(replace(STANDING, x_m=x_m, y_m=y_m, received_mono_s=0.1 * n))
        ways_m.append(odometer.distance_m)
    steps_m = [math.dist(*pair) for pair in pairwise(path)]
    assert all(after >= before - 1e-9 for before, after in pairwise(ways_m))
    assert ways_m[-1] <= sum(steps_m) + 1e-9


# Standstill looks at twist and pose.


@pytest.mark.parametrize('rate_hz', [5.0, 10.0, 50.0])
@pytest.mark.parametrize(('speed_mps', 'yaw_rate_radps'), [(0.5, 0.0), (0.03, 0.0), (0.0, 0.05)])
def test_a_pose_that_moves_is_no_standstill_whatever_the_twist_says(
    rate_hz: float, speed_mps: float, yaw_rate_radps: float
) -> None:
    odometer = Odometer()
    for sample in steady(100, rate_hz, speed_mps, yaw_rate_radps):
        odometer.add(replace(sample, speed_mps=0.0, yaw_rate_radps=0.0))
        now_s = sample.received_mono_s
        assert not odometer.is_standing(0.0)
        seen = odometer.standstill(now_s).is_standing
        assert seen is False if now_s > 0.1 else seen is not True
    told_mps, told_radps = odometer.moved_at
    assert told_mps == pytest.approx(speed_mps)
    assert told_radps == pytest.approx(yaw_rate_radps)


def test_a_twist_that_moves_is_no_standstill_whatever_the_pose_says() -> None:
    odometer = odometer_after(*(replace(each, speed_mps=0.3) for each in steady(50)))
    verdict = odometer.standstill(1.0)
    assert verdict.is_standing is False
    assert '0.300 m/s and 0.000 rad/s; standing is below 0.01 m/s and 0.01 rad/s' in verdict.reason


def test_a_pose_that_trembles_by_a_millimetre_stands() -> None:
    trembling = [
        replace(each, x_m=0.0009 * (n % 2), yaw_rad=0.0009 * (n % 2))
        for n, each in enumerate(steady(50))
    ]
    assert odometer_after(*trembling).standstill(1.0).is_standing is True


def test_a_gyro_with_a_bias_stands_where_the_limit_is_above_it() -> None:
    biased = steady(200, yaw_rate_radps=0.012)
    odometer = Odometer(StandstillLimits(yaw_rate_radps=0.02))
    for sample in biased:
        odometer.add(sample)
    assert odometer.standstill(4.0).is_standing is True
    refused = odometer_after(*biased).standstill(4.0)
    assert refused.is_standing is False
    assert '0.012 rad/s; standing is below 0.01 m/s and 0.01 rad/s' in refused.reason


def test_a_standstill_that_has_only_begun_to_be_looked_at_is_not_known() -> None:
    odometer = odometer_after(*standing_at(0.0, 0.05))
    assert odometer.standstill(0.05).is_standing is None
    odometer.add(standing_at(0.1)[0])
    assert odometer.standstill(0.1).is_standing is True
    assert odometer.standstill(0.7).is_standing is None, 'it is silent'


def test_a_base_that_has_just_come_to_rest_does_not_stand_yet() -> None:
    rolling = steady(10, speed_mps=0.2)
    rest = [replace(rolling[-1], speed_mps=0.0, received_mono_s=t) for t in (0.2, 0.22)]
    verdict = odometer_after(*rolling, *rest).standstill(0.22)
    assert verdict.is_standing is False
    assert 'less than 0.1 s' in verdict.reason


def test_standing_before_a_silence_does_not_count_after_it() -> None:
    odometer = odometer_after(*steady(50), standing_at(9.0)[0])
    assert not odometer.is_standing(0.0)
    assert odometer.standstill(9.0).is_standing is None


# How often it comes.


@pytest.mark.parametrize('rate_hz', [0.5, 1.0, 2.0, 4.0, 4.4])
def test_odometry_below_five_hertz_is_none_at_any_time(rate_hz: float) -> None:
    odometer = Odometer()
    for n, sample in enumerate(steady(20, rate_hz)):
        odometer.add(sample)
        if n >= 1:
            assert odometer.fresh(sample.received_mono_s) is None
            assert f'comes at {rate_hz:.1f} Hz; at least 5 Hz is needed' in odometer.trouble(
                sample.received_mono_s
            )
            assert not odometer.is_standing(0.0)


@pytest.mark.parametrize('rate_hz', [4.8, 5.0, 10.0, 200.0])
def test_odometry_from_five_hertz_on_counts_at_any_time(rate_hz: float) -> None:
    odometer = Odometer()
    for sample in steady(20, rate_hz):
        odometer.add(sample)
        assert odometer.fresh(sample.received_mono_s + 1.0 / rate_hz) is not None


def test_one_message_that_is_late_does_not_make_it_too_slow() -> None:
    times_s = [n / 10 for n in range(5)] + [5.0 + n / 10 for n in range(5)]
    odometer = Odometer()
    for sample in standing_at(*times_s):
        odometer.add(sample)
        assert odometer.fresh(sample.received_mono_s) is not None


def test_messages_in_bunches_come_no_more_often() -> None:
    """Three at a time, each second and a half: 2 Hz."""
    odometer = odometer_after(*standing_at(*(n // 3 * 1.5 + n % 3 * 1e-4 for n in range(12))))
    assert odometer.fresh(4.5) is None


def test_a_simulator_slower_than_time_sends_often_enough_by_its_own_time() -> None:
    slow = steady(50, 50.0, stamped=True, pace=0.05)
    simulated = Odometer(is_simulated=True)
    for sample in slow:
        simulated.add(sample)
    assert simulated.fresh(slow[-1].received_mono_s) is not None
    assert odometer_after(*slow).fresh(slow[-1].received_mono_s) is None


def test_odometry_that_is_too_slow_knows_nothing_of_a_standstill() -> None:
    """Neither that it stands nor that it moves on: the gate must not latch for it."""
    for speed_mps in (0.0, 0.5):
        slow = steady(20, 2.0, speed_mps)
        verdict = odometer_after(*slow).standstill(slow[-1].received_mono_s)
        assert verdict.is_standing is None
        assert 'it comes at 2.0 Hz' in verdict.reason


# While nothing is under way: looked at now and then, and of what waits only the newest are kept.


def looked_at(samples: list[OdometrySample], look_s: float) -> list[OdometrySample]:
    """Return what is judged of these samples where they are looked at only so often [s]."""
    groups = groupby(samples, lambda each: int(each.received_mono_s / look_s))
    return [each for _, group in groups for each in list(group)[-KEPT:]]


KEPT = 5
"""Depth of the queue of a sensor."""

looks = pytest.mark.parametrize('look_s', [0.1, 0.2])
rates = pytest.mark.parametrize('rate_hz', [6.0, 10.0, 20.0, 50.0, 100.0, 200.0, 1000.0])


@looks
@rates
def test_a_robot_that_stands_while_idle_stands_and_is_heard(rate_hz: float, look_s: float) -> None:
    odometer = Odometer()
    for sample in looked_at(steady(int(2 * rate_hz), rate_hz), look_s):
        odometer.add(sample)
        assert odometer.fresh(sample.received_mono_s + look_s) is not None
        assert odometer.trouble(sample.received_mono_s) == ''
    assert odometer.standstill(sample.received_mono_s).is_standing
    assert (odometer.jump_count, odometer.distance_m) == (0, 0.0)


@looks
@rates
@pytest.mark.parametrize('speed_mps', [0.05, 0.5, 3.0])
def test_a_robot_that_is_pushed_while_idle_moves_by_its_pose_alone_and_its_way_is_known(
    rate_hz: float, look_s: float, speed_mps: float
) -> None:
    pushed = [
        replace(each, speed_mps=0.0) for each in steady(int(3 * rate_hz), rate_hz, speed_mps)
    ]
    odometer = Odometer()
    for sample in looked_at(pushed, look_s):
        odometer.add(sample)
        if sample.received_mono_s > 1.0:
            assert odometer.standstill(sample.received_mono_s).is_standing is False
    assert odometer.jump_count == 0
    assert odometer.distance_m == pytest.approx(pushed[-1].x_m, abs=0.05 + 0.5 * speed_mps)


@looks
@pytest.mark.parametrize('rate_hz', [0.5, 1.0, 2.0, 4.0])
def test_odometry_below_five_hertz_is_none_while_idle_too(rate_hz: float, look_s: float) -> None:
    odometer = odometer_after(*looked_at(steady(20, rate_hz), look_s))
    assert 'at least 5 Hz is needed' in odometer.trouble(steady(20, rate_hz)[-1].received_mono_s)


@looks
@rates
def test_a_step_that_no_base_can_make_is_a_jump_while_idle_too(
    rate_hz: float, look_s: float
) -> None:
    before, after = (
        steady(int(rate_hz), rate_hz),
        steady(int(2 * rate_hz), rate_hz)[int(rate_hz) :],
    )
    elsewhere = [replace(each, x_m=each.x_m + 2.0) for each in after]
    judged = looked_at([*before, *elsewhere], look_s)
    assert odometer_after(*judged).jump_count == 1
