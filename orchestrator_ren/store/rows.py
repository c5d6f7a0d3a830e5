"""Rows of the tables to domain objects and back."""

from __future__ import annotations

import json
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
_TICKET_COLUMNS = tuple(column.name for column in tickets.columns)


def row_of_ticket(ticket: Ticket) -> dict[str, Any]:
    """Return the values of a ticket's row, its term aside."""
    row = {name: getattr(ticket, name) for name in _TICKET_FIELDS}
    row['status'] = ticket.status.value
    row['priority'] = ticket.priority.value
    row['request_id'] = ticket.request_id or None
    row['schedule'] = ticket.schedule.to_json() or None
    return row


def row_of_change(before: Ticket, after: Ticket) -> dict[str, Any]:
    """Return the values that differ: an index is left alone where its columns do not change."""
    old = row_of_ticket(before)
    return {name: value for name, value in row_of_ticket(after).items() if value != old[name]}


def ticket_of_row(row: Any) -> Ticket:
    """Return the ticket in a row of `tickets`."""
    values: dict[str, Any] = dict(zip(_TICKET_COLUMNS, row, strict=True))
    del values['term']
    values['status'] = _STATUSES[values['status']]
    values['priority'] = _PRIORITIES[values['priority']]
    values['request_id'] = values['request_id'] or ''
    values['schedule'] = schedule_from_json(values['schedule'])
    return Ticket(**values)


def rows_of_labels(ticket: Ticket) -> list[dict[str, Any]]:
    """Return the values of the rows by which lists find the ticket's metadata."""
    return [
        {
            'ticket_id': ticket.id,
            'label': label,
            'value': value,
            'created_at': ticket.created_at,
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
    return Event(command=command, **values)
