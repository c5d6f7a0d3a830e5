"""Odd machines, and settings that do not count: each program says so, and what to do."""

import os
import signal
import subprocess
from contextlib import closing
from pathlib import Path

import pytest
from ament_index_python.packages import get_package_prefix
from rcl_interfaces.srv import SetParameters
from rclpy.parameter import Parameter
from std_msgs.msg import Bool

PROGRAMS = ('orchestrator', 'cmd_vel_gate', 'sim_robot', 'turtlesim_odometry', 'verify_store')
NODES = PROGRAMS[:3]  # turtlesim is not everywhere
ODD = "a b%20?#:@ü's"
"""A name of a folder that means something in a URL, in YAML or in a shell."""


def started(name, *words, timeout_s=30.0, **environment):
    """Run a program to its end; return that. `None` takes a variable away."""
    path = Path(get_package_prefix('orchestrator_ren'), 'lib', 'orchestrator_ren', name)
    variables = {**os.environ, **environment}
    given = {key: value for key, value in variables.items() if value is not None}
    return subprocess.run(
        [path, *words], env=given, capture_output=True, text=True, timeout=timeout_s, check=False
    )


def assert_refused(ended, *words):
    """In one line with a code, and no node was there."""
    assert ended.returncode in (1, 2)
    assert 'Traceback' not in ended.stderr
    assert ended.stdout == ''
    last = ended.stderr.splitlines()[-1]
    assert all(each in last for each in words), ended.stderr
    assert 'at most' not in ended.stderr


@pytest.mark.parametrize('name', PROGRAMS)
def test_without_a_home_each_program_says_what_to_set(name):
    """Three of them showed a traceback, the others blamed the command line."""
    ended = started(name, HOME=None, ROS_HOME=None, ROS_LOG_DIR=None)
    if name == 'turtlesim_odometry' and 'LibraryMissing' in ended.stderr:
        pytest.skip('turtlesim is not installed')
    assert_refused(ended, 'FolderUnusable 703: neither ROS_HOME nor HOME is set; set ROS_HOME')
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize('name', NODES)
@pytest.mark.parametrize(
    ('environment', 'variable'),
    [
        ({'HOME': '/proc/no', 'ROS_HOME': None, 'ROS_LOG_DIR': None}, 'ROS_HOME'),
        ({'ROS_HOME': '/proc/no', 'ROS_LOG_DIR': None}, 'ROS_HOME'),
        ({'ROS_LOG_DIR': '/proc/no'}, 'ROS_LOG_DIR'),
    ],
)
def test_a_home_that_cannot_be_written_is_named_with_what_to_set(name, environment, variable):
    ended = started(name, **environment)
    assert_refused(ended, 'FolderUnusable 703: log files cannot be written', '/proc/no')
    assert f'set {variable} to a folder' in ended.stderr
    assert len(ended.stderr.splitlines()) == 1


@pytest.mark.parametrize('name', PROGRAMS)
@pytest.mark.parametrize('word', ['--help', '--version'])
def test_help_and_version_are_answered_and_nothing_is_started(name, word):
    """A node was started that can drive."""
    ended = started(name, word, HOME=None, ROS_HOME=None)
    assert (ended.returncode, ended.stderr) == (0, '')
    assert name in ended.stdout
    assert ('Must be' in ended.stdout) is (word == '--help' and name != 'verify_store')


@pytest.mark.parametrize('name', NODES)
@pytest.mark.parametrize('word', ['-p', '--fast', '--params-file'])
def test_a_word_that_does_not_count_is_refused(name, word):
    """`-p max_speed_mps:=1.0` without `--ros-args`: the robot was ready at 3 m/s."""
    assert_refused(
        started(name, word, 'max_speed_mps:=1.0'), 'ArgumentInvalid 704', f"'{word}'", 'try:'
    )


@pytest.mark.parametrize(
    ('words', 'reason'),
    [
        (['--log-level', 'verbose'], "ArgumentInvalid 704: the command line: Couldn't parse log"),
        (['--fast'], "ArgumentInvalid 704: the command line: ['--fast'] is not known behind"),
        (['-r', '__node:=a-b'], 'ArgumentInvalid 704'),
        (['-r', '__ns:=robot1'], 'a namespace begins with a slash: -r __ns:=/robot1'),
        (['-p', 'x'], 'ArgumentInvalid 704'),
        (['--params-file', '/nowhere.yaml'], 'ParameterFileInvalid 705: parameter file /nowhere'),
        (
            ['--params-file', '{}'],
            'ParameterFileInvalid 705: parameter file {}: it cannot be read',
        ),
    ],
)
def test_what_is_wrong_behind_ros_args_is_named(tmp_path, words, reason):
    """A bad file and a bad log level were blamed on the command line alike."""
    path = tmp_path / 'bad.yaml'
    path.write_text('a: [1\n')
    words = [each.format(path) for each in words]
    assert_refused(started('cmd_vel_gate', '--ros-args', *words), reason.format(path))


def test_a_misspelt_limit_of_the_gate_is_named_by_the_orchestrator_that_hosts_it():
    """The list of what it may be had the orchestrator's parameters only."""
    ended = started('orchestrator', '--ros-args', '-p', 'stop_distnce_m:=0.5')
    assert_refused(ended, "'stop_distnce_m'; it must be stop_distance_m, or one of: store_url, ")


def test_a_parameter_file_of_another_form_is_told_the_right_one(tmp_path):
    path = tmp_path / 'flat.yaml'
    path.write_text('orchestrator:\n  max_speed_mps: 1.0\n')
    ended = started('cmd_vel_gate', '--ros-args', '--params-file', str(path))
    assert_refused(ended, 'the form is NODE: {ros__parameters: {NAME: VALUE}}')


def test_what_is_wrong_in_the_environment_is_named():
    ended = started('cmd_vel_gate', ROS_DOMAIN_ID='abc')
    assert_refused(ended, "ConfigurationError 700: ROS_DOMAIN_ID is 'abc'; it must be an integral")


@pytest.mark.parametrize('name', ['orchestrator', 'cmd_vel_gate'])
@pytest.mark.parametrize(
    ('text', 'namespace'), [('{}_', ''), ('{}', '/robot1'), ('someone_else', '')]
)
def test_a_file_with_a_limit_for_nobody_is_refused(tmp_path, name, text, namespace):
    """The robot was ready at 3 m/s."""
    path = tmp_path / f'{ODD}.yaml'
    path.write_text(f'{text.format(name)}: {{ros__parameters: {{max_speed_mps: 1.0}}}}\n')
    words = ['--params-file', str(path), '-r', f'__ns:={namespace}']
    words = words if namespace else words[:2]
    ended = started(name, '--ros-args', *words, ROS_HOME=str(tmp_path))
    assert ended.returncode == 1
    last = ended.stderr.splitlines()[-1]
    assert last.startswith(f'ParameterFileInvalid 705: parameter file {path}: it names /')
    assert f'{namespace}/{name}' in last


def test_a_file_for_other_programs_of_ours_is_told_and_no_reason_to_stay_away(system, tmp_path):
    path = tmp_path / 'x.yaml'
    path.write_text('/**/sim_robot: {ros__parameters: {seed: 1}}\n')
    process = system.start('cmd_vel_gate', '--params-file', str(path))
    system.spin_until(lambda: system.e_stop_states)
    assert f'parameter file {path}: it names /**/sim_robot' in system.log('cmd_vel_gate')
    assert system.end(process, signal.SIGTERM) == 0


def test_launch_is_understood(system, tmp_path):
    """It ends its section of ROS arguments, and has files of its own making."""
    path = tmp_path / 'launch_params_x'
    path.write_text('/**:\n  ros__parameters:\n    gate: in_process\n    max_speed_mps: 1.5\n')
    words = ['-r', '__node:=orchestrator', '--params-file', str(path), '--']
    process = system.start('orchestrator', *words, '--ros-args')
    system.spin_until(lambda: system.statuses)
    log = system.log('orchestrator')
    assert 'parameters not at their defaults: gate=in_process, max_speed_mps=1.5' in log
    assert 'asks for at most 1.5 m/s' in log
    assert 'rclpy ' in log
    assert system.end(process, signal.SIGTERM) == 0


def test_a_password_is_not_told_with_what_is_set(system):
    url = 'postgresql://ren:secret@127.0.0.1:1/x'
    process = system.start('orchestrator', store_url=url)
    system.spin_until(lambda: system.statuses)
    assert 'store_url=postgresql://ren:***@127.0.0.1' in system.log('orchestrator')
    assert 'secret' not in system.log('orchestrator')
    assert system.end(process, signal.SIGTERM) == 0


def test_a_new_name_is_that_of_the_orchestrator_and_not_of_the_gate_in_it(system):
    """Both were called so."""
    process = system.start('orchestrator', '-r', '__node:=boss', gate='in_process')
    system.spin_until(lambda: system.statuses and system.e_stop_states)
    names = system.client.get_node_names()
    assert ('boss' in names, 'cmd_vel_gate' in names, names.count('boss')) == (True, True, 1)
    assert system.end(process, signal.SIGTERM) == 0


@pytest.mark.parametrize('name', ['orchestrator', 'cmd_vel_gate'])
def test_another_clock_while_it_runs_is_refused_and_told_why(system, name):
    """It said success and changed nothing."""
    process = system.start(name)
    client = system.client.create_client(SetParameters, f'{name}/set_parameters')
    with closing(_Client(system, client)) as node:
        result = node.set(use_sim_time=True)
        assert (result.successful, 'start' in result.reason) == (False, True)
        assert node.set(use_sim_time=False).successful
    assert system.end(process, signal.SIGTERM) == 0


class _Client:
    def __init__(self, system, client):
        self._system, self._client = system, client
        system.spin_until(client.service_is_ready)

    def set(self, **values):
        messages = [
            Parameter(key, value=value).to_parameter_msg() for key, value in values.items()
        ]
        reply = self._client.call_async(SetParameters.Request(parameters=messages))
        self._system.spin_until(reply.done)
        return reply.result().results[0]

    def close(self):
        self._system.client.destroy_client(self._client)


def quoted(path):
    """Return the path as YAML, which `-p` takes."""
    return "'{}'".format(str(path).replace("'", "''"))


def test_odd_names_are_names(system, tmp_path):
    """What is said of a store's path was a URL, in which `%20` and `?` mean something else."""
    home = tmp_path / ODD
    home.mkdir()
    system.environment['ROS_HOME'] = str(home)
    (home / 'forward.yaml').write_text('commands: {}\n')
    world = Path(__file__).parents[2] / 'config' / 'worlds' / 'empty.yaml'
    (home / 'world.yaml').write_text(world.read_text())
    system.start('sim_robot', world=quoted(home / 'world.yaml'))
    process = system.start(
        'orchestrator',
        gate='in_process',
        latch_file=quoted(home / 'latch.json'),
        forward_file=quoted(home / 'forward.yaml'),
    )
    system.spin_until(lambda: system.statuses and system.statuses[-1].state == 'READY')
    system.spin_until(lambda: system.odometry)
    system.spin_until(lambda: system.e_stop.get_subscription_count() >= 2)
    system.e_stop.publish(Bool(data=True))
    system.spin_until((home / 'latch.json').exists)
    assert list((home / 'orchestrator_ren').glob('*.db'))
    assert [each.name for each in tmp_path.iterdir() if each.is_dir()] == [ODD]
    assert system.end(process, signal.SIGTERM) == 0


def test_odd_home_is_a_home(system, tmp_path):
    home = tmp_path / ODD
    system.environment |= {'HOME': str(home), 'ROS_HOME': ''}
    process = system.start(
        'orchestrator', gate='in_process', store_url='sqlite:///~/t.db', latch_file='~/e.json'
    )
    system.spin_until(lambda: system.statuses and system.statuses[-1].state == 'READY')
    assert (home / 't.db').exists()
    assert system.end(process, signal.SIGTERM) == 0
