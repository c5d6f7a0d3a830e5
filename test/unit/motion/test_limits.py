"""Speed and change of speed stay within limits, and the direction is kept."""

import math

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from orchestrator_ren.motion.limits import SPEED_CEILING_MPS, MotionLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity

LIMITS = MotionLimits()
RELATIVE = 1.0 + 1e-9

finite = st.floats(allow_nan=False, allow_infinity=False)
moderate = st.floats(-100.0, 100.0)
any_velocities = st.builds(Velocity, finite, finite, finite)
velocities = st.builds(Velocity, moderate, moderate, moderate)
limits = st.builds(
    MotionLimits,
    st.just(0.0) | st.floats(0.01, 10.0),
    st.floats(0.01, 10.0),
    st.floats(0.01, 10.0),
    st.floats(0.01, 10.0),
)


def test_the_ceiling_is_three_metres_per_second() -> None:
    assert SPEED_CEILING_MPS == 3.0


@pytest.mark.parametrize('velocity', [ZERO, Velocity(3.0), Velocity(-1.0, 1.0, 2.0)])
def test_what_is_within_the_limits_is_not_changed(velocity: Velocity) -> None:
    assert LIMITS.clamp(velocity) == velocity


def test_speed_is_measured_over_ground_and_not_along_each_axis() -> None:
    clamped = LIMITS.clamp(Velocity(3.0, 4.0))
    assert (clamped.x_mps, clamped.y_mps) == pytest.approx((1.8, 2.4))


def test_translation_and_turning_shrink_together() -> None:
    clamped = LIMITS.clamp(Velocity(2.0, 0.0, 8.0))
    assert (clamped.x_mps, clamped.yaw_radps) == pytest.approx((0.5, 2.0))


def test_a_limit_above_the_ceiling_does_not_raise_it() -> None:
    assert MotionLimits(max_speed_mps=50.0).clamp(Velocity(40.0)).speed_mps == pytest.approx(3.0)


def test_a_limit_of_zero_stops_all_translation() -> None:
    assert MotionLimits(max_speed_mps=0.0).clamp(Velocity(1.0, 1.0, 1.0)).speed_mps == 0.0


@given(any_velocities, limits)
@example(Velocity(1.7e308, 1.7e308, 0.0), LIMITS)
@example(Velocity(5e-324, 0.0, 5e-324), LIMITS)
def test_no_velocity_gets_past_the_limits(wanted: Velocity, limits: MotionLimits) -> None:
    clamped = limits.clamp(wanted)
    assert clamped.is_finite
    assert clamped.speed_mps <= min(limits.max_speed_mps, SPEED_CEILING_MPS) * RELATIVE
    assert abs(clamped.yaw_radps) <= limits.max_yaw_rate_radps * RELATIVE


@given(velocities, limits)
def test_clamping_keeps_the_direction(wanted: Velocity, limits: MotionLimits) -> None:
    clamped = limits.clamp(wanted)
    cross = clamped.x_mps * wanted.y_mps - clamped.y_mps * wanted.x_mps
    assert cross == pytest.approx(0.0, abs=1e-6)
    assert clamped.x_mps * wanted.x_mps >= 0.0
    assert clamped.y_mps * wanted.y_mps >= 0.0
    assert clamped.yaw_radps * wanted.yaw_radps >= 0.0


def test_a_change_takes_the_time_that_the_acceleration_gives_it() -> None:
    changed = LIMITS.clamp_change(ZERO, Velocity(3.0, 0.0, 2.0), elapsed_s=0.1)
    assert (changed.x_mps, changed.yaw_radps) == pytest.approx((0.3, 0.6))


def test_a_small_change_is_made_at_once() -> None:
    wanted = Velocity(1.05, 0.0, 0.1)
    assert LIMITS.clamp_change(Velocity(1.0), wanted, 0.05).x_mps == pytest.approx(1.05)


def test_no_time_means_no_change() -> None:
    assert LIMITS.clamp_change(Velocity(1.0), Velocity(-1.0, 2.0, 1.0), 0.0) == Velocity(1.0)


def test_turning_round_passes_through_standstill() -> None:
    changed = LIMITS.clamp_change(Velocity(1.0), Velocity(-1.0), elapsed_s=0.1)
    assert changed.x_mps == pytest.approx(0.7)


def test_slowing_down_has_a_limit_of_its_own() -> None:
    limits = MotionLimits(max_acceleration_mps2=1.0, max_deceleration_mps2=2.0)
    faster = limits.clamp_change(Velocity(1.0), Velocity(3.0), elapsed_s=0.1)
    slower = limits.clamp_change(Velocity(1.0), Velocity(0.5), elapsed_s=0.1)
    assert (faster.x_mps, slower.x_mps) == pytest.approx((1.1, 0.8))


@given(velocities, velocities, limits, st.floats(0.0, 0.25))
def test_no_change_is_faster_than_the_acceleration_limits(
    previous: Velocity, wanted: Velocity, limits: MotionLimits, elapsed_s: float
) -> None:
    changed = limits.clamp_change(previous, wanted, elapsed_s)
    step_mps = math.hypot(changed.x_mps - previous.x_mps, changed.y_mps - previous.y_mps)
    is_slowing = wanted.speed_mps < previous.speed_mps
    limit_mps2 = limits.max_deceleration_mps2 if is_slowing else limits.max_acceleration_mps2
    assert step_mps <= limit_mps2 * elapsed_s * RELATIVE + 1e-9
    yaw_step_radps = abs(changed.yaw_radps - previous.yaw_radps)
    assert yaw_step_radps <= limits.max_yaw_acceleration_radps2 * elapsed_s * RELATIVE + 1e-9


@given(velocities, velocities, limits, st.floats(0.0, 0.25))
def test_a_change_never_overshoots(
    previous: Velocity, wanted: Velocity, limits: MotionLimits, elapsed_s: float
) -> None:
    changed = limits.clamp_change(previous, wanted, elapsed_s)
    for name in ('x_mps', 'y_mps', 'yaw_radps'):
        ends = sorted((getattr(previous, name), getattr(wanted, name)))
        assert ends[0] - 1e-9 <= getattr(changed, name) <= ends[1] + 1e-9
