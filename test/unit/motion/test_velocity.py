"""What a velocity says about itself."""

import math

import pytest

from orchestrator_ren.motion.velocity import ZERO, Velocity


def test_speed_is_the_length_of_the_translation() -> None:
    assert Velocity(3.0, -4.0, 7.0).speed_mps == 5.0


@pytest.mark.parametrize('velocity', [Velocity(), Velocity(-0.0, 0.0, -0.0), ZERO])
def test_zero_is_zero_with_either_sign(velocity: Velocity) -> None:
    assert velocity.is_zero


@pytest.mark.parametrize(
    'velocity', [Velocity(x_mps=5e-324), Velocity(y_mps=-1e-9), Velocity(yaw_radps=1e-9)]
)
def test_the_slightest_motion_is_not_zero(velocity: Velocity) -> None:
    assert not velocity.is_zero


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize('field', ['x_mps', 'y_mps', 'yaw_radps'])
def test_one_bad_number_makes_it_not_finite(field: str, value: float) -> None:
    velocity = Velocity(**{field: value})
    assert not velocity.is_finite
    assert not velocity.is_zero


def test_the_fastest_there_is_is_finite() -> None:
    assert Velocity(1.7e308, 1.7e308, -1.7e308).is_finite
