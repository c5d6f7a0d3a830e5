"""The ways to `ren`: the path, the package, ros2cli; keys, which need no robot."""

import importlib.metadata
import json
import os
import re
import subprocess
import sys
from pathlib import Path

from ament_index_python.packages import get_package_prefix

from .conftest import DRIVE

ROS2CLI = '''
class CommandExtension:
    """A stand-in for that of ros2cli."""

    def add_arguments(self, parser, cli_name, *, argv=None):
        """Add none."""
'''


ROS2 = """
import argparse, importlib.metadata, sys
[entry] = importlib.metadata.entry_points(group='ros2cli.command', name='ticket')
extension = entry.load()()
from ros2cli.command import CommandExtension
assert isinstance(extension, CommandExtension), 'ros2cli would not take it'
parser = argparse.ArgumentParser(prog='ros2')
sub = parser.add_subparsers().add_parser('ticket', help=extension.__doc__.splitlines()[0])
extension.add_arguments(sub, 'ros2', argv=sys.argv[1:])
sys.exit(extension.main(parser=sub, args=parser.parse_args()))
"""


def ros2(robot, folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Do as ros2cli does with its extensions."""
    stand_in = folder / 'ros2cli' / 'command'
    stand_in.mkdir(parents=True, exist_ok=True)
    (stand_in / '__init__.py').write_text(ROS2CLI)
    (folder / 'ros2cli' / '__init__.py').write_text('')
    paths = os.pathsep.join([str(folder), os.environ.get('PYTHONPATH', '')])
    return subprocess.run(
        [sys.executable, '-c', ROS2, 'ticket', *words],
        env={**robot.environment, 'PYTHONPATH': paths},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_ros2_ticket_is_ren_by_the_entry_point_of_ros2cli(robot, tmp_path):
    done = ros2(robot, tmp_path, '-n', 'cli', 'status', '--json')
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)['state'] == 'READY'
    done = ros2(robot, tmp_path, 'create', *DRIVE, '-n', 'cli')
    assert 'PENDING' in done.stdout, done.stderr
    done = ros2(robot, tmp_path, 'show', 'zzz', '-n', 'cli')
    assert (done.returncode, 'TicketNotFound 201' in done.stderr) == (1, True)
    done = ros2(robot, tmp_path, '--help')
    assert 'press the e-stop' in done.stdout
    done = ros2(robot, tmp_path, 'stop', '--help')
    assert 'usage: ros2 ticket stop' in done.stdout


def test_the_entry_point_can_be_loaded_without_ros2cli():
    [entry] = importlib.metadata.entry_points(group='ros2cli.command', name='ticket')
    assert entry.load().__name__ == 'TicketCommand'


def test_ren_is_on_the_path_and_among_the_executables_of_the_package(robot):
    folder = Path(get_package_prefix('orchestrator_ren'))
    for path in (folder / 'bin' / 'ren', folder / 'lib' / 'orchestrator_ren' / 'ren'):
        done = subprocess.run(
            [path, '--version'], env=robot.environment, capture_output=True, text=True, check=True
        )
        assert re.match(r'ren \d+\.\d+\.\d+, rclpy \d', done.stdout)
    assert str(folder / 'bin') in os.environ['PATH'].split(os.pathsep)


def test_keys_are_made_and_removed_without_a_robot(robot):
    nobody = {'ROS_DOMAIN_ID': 'none'}  # no node could be made
    made = json.loads(robot.ren('key', 'add', 'anna', '--json', **nobody))
    assert re.fullmatch(r'ren_[A-Za-z0-9_-]{43}', made['key'])
    assert (made['name'], made['role']) == ('anna', 'operator')
    assert Path(made['keys_file']).stat().st_mode & 0o777 == 0o600
    listed = robot.ren('key', 'list', **nobody)
    assert re.search(r'anna +operator ', listed)
    assert made['key'] not in listed
    robot.ren('key', 'add', 'anna', code=2)
    robot.ren('key', 'remove', 'anna')
    assert robot.json('key', 'list') == []
    told = robot.json('key', 'remove', 'anna', code=2)
    assert told['error']['code'] == 706
