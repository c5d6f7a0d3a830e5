"""The launch files, where ROS 2's launch is installed (it is not on PyPI)."""

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

from ..domains import claim_domain

ROOT = Path(__file__).parents[2]
LAUNCH_TEST_TIMEOUT_S = 100

SHARED = {'namespace', 'params_file', 'use_sim_time', 'log_level', 'prefix', 'http'}
ARGUMENTS = {
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


@needs('launch_testing')
@pytest.mark.parametrize('name', ['drive_ticket_launch_test.py'])
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
