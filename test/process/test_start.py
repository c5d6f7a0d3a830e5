"""Starting the executables: what they refuse, and what they find again."""

import json
import signal
import sqlite3
from contextlib import closing

import pytest
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.srv import CreateTicket, ListTickets

from .conftest import System

REFUSALS = {
    'speed above the ceiling': ('orchestrator', {'max_speed_mps': 3.5}, 'max_speed_mps'),
    'unknown gate': ('orchestrator', {'gate': 'none'}, 'gate'),
    'retention without end': ('orchestrator', {'retention_days': 0}, 'retention_days'),
    'store that may lose all': ('orchestrator', {'store_synchronous': 'off'}, 'store_synchronous'),
    'gate limit of the wrong type': ('cmd_vel_gate', {'max_speed_mps': 'fast'}, 'max_speed_mps'),
    'limit that is misspelt': ('cmd_vel_gate', {'max_speed_mp': 0.5}, "'max_speed_mp'"),
    'unknown world': ('sim_robot', {'world': 'moon'}, 'moon'),
    'latch file of nobody': ('cmd_vel_gate', {'latch_file': '$NOBODY_SET_ME/e'}, '$NOBODY_SET_ME'),
    'store of nobody': (
        'orchestrator',
        {'store_url': 'sqlite:///~nobody_here/t.db'},
        'nobody_here',
    ),
    'world of nobody': ('sim_robot', {'world': '$NOBODY_SET_ME/w.yaml'}, '$NOBODY_SET_ME'),
    'clock that is no truth value': (
        'cmd_vel_gate',
        {'use_sim_time': 'maybe'},
        "700: parameter 'use_sim_time' is 'maybe'; it must be true or false",
    ),
    'node that is not here': (
        'orchestrator',
        {'orchestratr:max_speed_mps': 1.0},
        '704: the command line: -p orchestratr:max_speed_mps is for no node here',
    ),
    'seed of the wrong type': ('sim_robot', {'seed': 'one'}, 'seed'),
}


@pytest.mark.parametrize('kind', REFUSALS)
def test_wrong_parameter_is_one_clear_line_and_exit_code_1(system, kind):
    executable, parameters, word = REFUSALS[kind]
    process = system.start(executable, **parameters)
    system.spin_until(lambda: process.poll() is not None)
    assert process.returncode == 1
    log = system.log(executable)
    assert word in log
    assert 'Traceback' not in log


def test_missing_parameter_file_is_one_clear_line_and_exit_code_1(system):
    process = system.start('cmd_vel_gate', '--params-file', '/nowhere.yaml')
    system.spin_until(lambda: process.poll() is not None)
    assert process.returncode == 1
    log = system.log('cmd_vel_gate')
    assert '/nowhere.yaml' in log
    assert 'Traceback' not in log


def test_store_of_a_newer_version_is_one_clear_line_and_exit_code_1(system, tmp_path):
    path = tmp_path / 'newer.db'
    with closing(sqlite3.connect(path)) as connection, connection:
        connection.execute('CREATE TABLE alembic_version (version_num VARCHAR(32))')
        connection.execute("INSERT INTO alembic_version VALUES ('r9999')")
    content = path.read_bytes()
    process = system.start('orchestrator', store_url=f'sqlite:///{path}')
    system.spin_until(lambda: process.poll() is not None)
    assert process.returncode == 1
    assert 'StoreTooNew 304: the ticket store sqlite:///' in system.log('orchestrator')
    assert 'Traceback' not in system.log('orchestrator')
    assert path.read_bytes() == content


def test_an_orchestrator_without_a_gate_says_once_how_to_start_one(system):
    """It hosted one by itself, so that whoever tried it had one process for all on the robot."""
    process = system.start('orchestrator')
    system.spin_until(lambda: 'no cmd_vel gate is heard' in system.log('orchestrator'))
    system.spin_for(2.0)
    told = [line for line in system.log('orchestrator').splitlines() if 'no cmd_vel gate' in line]
    assert len(told) == 1
    name = system.client.get_namespace()
    for hint in (
        f'`ren up -n {name[1:]}`',
        f'`ros2 run orchestrator_ren cmd_vel_gate --ros-args -r __ns:={name}`',
        '`-p gate:=in_process`',
    ):
        assert hint in told[0]
    assert system.statuses[-1].state == 'NO_GATE'
    assert system.end(process, signal.SIGTERM) == 0


def test_store_that_cannot_be_refuses_tickets_while_the_e_stop_works(system):
    process = system.start('orchestrator', gate='in_process', store_url='sqlite:////proc/no/t.db')
    system.spin_until(lambda: system.statuses and system.statuses[-1].state == 'STORE_DOWN')
    response = system.call(CreateTicket, 'create_ticket', command='stop')
    assert (response.success, response.error_code) == (False, 301)
    assert '/proc/no' in response.message
    system.spin_until(lambda: system.e_stop.get_subscription_count() >= 2)
    system.e_stop.publish(Bool(data=True))
    system.spin_until(lambda: system.e_stop_states and system.e_stop_states[-1].state == 'STOPPED')
    assert system.call(Trigger, 'stop').success
    assert system.end(process, signal.SIGINT) == 0
    log = system.log('orchestrator')
    assert log.count('sqlite:////proc/no/t.db fails') == 1, 'told once, not with each attempt'
    assert 'Traceback' not in log


def test_second_orchestrator_on_one_store_is_refused(system):
    system.start_robot()
    second = system.start('orchestrator')
    system.spin_until(lambda: second.poll() is not None)
    assert second.returncode == 1
    assert 'StoreInUse 302' in system.log('orchestrator')


def test_acknowledged_tickets_are_there_after_a_kill(system):
    orchestrator, _ = system.start_robot()
    ids = [system.create('{speed: 1, duration_seconds: 1}') for _ in range(10)]
    system.end(orchestrator, signal.SIGKILL)
    system.restart_orchestrator()
    assert [system.get(ticket_id).status for ticket_id in ids] == ['PENDING'] * 10


def test_garbage_collection_does_not_look_through_what_was_loaded_to_start(system):
    system.start_robot(orchestrator='orchestrator_with_extra_commands')
    ticket = system.result(system.execute(system.create(command='count_objects'))).ticket
    assert json.loads(ticket.result)['objects'] < 10_000, 'the imports alone are 100,000'


@pytest.mark.parametrize('executable', ['orchestrator', 'cmd_vel_gate', 'sim_robot'])
@pytest.mark.parametrize('number', [signal.SIGINT, signal.SIGTERM])
def test_idle_process_ends_on_a_signal_with_exit_code_0(system, executable, number):
    process = system.start(executable)
    topic = {'orchestrator': 'status', 'cmd_vel_gate': 'e_stop_state', 'sim_robot': 'odom'}
    system.spin_until(lambda: system.client.count_publishers(topic[executable]) > 0)
    assert system.end(process, number) == 0
    assert 'Traceback' not in system.log(executable)


def test_paths_are_what_a_shell_makes_of_them(system, tmp_path, monkeypatch):
    """A folder of the name `~` was made."""
    system.environment |= {'HOME': str(tmp_path / 'home'), 'ROBOT': 'ren'}
    monkeypatch.chdir(tmp_path)
    system.start(
        'orchestrator',
        gate='in_process',
        store_url='sqlite:///~/$ROBOT/t.db',
        latch_file='~/${ROBOT}/estop.json',
    )
    system.spin_until(lambda: system.statuses and system.statuses[-1].state == 'READY')
    system.spin_until(lambda: system.e_stop.get_subscription_count() >= 2)
    system.e_stop.publish(Bool(data=True))
    folder = tmp_path / 'home' / 'ren'
    system.spin_until((folder / 'estop.json').exists)
    assert (folder / 't.db').exists()
    assert not (tmp_path / '~').exists()


def test_latch_file_that_cannot_be_written_is_told_in_the_log_before_anything_latches(system):
    system.start('cmd_vel_gate', latch_file='/proc/no/e_stop.json')
    system.spin_until(
        lambda: 'the latch would not survive a restart: /proc/no' in system.log('cmd_vel_gate')
    )


def test_relative_path_is_that_of_the_start(system, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    system.start('cmd_vel_gate', latch_file='estop.json', start_latched=True)
    system.spin_until((tmp_path / 'estop.json').exists)


@pytest.mark.parametrize('number', [signal.SIGTERM, signal.SIGKILL])
def test_pressed_button_is_still_pressed_for_a_gate_that_starts_again(system, number):
    gate = system.start('cmd_vel_gate')
    system.spin_until(lambda: system.e_stop.get_subscription_count() >= 2)
    system.e_stop.publish(Bool(data=True))
    system.spin_until(lambda: system.e_stop_states and system.e_stop_states[-1].state == 'STOPPED')
    system.spin_for(0.5)
    system.end(gate, number)
    system.spin_for(0.5)
    system.e_stop_states.clear()
    system.start('cmd_vel_gate')
    system.spin_until(lambda: system.e_stop_states)
    assert system.e_stop_states[-1].state == 'STOPPED'
    reply = system.reset_e_stop()
    assert (reply.success, '506' in reply.message) == (False, True)


@pytest.mark.parametrize('order', [('', 'tickets', 'robot'), ('robot', 'tickets', '')])
def test_robots_share_nothing_whatever_they_are_called(context, domain_id, tmp_path, order):
    systems = [System(context, domain_id, namespace, tmp_path) for namespace in order]
    try:
        for each in systems:
            each.start('orchestrator', gate='in_process')
            each.spin_until(lambda it=each: it.statuses and it.statuses[-1].state == 'READY')
        created = {each.create(command='stop') for each in systems}
        listed = [
            {it.id for it in each.call(ListTickets, 'list_tickets').tickets} for each in systems
        ]
        assert all(len(each) == 1 for each in listed)
        assert set.union(*listed) == created
    finally:
        for each in systems:
            each.close()
