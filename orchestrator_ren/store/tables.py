"""The tables as they are now, in the subset of SQLAlchemy that 1.4 and 2.x share.

`migrations/` makes them; a change here needs a migration there, which a test compares.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.tickets.assignment import MAX_ROBOT_CHARACTERS
from orchestrator_ren.tickets.lifecycle import FINAL, TRANSITIONS
from orchestrator_ren.tickets.listing import MAX_LABEL_CHARACTERS
from orchestrator_ren.tickets.ticket import Priority, Status

REVISION = 'r0006'
"""The migration that makes what is below; a store with one we do not know is left untouched."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


def _instant_of(value: int | None) -> datetime | None:
    return None if value is None else _EPOCH + timedelta(0, 0, value)


class UtcMicroseconds(sa.types.TypeDecorator):  # type: ignore[type-arg,unused-ignore]
    """Aware UTC instants as microseconds since 1970: exact, sortable, the same everywhere."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:
        """Return the microseconds of an aware instant."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def result_processor(self, dialect: Any, coltype: Any) -> Any:
        """Return the function for a column's values, without the base class's layer over it."""
        return _instant_of

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        """Return the aware UTC instant."""
        return _instant_of(value)


def _listed(statuses: Collection[Status]) -> str:
    return ', '.join(f"'{status.value}'" for status in Status if status in statuses)


def _check(name: str, *alternatives: str) -> sa.CheckConstraint:
    return sa.CheckConstraint(' OR '.join(alternatives), name=name)


_FINAL = _listed(FINAL)
_PRIORITIES = f'{min(Priority).value} AND {max(Priority).value}'

_STEPS = ' OR '.join(
    f"previous_status = '{before.value}' AND status IN ({_listed(after)}) AND step > 1"
    for before, after in TRANSITIONS.items()
)
_TAKEN = "previous_status = 'QUEUED' AND status = 'QUEUED' AND type = 'ticket_taken' AND step > 1"

metadata = sa.MetaData()

robots = sa.Table(
    'robots',
    metadata,
    sa.Column('name', sa.String(MAX_ROBOT_CHARACTERS), primary_key=True),
    sa.Column('term', sa.Integer, nullable=False),
    sa.Column('holder', sa.String(32), nullable=False),
    sa.Column('host', sa.String(255), nullable=False),
    sa.Column('leased_until', UtcMicroseconds, nullable=True),
    sa.Column('last_seen', UtcMicroseconds, nullable=True),
    sa.Column('capabilities', sa.Text, nullable=False),
)
"""Who has which robot: see `lease.py`."""

marks = sa.Table(
    'marks',
    metadata,
    sa.Column('robot', sa.String(MAX_ROBOT_CHARACTERS), primary_key=True),
    sa.Column('name', sa.String(32), primary_key=True),
    sa.Column('value', sa.BigInteger, nullable=False),
)
"""Numbers that belong to a robot, and to no ticket."""

tickets = sa.Table(
    'tickets',
    metadata,
    sa.Column('id', sa.String(64), primary_key=True),
    sa.Column('command', sa.String(64), nullable=False),
    sa.Column('params', sa.JSON, nullable=False),
    sa.Column('priority', sa.Integer, nullable=False),
    sa.Column('timeout_s', sa.Float(53), nullable=False),
    sa.Column('metadata', sa.JSON, nullable=False),
    sa.Column('dry_run', sa.Boolean, nullable=False),
    sa.Column('request_id', sa.String(128), nullable=True),
    sa.Column('status', sa.String(16), nullable=False),
    sa.Column('attempt', sa.Integer, nullable=False),
    sa.Column('term', sa.Integer, nullable=False),
    sa.Column('created_at', UtcMicroseconds, nullable=False),
    sa.Column('updated_at', UtcMicroseconds, nullable=False),
    sa.Column('started_at', UtcMicroseconds, nullable=True),
    sa.Column('completed_at', UtcMicroseconds, nullable=True),
    sa.Column('result', sa.JSON, nullable=False),
    sa.Column('error_code', sa.Integer, nullable=False),
    sa.Column('error', sa.Text, nullable=False),
    sa.Column('schedule', sa.JSON(none_as_null=True), nullable=True),
    sa.Column('requested_by', sa.String(64), server_default='', nullable=False),
    sa.Column('dry_attempt', sa.Boolean, server_default=sa.false(), nullable=False),
    sa.Column('is_awaited', sa.Boolean, server_default=sa.false(), nullable=False),
    sa.Column('robot', sa.String(MAX_ROBOT_CHARACTERS), server_default='', nullable=False),
    sa.Column('is_for_any', sa.Boolean, server_default=sa.false(), nullable=False),
    sa.Column('capabilities', sa.Text, server_default='', nullable=False),
    _check('status_is_known', f'status IN ({_listed(list(Status))})'),
    _check('priority_is_known', f'priority BETWEEN {_PRIORITIES}'),
    _check('timeout_is_positive', 'timeout_s > 0'),
    _check('term_is_not_negative', 'term >= 0'),
    _check(
        'attempt_fits_status',
        "status = 'PENDING' AND attempt = 0",
        "status IN ('QUEUED', 'EXECUTING', 'COMPLETED') AND attempt > 0",
        "status IN ('FAILED', 'CANCELLED') AND attempt >= 0",
    ),
    _check(
        'final_means_completed_at',
        f'status IN ({_FINAL}) AND completed_at IS NOT NULL',
        f'status NOT IN ({_FINAL}) AND completed_at IS NULL',
    ),
    _check(
        'started_at_fits_status',
        "status IN ('PENDING', 'QUEUED') AND started_at IS NULL",
        "status IN ('EXECUTING', 'COMPLETED') AND started_at IS NOT NULL",
        "status IN ('FAILED', 'CANCELLED')",
    ),
    _check(
        'failed_means_error_code',
        "status = 'FAILED' AND error_code > 0",
        "status <> 'FAILED' AND error_code = 0",
    ),
    sa.Index('tickets_by_request_id', 'request_id', unique=True),
    sa.Index('tickets_by_age', 'created_at', 'id'),
    sa.Index('tickets_by_status_and_age', 'robot', 'status', 'created_at', 'id'),
    sa.Index('tickets_by_command_and_age', 'robot', 'command', 'status', 'created_at', 'id'),
    sa.Index('tickets_by_end', 'robot', 'completed_at', 'id'),
    sa.Index('tickets_by_update', 'updated_at'),
    sa.Index(
        'tickets_given',
        'robot',
        sqlite_where=sa.text('term = 0'),
        postgresql_where=sa.text('term = 0'),
    ),
    sa.Index(
        'tickets_by_turn',
        'robot',
        'priority',
        'created_at',
        'id',
        sqlite_where=sa.text("status = 'QUEUED'"),
        postgresql_where=sa.text("status = 'QUEUED'"),
    ),
)

labels = sa.Table(
    'labels',
    metadata,
    sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), primary_key=True),
    sa.Column('label', sa.String(MAX_LABEL_CHARACTERS), primary_key=True),
    sa.Column('value', sa.String(MAX_LABEL_CHARACTERS), nullable=False),
    sa.Column('created_at', UtcMicroseconds, nullable=False),
    sa.Column('status', sa.String(16), server_default=Status.PENDING.value, nullable=False),
    sa.Index(
        'labels_by_value_status_and_age', 'label', 'value', 'status', 'created_at', 'ticket_id'
    ),
)
"""What of the tickets' metadata can be searched (see `listing.labels_of`), beside the status that
the ticket has: so one index gives those of a label and a status."""

events = sa.Table(
    'events',
    metadata,
    sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), primary_key=True),
    sa.Column('step', sa.Integer, primary_key=True, autoincrement=False),
    sa.Column('at', UtcMicroseconds, nullable=False),
    sa.Column('type', sa.String(32), nullable=False),
    sa.Column('actor', sa.String(32), nullable=False),
    sa.Column('previous_status', sa.String(16), nullable=True),
    sa.Column('status', sa.String(16), nullable=False),
    sa.Column('attempt', sa.Integer, nullable=False),
    sa.Column('error_code', sa.Integer, nullable=False),
    sa.Column('message', sa.Text, nullable=False),
    sa.Column('details', sa.Text, nullable=False),
    sa.Column('hash', sa.String(64), nullable=False),
    sa.Column('number', sa.BigInteger, server_default='0', nullable=False),
    sa.Column('requested_by', sa.String(64), server_default='', nullable=False),
    sa.Column('robot', sa.String(MAX_ROBOT_CHARACTERS), server_default='', nullable=False),
    _check(
        'step_is_legal',
        "previous_status IS NULL AND status = 'PENDING' AND step = 1",
        # A comparison with NULL would pass a check.
        f'previous_status IS NOT NULL AND ({_STEPS} OR {_TAKEN})',
    ),
    sa.Index('events_by_number', 'robot', 'number', unique=True),
)
"""The history: each row is one step of a ticket's life, with the hash that `chain.py` makes, whose
orchestrator wrote it, and its number among all that this one wrote: see `event_log.py`."""
