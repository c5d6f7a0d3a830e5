"""A way in a bounded number of points."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.motion.trail import MAX_POINTS, STEP_M, Trail, ahead


def test_it_begins_at_the_start_and_ends_where_the_robot_is() -> None:
    trail = Trail((1.0, 2.0))
    for x in (1.0, 1.001, 1.5, 1.501):
        trail.add((x, 2.0))
    assert trail.points == [(1.0, 2.0), (1.5, 2.0), (1.501, 2.0)]


def test_a_robot_that_stands_and_trembles_adds_no_points() -> None:
    trail = Trail((0.0, 0.0))
    for number in range(1000):
        trail.add((STEP_M / 3 * (-1) ** number, 0.0))
    assert len(trail.points) == 2


@given(st.lists(st.tuples(st.floats(-1e3, 1e3), st.floats(-1e3, 1e3)), max_size=2000))
def test_it_is_bounded_and_keeps_both_ends(points: list[tuple[float, float]]) -> None:
    trail = Trail((0.0, 0.0))
    for point in points:
        trail.add(point)
        assert trail.points[-1] == point
    assert trail.points[0] == (0.0, 0.0)
    assert 2 <= len(trail.points) <= MAX_POINTS


def test_a_long_way_is_told_from_end_to_end() -> None:
    trail = Trail((0.0, 0.0))
    for number in range(100_000):
        trail.add((number * 0.05, 0.0))
    xs = [x for x, _ in trail.points]
    assert xs == sorted(xs)
    assert len(xs) > MAX_POINTS / 4
    assert max(b - a for a, b in pairwise(xs)) < 100.0


@pytest.mark.parametrize(
    ('yaw_rad', 'forward_m', 'left_m', 'point'),
    [
        (0.0, 2.0, 0.0, (3.0, 1.0)),
        (math.pi / 2, 2.0, 0.0, (1.0, 3.0)),
        (math.pi, 2.0, 1.0, (-1.0, 0.0)),
        (0.0, -1.0, 0.5, (0.0, 1.5)),
    ],
)
def test_a_point_ahead_is_turned_as_the_robot_is(
    yaw_rad: float, forward_m: float, left_m: float, point: tuple[float, float]
) -> None:
    assert ahead((1.0, 1.0), yaw_rad, forward_m, left_m) == pytest.approx(point)
