"""How regularly commands come, and how old they are: the worst of the last seconds."""

import pytest

from orchestrator_ren.motion.command_times import CommandTimes


def test_the_longest_period_and_the_highest_age_are_told():
    times = CommandTimes()
    for at_s, age_s in ((10.0, 0.001), (10.05, 0.004), (10.17, 0.002)):
        times.add('a#1', age_s, at_s)
    assert times.worst_s(10.2) == pytest.approx((0.12, 0.004))


def test_between_two_streams_there_is_no_period():
    times = CommandTimes()
    times.add('a#1', 0.0, 10.0)
    times.add('b#1', 0.0, 17.0)
    assert times.worst_s(17.0) == (0.0, 0.0)


@pytest.mark.parametrize(
    ('at_s', 'expected'), [(10.9, 0.5), (11.9, 0.5), (12.1, 0.0), (99.0, 0.0)]
)
def test_what_was_is_told_for_one_to_two_seconds(at_s, expected):
    times = CommandTimes()
    times.add('a#1', 0.5, 10.5)
    assert times.worst_s(at_s)[1] == expected


def test_before_the_first_command_there_is_nothing():
    assert CommandTimes().worst_s(0.0) == (0.0, 0.0)
