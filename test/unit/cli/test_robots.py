"""What people read and say of the robots of a store, and of tickets for others of them."""

import json
import re
import sys
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip('rclpy')  # the client, whose answers are shown

from orchestrator_ren.cli import progress
from orchestrator_ren.cli.arguments import parsed
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.texts import local, row
from orchestrator_ren.cli.verbs import create, list, queue, robots, show, status
from orchestrator_ren.client.answers import CommandInfo, Fleet, QueueEntry, Robot, RobotStatus
from orchestrator_ren.errors import ArgumentInvalid, RobotAlive, RobotNotInStore, TicketElsewhere
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

AT = datetime(2026, 11, 27, 9, tzinfo=timezone.utc)
SINCE = AT + timedelta(minutes=1)
ALIVE = Robot('robot1', True, 'tower', 3, 7.25, AT, None, ('lift', 'scan'), ('tick-1',), 2)
LOST = Robot('robot2', False, 'shed', 5, 0.0, AT, SINCE, (), ('tick-2', 'tick-3'))
OFF = Robot('robot3', False, 'shed', 1, 0.0, AT)
TICKET = Ticket('tick-20261127-0000000a', 'drive', {}, AT, AT)


class FakeRobot:
    """Answers as the client does; keeps what it was asked.

    Attributes:
        asked: Name and arguments of each call.
        later: What `get` finds, call after call; an error is raised.
    """

    def __init__(self):
        self.asked = []
        self.later = []

    def _note(self, name, *args, **more):
        self.asked.append((name, args, more))

    def robots(self):
        return Fleet((ALIVE, LOST, OFF), 4)

    def declare_stopped(self, robot):
        self._note('declare_stopped', robot.name)
        if robot.is_alive:
            raise RobotAlive(robot=robot.name, host=robot.host)
        return [*robot.executing_ids]

    def commands(self):
        return [CommandInfo('drive', params_schema={'type': 'object', 'properties': {}})]

    def create(self, command, params, **more):
        self._note('create', command, **more)
        is_any = more['robot'] == 'any'
        made = Status.QUEUED if more['queue'] else Status.PENDING
        return replace(TICKET, status=made, is_for_any=is_any, robot='' if is_any else 'robot2')

    def get(self, _ticket):
        found = self.later.pop(0)
        if isinstance(found, BaseException):
            raise found
        return found

    def cancel(self, ticket):
        self._note('cancel', ticket.id)
        return ticket

    def find(self, *_, **more):
        self._note('find', **more)
        return [replace(TICKET, robot='robot2'), replace(TICKET, is_for_any=True)]

    def queue_entries(self, **more):
        self._note('queue_entries', **more)
        why = 'no robot has: lift'
        return [QueueEntry(1, TICKET.id, 'drive', Priority.LOW, why, AT, None, None, None)]

    def status(self):
        return RobotStatus(AT, 'READY', pause_reason='by anna')

    def history(self, _ticket):
        return []


@pytest.fixture
def robot(monkeypatch, tmp_path):
    made = FakeRobot()

    @contextmanager
    def robot_of(_options):
        yield made

    for module in (create, list, queue, robots, show):
        monkeypatch.setattr(module, 'robot_of', robot_of)
    monkeypatch.setattr(progress, 'LOOK_S', 0.0)
    monkeypatch.setenv('XDG_CACHE_HOME', str(tmp_path))
    return made


def ren(*words, is_terminal=False):
    """Run a verb; return its exit code."""
    run, options = parsed('ren', words)
    output = Output('--json' in words)
    output.is_terminal = is_terminal
    return int(run(options, output))


class Answers:
    """A terminal where somebody types."""

    def __init__(self, line):
        self.line = line

    def isatty(self):
        return True

    def readline(self):
        return self.line


def test_each_robot_is_shown_with_who_has_it_and_since_when_not(robot, capsys):
    assert ren('robots') == 0
    lines = capsys.readouterr().out.splitlines()
    assert re.split(r'  +', lines[0]) == [*robots.TITLES]
    assert re.split(r'  +', lines[1]) == [
        'robot1', 'alive', 'tower', '3', '7.2 s', 'lift, scan', 'tick-1', '2',
    ]  # fmt: skip
    assert f'unreachable since {local(SINCE)}' in lines[2]
    assert f'shut down, last seen {local(AT)}' in lines[3]
    assert lines[4] == '4 waiting for any robot; see: ren queue --robot any'


def test_programs_read_all_of_the_robots(robot, capsys):
    assert ren('robots', '--json') == 0
    told = json.loads(capsys.readouterr().out)
    assert told['waiting_for_any'] == 4
    assert [each['name'] for each in told['robots']] == ['robot1', 'robot2', 'robot3']
    assert told['robots'][1]['unreachable_since'] == SINCE.isoformat()


@pytest.mark.parametrize('words', [(), ('--json',)])
def test_without_anybody_to_ask_a_robot_is_declared_stopped_only_with_yes(robot, words, capsys):
    with pytest.raises(ArgumentInvalid, match='--yes'):
        ren('robots', '--declare-stopped', 'robot2', *words)
    assert robot.asked == []
    assert ren('robots', '--declare-stopped', 'robot2', '--yes', *words) == 0
    assert robot.asked == [('declare_stopped', ('robot2',), {})]
    assert 'tick-2' in capsys.readouterr().out


@pytest.mark.parametrize(
    ('typed', 'code', 'is_declared'),
    [('yes\n', 0, True), ('no\n', 1, False), ('y\n', 1, False), ('\n', 1, False), ('', 1, False)],
)
def test_somebody_at_a_terminal_is_told_what_it_does_and_asked(
    robot, typed, code, is_declared, monkeypatch, capsys
):
    monkeypatch.setattr(sys, 'stdin', Answers(typed))
    assert ren('robots', '--declare-stopped', 'robot2', is_terminal=True) == code
    said = capsys.readouterr().out
    assert f'robot2 is unreachable since {local(SINCE)}' in said
    assert 'it executes tick-2, tick-3, on shed' in said
    assert 'This stops nothing.' in said
    assert bool(robot.asked) is is_declared
    assert ('nothing is declared' in said) is not is_declared


def test_a_robot_that_is_not_there_or_alive_is_not_declared(robot):
    with pytest.raises(RobotNotInStore, match=r"'robot9'.*robot3; did you mean robot\d"):
        ren('robots', '--declare-stopped', 'robot9', '--yes')
    assert robot.asked == []
    with pytest.raises(RobotAlive, match='alive on tower'):
        ren('robots', '--declare-stopped', 'robot1', '--yes')


def test_a_ticket_is_created_for_any_robot_that_has_it_all(robot):
    words = ('--robot', 'any', '--capability', 'lift', '--capability', 'scan')
    assert ren('create', 'drive', *words) == 0
    [(_, _, more)] = robot.asked
    assert (more['robot'], more['capabilities'], more['queue']) == ('any', ['lift', 'scan'], False)


def test_a_ticket_is_for_the_robot_that_is_asked_where_none_is_named(robot):
    ren('create', 'drive')
    [(_, _, more)] = robot.asked
    assert (more['robot'], more['capabilities']) == ('', [])


def test_run_for_any_is_queued_and_waited_for_wherever_it_runs(robot, capsys):
    """The action of one robot executes nothing of another."""
    taken = replace(TICKET, is_for_any=True, robot='robot2')
    robot.later = [
        replace(taken, status=each)
        for each in (Status.QUEUED, Status.EXECUTING, Status.EXECUTING, Status.COMPLETED)
    ]
    assert ren('run', 'drive', '--robot', 'any') == 0
    assert capsys.readouterr().out.splitlines() == [
        TICKET.id,
        'QUEUED  robot any, none has taken it yet; why: ren queue --robot any',
        'QUEUED  robot robot2 (for any); why: ren queue --robot robot2',
        'EXECUTING  robot robot2 (for any)',
        f'{TICKET.id} COMPLETED',
    ]
    assert [name for name, _, more in robot.asked if more.get('queue')] == ['create']


def test_ctrl_c_cancels_what_runs_elsewhere_and_waits(robot):
    robot.later = [KeyboardInterrupt(), replace(TICKET, status=Status.CANCELLED)]
    assert ren('run', 'drive', '--robot', 'robot2') == 5
    assert [name for name, *_ in robot.asked] == ['create', 'cancel']
    robot.later = [KeyboardInterrupt(), KeyboardInterrupt()]
    with pytest.raises(KeyboardInterrupt):
        ren('run', 'drive', '--robot', 'robot2')


def test_the_list_of_others_says_whose_each_ticket_is(robot, capsys):
    assert ren('list', '--robot', '*') == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].split()[:2] == ['ROBOT', 'ID']
    assert lines[1].startswith('robot2 ')
    assert lines[2].startswith('any, none has taken it yet ')
    assert robot.asked[0][2]['robot'] == '*'
    ren('list')
    assert capsys.readouterr().out.splitlines()[0].split()[0] == 'ID'
    assert len(row(TICKET)) == 6


def test_the_queue_of_others_is_shown_without_the_pause_of_this_one(robot, capsys):
    assert ren('queue', '--robot', 'any') == 0
    said = capsys.readouterr().out
    assert 'no robot has: lift' in said
    assert 'paused' not in said
    assert robot.asked == [('queue_entries', (), {'robot': 'any'})]
    ren('queue')
    assert capsys.readouterr().out.startswith('paused: by anna')
    with pytest.raises(ArgumentInvalid, match='a ticket has its own'):
        ren('queue', TICKET.id, '--robot', 'robot2')


@pytest.mark.parametrize(
    ('fields', 'whose', 'asked'),
    [
        ({}, None, ''),
        ({'robot': 'robot2'}, 'robot2', 'robot2'),
        ({'robot': 'robot2', 'is_for_any': True}, 'robot2 (for any)', 'robot2'),
        ({'is_for_any': True}, 'any, none has taken it yet', 'any'),
    ],
)
def test_show_tells_whose_a_ticket_is_and_why_it_waits_there(robot, fields, whose, asked, capsys):
    robot.later = [replace(TICKET, status=Status.QUEUED, capabilities=('lift',), **fields)]
    assert ren('show', TICKET.id) == 0
    lines = capsys.readouterr().out.splitlines()
    told = dict(re.split(r'  +', each, maxsplit=1) for each in lines)
    assert (told.get('robot'), told['needs']) == (whose, 'lift')
    assert told['waits'] == 'place 1: no robot has: lift'
    assert robot.asked == [('queue_entries', (), {'robot': asked})]


def test_an_orchestrator_that_stands_by_tells_of_no_work():
    lines = status.lines_of(
        RobotStatus(AT, 'STANDBY', detail="'robot1' is that of tower", robot='robot1', term=4)
    )
    assert lines[0] == "STANDBY: 'robot1' is that of tower"
    assert lines[2:] == ['robot    robot1']
    assert 'tickets  none' in status.lines_of(RobotStatus(AT, 'READY'))


def test_who_asks_the_wrong_robot_is_told_where_to_look(capsys):
    Output(is_json=False).error(TicketElsewhere(ticket_id='tick-1', robot='robot2'))
    assert capsys.readouterr().err.endswith('; see: ren robots\n')
