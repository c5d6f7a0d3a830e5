"""What a caller says, as the fields of a request."""

from datetime import datetime, timezone

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren import srv
from orchestrator_ren.client import requests
from orchestrator_ren.client.answers import Robot
from orchestrator_ren.errors import (
    ContractError,
    OutOfRange,
    UnknownParameter,
    UnknownStatus,
    WrongType,
)
from orchestrator_ren.tickets.ticket import Priority, Status


def test_keywords_and_the_object_are_the_parameters():
    assert requests.params_of({'speed': 1}, {'direction': 2}) == {'speed': 1, 'direction': 2}
    assert requests.params_of(None, {'speed': 1}) == {'speed': 1}


def test_a_parameter_given_both_ways_is_refused():
    with pytest.raises(UnknownParameter, match=r'params\.speed'):
        requests.params_of({'speed': 1}, {'speed': 2})


@pytest.mark.parametrize(
    ('given', 'number'),
    [('low', 1), ('Normal', 2), ('HIGH', 3), ('critical', 4), (Priority.HIGH, 3), (1, 1)],
)
def test_a_priority_is_a_name_or_a_number(given, number):
    assert requests.priority_number(given) == number


@pytest.mark.parametrize('given', ['urgent', 0, 5, -1, ''])
def test_what_is_no_priority_is_refused(given):
    with pytest.raises(OutOfRange, match='priority'):
        requests.priority_number(given)


def test_statuses_are_names_or_values():
    assert requests.status_names(['pending', Status.FAILED]) == ['PENDING', 'FAILED']
    assert requests.status_names('pending') == ['PENDING']
    with pytest.raises(UnknownStatus, match='done'):
        requests.status_names(['done'])


def test_an_instant_without_a_zone_is_refused():
    with pytest.raises(WrongType, match='deadline'):
        requests.instant('deadline', datetime(2030, 1, 1))
    found = requests.instant('deadline', datetime(2030, 1, 1, tzinfo=timezone.utc))
    assert found.sec == 1893456000
    assert requests.instant('deadline', None).sec == 0


def test_what_json_has_no_form_for_is_refused():
    with pytest.raises(WrongType, match='metadata'):
        requests.object_text('metadata', {'when': datetime(2030, 1, 1)})
    assert requests.object_text('metadata', {'a': [1, 'ü']}) == '{"a": [1, "ü"]}'
    assert requests.object_text('metadata', None) == ''


@pytest.mark.parametrize(
    'fields',
    [
        {'priority': 257},
        {'params': 1},
        {'dry_run': 'no'},
        {'max_attempts': -1},
        {'requested_by': 65 * 'x'},
        {'command': 65 * 'x'},
        {'robot': 65 * 'x'},
        {'robot': 5},
        {'capabilities': [65 * 'x']},
        {'capabilities': [str(each) for each in range(17)]},
        {'capabilities': [5]},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_what_a_field_cannot_hold_is_refused_in_the_words_of_the_package(fields):
    """Unchecked, priority 257 is sent as 1, and a number for a text ends the process."""
    with pytest.raises(ContractError, match=next(iter(fields))):
        requests.filled(srv.CreateTicket.Request, **fields)


def test_an_order_is_one_of_two():
    assert [requests.order_number(each) for each in ('newest', 'oldest')] == [
        srv.ListTickets.Request.NEWEST_FIRST,
        srv.ListTickets.Request.OLDEST_FIRST,
    ]
    with pytest.raises(OutOfRange, match='newest or oldest'):
        requests.order_number('random')


def test_a_process_without_a_name_asks_without_one(monkeypatch):
    def nobody():
        raise KeyError('getpwuid(): uid not found: 1234')

    monkeypatch.setattr(requests.getpass, 'getuser', nobody)
    assert requests.login_name() == ''


@pytest.mark.parametrize('text', ['a\0b', '\ud800'], ids=['nul', 'surrogate'])
def test_text_that_dds_would_not_take_as_it_is_is_refused(text):
    """`request_id` was cut off at a character 0, and so was somebody else's."""
    with pytest.raises(WrongType, match=r'request_id is .* which is not text'):
        requests.filled(srv.CreateTicket.Request, command='drive', request_id=text)
    with pytest.raises(WrongType, match=r'capabilities is .* which is not text'):
        requests.filled(srv.CreateTicket.Request, capabilities=['lift', text])


def test_a_robot_is_itself_or_its_name_and_one_capability_is_no_list_of_letters():
    assert requests.name_of(Robot('robot2', True)) == requests.name_of('robot2') == 'robot2'
    assert requests.capability_names('lift') == ['lift']
    assert requests.capability_names(('lift', 'scan')) == ['lift', 'scan']


def test_an_object_that_is_nested_without_end_is_refused():
    deep = []
    for _ in range(100_000):
        deep = [deep]
    with pytest.raises(WrongType, match='metadata'):
        requests.object_text('metadata', {'deep': deep})
    while deep:  # a chain so long is not to be freed in one go
        deep = deep.pop()
