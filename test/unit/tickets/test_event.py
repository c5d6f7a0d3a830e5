"""What is told of a ticket's changes."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import TYPE_OF_STATUS, Actor, EventType, event_of_change
from orchestrator_ren.tickets.ticket import Status, Ticket

TicketIn = Callable[..., Ticket]


def test_every_status_has_an_event_of_its_own() -> None:
    assert set(TYPE_OF_STATUS) == set(Status)
    assert len(set(TYPE_OF_STATUS.values())) == len(Status)


def test_a_creation_has_no_previous_status(ticket_in: TicketIn) -> None:
    ticket = ticket_in(Status.PENDING)
    event = event_of_change(None, ticket, Actor.CLIENT)
    assert (event.type, event.actor) == (EventType.TICKET_CREATED, Actor.CLIENT)
    assert (event.previous_status, event.status) == (None, Status.PENDING)
    assert (event.ticket_id, event.command) == (ticket.id, 'drive')
    assert (event.attempt, event.error_code, event.message) == (0, 0, '')
    assert event.step == 0


def test_a_creation_tells_all_that_was_asked_for(ticket_in: TicketIn) -> None:
    ticket = ticket_in(Status.PENDING, metadata={'operator': 'ren'}, request_id='key')
    assert event_of_change(None, ticket, Actor.CLIENT).details == {
        'command': 'drive',
        'params': {'speed': 1.5, 'direction': 90.0, 'duration_seconds': 10.0},
        'priority': 2,
        'timeout_s': 600.0,
        'metadata': {'operator': 'ren'},
        'dry_run': False,
        'request_id': 'key',
    }


@pytest.mark.parametrize(
    ('status', 'details'),
    [
        (Status.QUEUED, {}),
        (Status.EXECUTING, {}),
        (Status.COMPLETED, {'result': {'distance_traveled': 7.0}}),
        (Status.FAILED, {'result': {'distance_traveled': 7.0}}),
        (Status.CANCELLED, {'result': {'distance_traveled': 7.0}}),
    ],
)
def test_an_end_tells_what_was_done(
    status: Status, details: dict[str, Any], ticket_in: TicketIn
) -> None:
    before = ticket_in(Status.EXECUTING)
    assert event_of_change(before, ticket_in(status), Actor.CLIENT).details == details
    without = ticket_in(status, result={})
    assert event_of_change(before, without, Actor.CLIENT).details == {}


@pytest.mark.parametrize('status', Status)
def test_the_message_is_the_cause_or_what_the_ticket_says_of_its_end(
    status: Status, ticket_in: TicketIn
) -> None:
    event = event_of_change(ticket_in(Status.EXECUTING), ticket_in(status), Actor.CLIENT, 'why')
    has_reason = status in (Status.FAILED, Status.CANCELLED)
    assert event.message == ('what happened' if has_reason else 'why')


@pytest.mark.parametrize(
    ('before', 'after', 'kind'),
    [
        (Status.PENDING, Status.QUEUED, EventType.TICKET_QUEUED),
        (Status.QUEUED, Status.EXECUTING, EventType.EXECUTION_STARTED),
        (Status.EXECUTING, Status.COMPLETED, EventType.EXECUTION_COMPLETED),
        (Status.EXECUTING, Status.FAILED, EventType.EXECUTION_FAILED),
        (Status.EXECUTING, Status.CANCELLED, EventType.EXECUTION_CANCELLED),
    ],
)
def test_a_change_tells_both_statuses(
    before: Status, after: Status, kind: EventType, ticket_in: TicketIn
) -> None:
    event = event_of_change(ticket_in(before), ticket_in(after), Actor.DISPATCHER)
    assert event.type is kind
    assert (event.previous_status, event.status) == (before, after)


def test_a_failure_tells_when_what_and_why(ticket_in: TicketIn, now: datetime) -> None:
    before = ticket_in(Status.EXECUTING, attempt=3)
    error = EStopActive(source='topic')
    event = event_of_change(before, lifecycle.fail(before, now, error), Actor.SAFETY)
    assert (event.at, event.attempt) == (now, 3)
    assert (event.error_code, event.message) == (error.code, str(error))
