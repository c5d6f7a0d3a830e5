"""How long a base that nobody measures may roll on."""

import math

import pytest

from orchestrator_ren.motion.response import BASE_LAG_S, Response, RollOut
from orchestrator_ren.motion.velocity import ZERO, Velocity

RESPONSE = Response(0.5, 2.0)


@pytest.mark.parametrize(
    ('velocity', 'stopping_s'),
    [
        (ZERO, 0.0),
        (Velocity(1.0), 2.0 + BASE_LAG_S),
        (Velocity(-0.3, 0.4), 1.0 + BASE_LAG_S),
        (Velocity(yaw_radps=-1.0), 0.5 + BASE_LAG_S),
        (Velocity(0.5, 0.0, 4.0), 2.0 + BASE_LAG_S),
    ],
)
def test_the_stopping_time_is_that_of_translation_or_turning(
    velocity: Velocity, stopping_s: float
) -> None:
    assert RESPONSE.stopping_s(velocity) == pytest.approx(stopping_s)


def test_who_was_never_told_to_move_stands() -> None:
    roll_out = RollOut(RESPONSE)
    roll_out.command(ZERO, 100.0)
    assert roll_out.stands_at_s == -math.inf


def test_a_zero_that_follows_does_not_shorten_the_way_to_a_stand() -> None:
    """`scan` ends with a zero of its own, right after a turn: the base still rolls then."""
    roll_out = RollOut(RESPONSE)
    roll_out.command(Velocity(1.0), 10.0)
    roll_out.command(Velocity(0.01), 10.1)
    roll_out.command(ZERO, 10.2)
    assert roll_out.stands_at_s == pytest.approx(12.0 + BASE_LAG_S)


def test_who_slows_down_slowly_stands_soon_after_its_end() -> None:
    roll_out = RollOut(RESPONSE)
    for n in range(101):
        roll_out.command(Velocity(1.0 - 0.01 * n), 0.05 * n)
    assert roll_out.stands_at_s == pytest.approx(5.0 + BASE_LAG_S, abs=0.1)
