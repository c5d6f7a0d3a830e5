"""Tickets to store, and what else the tests of this folder share."""

from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.run_clock import Old
from orchestrator_ren.tickets.ticket import Status, Ticket

Execute = Callable[..., list[Any]]
OpenStore = Callable[..., TicketStore]

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
LATER = NOW + timedelta(seconds=10, microseconds=1)
MUCH_LATER = NOW + timedelta(days=400)

on_every_database = pytest.mark.parametrize('database', ['sqlite', 'postgresql'], indirect=True)
"""Of a contract: the same for every database."""


def new_ticket(number: int = 1, **fields: Any) -> Ticket:
    filled = {
        'id': f'tick-20260102-{number:08x}',
        'command': 'drive',
        'params': {'speed': 1.5, 'direction': 90.0, 'duration_seconds': 10.0},
        'created_at': NOW + timedelta(seconds=number),
        'updated_at': NOW + timedelta(seconds=number),
        'robot': 'robot',
    }
    return Ticket(**{**filled, **fields})


def stepped(ticket: Ticket, status: Status, at: datetime = LATER) -> Ticket:
    """Return the ticket after the step to a status."""
    if status is Status.QUEUED:
        return lifecycle.enqueue(ticket, at, force=True)
    if status is Status.EXECUTING:
        return lifecycle.start(ticket, at)
    if status is Status.COMPLETED:
        return lifecycle.complete(ticket, at, {'distance_traveled': 15.0})
    if status is Status.FAILED:
        return lifecycle.fail(ticket, at, EStopActive(source='test'), {'distance_traveled': 7.5})
    return lifecycle.cancel(ticket, at, 'enough')


def walk(store: TicketStore, ticket: Ticket, *way: Status, at: datetime = LATER) -> Ticket:
    """Take a stored ticket from status to status."""
    for status in way:
        after = stepped(ticket, status, at)
        store.change(ticket, after, Actor.DISPATCHER, 'the test')
        ticket = after
    return ticket


def start(store: TicketStore, waiting: Ticket, at: datetime = LATER) -> Ticket:
    """Let a waiting ticket start, as the dispatcher does; return it EXECUTING."""
    executing = lifecycle.start(waiting, at)
    store.change(waiting, executing, Actor.DISPATCHER, 'its turn')
    return executing


WAYS = {
    Status.PENDING: [],
    Status.QUEUED: [Status.QUEUED],
    **{
        status: [Status.QUEUED, Status.EXECUTING, status][: 3 if status.is_final else 2]
        for status in (Status.EXECUTING, Status.COMPLETED, Status.FAILED, Status.CANCELLED)
    },
}


def stored_in(
    store: TicketStore, status: Status, number: int = 1, at: datetime = LATER, **fields: Any
) -> Ticket:
    """Store a ticket and take it to a status by the legal steps."""
    ticket, _ = store.insert(new_ticket(number, **fields))
    return walk(store, ticket, *WAYS[status], at=at)


def columns_of(status: Status) -> dict[str, Any]:
    """Return columns with which a row in a status satisfies every constraint."""
    return {
        'status': status.value,
        'attempt': 0 if status is Status.PENDING else 1,
        'started_at': None if status in (Status.PENDING, Status.QUEUED) else 1,
        'completed_at': 1 if status.is_final else None,
        'error_code': 501 if status is Status.FAILED else 0,
    }


def everything_in(execute: Execute) -> dict[str, list[Any]]:
    """Return the rows of all tables."""
    return {
        table: sorted(execute(f'SELECT * FROM {table}'), key=repr)
        for table in ('robots', 'marks', 'tickets', 'labels', 'events', 'alembic_version')
    }


def ended_before(instant: datetime) -> Old:
    """Return what is old in a run that has ended no ticket itself."""
    return Old(first_term=10**6, earlier_before=instant)


def take_over(execute: Execute, robot: str = 'robot') -> None:
    """Let another orchestrator have the robot, and lose it again."""
    execute("UPDATE robots SET term = term + 1, holder = '' WHERE name = :robot", robot=robot)
