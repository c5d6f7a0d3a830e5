"""From what a client sent to a ticket: everything is checked, nothing is trusted."""

import math
from dataclasses import replace
from datetime import datetime, timezone
from typing import Any

import pytest

from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.commands.request import TicketRequest, ticket_from_request
from orchestrator_ren.errors import (
    ContractError,
    NotAnObject,
    ObjectTooLarge,
    OutOfRange,
    SpeedAboveLimit,
    TimeoutTooShort,
    UnknownCommand,
    UnknownParameter,
)
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.ticket import DEFAULT_TIMEOUT_S, Priority, Status, Ticket

from .samples import registry_of

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
MINE = RobotIdentity('r1', ('lift',), is_in_fleet=True)

GOOD = TicketRequest(command='drive', params='{speed: 1.5, direction: 90, duration_seconds: 10}')


def ticket_of(request: TicketRequest, settings: DriveSettings | None = None) -> Ticket:
    return ticket_from_request(request, registry_of(settings), NOW, 0xABC, MINE)


def test_the_shortest_request_gets_every_default() -> None:
    assert ticket_of(GOOD) == Ticket(
        id='tick-20260102-00000abc',
        command='drive',
        params={'speed': 1.5, 'direction': 90.0, 'duration_seconds': 10.0},
        created_at=NOW,
        updated_at=NOW,
        priority=Priority.NORMAL,
        timeout_s=DEFAULT_TIMEOUT_S,
        metadata={},
        dry_run=False,
        request_id='',
        status=Status.PENDING,
        attempt=0,
        robot='r1',
    )


def test_everything_given_arrives() -> None:
    ticket = ticket_of(
        TicketRequest(
            command='drive',
            params='{"speed": 1, "duration_seconds": 2}',
            priority=4,
            timeout_s=30.0,
            metadata='{operator: ren, session_id: 7}',
            dry_run=True,
            request_id='key-1',
        )
    )
    assert ticket.params == {'speed': 1.0, 'direction': 0.0, 'duration_seconds': 2.0}
    assert (ticket.priority, ticket.timeout_s) == (Priority.CRITICAL, 30.0)
    assert ticket.metadata == {'operator': 'ren', 'session_id': 7}
    assert (ticket.dry_run, ticket.request_id) == (True, 'key-1')


def test_stop_needs_nothing_but_its_name() -> None:
    assert ticket_of(TicketRequest(command='stop')).params == {}


@pytest.mark.parametrize(
    ('changed', 'kind', 'message'),
    [
        ({'command': ''}, UnknownCommand, "command ''"),
        ({'command': 'fly'}, UnknownCommand, "'fly' is not known; known are: drive, scan, stop"),
        ({'params': '{speed: 9, duration_seconds: 1}'}, SpeedAboveLimit, 'params.speed is 9'),
        ({'params': '[1]'}, NotAnObject, 'params is not an object'),
        ({'params': '{speed: 1, duration_seconds: 1, x: 1}'}, UnknownParameter, 'params.x'),
        ({'params': ' ' * 65537}, ObjectTooLarge, 'params has 65537 bytes'),
        ({'priority': 5}, OutOfRange, 'priority is 5; it must be 1 (LOW) to 4 (CRITICAL)'),
        ({'timeout_s': -1.0}, OutOfRange, 'timeout_seconds is -1.0'),
        ({'timeout_s': math.nan}, OutOfRange, 'timeout_seconds is nan'),
        ({'timeout_s': math.inf}, OutOfRange, 'timeout_seconds is inf'),
        ({'metadata': '7'}, NotAnObject, 'metadata is not an object'),
        ({'metadata': '{a: 1, a: 2}'}, NotAnObject, 'metadata is not an object'),
        ({'request_id': 'x' * 129}, OutOfRange, 'request_id is 129; it must be at most 128'),
    ],
)  # fmt: skip
def test_what_is_wrong_is_named(
    changed: dict[str, Any], kind: type[ContractError], message: str
) -> None:
    with pytest.raises(kind) as caught:
        ticket_of(replace(GOOD, **changed))
    assert type(caught.value) is kind
    assert message in str(caught.value)


def test_a_very_long_name_is_not_shown_in_full() -> None:
    with pytest.raises(UnknownCommand) as caught:
        ticket_of(replace(GOOD, command='drive' + 'x' * 10_000))
    assert len(str(caught.value)) < 200


def test_a_request_id_may_have_128_characters() -> None:
    assert len(ticket_of(replace(GOOD, request_id='x' * 128)).request_id) == 128


def test_a_timeout_shorter_than_the_prediction_is_refused() -> None:
    with pytest.raises(TimeoutTooShort) as caught:
        ticket_of(replace(GOOD, timeout_s=9.5))
    assert str(caught.value).startswith('timeout_seconds is 9.5 s, but')
    assert caught.value.fields['predicted_s'] > 10.0


def test_a_drive_longer_than_the_default_timeout_needs_one_of_its_own() -> None:
    long = replace(GOOD, params='{speed: 1, duration_seconds: 700}')
    with pytest.raises(TimeoutTooShort):
        ticket_of(long)
    assert ticket_of(replace(long, timeout_s=720.0)).timeout_s == 720.0


def test_the_limit_of_this_robot_counts() -> None:
    with pytest.raises(SpeedAboveLimit, match=r'at most 1\.0'):
        ticket_of(GOOD, DriveSettings(max_speed_mps=1.0))


def test_a_request_sent_again_after_an_update_has_the_content_of_before() -> None:
    """What an older version has stored knows nothing of `reverse`: 113, other content."""
    assert 'reverse' not in ticket_of(GOOD).params
    backwards = replace(GOOD, params='{speed: 1, duration_seconds: 1, reverse: true}')
    assert ticket_of(backwards).params['reverse'] is True
