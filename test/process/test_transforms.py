"""The simulated robot's transforms, by the very type that rviz and tf2 look for."""

import fcntl
import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
DISTRO = os.environ.get('ROS_DISTRO', 'jazzy')
BASE = ROOT / 'build' / DISTRO / 'tf2_msgs'
LISTENER = Path(__file__).with_name('tf_listener.py')


def build_tf2_msgs() -> Path:
    """Return where the package is, made from `test/tf2_msgs` once; 10 s."""
    BASE.mkdir(parents=True, exist_ok=True)
    with (BASE / '.lock').open('w') as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (BASE / 'install' / 'share' / 'tf2_msgs' / 'package.xml').exists():
            subprocess.run(
                [
                    *('colcon', '--log-base', str(BASE / 'log'), 'build', '--merge-install'),
                    *('--base-paths', str(ROOT / 'test' / 'tf2_msgs')),
                    *('--build-base', str(BASE), '--install-base', str(BASE / 'install')),
                    *('--cmake-args', '-DPython3_FIND_VIRTUALENV=ONLY', '--no-warn-unused-cli'),
                    f'-DPython3_EXECUTABLE={sys.executable}',
                ],
                check=True,
                capture_output=True,
            )
    return BASE / 'install'


@pytest.fixture
def with_tf(system):
    """The system, whose programs find tf2_msgs."""
    if importlib.util.find_spec('tf2_msgs') is None:
        path = build_tf2_msgs()
        [packages] = path.glob('lib/python3*/site-packages')
        for name, first in (
            ('AMENT_PREFIX_PATH', path),
            ('LD_LIBRARY_PATH', path / 'lib'),
            ('PYTHONPATH', packages),
        ):
            system.environment[name] = f'{first}:{system.environment.get(name, "")}'
    return system


def heard_of(system, tmp_path, namespace):
    """Return a function that gives what the listener has heard so far, by topic."""
    log = tmp_path / 'heard'
    with log.open('wb') as output:
        words = ['--ros-args', '-r', f'__ns:=/{namespace}']
        process = subprocess.Popen(
            [sys.executable, str(LISTENER), *words], stdout=output, env=system.environment
        )
    system._processes.append(process)

    def heard():
        found = {}
        for line in log.read_text().splitlines(keepends=True):
            if line.endswith('\n'):
                topic, *rest = json.loads(line)
                found.setdefault(topic, []).append(rest)
        return found

    return heard


def test_rviz_sees_base_and_scan_in_the_frame_of_the_odometry(with_tf, tmp_path, namespace):
    heard = heard_of(with_tf, tmp_path, namespace)
    frames = {'odom_frame': 'r/odom', 'base_frame': 'r/base', 'scan_frame': 'r/scan'}
    with_tf.start('sim_robot', world='empty', **frames)
    with_tf.spin_until(lambda: {'/tf', '/tf_static', 'odom'} <= set(heard()))
    found = heard()
    assert {tuple(each[:2]) for each in found['/tf']} == {('r/odom', 'r/base')}
    assert {tuple(each[:2]) for each in found['odom']} == {('r/odom', 'r/base')}
    assert found['/tf_static'] == [['r/base', 'r/scan', 0.0, 0.3]]


def test_nothing_is_on_tf_where_somebody_else_publishes_it(with_tf, tmp_path, namespace):
    heard = heard_of(with_tf, tmp_path, namespace)
    with_tf.start('sim_robot', world='empty', publish_tf='false')
    with_tf.spin_until(lambda: len(heard().get('odom', ())) > 20)
    assert set(heard()) == {'odom'}
    assert 'tf2_msgs' not in with_tf.log('sim_robot')
