"""The launch files, where ROS 2's launch is installed (it is not on PyPI)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from ..domains import claim_domain

ROOT = Path(__file__).parents[2]
LAUNCH_TEST_TIMEOUT_S = 100

SHARED = {'namespace', 'params_file', 'use_sim_time', 'log_level', 'prefix', 'http'}
ARGUMENTS = {
    'fleet.launch.py': SHARED - {'namespace'}
    | {'robots', 'store_url', 'capabilities', 'standby', 'world'},
    'http_gateway.launch.py': {'namespace', 'params_file', 'log_level'},
    'orchestrator.launch.py': SHARED,
    'record.launch.py': {'namespace', 'output', 'services'},
    'sim.launch.py': SHARED | {'world', 'real_time_factor'},
    'turtlesim.launch.py': SHARED,
}


def needs(package: str) -> pytest.MarkDecorator:
    is_missing = importlib.util.find_spec(package) is None
    return pytest.mark.skipif(is_missing, reason=f'{package} is not installed')


def test_no_launch_file_is_forgotten() -> None:
    assert {path.name for path in (ROOT / 'launch').iterdir() if path.is_file()} == set(ARGUMENTS)


@needs('launch_ros')
@pytest.mark.parametrize('name', ARGUMENTS)
def test_arguments_are_described_and_have_defaults(name: str) -> None:
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(str(ROOT / 'launch' / name))
    arguments = {each.name: each for each in description.get_launch_arguments()}
    assert arguments.keys() == ARGUMENTS[name]
    for each in arguments.values():
        assert each.default_value is not None
        assert each.description.endswith(('.', '.)'))


@needs('launch_ros')
def test_a_missing_turtlesim_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from launch import LaunchService
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    monkeypatch.setenv('AMENT_PREFIX_PATH', str(tmp_path))
    monkeypatch.setenv('ROS_DISTRO', 'jazzy')
    description = get_launch_description_from_python_launch_file(
        str(ROOT / 'launch' / 'turtlesim.launch.py')
    )
    with pytest.raises(RuntimeError, match='sudo apt install ros-jazzy-turtlesim'):
        description.entities[0].execute(LaunchService().context)


def started_by_fleet(**arguments: str) -> list[Any]:
    """Return the programs that fleet.launch.py starts."""
    from launch import LaunchContext
    from launch.actions import DeclareLaunchArgument
    from launch.launch_description_sources import get_launch_description_from_python_launch_file

    description = get_launch_description_from_python_launch_file(
        str(ROOT / 'launch' / 'fleet.launch.py')
    )
    context = LaunchContext()
    context.launch_configurations.update(arguments)
    for each in description.entities[:-1]:
        assert isinstance(each, DeclareLaunchArgument)
        if each.name != 'params_file':
            each.execute(context)
    return list(description.entities[-1].execute(context))


def of(started: list[Any], executable: str) -> list[Any]:
    return [each for each in started if each.node_executable == executable]


@needs('launch_ros')
@pytest.mark.parametrize(('standby', 'orchestrators'), [('false', 1), ('true', 2)])
def test_each_robot_of_a_fleet_has_its_gate_and_whoever_stands_by(
    standby: str, orchestrators: int
) -> None:
    started = started_by_fleet(
        robots='2', standby=standby, store_url='postgresql+psycopg2://me@/db'
    )
    assert len(of(started, 'sim_robot')) == 1
    assert len(of(started, 'cmd_vel_gate')) == 2
    assert len(of(started, 'orchestrator')) == 2 * orchestrators


@needs('launch_ros')
@pytest.mark.parametrize(
    ('arguments', 'said'),
    [
        ({'robots': 'many'}, "robots is 'many'; it must be a number from 1 to 64"),
        ({'robots': '0'}, "robots is '0'; it must be a number"),
        ({'robots': '65'}, "robots is '65'; it must be a number"),
        ({'standby': 'true'}, 'standby:=true needs a store_url'),
        ({'capabilities': '[lift]'}, r"capabilities is '\[lift\]'; it must be like"),
        ({'capabilities': '{r1: lift}'}, 'it must be like'),
        ({'capabilities': '{r1: [1]}'}, 'it must be like'),
        ({'capabilities': '{'}, 'which is no YAML'),
        ({'capabilities': '{r9: [lift]}'}, 'capabilities has r9; the robots are r1, r2, r3'),
    ],
)
def test_a_wrong_argument_of_a_fleet_is_told(arguments: dict[str, str], said: str) -> None:
    with pytest.raises(RuntimeError, match=said):
        started_by_fleet(**arguments)


@needs('launch_testing')
@pytest.mark.parametrize('name', ['drive_ticket_launch_test.py', 'fleet_launch_test.py'])
def test_launch_test(name: str) -> None:
    file = Path(__file__).with_name(name)
    # Not through launch_testing's pytest plugin: Jazzy's breaks every run of pytest >= 9.
    run = subprocess.run(
        [sys.executable, '-m', 'launch_testing.launch_test', str(file)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=LAUNCH_TEST_TIMEOUT_S,
        check=False,
        env={**os.environ, 'TEST_DOMAIN_ID': str(claim_domain())},
    )
    assert run.returncode == 0, run.stdout
