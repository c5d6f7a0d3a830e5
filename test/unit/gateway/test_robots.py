"""Which robot is meant, also by a gateway that has just started and does not know them all."""

import asyncio

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.errors import RobotUnknown
from orchestrator_ren.gateway import robots as module
from orchestrator_ren.gateway.robots import Robots
from orchestrator_ren.ros import graph


class FakeNode:
    """Of a namespace."""

    def get_namespace(self):
        return '/'

    def get_logger(self):
        return self

    error = print


@pytest.fixture
def found(monkeypatch):
    """What is found in the graph, look after look; the last for ever."""
    looks = []

    def look(*_):
        return looks.pop(0) if len(looks) > 1 else looks[0]

    monkeypatch.setattr(graph, 'namespaces_with', look)
    monkeypatch.setattr(module, 'YOUNG_S', 0.3)
    monkeypatch.setattr(module, 'YOUNG_LOOK_S', 0.01)
    monkeypatch.setattr(module, 'LOOK_S', 0.0)
    return looks


def default_of(default=''):
    return asyncio.run(Robots(FakeNode(), default).default()).namespace


def test_a_stop_right_after_the_start_finds_its_robot(found):
    """It was answered 404 by a gateway that had just been started again."""
    found += [[], [], ['robot1']]
    assert asyncio.run(Robots(FakeNode(), '').named('robot1')).namespace == 'robot1'


def test_a_robot_that_is_not_there_is_unknown_with_those_that_are(found):
    found += [['robot2']]
    with pytest.raises(RobotUnknown, match=r"'robot1'.*'robot2'"):
        asyncio.run(Robots(FakeNode(), '').named('/robot1/'))


def test_the_first_one_that_is_heard_of_is_not_taken_for_the_only_one(found):
    """A drive for nobody in particular would have gone to whichever robot answered first."""
    found += [['robot1'], ['robot1'], ['robot1', 'robot2']]
    with pytest.raises(RobotUnknown, match="'robot1', 'robot2'"):
        default_of()


def test_where_the_only_one_has_gone_another_is_not_taken_for_it(found):
    robots = Robots(FakeNode(), '')
    found += [['robot1']]
    assert asyncio.run(robots.default()).namespace == 'robot1'
    found[:] = [['robot2']]
    with pytest.raises(RobotUnknown, match=r"'robot1' alone.*'robot2'"):
        asyncio.run(robots.default())
    found[:] = [['robot1']]
    assert asyncio.run(robots.default()).namespace == 'robot1'


@pytest.mark.parametrize(
    ('looks', 'expected'),
    [
        ([['robot1']], 'robot1'),
        ([['robot1'], ['', 'robot1']], ''),
        ([[]], ''),
    ],
)
def test_the_own_one_comes_first_then_the_only_one(found, looks, expected):
    found += looks
    assert default_of() == expected


def test_the_one_of_the_parameter_needs_no_look(found):
    assert default_of('/robot7') == 'robot7'
