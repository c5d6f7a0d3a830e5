"""Packages with commands are installed beside the orchestrator: a good one and a broken one."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from diagnostic_msgs.msg import DiagnosticArray, DiagnosticStatus
from std_msgs.msg import Bool

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.srv import CreateTicket, ListCommands

from .conftest import System

EXAMPLE = Path(__file__).parents[1] / 'plugin'
ENTRY_POINTS = '[orchestrator_ren.commands]\ngrip = orchestrator_ren_grip:Grip\n'
METADATA = 'Metadata-Version: 2.1\nName: orchestrator_ren_grip\nVersion: 1.0\n'


@pytest.fixture(scope='session')
def plugins(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the example, as pip installs it, and with a plug-in that cannot be loaded."""
    folder = tmp_path_factory.mktemp('plugins')
    source = tmp_path_factory.mktemp('source') / 'orchestrator_ren_wave'
    shutil.copytree(EXAMPLE, source)  # pip leaves its traces there
    options = ['--quiet', '--no-index', '--no-deps', '--no-build-isolation']
    install = [sys.executable, '-m', 'pip', 'install', *options, '--target', folder, source]
    subprocess.run(install, check=True, timeout=100)
    (folder / 'orchestrator_ren_grip.py').write_text("raise RuntimeError('no gripper')\n")
    metadata = folder / 'orchestrator_ren_grip-1.0.dist-info'
    metadata.mkdir()
    (metadata / 'METADATA').write_text(METADATA)
    (metadata / 'entry_points.txt').write_text(ENTRY_POINTS)
    return folder


@pytest.fixture(scope='module')
def robot(
    context: Any, domain_id: int, plugins: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[System]:
    """An orchestrator that finds both, ready."""
    system = System(context, domain_id, 'plugin', tmp_path_factory.mktemp('robot'))
    paths = [str(plugins), os.environ.get('PYTHONPATH', '')]
    system.environment['PYTHONPATH'] = os.pathsep.join(each for each in paths if each)
    system.start('orchestrator', gate='in_process')
    system.spin_until(lambda: system.statuses and system.statuses[-1].state == 'READY')
    yield system
    system.close()


def commands(robot: Any, name: str = '') -> dict[str, Any]:
    client = robot.client.create_client(ListCommands, 'list_commands')
    robot.spin_until(client.service_is_ready)
    reply = client.call_async(ListCommands.Request(name=name))
    robot.spin_until(reply.done)
    response = reply.result()
    assert response.success, response.message
    return {each.name: each for each in response.commands}


def test_a_plug_in_is_listed_with_what_it_takes_and_needs(robot):
    wave = commands(robot)['wave']
    assert (wave.description, wave.error) == ('Wave with the arm.', '')
    assert wave.source == 'orchestrator_ren_wave'
    assert (list(wave.resources), list(wave.shared_resources)) == (['arm'], [])
    assert (wave.moves, wave.interlocked, wave.retriable, wave.is_urgent) == (
        (False, True, False, False)
    )
    assert wave.recovery == wave.FAIL
    schema = json.loads(wave.params_schema)
    assert schema['properties']['times'] == {
        'type': 'integer',
        'minimum': 1,
        'maximum': 10,
        'description': 'How often.',
    }
    assert schema['required'] == ['times']


def test_what_comes_with_the_package_is_listed_beside_it(robot):
    drive = commands(robot)['drive']
    assert drive.source == drive.BUILT_IN
    assert (drive.moves, drive.interlocked, list(drive.resources)) == (True, True, ['base'])
    assert 'speed' in json.loads(drive.params_schema)['properties']


def test_a_broken_plug_in_is_listed_with_its_error(robot):
    grip = commands(robot)['grip']
    assert grip.error == 'importing it raised RuntimeError: no gripper'
    assert grip.source == 'orchestrator_ren_grip'
    assert 'no gripper' in robot.log('orchestrator')
    response = robot.call(CreateTicket, 'create_ticket', command='grip')
    assert (response.success, response.error_code) == (False, 101)


@pytest.mark.parametrize(('name', 'found'), [('wave', ['wave']), ('grip', ['grip']), ('fly', [])])
def test_one_command_can_be_asked_for(robot, name, found):
    assert list(commands(robot, name)) == found


def test_a_broken_plug_in_is_a_warning_in_diagnostics(robot):
    warnings: list[str] = []

    def on_diagnostics(array: DiagnosticArray) -> None:
        for each in array.status:
            told = [
                each.message,
                *(text for pair in each.values for text in (pair.key, pair.value)),
            ]
            if each.level == DiagnosticStatus.WARN and each.name.startswith(node_name):
                warnings.append(' '.join(told))

    node_name = f'{robot.client.get_namespace().strip("/")}/orchestrator: '
    robot.client.create_subscription(DiagnosticArray, '/diagnostics', on_diagnostics, 10)
    robot.spin_until(lambda: any('grip' in each and 'no gripper' in each for each in warnings))
    assert robot.statuses[-1].state == 'READY'


@pytest.mark.parametrize(
    ('params', 'code'),
    [('{times: 11}', 106), ('{times: 0}', 106), ('{times: two}', 104), ('{}', 102)],
)
def test_wrong_parameters_of_a_plug_in_are_refused(robot, params, code):
    response = robot.call(CreateTicket, 'create_ticket', command='wave', params=params)
    assert (response.success, response.error_code) == (False, code)
    assert 'params.times' in response.message


def test_a_ticket_of_a_plug_in_is_executed_to_its_result(robot):
    ticket_id = robot.create('{times: 2}', command='wave')
    messages: list[str] = []
    sending = robot.action.send_goal_async(
        ExecuteTicket.Goal(ticket_id=ticket_id),
        feedback_callback=lambda each: messages.append(each.feedback.message),
    )
    robot.spin_until(sending.done)
    ended = robot.result(sending.result().get_result_async())
    assert ended.success, ended.message
    assert ended.ticket.status == 'COMPLETED'
    assert json.loads(ended.ticket.result)['waved'] == 2
    assert {'wave 1', 'wave 2'} <= set(messages)
    assert robot.get(ticket_id).status == 'COMPLETED'


def test_the_e_stop_ends_a_plug_in_that_is_interlocked(robot):
    robot.spin_until(lambda: robot.e_stop.get_subscription_count() >= 1)
    ticket_id = robot.create('{times: 10}', command='wave')
    future = robot.execute(ticket_id)
    robot.spin_until(lambda: robot.get(ticket_id).status == 'EXECUTING')
    robot.e_stop.publish(Bool(data=True))
    ended = robot.result(future)
    assert (ended.success, ended.ticket.status, ended.error_code) == (False, 'FAILED', 501)
    robot.e_stop.publish(Bool(data=False))
    robot.spin_until(lambda: robot.reset_e_stop().success)
