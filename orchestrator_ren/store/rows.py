"""Rows of the tables to domain objects and back."""

from __future__ import annotations

import dataclasses
from typing import Any

from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket


def row_of_ticket(ticket: Ticket) -> dict[str, Any]:
    """Return the values of a ticket's row, its term aside."""
    row = dataclasses.asdict(ticket)
    row['status'] = ticket.status.value
    row['priority'] = ticket.priority.value
    row['request_id'] = ticket.request_id or None
    return row


def ticket_of_row(row: Any) -> Ticket:
    """Return the ticket in a row of `tickets`."""
    values = dict(row._mapping)
    del values['term']
    values['status'] = Status(values['status'])
    values['priority'] = Priority(values['priority'])
    values['request_id'] = values['request_id'] or ''
    return Ticket(**values)


def row_of_event(event: Event) -> dict[str, Any]:
    """Return the values of an event's row."""
    row = dataclasses.asdict(event)
    del row['command']
    row['type'], row['actor'] = event.type.value, event.actor.value
    row['status'] = event.status.value if event.status else None
    row['previous_status'] = event.previous_status.value if event.previous_status else None
    return row


def event_of_row(row: Any) -> Event:
    """Return the event in a row of `events`, with the command of its ticket."""
    values = dict(row._mapping)
    del values['number']
    previous = values['previous_status']
    values['previous_status'] = Status(previous) if previous else None
    values['status'] = Status(values['status'])
    values['type'], values['actor'] = EventType(values['type']), Actor(values['actor'])
    return Event(**values)
