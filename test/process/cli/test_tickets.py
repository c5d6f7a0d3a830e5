"""Each verb of `ren` for tickets against real nodes: what it prints, its exit code, its JSON."""

import re

import pytest

from .conftest import DRIVE, created


def test_create_says_the_ticket_and_who_asked_is_in_its_history(robot):
    said = robot.ren('create', *DRIVE, '--priority', 'high', '--metadata', '{for: test}')
    found = re.fullmatch(r'(tick-\d{8}-[0-9a-f]{8}) PENDING\n', said)
    assert found
    shown = robot.json('show', found[1])
    assert shown['ticket']['params'] == {
        'speed': 0.5, 'direction': 0.0, 'duration_seconds': 0.5
    }  # fmt: skip
    assert shown['ticket']['priority'] == 'high'
    assert shown['ticket']['metadata'] == {'for': 'test'}
    assert [each['requested_by'] for each in shown['history']] == ['ren_tester']


@pytest.mark.parametrize(
    ('words', 'reason'),
    [
        (('drive', '--speed', '9', '--duration-seconds', '1'), '--speed is 9; .* at most 3'),
        (('drive', '--duration-seconds', '1'), '--speed is missing'),
        (('drive', '--speed', 'fast', '--duration-seconds', '1'), "--speed is 'fast', which is"),
        (('drive', '--sped', '1'), 'unknown: --sped 1; did you mean --speed'),
        (('dance',), "'dance' is not known; known are: drive"),
        (('drive', '--params', '[1]'), 'is no object'),
        ((), 'which command'),
    ],
)
def test_what_the_schema_refuses_is_refused_before_anything_is_sent(robot, words, reason):
    before = len(robot.json('list', '--limit', '1000'))
    said = robot.ren('create', *words, code=2)
    assert re.search(reason, said)
    assert len(said.splitlines()) == 1
    told = robot.json('create', *words, code=2)
    assert told['error']['code'] == 704
    assert len(robot.json('list', '--limit', '1000')) == before


def test_help_of_create_has_the_parameters_of_the_command(robot):
    said = robot.ren('create', 'drive', '--help')
    assert '--duration-seconds SECONDS' in said
    assert 'at most 3' in ' '.join(said.split())
    assert '--speed' not in robot.ren('create', '--help')


def test_run_drives_and_says_how_it_ended(robot):
    said = robot.ren('run', *DRIVE)
    first, *_, last = said.splitlines()
    assert re.fullmatch(r'tick-\S+', first)
    assert last.startswith(f'{first} COMPLETED {{')
    assert 'EXECUTING' in said
    ticket = robot.json('run', *DRIVE)
    assert (ticket['status'], ticket['result']['distance_source']) == ('COMPLETED', 'odometry')


def test_create_with_run_is_run_and_with_queue_stays_for_nothing(robot):
    assert robot.json('create', *DRIVE, '--run')['status'] == 'COMPLETED'
    ticket = robot.json('create', *DRIVE, '--queue')
    assert ticket['status'] in ('QUEUED', 'EXECUTING')
    robot.spin_until(lambda: robot.get(ticket['id']).status == 'COMPLETED')


def test_execute_takes_a_part_of_an_id_and_refuses_what_has_ended(robot):
    ticket_id = created(robot)
    assert robot.ren('execute', ticket_id[-8:]).splitlines()[-1].startswith(ticket_id)
    said = robot.ren('execute', ticket_id, code=1)
    assert said.startswith('TicketFinished 204: ')
    assert robot.json('execute', ticket_id, code=1)['error']['code'] == 204
    assert robot.json('execute', ticket_id, '--force')['attempt'] == 2
    assert robot.json('execute', created(robot), '--dry-run')['result']['executed'] is False


def test_queue_puts_a_ticket_in_and_shows_why_it_waits(robot):
    robot.ren('pause')
    ticket_id = created(robot)
    assert robot.ren('queue', ticket_id) == f'{ticket_id} QUEUED\n'
    said = robot.ren('queue')
    assert said.startswith('paused: ')
    assert ticket_id in said
    shown = robot.json('queue')
    assert [each['ticket_id'] for each in shown['entries']] == [ticket_id]
    assert robot.json('show', ticket_id)['waits'].startswith('place 1: ')
    assert robot.ren('cancel', ticket_id, '--reason', 'seen enough') == (
        f'{ticket_id} CANCELLED: seen enough\n'
    )
    assert robot.json('queue')['entries'] == []
    robot.ren('resume')
    assert robot.ren('queue') == 'nothing waits\n'


def test_pause_and_resume_say_what_they_did(robot):
    assert 'paused' in robot.ren('pause')
    assert robot.json('status')['pause_reason']
    assert 'goes on' in robot.ren('resume')
    assert robot.json('status')['pause_reason'] == ''


def test_cancel_refuses_what_has_ended(robot):
    ticket_id = created(robot)
    assert robot.json('cancel', ticket_id)['status'] == 'CANCELLED'
    assert robot.json('cancel', ticket_id, code=1)['error']['code'] == 204


def test_list_has_filters_and_an_order(robot):
    ids = [created(robot) for _ in range(3)]
    assert [each['id'] for each in robot.json('list', '--limit', '3')] == ids[::-1]
    assert len(robot.json('list', '--oldest', '--limit', '2')) == 2
    assert robot.json('list', '--status', 'pending', '--command', 'scan') == []
    assert robot.json('list', '--until', '1h') == []
    said = robot.ren('list', '--since', '1h', '--limit', '1')
    assert said.splitlines()[0].split() == [
        'ID',
        'COMMAND',
        'STATUS',
        'CREATED',
        'PARAMS',
        'ERROR',
    ]
    assert ids[2] in said
    assert robot.ren('list', '--until', '1h') == 'no tickets\n'


def test_show_tells_of_an_id_that_is_unknown_or_ambiguous(robot):
    ids = [created(robot) for _ in range(2)]
    assert f'id           {ids[0]}' in robot.ren('show', ids[0][-8:])
    assert 'ticket_created' in robot.ren('show', ids[0])
    assert robot.json('show', 'zzz', code=1)['error']['code'] == 201
    assert robot.json('show', 'tick-20010101-00000000', code=1)['error']['code'] == 201
    said = robot.ren('show', 'tick-', code=1)
    assert said.startswith("TicketIdAmbiguous 803: 'tick-' fits several tickets: tick-")


def test_commands_are_shown_with_their_options(robot):
    assert {'drive', 'scan', 'stop'} <= {each['name'] for each in robot.json('commands')}
    assert '--duration-seconds' in robot.ren('commands', 'drive')
    assert robot.json('commands', 'dance', code=1)['error']['code'] == 101
