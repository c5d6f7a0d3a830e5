"""Tickets for a benchmark: a store of any size with real histories, filled in minutes."""

from __future__ import annotations

import gc
import multiprocessing
import random
import sqlite3
import uuid
from collections.abc import Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.store.chain import chained_hash
from orchestrator_ren.store.rows import row_of_event, row_of_ticket, rows_of_labels
from orchestrator_ren.store.tables import events, labels, tickets
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, event_of_change
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket, new_ticket_id

FIRST_AT = datetime(2025, 1, 1, tzinfo=timezone.utc)
INTERVAL = timedelta(seconds=30)
"""Between tickets; a million of them is a year."""

OPERATORS = tuple(f'operator-{number:02}' for number in range(20))
TICKETS_A_SESSION = 50

MAX_STEPS = 8
"""Of a ticket's life, at most."""

QUEUED = 100
"""Of each filling the last ones, up to a tenth of it, wait for their turn."""

BATCH = 5_000
"""Tickets written in one transaction."""

TABLES = (tickets, labels, events)
"""In an order that foreign keys allow."""

_SHARES = {
    Status.COMPLETED: 88,
    Status.FAILED: 5,
    Status.CANCELLED: 4,
    Status.PENDING: 3,
}
_COMMANDS = {'drive': 90, 'scan': 7, 'stop': 3}
_PRIORITIES = {Priority.LOW: 5, Priority.NORMAL: 85, Priority.HIGH: 9, Priority.CRITICAL: 1}

_WAYS: dict[Status, tuple[Status, ...]] = {
    Status.PENDING: (),
    Status.QUEUED: (Status.QUEUED,),
    **{status: (Status.QUEUED, Status.EXECUTING, status) for status in Status if status.is_final},
}


def created_at(number: float) -> datetime:
    """Return when the ticket of that number was created."""
    return FIRST_AT + number * INTERVAL


def new_ticket(number: int, chance: random.Random) -> Ticket:
    """Return a ticket as a client creates it; the number gives its id, age and request_id."""
    at = created_at(number) + timedelta(microseconds=chance.randrange(1_000_000))
    command = _one_of(_COMMANDS, chance)
    drive = {
        'speed': round(chance.uniform(0.1, 1.5), 2),
        'direction': round(chance.uniform(-180.0, 180.0), 1),
        'duration_seconds': round(chance.uniform(1.0, 30.0), 1),
    }
    return Ticket(
        id=new_ticket_id(at, number * 2654435761),  # an odd factor: no number comes twice
        command=command,
        params=drive if command == 'drive' else {},
        created_at=at,
        updated_at=at,
        priority=_one_of(_PRIORITIES, chance),
        metadata={
            'operator': chance.choice(OPERATORS),
            'session_id': number // TICKETS_A_SESSION,
        },
        request_id=str(uuid.UUID(int=chance.getrandbits(128), version=4)),
        robot='robot',
    )


def _one_of(shares: dict[Any, int], chance: random.Random) -> Any:
    return chance.choices(tuple(shares), tuple(shares.values()))[0]


def fill(path: Path, present: int, wanted: int) -> None:
    """Grow the store in a closed SQLite file from `present` to `wanted` tickets.

    The file is one that a TicketStore made. What is written is what the store writes, but past
    its guards and without waiting for the disk.
    """
    first_queued = wanted - min(QUEUED, (wanted - present) // 10)
    batches = [
        _Batch(begin, min(begin + BATCH, wanted), first_queued)
        for begin in range(present, wanted, BATCH)
    ]
    with multiprocessing.Pool() as workers:
        _write(path, workers.imap(_rows_of, batches))


def fill_queue(path: Path, waiting: Iterable[Ticket]) -> None:
    """Write new tickets as QUEUED, in the same way."""
    found: tuple[list[dict[str, Any]], ...] = [], [], []
    for number, ticket in enumerate(waiting):
        first = number * MAX_STEPS + 1
        for rows, more in zip(found, _rows(ticket, Status.QUEUED, first), strict=True):
            rows += more
    _write(path, [[_bound(table, rows) for table, rows in zip(TABLES, found, strict=True)]])


def _write(path: Path, batches: Iterable[list[list[tuple[Any, ...]]]]) -> None:
    """Write batches of rows of each of `TABLES`."""
    with closing(sqlite3.connect(path)) as connection:
        for pragma in ('journal_mode = MEMORY', 'synchronous = OFF', 'cache_size = -1000000'):
            connection.execute(f'PRAGMA {pragma}')
        triggers = _dropped_triggers(connection)
        for rows in batches:
            for table, values in zip(TABLES, rows, strict=True):
                places = ', '.join('?' * len(table.columns))
                connection.executemany(f'INSERT INTO {table.name} VALUES ({places})', values)
            connection.commit()
        for trigger in triggers:
            connection.execute(trigger)
        connection.commit()


def _dropped_triggers(connection: sqlite3.Connection) -> list[str]:
    """Drop all triggers and return the statements that make them again."""
    found = connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'trigger'")
    triggers = dict(found.fetchall())
    for name in triggers:
        connection.execute(f'DROP TRIGGER {name}')
    connection.commit()
    return list(triggers.values())


@dataclass(frozen=True)
class _Batch:
    begin: int
    end: int
    first_queued: int


def _rows_of(batch: _Batch) -> list[list[tuple[Any, ...]]]:
    """Return the rows of each of `TABLES` for a batch of tickets."""
    gc.disable()  # in a process of its own, which makes nothing but rows
    chance = random.Random(batch.begin)
    found: tuple[list[dict[str, Any]], ...] = [], [], []
    for number in range(batch.begin, batch.end):
        status = Status.QUEUED if number >= batch.first_queued else _one_of(_SHARES, chance)
        ticket = new_ticket(number, chance)
        first = number * MAX_STEPS + 1
        for rows, more in zip(found, _rows(ticket, status, first), strict=True):
            rows += more
    return [_bound(table, rows) for table, rows in zip(TABLES, found, strict=True)]


def _rows(ticket: Ticket, status: Status, first: int) -> tuple[list[dict[str, Any]], ...]:
    """Return the rows of a ticket that has come to that status, its events numbered on."""
    life = list(_life(ticket, status))
    history: list[dict[str, Any]] = []
    for before, after in zip([None, *life], life, strict=False):
        actor = Actor.DISPATCHER if before else Actor.CLIENT
        event = event_of_change(before, after, actor, 'its turn' if before else 'create_ticket')
        place = len(history)
        row = {**row_of_event(event), 'step': place + 1, 'number': first + place}
        row['hash'] = chained_hash(history[-1]['hash'] if history else '', row)
        history.append(row)
    return [{**row_of_ticket(life[-1]), 'term': 1}], rows_of_labels(life[-1]), history


def _bound(table: sa.Table, rows: list[dict[str, Any]]) -> list[tuple[Any, ...]]:
    """Return the rows as SQLite takes them."""
    dialect = sqlite.dialect()
    columns = []
    for column in table.columns:
        processor = column.type.dialect_impl(dialect).bind_processor(dialect)
        values = [row[column.name] for row in rows]
        columns.append([processor(value) for value in values] if processor else values)
    return list(zip(*columns, strict=True))


def _life(ticket: Ticket, status: Status) -> Iterator[Ticket]:
    """Yield the ticket after its creation and after each step to that status."""
    yield ticket
    for seconds, each in enumerate(_WAYS[status], start=1):
        ticket = stepped(ticket, each, ticket.created_at + timedelta(seconds=seconds))
        yield ticket


def stepped(ticket: Ticket, status: Status, at: datetime) -> Ticket:
    """Return the ticket after the step to that status."""
    if status is Status.QUEUED:
        return lifecycle.enqueue(ticket, at, force=False)
    if status is Status.EXECUTING:
        return lifecycle.start(ticket, at)
    if status is Status.COMPLETED:
        return lifecycle.complete(ticket, at, {'distance_traveled': 12.5, 'duration_s': 10.02})
    if status is Status.FAILED:
        return lifecycle.fail(ticket, at, EStopActive(source='test'), {'distance_traveled': 7.5})
    return lifecycle.cancel(ticket, at, 'no longer needed')
