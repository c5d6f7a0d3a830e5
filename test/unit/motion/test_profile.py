"""The trapezoid: exact distance, bounded speed and acceleration, and the time it says."""

import math
from collections.abc import Iterable
from itertools import cycle, repeat

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from orchestrator_ren.motion.profile import duration_s, next_speed

STEP_S = 0.05

distances = st.floats(0.01, 20.0)
cruises = st.floats(0.1, 3.0)
accelerations = st.floats(0.1, 5.0)


def moved(
    distance: float, cruise: float, acceleration: float, steps_s: Iterable[float]
) -> list[tuple[float, float]]:
    """Return the speeds of a whole motion, each with the time it was held [s]."""
    held: list[tuple[float, float]] = []
    speed = travelled = 0.0
    for step_s in steps_s:
        if distance - travelled <= 1e-9 or len(held) > 20_000:
            break
        speed = next_speed(speed, distance - travelled, cruise, acceleration, step_s)
        travelled += speed * step_s
        held.append((speed, step_s))
    return held


@pytest.mark.parametrize(
    ('distance', 'cruise', 'acceleration', 'expected_s'),
    [
        (0.0, 1.0, 1.0, 0.0),
        (0.0, 0.0, 1.0, 0.0),
        (-1.0, 1.0, 1.0, 0.0),
        (15.0, 1.5, 1.0, 11.5),
        (10.0, 1.0, 1.0, 11.0),
        (1.0, 1.0, 1.0, 2.0),
        (0.25, 1.0, 1.0, 1.0),
        (4.0, 100.0, 1.0, 4.0),
    ],
)
def test_the_duration_is_that_of_the_trapezoid(
    distance: float, cruise: float, acceleration: float, expected_s: float
) -> None:
    assert duration_s(distance, cruise, acceleration) == pytest.approx(expected_s)


@given(cruises, accelerations)
def test_the_duration_has_no_step_where_the_cruise_speed_is_just_reached(
    cruise: float, acceleration: float
) -> None:
    distance = cruise * cruise / acceleration
    below = duration_s(distance * (1 - 1e-9), cruise, acceleration)
    assert below == pytest.approx(duration_s(distance * (1 + 1e-9), cruise, acceleration))


@given(distances, cruises, accelerations)
def test_the_sum_is_the_distance_and_no_limit_is_broken(
    distance: float, cruise: float, acceleration: float
) -> None:
    # Below this the whole motion is shorter than one step.
    assume(distance > 4.0 * acceleration * STEP_S * STEP_S)
    held = moved(distance, cruise, acceleration, repeat(STEP_S))
    assert sum(speed * step_s for speed, step_s in held) == pytest.approx(distance, abs=1e-6)
    assert all(0.0 < speed <= cruise for speed, _ in held)
    previous = 0.0
    for speed, step_s in held:
        assert abs(speed - previous) <= acceleration * step_s * (1 + 1e-6) + 1e-9
        previous = speed
    assert previous <= acceleration * STEP_S * (1 + 1e-6)


@given(distances, cruises, accelerations)
def test_the_motion_takes_as_long_as_was_said(
    distance: float, cruise: float, acceleration: float
) -> None:
    held = moved(distance, cruise, acceleration, repeat(STEP_S))
    took_s = sum(step_s for _, step_s in held)
    assert took_s == pytest.approx(duration_s(distance, cruise, acceleration), abs=4 * STEP_S)


@given(
    st.floats(0.01, 5.0),
    cruises,
    accelerations,
    st.lists(st.floats(0.02, 0.25), min_size=1, max_size=20),
)
def test_irregular_steps_that_are_known_cost_no_accuracy(
    distance: float, cruise: float, acceleration: float, steps_s: list[float]
) -> None:
    held = moved(distance, cruise, acceleration, cycle(steps_s))
    assert sum(speed * step_s for speed, step_s in held) == pytest.approx(distance, abs=1e-6)
    assert all(0.0 < speed <= cruise for speed, _ in held)


@given(st.floats(0.0, 3.0), cruises, accelerations, st.floats(0.001, 0.25))
def test_it_never_asks_for_less_than_nothing(
    speed: float, cruise: float, acceleration: float, step_s: float
) -> None:
    for remaining in (1e-12, 1e-6, 0.01, 1.0, 1e6):
        assert 0.0 < next_speed(speed, remaining, cruise, acceleration, step_s) <= cruise


@pytest.mark.parametrize('remaining', [0.0, -1e-12, -5.0])
def test_it_stops_at_the_end_and_beyond(remaining: float) -> None:
    assert next_speed(1.0, remaining, 1.0, 1.0, STEP_S) == 0.0


@given(distances, cruises, accelerations)
def test_after_each_step_the_rest_suffices_to_slow_down(
    distance: float, cruise: float, acceleration: float
) -> None:
    remaining = distance
    for speed, step_s in moved(distance, cruise, acceleration, repeat(STEP_S)):
        remaining -= speed * step_s
        # What one last step adds to the continuous slow-down.
        slack = acceleration * step_s * step_s
        assert remaining + slack >= speed * speed / (2 * acceleration) - 1e-9


def test_the_fastest_motion_without_a_cruise_is_a_triangle() -> None:
    held = moved(1.0, 100.0, 1.0, repeat(0.001))
    assert max(speed for speed, _ in held) == pytest.approx(1.0, rel=0.01)
    assert math.isclose(sum(step_s for _, step_s in held), 2.0, rel_tol=0.01)
