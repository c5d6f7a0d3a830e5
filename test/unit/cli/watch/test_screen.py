"""The screen of `watch`: as large as the terminal, and what matters first."""

from datetime import datetime, timedelta, timezone

import pytest

pytest.importorskip('rclpy')  # the client, whose answers are shown

from orchestrator_ren.cli.watch.screen import KEYS, Known, lines_of
from orchestrator_ren.client.answers import EStop, QueueEntry, RobotStatus
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

NOW = datetime(2026, 11, 27, 12, tzinfo=timezone.utc)
TICKET = Ticket(
    'tick-20261127-aaaaaaaa',
    'drive',
    {'speed': 0.5},
    NOW,
    NOW,
    status=Status.EXECUTING,
    started_at=NOW - timedelta(seconds=7),
)
EVENT = Event(NOW, EventType.EXECUTION_FAILED, Actor.SAFETY, TICKET.id, 'drive', error_code=501)


def waiting(count):
    return [
        QueueEntry(
            place, f'tick-{place}', 'drive', Priority.LOW, 'base is held', NOW, None, None, None
        )
        for place in range(1, count + 1)
    ]


def known(**more):
    made = Known('robot1', RobotStatus(NOW, 'READY'), 10.0, EStop('FREE'), [TICKET])
    for name, value in more.items():
        setattr(made, name, value)
    return made


def shown(known, columns=80, rows=24, now_mono_s=10.5):
    return [text for text, _ in lines_of(known, columns, rows, now_mono_s, NOW)]


@pytest.mark.parametrize(('columns', 'rows'), [(80, 24), (40, 10), (200, 60), (20, 4), (1, 1)])
def test_it_fills_the_terminal_and_no_more(columns, rows):
    many = known(queue=waiting(50))
    many.events.extend([EVENT] * 200)
    lines = shown(many, columns, rows)
    assert len(lines) == rows
    assert all(len(each) < max(columns, 1) or not each for each in lines)


def test_state_what_runs_and_why_others_wait_come_first():
    lines = shown(known(queue=waiting(1)))
    assert lines[0] == 'robot1 READY'
    assert lines[1] == 'e-stop   FREE'
    assert lines[2].startswith('running  tick-20261127-aaaaaaaa drive {speed: 0.5} for 7 s')
    assert lines[4] == '  1 tick-1 drive: base is held'
    assert lines[-1] == KEYS


def test_a_long_queue_leaves_room_for_events():
    many = known(queue=waiting(50))
    many.events.append(EVENT)
    lines = shown(many)
    assert '  and 44 more' in lines
    assert any('execution_failed' in each for each in lines)


def test_the_newest_events_are_kept():
    many = known()
    many.events.extend([EVENT] * 300)
    many.events.append(Event(NOW, EventType.TICKET_CREATED, Actor.CLIENT, 'last'))
    assert 'last' in shown(many)[-2]


def test_silence_is_told_and_not_an_old_state():
    assert shown(known(), now_mono_s=20.0)[0] == 'robot1: not heard for 10 s; it was READY'
    assert 'nothing is heard' in shown(Known('robot1'))[0]
    assert 'not heard' in shown(known(e_stop=None))[1]


def test_what_stops_the_robot_stands_out():
    stopped = known(
        status=RobotStatus(
            NOW, 'STOPPED', detail='the e-stop is latched', pause_reason='an e-stop'
        ),
        e_stop=EStop('STOPPED', 'e_stop topic'),
    )
    lines = lines_of(stopped, 80, 24, 10.5, NOW)
    assert lines[0] == ('robot1 STOPPED: the e-stop is latched', 'bold red')
    assert lines[1] == ('e-stop   STOPPED e_stop topic', 'bold red')
    assert lines[3] == ('queue    empty, paused: an e-stop', 'yellow')


def test_to_stand_by_is_no_trouble_and_to_take_a_ticket_is_told():
    made = known(status=RobotStatus(NOW, 'STANDBY', detail='tower has it'))
    taken = Event(NOW, EventType.TICKET_TAKEN, Actor.DISPATCHER, 'tick-1', status=Status.QUEUED)
    made.events.append(taken)
    lines = lines_of(made, 80, 24, 10.5, NOW)
    assert lines[0] == ('robot1 STANDBY: tower has it', 'bold yellow')
    assert any('ticket_taken  tick-1' in text for text, _ in lines)


def test_what_others_have_said_steers_no_terminal():
    made = known(said='\x1b[2J', status=RobotStatus(NOW, 'READY', pause_reason='by \x9b\na'))
    made.events.append(Event(NOW, EVENT.type, EVENT.actor, message='red \x1b[31m'))
    lines = shown(made)
    assert all(each.isprintable() for each in lines)
    assert any(r'red \x1b[31m' in each for each in lines)
