"""A straight drive held to the way measured: where it ends, when, and within which limits."""

import math
import random
from collections import deque
from dataclasses import dataclass, field, replace

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator_ren.motion import profile
from orchestrator_ren.motion.translation import ARRIVED_M, DECELERATION_MARGIN, Translation

STEP_S = 0.05
PHYSICS_STEPS = 10


@dataclass
class Base:
    """A base that follows with a lag, and whose odometry tells of it every `odometry_s` [s]."""

    lag_s: float = 0.1
    odometry_s: float = 0.02
    gain: float = 1.0
    wall_at_m: float = math.inf
    deadband_mps: float = 0.0
    way_m: float = 0.0
    told_m: float = 0.0
    late_s: float = 0.0
    _told: deque[float] = field(default_factory=deque)
    _speed_mps: float = 0.0
    _due_s: float = field(default=0.0)

    def move(self, asked_mps: float, step_s: float) -> None:
        dt_s = step_s / PHYSICS_STEPS
        wanted_mps = self.gain * asked_mps if asked_mps > self.deadband_mps else 0.0
        share = -math.expm1(-dt_s / self.lag_s) if self.lag_s else 1.0
        for _ in range(PHYSICS_STEPS):
            self._speed_mps += share * (wanted_mps - self._speed_mps)
            self.way_m = min(self.wall_at_m, self.way_m + self._speed_mps * dt_s)
            self._due_s -= dt_s
            if self._due_s <= 0.0:
                self._due_s += self.odometry_s
                self._told.append(self.way_m)
                if len(self._told) > self.late_s / self.odometry_s:
                    self.told_m = self._told.popleft()


@dataclass
class Driven:
    """A whole drive: its speeds, its time [s], and where it ended [m]."""

    speeds_mps: list[float]
    took_s: float
    end_m: float
    drive: Translation


def driven(
    base: Base,
    distance_m: float,
    cruise_mps: float = 1.0,
    acceleration_mps2: float = 1.0,
    spread_s: float = 0.0,
    until_s: float = 100.0,
    is_measured: bool = True,
) -> Driven:
    drive = Translation(distance_m, cruise_mps, acceleration_mps2)
    chance, speeds_mps, step_s = random.Random(1), [0.0], STEP_S
    while not drive.is_done and drive.elapsed_s < until_s:
        speed_mps = drive.next_speed_mps(step_s)
        speeds_mps.append(speed_mps)
        step_s = STEP_S + chance.uniform(-spread_s, spread_s)
        base.move(speed_mps, step_s)
        drive.advance(step_s, base.told_m if is_measured else None)
    took_s = drive.elapsed_s
    for _ in range(40):
        base.move(0.0, STEP_S)
    return Driven(speeds_mps, took_s, base.way_m, drive)


@pytest.mark.parametrize(
    ('base', 'within_m'),
    [
        (Base(lag_s=0.0), 0.002),
        (Base(lag_s=0.1), 0.005),
        (Base(lag_s=0.2), 0.01),
        (Base(lag_s=0.2, odometry_s=0.1), 0.02),
        (Base(lag_s=0.1, odometry_s=0.2), 0.03),
    ],
    ids=str,
)
@pytest.mark.parametrize(
    ('distance_m', 'cruise_mps'), [(15.0, 1.5), (2.0, 0.5), (10.0, 3.0), (0.3, 1.0), (0.02, 1.0)]
)
def test_a_base_with_lag_ends_where_it_should_when_it_should(
    base: Base, within_m: float, distance_m: float, cruise_mps: float
) -> None:
    fresh = Base(base.lag_s, base.odometry_s)
    found = driven(fresh, distance_m, cruise_mps)
    assert found.end_m == pytest.approx(distance_m, abs=within_m)
    predicted_s = profile.duration_s(distance_m, cruise_mps, 1.0)
    assert predicted_s - 0.15 < found.took_s < predicted_s + 0.25 + 1.5 * base.lag_s
    assert distance_m - found.drive.made_m <= ARRIVED_M


@pytest.mark.parametrize('gain', [0.5, 0.9, 0.98])
@pytest.mark.parametrize('lag_s', [0.0, 0.1, 0.2])
@pytest.mark.parametrize(('distance_m', 'cruise_mps'), [(5.0, 1.5), (2.0, 0.5), (0.3, 1.0)])
def test_a_base_that_slips_is_driven_on_to_the_end(
    gain: float, lag_s: float, distance_m: float, cruise_mps: float
) -> None:
    """It was COMPLETED after the time that the way takes without slip: half of the way."""
    found = driven(Base(lag_s, gain=gain), distance_m, cruise_mps)
    assert found.end_m == pytest.approx(distance_m, abs=0.015)
    assert found.took_s < profile.duration_s(distance_m / gain, cruise_mps, 1.0) + 4.0


@pytest.mark.parametrize(
    'base',
    [
        Base(lag_s=0.3),
        Base(lag_s=0.5),
        Base(lag_s=0.8),
        Base(lag_s=0.1, late_s=0.4),
        Base(lag_s=0.5, late_s=0.3),
    ],
    ids=str,
)
@pytest.mark.parametrize(('distance_m', 'cruise_mps'), [(2.0, 1.0), (0.2, 1.0), (6.0, 3.0)])
def test_a_slow_base_or_a_late_odometry_is_not_driven_too_far(
    base: Base, distance_m: float, cruise_mps: float
) -> None:
    """It was taken for slipping, and driven on: 2.51 m of 2.0, COMPLETED."""
    found = driven(replace(base, _told=deque()), distance_m, cruise_mps)
    assert found.end_m == pytest.approx(distance_m, abs=0.02)


@pytest.mark.parametrize('gain', [1.02, 1.1])
def test_a_base_that_goes_too_fast_overshoots_by_little(gain: float) -> None:
    found = driven(Base(0.1, gain=gain), 15.0, 1.5)
    assert found.end_m == pytest.approx(15.0, abs=0.06)


def test_one_that_goes_too_fast_is_never_sent_back() -> None:
    found = driven(Base(0.2, gain=1.5), 2.0, 1.0)
    assert found.end_m > 2.0
    assert min(found.speeds_mps) >= 0.0


@given(
    st.floats(0.005, 20.0),
    st.floats(0.01, 3.0),
    st.floats(0.1, 5.0),
    st.floats(0.0, 0.3),
    st.sampled_from([0.02, 0.1, 0.2]),
    st.floats(0.2, 1.5),
    st.floats(0.0, 0.03),
)
def test_speed_and_acceleration_stay_within_limits(
    distance_m: float,
    cruise_mps: float,
    acceleration_mps2: float,
    lag_s: float,
    odometry_s: float,
    gain: float,
    spread_s: float,
) -> None:
    base = Base(lag_s, odometry_s, gain)
    found = driven(base, distance_m, cruise_mps, acceleration_mps2, spread_s, until_s=30.0)
    longest_s = STEP_S + spread_s
    for before_mps, after_mps in zip(found.speeds_mps, found.speeds_mps[1:], strict=False):
        assert 0.0 <= after_mps <= cruise_mps
        assert after_mps - before_mps <= acceleration_mps2 * longest_s * (1 + 1e-9)
        slowed_mps = DECELERATION_MARGIN * acceleration_mps2 * longest_s
        assert before_mps - after_mps <= slowed_mps * (1 + 1e-9) or after_mps == 0.0


@pytest.mark.parametrize('wall_at_m', [0.0, 1.0, 1.9])
def test_a_base_before_a_wall_is_never_there(wall_at_m: float) -> None:
    found = driven(Base(wall_at_m=wall_at_m), 2.0, until_s=30.0)
    assert not found.drive.is_done
    assert found.drive.share == pytest.approx(wall_at_m / 2.0)


def test_the_last_centimetre_is_left_to_the_base() -> None:
    assert driven(Base(wall_at_m=1.992), 2.0, until_s=30.0).drive.is_done


@pytest.mark.parametrize('distance_m', [0.003, 0.02, 0.05])
def test_a_nudge_that_the_wheels_do_not_follow_is_not_done(distance_m: float) -> None:
    """A way as short as a tolerance was done before it was begun."""
    found = driven(Base(deadband_mps=0.4), distance_m, 0.2, until_s=10.0)
    assert not found.drive.is_done
    assert found.drive.made_m == 0.0


def test_friction_near_the_end_does_not_hold_it_up_for_long() -> None:
    found = driven(Base(gain=0.95, deadband_mps=0.05), 2.0, 1.0)
    assert found.drive.is_done
    assert found.took_s < 6.0


@example(0.006733390993599719, 1.0, 1.625, 0.0078125)  # a short step, then a long one
@given(st.floats(0.001, 20.0), st.floats(0.01, 3.0), st.floats(0.1, 5.0), st.floats(0.0, 0.02))
def test_without_odometry_it_is_the_profile(
    distance_m: float, cruise_mps: float, acceleration_mps2: float, spread_s: float
) -> None:
    found = driven(
        Base(), distance_m, cruise_mps, acceleration_mps2, spread_s, 3000.0, is_measured=False
    )
    assert found.drive.is_done
    # The last step is planned to be as long as the one before, and may be longer by the spread of
    # both; its speed is at most what one step's acceleration allows.
    last_step_m = acceleration_mps2 * (STEP_S + spread_s) * 2.0 * spread_s
    assert found.drive.made_m == pytest.approx(distance_m, rel=0.002, abs=last_step_m + 2e-6)


def test_a_standing_clock_does_not_count_as_driving() -> None:
    drive = Translation(1.0, 1.0, 1.0)
    for _ in range(100):
        drive.next_speed_mps(STEP_S)
        drive.advance(0.0, 0.0)
    assert (drive.elapsed_s, drive.share, drive.is_done) == (0.0, 0.0, False)
