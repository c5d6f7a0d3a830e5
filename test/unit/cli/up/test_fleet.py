"""Which programs belong to a fleet, and in which order they end."""

from itertools import groupby

import pytest

pytest.importorskip('rclpy')  # the parameters, of which one is looked at

from orchestrator_ren.cli.up.fleet import MOST_ROBOTS, Fleet
from orchestrator_ren.robots import parameters as robot_parameters

URL = 'postgresql+psycopg2://me@/db?host=/run/pg'


def parts_of(fleet: Fleet):
    return fleet.parts(lambda package: f'/opt/{package}')


def test_those_of_one_kind_end_together_and_the_gates_after_the_world() -> None:
    kinds = [
        (kind, len(list(each)))
        for kind, each in groupby(parts_of(Fleet(3, URL, http_port=0)), lambda part: part.kind)
    ]
    assert kinds == [
        ('http_gateway', 1), ('orchestrator', 3), ('sim_robot', 1), ('cmd_vel_gate', 3),
    ]  # fmt: skip


def test_each_robot_has_its_namespace_its_frames_and_the_store_of_all() -> None:
    for part in parts_of(Fleet(2, URL)):
        line = ' '.join(part.command)
        if part.robot:
            assert part.name == f'{part.robot}/{part.kind}'
            assert f'-r __ns:=/{part.robot} ' in line
            assert f'base_frame:={part.robot}/base_link' in line
        is_orchestrator = part.kind == 'orchestrator'
        assert (f"store_url:='{URL}'" in line) is is_orchestrator
        assert ('gate:=external' in line) is is_orchestrator
        assert (f'odom_frame:={part.robot}/odom' in line) is is_orchestrator
    assert {part.robot for part in parts_of(Fleet(2, URL))} == {'', 'r1', 'r2'}


def test_the_simulator_and_the_gateway_are_of_all_robots() -> None:
    parts = {part.name: part for part in parts_of(Fleet(3, URL, world='empty', http_port=8080))}
    assert 'robots:=r1,r2,r3' in parts['sim_robot'].command
    assert "world:='empty'" in parts['sim_robot'].command
    assert 'port:=8080' in parts['http_gateway'].command
    assert not any('__ns' in word for word in parts['sim_robot'].command)
    assert [part.name for part in parts.values() if not part.is_needed] == ['http_gateway']


def test_a_namespace_is_around_those_of_the_robots() -> None:
    fleet = Fleet(2, URL, 'site', '/etc/fleet.yaml', http_port=0)
    words = {part.name: ' '.join(part.command) for part in parts_of(fleet)}
    assert '-r __ns:=/site ' in words['sim_robot'] + ' '
    assert '-r __ns:=/site/r2 ' in words['r2/orchestrator']
    assert all('--params-file /etc/fleet.yaml' in each for each in words.values())
    assert [part.command[-1] for part in fleet.waiting(('ren',), 30.0)] == ['site/r1', 'site/r2']


def test_who_waits_is_of_its_robot_and_not_needed() -> None:
    [part] = Fleet(1, URL).waiting(('ren',), 30.0)
    assert (part.name, part.robot, part.is_needed) == ('r1/ren', 'r1', False)


def test_so_many_as_the_simulator_takes() -> None:
    assert MOST_ROBOTS == robot_parameters.MOST_ROBOTS
    names = ','.join(Fleet(MOST_ROBOTS, URL).names)
    assert len(robot_parameters.robot_names(names)) == MOST_ROBOTS


@pytest.mark.parametrize('count', [1, 3])
def test_names_are_numbers_from_one_on(count) -> None:
    assert Fleet(count, URL).names == [f'r{number}' for number in range(1, count + 1)]
