"""Creating, reading, listing and cancelling tickets through the services."""

import json
import math

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.srv import CreateTicket

DRIVE = '{speed: 1.5, direction: 90, duration_seconds: 10}'

BAD_REQUESTS = {
    'unknown command': ({'command': 'fly'}, 101, "'fly'"),
    'missing parameter': ({'params': '{speed: 1}'}, 102, 'duration_seconds'),
    'extra parameter': ({'params': '{speed: 1, duration_seconds: 1, gear: 2}'}, 103, 'gear'),
    'wrong type': ({'params': '{speed: fast, duration_seconds: 1}'}, 104, "'fast'"),
    'NaN': ({'params': '{"speed": NaN, "duration_seconds": 1}'}, 105, 'nan'),
    'infinite': ({'params': '{speed: .inf, duration_seconds: 1}'}, 105, 'inf'),
    'too fast': ({'params': '{speed: 3.1, duration_seconds: 1}'}, 107, 'at most 3'),
    'negative speed': ({'params': '{speed: -0.1, duration_seconds: 1}'}, 108, '-0.1'),
    'no duration': ({'params': '{speed: 1, duration_seconds: 0}'}, 109, 'more than 0'),
    'negative duration': ({'params': '{speed: 1, duration_seconds: -2}'}, 109, '-2'),
    'not an object': ({'params': '[1, 2]'}, 110, 'params'),
    'not even YAML': ({'params': '{speed: '}, 110, 'params'),
    'too large': ({'params': '{"speed": "' + 'x' * 70000 + '"}'}, 111, '65536'),
    'timeout too short': ({'timeout_seconds': 2.0}, 112, '2 s'),
    'negative timeout': ({'timeout_seconds': -1.0}, 106, '-1.0'),
    'NaN timeout': ({'timeout_seconds': math.nan}, 106, 'nan'),
    'priority': ({'priority': 9}, 106, '9'),
    'metadata': ({'metadata': 'operator'}, 110, 'metadata'),
}


def test_the_shortest_drive_request_is_complete(running):
    response = running.create(DRIVE)
    assert response.success
    assert response.created
    ticket = response.ticket
    assert ticket.id.startswith('tick-')
    assert (ticket.status, ticket.priority, ticket.attempt) == ('PENDING', 2, 0)
    assert json.loads(ticket.params) == {'speed': 1.5, 'direction': 90.0, 'duration_seconds': 10.0}
    assert ticket.timeout_seconds > 0
    assert running.get(ticket.id) == ticket


def test_every_field_of_a_request_comes_back(running):
    ticket = running.create(
        DRIVE, priority=4, timeout_seconds=30.0, metadata='{"operator": "Zoë"}', dry_run=True
    ).ticket
    assert (ticket.priority, ticket.timeout_seconds, ticket.dry_run) == (4, 30.0, True)
    assert json.loads(ticket.metadata) == {'operator': 'Zoë'}


@pytest.mark.parametrize('kind', BAD_REQUESTS)
def test_bad_request_is_refused_with_its_code_and_stores_nothing(running, kind):
    fields, code, words = BAD_REQUESTS[kind]
    response = running.create(**{'params': DRIVE, **fields})
    assert not response.success
    assert response.error_code == code
    assert words in response.message
    assert running.list_tickets().total == 0
    assert running.create(DRIVE).success
    assert running.cmd_vel == []


def test_same_request_id_gives_the_first_ticket_again(running):
    first = running.create(DRIVE, request_id='r1')
    again = running.create(DRIVE, request_id='r1')
    assert again.success
    assert not again.created
    assert again.ticket == first.ticket
    other = running.create('{speed: 1, duration_seconds: 1}', request_id='r1')
    assert other.error_code == 113
    assert running.list_tickets().total == 1


def test_unknown_ticket_is_named(running):
    for response in (
        running.cancel('tick-20260101-00000000'),
        running.execute('tick-20260101-00000000').result(),
    ):
        assert not response.success
        assert response.error_code == 201
        assert 'tick-20260101-00000000' in response.message


def test_list_is_newest_first_in_pages(running):
    made = [running.created_id() for _ in range(5)]
    running.cancel(made[0])
    page = running.list_tickets(limit=2, offset=1)
    assert [ticket.id for ticket in page.tickets] == [made[3], made[2]]
    assert page.total == 5
    assert [ticket.id for ticket in running.list_tickets(statuses=['CANCELLED']).tickets] == [
        made[0]
    ]
    assert running.list_tickets(statuses=['lost']).error_code == 114
    assert running.list_tickets(limit=1001).error_code == 106


def test_pending_ticket_is_cancelled_at_once(running):
    ticket_id = running.created_id()
    response = running.cancel(ticket_id, 'changed my mind')
    assert response.success
    assert (response.ticket.status, response.ticket.error) == ('CANCELLED', 'changed my mind')
    assert running.cancel(ticket_id).error_code == 204
    assert running.execute(ticket_id).result().error_code == 204


def test_tickets_survive_a_restart(running):
    ticket_id = running.created_id(DRIVE, request_id='r1')
    running.stop_orchestrator()
    running.start_orchestrator()
    assert running.get(ticket_id).status == 'PENDING'
    assert not running.create(DRIVE, request_id='r1').created


def test_status_is_the_health_check(running):
    running.created_id()
    response = running.status()
    assert response.success
    assert (response.status.state, response.status.pending) == ('READY', 1)
    assert response.status.term == 1


def test_creation_is_told_and_counted(running):
    ticket_id = running.created_id()
    running.await_event_types(ticket_id, 'ticket_created')
    assert running.events[0].type == 'service_started'
    assert running.metric('tickets.created').value == 1.0
    assert running.metric('tickets.total').value == 1.0


def test_total_counts_the_tickets_of_earlier_runs(running):
    running.created_id()
    running.stop_orchestrator()
    running.start_orchestrator()
    assert running.metric('tickets.created').value == 0.0
    assert running.metric('tickets.total').value == 1.0


@pytest.mark.parametrize('count', [25, 60])
def test_answers_come_no_faster_than_a_client_of_the_usual_depth_takes_them(running, count):
    """A client of rclpy keeps 10 answers: of 25 requests at once, 15 were never answered."""
    for _ in range(3):
        sent = [running.send(CreateTicket, 'create_ticket', command='stop') for _ in range(count)]
        running.spin_until(lambda sent=sent: all(each.done() for each in sent))
