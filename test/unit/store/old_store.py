"""A store of before there were migrations: made by SQL, as the version of then made it."""

import json
import sqlite3
from contextlib import closing
from dataclasses import asdict
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

from orchestrator_ren.tickets.schedule import NONE
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

TABLES = """
CREATE TABLE meta (
    name VARCHAR(32) NOT NULL,
    value BIGINT NOT NULL,
    PRIMARY KEY (name)
);
CREATE TABLE tickets (
    id VARCHAR(64) NOT NULL,
    command VARCHAR(64) NOT NULL,
    params JSON NOT NULL,
    priority INTEGER NOT NULL,
    timeout_s FLOAT NOT NULL,
    metadata JSON NOT NULL,
    dry_run BOOLEAN NOT NULL,
    request_id VARCHAR(128),
    status VARCHAR(16) NOT NULL,
    attempt INTEGER NOT NULL,
    term INTEGER NOT NULL,
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    started_at BIGINT,
    completed_at BIGINT,
    result JSON NOT NULL,
    error_code INTEGER NOT NULL,
    error TEXT NOT NULL,
    PRIMARY KEY (id),
    CONSTRAINT status_is_known CHECK (status IN
        ('PENDING', 'QUEUED', 'EXECUTING', 'COMPLETED', 'FAILED', 'CANCELLED')),
    CONSTRAINT priority_is_known CHECK (priority BETWEEN 1 AND 4),
    CONSTRAINT timeout_is_positive CHECK (timeout_s > 0),
    CONSTRAINT final_means_completed_at CHECK
        ((status IN ('COMPLETED', 'FAILED', 'CANCELLED')) = (completed_at IS NOT NULL)),
    CONSTRAINT executing_means_started_at CHECK (status <> 'EXECUTING' OR started_at IS NOT NULL),
    CONSTRAINT only_failed_has_a_code CHECK (status = 'FAILED' OR error_code = 0),
    UNIQUE (request_id)
);
CREATE INDEX tickets_by_status_and_age ON tickets (status, created_at, id);
CREATE INDEX tickets_by_age ON tickets (created_at, id);
CREATE TABLE events (
    number INTEGER NOT NULL,
    at BIGINT NOT NULL,
    type VARCHAR(32) NOT NULL,
    actor VARCHAR(32) NOT NULL,
    ticket_id VARCHAR(64) NOT NULL,
    previous_status VARCHAR(16),
    status VARCHAR(16) NOT NULL,
    attempt INTEGER NOT NULL,
    error_code INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (number),
    FOREIGN KEY(ticket_id) REFERENCES tickets (id)
);
CREATE INDEX events_by_ticket ON events (ticket_id, number);
"""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def at(second: int) -> datetime:
    return datetime(2025, 6, 1, 12, 0, second, 250_001, tzinfo=timezone.utc)


def _ticket(number: int, status: Status, **fields: Any) -> Ticket:
    attempt = 0 if status is Status.PENDING else 1
    params = {'speed': 1.5, 'direction': 0, 'label': '“é”'}
    return Ticket(
        f'tick-20250601-{number:08x}', 'drive', params, at(number),
        status=status, robot='robot', **{'attempt': attempt, 'updated_at': at(number), **fields},
    )  # fmt: skip


TICKETS = [
    _ticket(0, Status.PENDING, request_id='key-0', metadata={'operator': 'ren', 'tries': 2}),
    _ticket(1, Status.QUEUED, priority=Priority.HIGH, updated_at=at(11)),
    _ticket(2, Status.EXECUTING, timeout_s=0.1 + 0.2, updated_at=at(13), started_at=at(13)),
    _ticket(
        3, Status.COMPLETED, updated_at=at(16), started_at=at(15), completed_at=at(16),
        result={'distance_traveled': 15.0}, metadata={'operator': 'ren', 'deep': {'a': [1]}},
    ),
    _ticket(
        4, Status.FAILED, attempt=2, updated_at=at(22), started_at=at(21), completed_at=at(22),
        result={'distance_traveled': 7.5}, error_code=401, error='it took longer than 12 s',
        dry_run=True, request_id='key-4',
    ),
    _ticket(
        5, Status.CANCELLED, attempt=0, updated_at=at(24), completed_at=at(24), error='enough',
    ),
]  # fmt: skip
"""One in each status; the one that FAILED was executed twice, and COMPLETED the first time."""

_QUEUED = 'ticket_queued', 'client'
_STARTED = 'execution_started', 'dispatcher'
_ENDED = 'dispatcher'
EVENTS: list[tuple[Any, ...]] = [
    *((n, n, 'ticket_created', 'client', None, 'PENDING', 0, 0, '') for n in range(6)),
    (1, 11, *_QUEUED, 'PENDING', 'QUEUED', 1, 0, ''),
    (2, 12, *_QUEUED, 'PENDING', 'QUEUED', 1, 0, ''),
    (2, 13, *_STARTED, 'QUEUED', 'EXECUTING', 1, 0, ''),
    (3, 14, *_QUEUED, 'PENDING', 'QUEUED', 1, 0, ''),
    (4, 14, *_QUEUED, 'PENDING', 'QUEUED', 1, 0, ''),
    (3, 15, *_STARTED, 'QUEUED', 'EXECUTING', 1, 0, ''),
    (3, 16, 'execution_completed', _ENDED, 'EXECUTING', 'COMPLETED', 1, 0, ''),
    (4, 17, *_STARTED, 'QUEUED', 'EXECUTING', 1, 0, ''),
    (4, 18, 'execution_completed', _ENDED, 'EXECUTING', 'COMPLETED', 1, 0, ''),
    (4, 20, *_QUEUED, 'COMPLETED', 'QUEUED', 2, 0, ''),
    (4, 21, *_STARTED, 'QUEUED', 'EXECUTING', 2, 0, ''),
    (4, 22, 'execution_failed', _ENDED, 'EXECUTING', 'FAILED', 2, 401, 'it took longer than 12 s'),
    (5, 24, 'execution_cancelled', 'client', 'PENDING', 'CANCELLED', 0, 0, 'enough'),
]
"""Number of the ticket, second, type, actor, previous status, status, attempt, code, message."""


def make(path: Path, version: int = 1) -> None:
    """Make the store, closed as the orchestrator of then closed it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute('PRAGMA journal_mode = WAL')
        connection.executescript(TABLES)
        connection.execute(
            'INSERT INTO meta VALUES (?, ?), (?, ?)', ('schema', version, 'term', 7)
        )
        for ticket in TICKETS:
            row = _row(ticket)
            values = ', '.join(f':{name}' for name in row)
            connection.execute(f'INSERT INTO tickets ({", ".join(row)}) VALUES ({values})', row)
        for number, second, kind, actor, *rest in EVENTS:
            connection.execute(
                'INSERT INTO events (at, type, actor, ticket_id, previous_status, status, attempt,'
                ' error_code, message) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)',
                (_micros(at(second)), kind, actor, TICKETS[number].id, *rest),
            )
        connection.commit()


def _row(ticket: Ticket) -> dict[str, Any]:
    row: dict[str, Any] = {}
    assert ticket.schedule == NONE, 'there were none then'
    for name, value in {**asdict(ticket), 'term': 7}.items():
        if isinstance(value, dict):
            value = json.dumps(value)
        elif isinstance(value, datetime):
            value = _micros(value)
        row[name] = value
    later = 'schedule', 'requested_by', 'dry_attempt', 'is_awaited'
    for name in (*later, 'robot', 'is_for_any', 'capabilities'):
        del row[name]
    return {**row, 'status': ticket.status.value, 'request_id': ticket.request_id or None}


def _micros(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)
