"""What several stores, or one asked several times, know of robots."""

from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.client.answers import Fleet, Robot
from orchestrator_ren.errors import NotAnswered, RobotNotInStore
from orchestrator_ren.gateway.fleet import Store, stores_of, who_knows

AT = datetime(2026, 11, 27, 9, tzinfo=timezone.utc)
ONE = Robot('robot1', True, last_seen=AT)
TWO = Robot('robot2', False, last_seen=AT, unreachable_since=AT)


def test_robots_of_one_store_are_told_once_and_as_they_were_last_seen():
    back = replace(TWO, is_alive=True, last_seen=AT + timedelta(seconds=1), unreachable_since=None)
    told = {'a': Fleet((ONE, TWO), 4), 'b': None, 'c': Fleet((ONE, back), 4)}
    assert stores_of(told) == [Store(('a', 'c'), Fleet((ONE, back), 4))]


def test_each_store_has_its_own_robots_and_what_waits_for_any_of_them():
    other = Robot('robot3', True)
    told = {'a': Fleet((other,), 1), 'b': Fleet((ONE, TWO), 4), 'c': Fleet((TWO,), 3)}
    assert stores_of(told) == [
        Store(('a',), Fleet((other,), 1)),
        Store(('b', 'c'), Fleet((ONE, TWO), 4)),
    ]


def test_what_one_tells_may_bring_two_stores_together():
    told = {'a': Fleet((ONE,)), 'b': Fleet((TWO,)), 'c': Fleet((ONE, TWO), 2)}
    assert stores_of(told) == [Store(('a', 'b', 'c'), Fleet((ONE, TWO), 2))]


def test_a_store_that_does_not_tell_is_none_and_not_one_without_robots():
    assert stores_of({}) == stores_of({'a': None}) == []


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
