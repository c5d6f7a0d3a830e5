"""Rows of the tables to domain objects and back."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from orchestrator_ren.store.tables import tickets
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.listing import labels_of
from orchestrator_ren.tickets.schedule import schedule_from_json
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

_STATUSES = {status.value: status for status in Status}
_PRIORITIES = {priority.value: priority for priority in Priority}
"""A look-up is quicker than a call of the enumeration, and a page has hundreds."""

_TICKET_FIELDS = tuple(Ticket.__dataclass_fields__)

TICKET_COLUMNS = tuple(tickets.columns[name] for name in _TICKET_FIELDS)
"""What makes a ticket, in the order in which `tickets_of_rows` takes it."""

_CONVERTERS: dict[str, Callable[[Any], Any]] = {
    'status': _STATUSES.__getitem__,
    'priority': _PRIORITIES.__getitem__,
    'request_id': lambda value: value or '',
    'schedule': schedule_from_json,
    'capabilities': lambda text: tuple(text.split(',')) if text else (),
}
_CONVERTED = [(_TICKET_FIELDS.index(name), convert) for name, convert in _CONVERTERS.items()]


def row_of_ticket(ticket: Ticket) -> dict[str, Any]:
    """Return the values of a ticket's row, its term aside."""
    row = {name: getattr(ticket, name) for name in _TICKET_FIELDS}
    row['status'] = ticket.status.value
    row['priority'] = ticket.priority.value
    row['request_id'] = ticket.request_id or None
    row['schedule'] = ticket.schedule.to_json() or None
    row['capabilities'] = ','.join(ticket.capabilities)
    return row


def row_of_change(before: Ticket, after: Ticket) -> dict[str, Any]:
    """Return the values that differ: an index is left alone where its columns do not change."""
    old = row_of_ticket(before)
    return {name: value for name, value in row_of_ticket(after).items() if value != old[name]}


def tickets_of_rows(rows: Sequence[Any]) -> list[Ticket]:
    """Return the tickets in rows of `TICKET_COLUMNS`; column by column, as a page has many."""
    columns: list[Iterable[Any]] = list(zip(*rows, strict=True))
    for place, convert in _CONVERTED if columns else ():
        columns[place] = map(convert, columns[place])
    return list(map(Ticket, *columns)) if columns else []


def rows_of_labels(ticket: Ticket) -> list[dict[str, Any]]:
    """Return the values of the rows by which lists find the ticket's metadata."""
    return [
        {
            'ticket_id': ticket.id,
            'label': label,
            'value': value,
            'created_at': ticket.created_at,
            'status': ticket.status.value,
        }
        for label, value in labels_of(ticket.metadata)
    ]


def row_of_event(event: Event) -> dict[str, Any]:
    """Return the values of an event's row, its hash aside."""
    return {
        'ticket_id': event.ticket_id,
        'step': event.step,
        'at': event.at,
        'type': event.type.value,
        'actor': event.actor.value,
        'previous_status': event.previous_status.value if event.previous_status else None,
        'status': event.status.value if event.status else None,
        'attempt': event.attempt,
        'error_code': event.error_code,
        'message': event.message,
        'details': json.dumps(event.details),
        'number': event.number,
        'requested_by': event.requested_by,
        'robot': event.robot,
    }


def event_of_row(row: Any, command: str) -> Event:
    """Return the event in a row of `events`, whose ticket has that command."""
    values = dict(row._mapping)
    del values['hash']
    previous = values['previous_status']
    values['previous_status'] = Status(previous) if previous else None
    values['status'] = Status(values['status'])
    values['type'], values['actor'] = EventType(values['type']), Actor(values['actor'])
    values['details'] = json.loads(values['details'])
    values['command'] = command
    return Event(**values)
