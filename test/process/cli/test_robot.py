"""Each verb of `ren` for the robot: status, stop, e-stop, events, metrics; no robot at all."""

import json
import os
import signal
import subprocess
import time

import pytest

from .conftest import DRIVE, LONG, REN, created


def test_status_says_ready(robot):
    assert robot.ren('status', '--wait').startswith('READY\n')
    status = robot.json('status')
    assert (status['state'], status['hears_odometry']) == ('READY', True)


def test_stop_ends_a_motion_and_latches_nothing(robot):
    process = robot.begun('run', *LONG)
    assert robot.ren('stop').strip()
    code, said = robot.ended(process)
    assert code == 5, said
    assert 'CANCELLED' in said
    robot.at_standstill()
    assert robot.json('stop')['stopped'] is True
    assert robot.json('status')['state'] == 'READY'


def test_e_stop_latches_until_it_is_released_and_reset(robot):
    process = robot.begun('run', *LONG)
    assert robot.ren('e-stop').startswith('STOPPED: ')
    code, said = robot.ended(process)
    assert code == 4, said
    assert 'FAILED 501' in said
    assert robot.json('status', code=1)['state'] == 'STOPPED'
    refused = robot.ren('run', *DRIVE, code=1).splitlines()[-1]
    assert refused.startswith('EStopActive 501: ')
    assert refused.endswith('; see: ren reset --help')
    told = robot.json('reset', code=1)
    assert told['error']['code'] == 506, 'a button that somebody else has pressed stays pressed'
    assert robot.json('reset', '--release')['state'] == 'FREE'
    assert robot.ren('run', *DRIVE)


def test_events_are_told_from_any_number_on(robot):
    created(robot)
    ticket_id = created(robot)
    lines = [json.loads(each) for each in robot.ren('events', '--json').splitlines()]
    assert (lines[-1]['ticket_id'], lines[-1]['type']) == (ticket_id, 'ticket_created')
    numbers = [each['number'] for each in lines]
    assert numbers == sorted(set(numbers))
    said = robot.ren('events', '--after', str(numbers[-2]))
    assert len(said.splitlines()) == 1
    assert ticket_id in said
    assert len(robot.ren('events', '--last', '2').splitlines()) == 2
    assert '--last' in robot.ren('events', '--last', '0', code=2)


def test_events_that_are_followed_come_as_they_happen_until_ctrl_c(robot):
    created(robot)
    process = subprocess.Popen(
        robot.words('events', '--follow', '--after', '0', '--json'),
        env=robot.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    robot._processes.append(process)
    assert process.stdout is not None
    process.stdout.readline()
    ticket_id = created(robot)
    while json.loads(process.stdout.readline())['ticket_id'] != ticket_id:
        assert process.poll() is None
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=10.0)
    assert process.returncode == 0


def test_metrics_are_shown(robot):
    created(robot)
    assert robot.json('metrics')['tickets.created']['value'] > 0
    assert 'tickets.created' in robot.ren('metrics')


def test_a_robot_that_is_not_there_is_told_with_those_that_are(robot):
    done = subprocess.run(
        [REN, '-n', 'nobody', '--timeout', '3', '--json', 'status'],
        env=robot.environment,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    told = json.loads(done.stdout)['error']
    assert told['code'] == 804
    assert '-n cli' in told['message']


def test_where_nobody_is_at_all_it_ends_within_the_timeout_and_says_what_to_look_at(robot):
    environment = {**robot.environment, 'ROS_DOMAIN_ID': '0', 'ROS_LOCALHOST_ONLY': '1'}
    began_mono_s = time.monotonic()
    done = subprocess.run(
        [REN, '-n', f'nobody_{os.getpid()}', '--timeout', '1', 'stop'],
        env={**environment, 'ROS_AUTOMATIC_DISCOVERY_RANGE': 'OFF'},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 3
    assert time.monotonic() - began_mono_s < 10.0
    assert 'NotAnswered 801' in done.stderr
    assert 'ROS_DOMAIN_ID' in done.stderr


@pytest.mark.parametrize('verb', ['stop', 'doctor'])
def test_what_is_wrong_in_the_environment_is_named(verb):
    done = subprocess.run(
        [REN, verb],
        env={**os.environ, 'ROS_DOMAIN_ID': 'abc'},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ConfigurationError 700: ROS_DOMAIN_ID is 'abc'; it must be")
    assert len(done.stderr.splitlines()) == 1
