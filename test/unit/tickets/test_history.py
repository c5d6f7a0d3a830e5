"""A ticket from its events; events that cannot be a history are refused, by name."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, Event, EventType, event_of_change
from orchestrator_ren.tickets.history import HistoryBrokenError, replay
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

TicketIn = Callable[..., Ticket]


@pytest.fixture
def life(ticket_in: TicketIn, now: datetime) -> list[Ticket]:
    """A ticket as it was after each step of two attempts."""
    created = ticket_in(
        Status.PENDING, updated_at=now, created_at=now, priority=Priority.CRITICAL, timeout_s=7.5,
        metadata={'operator': 'ren'}, dry_run=True, request_id='key',
    )  # fmt: skip
    at = [now + timedelta(seconds=second) for second in range(9)]
    life = [created]
    life.append(lifecycle.enqueue(life[-1], at[1], force=False))
    life.append(lifecycle.start(life[-1], at[2]))
    life.append(lifecycle.fail(life[-1], at[3], EStopActive(source='test'), {'distance': 1.0}))
    again = lifecycle.enqueue(life[-1], at[4], force=True, dry_run=True, is_awaited=True)
    life.append(again)
    life.append(lifecycle.start(life[-1], at[5]))
    life.append(lifecycle.complete(life[-1], at[6], {'distance': 2.0}))
    life.append(lifecycle.enqueue(life[-1], at[7], force=True))
    life.append(lifecycle.cancel(life[-1], at[8], 'enough'))
    return life


@pytest.fixture
def events(life: list[Ticket]) -> list[Event]:
    before: list[Ticket | None] = [None, *life]
    return [
        replace(event_of_change(earlier, later, Actor.CLIENT, 'the test'), step=step)
        for step, (earlier, later) in enumerate(zip(before, life, strict=False), start=1)
    ]


def test_the_events_give_the_ticket_as_it_was_after_each(
    life: list[Ticket], events: list[Event]
) -> None:
    assert [replay(events[:step]) for step in range(1, 10)] == life


def test_a_ticket_may_end_before_it_is_queued(ticket_in: TicketIn, now: datetime) -> None:
    created = ticket_in(Status.PENDING, updated_at=now, created_at=now)
    ended = lifecycle.cancel(created, now, 'enough', {'half': 1})
    changes = [(None, created), (created, ended)]
    assert replay([event_of_change(*change, Actor.CLIENT) for change in changes]) == ended


def test_no_events_are_no_history() -> None:
    with pytest.raises(HistoryBrokenError, match=r'^it has no events$'):
        replay([])


@pytest.mark.parametrize(
    'fields',
    [{'previous_status': Status.COMPLETED, 'status': Status.QUEUED}, {'status': Status.QUEUED}],
)
def test_a_history_begins_with_the_creation(fields: dict[str, Any], events: list[Event]) -> None:
    events[0] = replace(events[0], **fields)
    with pytest.raises(HistoryBrokenError, match=r'^the first event is not the creation$'):
        replay(events)


@pytest.mark.parametrize(
    'change',
    [
        lambda details: details.pop('priority'),
        lambda details: details.pop('params'),
        lambda details: details.pop('command'),
        lambda details: details.update(priority=9),
        lambda details: details.update(unknown=1),
        lambda details: details.update(id='another'),
    ],
    ids=['no priority', 'no params', 'no command', 'bad priority', 'unknown field', 'id twice'],
)
def test_a_creation_has_to_tell_everything(
    change: Callable[[dict[str, Any]], object], events: list[Event]
) -> None:
    change(events[0].details)
    with pytest.raises(HistoryBrokenError, match=r'^the creation cannot be read: '):
        replay(events)


@pytest.mark.parametrize(
    ('fields', 'problem'),
    [
        (
            {'previous_status': Status.PENDING},
            'event 3 is one of a PENDING ticket, but the one before left it QUEUED',
        ),
        (
            {'previous_status': None},
            'event 3 is one of a not yet created ticket, but the one before left it QUEUED',
        ),
        ({'status': Status.COMPLETED}, 'event 3 takes it from QUEUED to COMPLETED'),
        ({'status': Status.QUEUED}, 'event 3 takes it from QUEUED to QUEUED'),
        ({'status': None}, 'event 3 takes it from QUEUED to not yet created'),
        ({'attempt': 2}, 'event 3 is of attempt 2 instead of 1'),
    ],
)
def test_a_step_has_to_follow(fields: dict[str, Any], problem: str, events: list[Event]) -> None:
    events[2] = replace(events[2], **fields)
    with pytest.raises(HistoryBrokenError) as caught:
        replay(events)
    assert str(caught.value) == problem


def test_a_new_attempt_is_the_next_one(events: list[Event]) -> None:
    events[4] = replace(events[4], attempt=1)
    with pytest.raises(HistoryBrokenError, match='event 5 is of attempt 1 instead of 2'):
        replay(events)


@pytest.mark.parametrize('missing', range(8))
def test_no_event_may_be_missing_but_the_last(missing: int, events: list[Event]) -> None:
    assert events.pop(missing).type in EventType
    with pytest.raises(HistoryBrokenError):
        replay(events)
