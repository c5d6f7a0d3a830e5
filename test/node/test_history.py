"""The story of a ticket, and lists of tickets, as clients get them."""

import json
from datetime import datetime, timezone

import pytest

from orchestrator_ren.ros.stamps import time_to_msg
from orchestrator_ren.srv import GetHistory


def history(rig, ticket_id, **fields):
    return rig.call(GetHistory, 'get_history', ticket_id=ticket_id, **fields)


def test_history_tells_who_did_what_when_and_why(running):
    ticket_id = running.created_id(metadata='{operator: ren}')
    running.execute(ticket_id).result()
    running.execute(ticket_id, force=True, dry_run=True).result()
    response = history(running, ticket_id)
    assert response.total == len(response.events) == 7
    told = [(e.step, e.actor, e.status, e.attempt, e.message) for e in response.events]
    assert told == [
        (1, 'client', 'PENDING', 0, 'create_ticket'),
        (2, 'client', 'QUEUED', 1, 'execute_ticket'),
        (3, 'dispatcher', 'EXECUTING', 1, 'its turn'),
        (4, 'dispatcher', 'COMPLETED', 1, ''),
        (5, 'client', 'QUEUED', 2, 'execute_ticket with force'),
        (6, 'dispatcher', 'EXECUTING', 2, 'its turn'),
        (7, 'dispatcher', 'COMPLETED', 2, ''),
    ]
    details = [json.loads(event.details) for event in response.events]
    assert details[0]['params'] == {'speed': 0.5, 'direction': 0.0, 'duration_seconds': 1.0}
    assert details[0]['metadata'] == {'operator': 'ren'}
    assert details[3]['result']['executed'] is True
    assert details[6]['result']['dry_run'] is True
    stamps = [(event.stamp.sec, event.stamp.nanosec) for event in response.events]
    assert stamps == sorted(stamps)


def test_history_is_published_as_it_is_stored(running):
    ticket_id = running.created_id()
    running.execute(ticket_id, dry_run=True).result()
    stored = history(running, ticket_id).events
    running.spin_until(lambda: len(running.event_types(ticket_id)) == len(stored))
    published = [event for event in running.events if event.ticket_id == ticket_id]
    assert [(e.type, e.stamp, e.details, e.message) for e in published] == [
        (e.type, e.stamp, e.details, e.message) for e in stored
    ]
    assert [event.step for event in stored] == [1, 2, 3, 4]


def test_cancellation_and_failure_keep_their_reasons(running):
    cancelled = running.created_id()
    running.cancel(cancelled, 'changed my mind')
    last = history(running, cancelled).events[-1]
    assert (last.actor, last.message, last.error_code) == ('client', 'changed my mind', 0)
    execution, failed = running.drive_until_moving()
    running.press()
    execution.result()
    last = history(running, failed).events[-1]
    assert (last.actor, last.error_code) == ('safety', 501)
    assert 'e-stop' in last.message


def test_history_comes_in_pages(running):
    ticket_id = running.created_id()
    running.execute(ticket_id, dry_run=True).result()
    page = history(running, ticket_id, limit=2, offset=1)
    assert ([event.step for event in page.events], page.total) == ([2, 3], 4)
    assert history(running, ticket_id, limit=1001).error_code == 106
    assert history(running, 'tick-unknown').error_code == 201


@pytest.fixture
def mixed(running):
    """Five tickets: of two operators, two commands; one is cancelled."""
    made = {
        'a': running.created_id(metadata='{operator: ren, shift: 1}'),
        'b': running.created_id(metadata='{operator: kim, shift: 1}'),
        'c': running.created_id('', command='stop', metadata='{operator: ren}'),
        'd': running.created_id('', command='stop'),
        'e': running.created_id(metadata='{operator: ren, shift: 2}'),
    }
    running.cancel(made['e'])
    names = {ticket_id: name for name, ticket_id in made.items()}

    def listed(**fields):
        response = running.list_tickets(**fields)
        assert response.success, response.message
        return ''.join(names[each.id] for each in response.tickets), response

    return listed


def test_list_shows_what_every_filter_lets_pass(mixed):
    assert mixed()[0] == 'edcba'
    assert mixed(statuses=['PENDING'])[0] == 'dcba'
    assert mixed(statuses=['pending', 'CANCELLED'])[0] == 'edcba'
    assert mixed(command='stop')[0] == 'dc'
    assert mixed(metadata='{operator: ren}')[0] == 'eca'
    assert mixed(metadata='{operator: ren, shift: 1}')[0] == 'a'
    assert mixed(metadata='{operator: ren}', statuses=['CANCELLED'], command='drive')[0] == 'e'
    assert mixed(metadata='{operator: nobody}')[0] == ''


def test_list_shows_what_was_created_in_a_time(mixed):
    _, response = mixed(command='stop')
    newer, older = response.tickets
    assert mixed(created_from=older.created_at)[0] == 'edc'
    assert mixed(created_until=newer.created_at)[0] == 'cba'
    assert mixed(created_from=older.created_at, created_until=newer.created_at)[0] == 'c'
    future = time_to_msg(datetime(2100, 1, 1, tzinfo=timezone.utc).replace(year=2037))
    assert mixed(created_from=future)[0] == ''


def test_page_tokens_lead_through_the_list(mixed):
    seen, token = '', ''
    while True:
        names, response = mixed(limit=2, page_token=token)
        assert (response.total, response.total_is_exact) == (5, True)
        seen, token = seen + names, response.next_page_token
        if not token:
            break
    assert seen == 'edcba'


@pytest.mark.parametrize(
    ('fields', 'code', 'word'),
    [
        ({'statuses': ['LOST']}, 114, 'LOST'),
        ({'limit': 1001}, 106, '1001'),
        ({'page_token': 'next please'}, 115, 'next please'),
        ({'page_token': '1.tick-x', 'offset': 1}, 115, 'offset'),
        ({'metadata': '{route: [1, 2]}'}, 106, 'metadata'),
        ({'metadata': 'operator'}, 110, 'metadata'),
    ],
)
def test_filter_that_makes_no_sense_is_refused(running, fields, code, word):
    response = running.list_tickets(**fields)
    assert (response.success, response.error_code) == (False, code)
    assert word in response.message
