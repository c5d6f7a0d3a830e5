"""What several stores, or one asked several times, know of robots."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.client.answers import Fleet, Robot
from orchestrator_ren.errors import NotAnswered, RobotNotInStore
from orchestrator_ren.gateway.fleet import merged, who_knows

AT = datetime(2026, 11, 27, 9, tzinfo=timezone.utc)
ONE = Robot('robot1', True, last_seen=AT)
TWO = Robot('robot2', False, last_seen=AT, unreachable_since=AT)


def test_robots_of_one_store_are_told_once_and_as_they_were_last_seen():
    back = replace(TWO, is_alive=True, last_seen=AT + timedelta(seconds=1), unreachable_since=None)
    found = merged([Fleet((ONE, TWO), 4), None, Fleet((ONE, back), 4)])
    assert found == Fleet((ONE, back), 4)


def test_what_waits_for_any_is_counted_once_for_each_store():
    other = Robot('robot3', True)
    found = merged([Fleet((other,), 1), Fleet((ONE, TWO), 4), Fleet((TWO,), 3)])
    assert found == Fleet((ONE, TWO, other), 5)


def test_where_no_store_tells_nothing_is_known_and_not_that_there_are_none():
    assert merged([]) is None
    assert merged([None]) is None
    assert merged([Fleet(())]) == Fleet(())


def test_who_misses_a_robot_is_asked_about_it():
    fleets = {'a': Fleet((ONE,)), 'b': None, 'c': Fleet((ONE, TWO))}
    assert who_knows('robot2', fleets) == 'c'
    assert who_knows('robot2', {**fleets, 'a': Fleet((replace(TWO, is_alive=True),))}) == 'c'


def test_a_robot_is_unknown_only_where_all_stores_have_told():
    with pytest.raises(RobotNotInStore, match=r"'robot9'.* robot1, robot2$"):
        who_knows('robot9', {'c': Fleet((ONE, TWO))})
    for fleets in ({}, {'b': None}, {'b': None, 'c': Fleet((ONE, TWO))}):
        with pytest.raises(NotAnswered, match="nobody has told of a robot 'robot9'"):
            who_knows('robot9', fleets)
