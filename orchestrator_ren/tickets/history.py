"""A ticket rebuilt from its history: what the log tells must be what is stored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from orchestrator_ren.tickets.event import Event, EventType
from orchestrator_ren.tickets.lifecycle import TRANSITIONS
from orchestrator_ren.tickets.schedule import schedule_from_json
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket


class HistoryBrokenError(Exception):
    """The events cannot be the history of one ticket; the text says which and why."""


def replay(events: Sequence[Event]) -> Ticket:
    """Return the ticket as its events, oldest first, leave it.

    Raises:
        HistoryBrokenError: They do not follow from one another.
    """
    if not events:
        raise HistoryBrokenError('it has no events')
    ticket = _created(events[0])
    for event in events[1:]:
        _check_follows(ticket, event)
        ticket = _stepped(ticket, event)
    return ticket


def _created(event: Event) -> Ticket:
    if (event.previous_status, event.status) != (None, Status.PENDING):
        raise HistoryBrokenError('the first event is not the creation')
    content = dict(event.details)
    try:
        return Ticket(
            id=event.ticket_id,
            created_at=event.at,
            updated_at=event.at,
            priority=Priority(content.pop('priority')),
            schedule=schedule_from_json(content.pop('schedule', None)),
            requested_by=event.requested_by,
            robot=content.pop('robot', '' if 'is_for_any' in content else event.robot),
            capabilities=tuple(content.pop('capabilities', ())),
            **content,
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HistoryBrokenError(f'the creation cannot be read: {error!r}') from error


def _check_follows(ticket: Ticket, event: Event) -> None:
    if event.previous_status is not ticket.status:
        raise HistoryBrokenError(
            f'event {event.step} is one of a {_name(event.previous_status)} ticket,'
            f' but the one before left it {ticket.status.value}'
        )
    if event.type is EventType.TICKET_TAKEN:
        _check_taken(ticket, event)
        return
    if event.status not in TRANSITIONS[ticket.status]:
        raise HistoryBrokenError(
            f'event {event.step} takes it from {ticket.status.value} to {_name(event.status)}'
        )
    attempt = ticket.attempt + (1 if event.status is Status.QUEUED else 0)
    if event.attempt != attempt:
        raise HistoryBrokenError(
            f'event {event.step} is of attempt {event.attempt} instead of {attempt}'
        )


def _check_taken(ticket: Ticket, event: Event) -> None:
    is_waiting = ticket.status is event.status is Status.QUEUED
    if not (is_waiting and ticket.is_for_any and event.attempt == ticket.attempt):
        raise HistoryBrokenError(f'event {event.step} takes what is not there to be taken')


def _stepped(ticket: Ticket, event: Event) -> Ticket:
    assert event.status is not None
    if event.type is EventType.TICKET_TAKEN:
        return replace(ticket, robot=event.robot, updated_at=event.at)
    robot = ticket.robot or ('' if event.status is Status.QUEUED else event.robot)
    after = replace(
        ticket, status=event.status, attempt=event.attempt, updated_at=event.at, robot=robot
    )
    if event.status is Status.QUEUED:
        return replace(
            after,
            robot=event.robot if event.details.get('taken') else robot,
            started_at=None,
            completed_at=None,
            result={},
            error_code=0,
            error='',
            dry_attempt=event.details.get('dry_run', False),
            is_awaited=event.details.get('awaited', False),
        )
    if event.status is Status.EXECUTING:
        return replace(after, started_at=event.at)
    is_done = event.status is Status.COMPLETED
    return replace(
        after,
        completed_at=event.at,
        result=event.details.get('result', {}),
        error_code=event.error_code,
        error='' if is_done else event.message,
    )


def _name(status: Status | None) -> str:
    return status.value if status else 'not yet created'
