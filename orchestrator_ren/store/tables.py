"""The tables, in the subset of SQLAlchemy that 1.4 and 2.x share."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.tickets.ticket import Priority, Status

SCHEMA_VERSION = 1
"""Kept in the `meta` table; a store with a higher one is left untouched."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)


class UtcMicroseconds(sa.types.TypeDecorator):  # type: ignore[type-arg,unused-ignore]
    """Aware UTC instants as microseconds since 1970: exact, sortable, the same everywhere."""

    impl = sa.BigInteger
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Any) -> int | None:
        """Return the microseconds of an aware instant."""
        return None if value is None else (value - _EPOCH) // timedelta(microseconds=1)

    def process_result_value(self, value: Any, dialect: Any) -> datetime | None:
        """Return the aware UTC instant."""
        return None if value is None else _EPOCH + timedelta(microseconds=value)


def _one_of(column: str, values: list[str]) -> sa.CheckConstraint:
    listed = ', '.join(f"'{value}'" for value in values)
    return sa.CheckConstraint(f'{column} IN ({listed})', name=f'{column}_is_known')


_FINAL = ', '.join(f"'{status.value}'" for status in Status if status.is_final)

metadata = sa.MetaData()

meta = sa.Table(
    'meta',
    metadata,
    sa.Column('name', sa.String(32), primary_key=True),
    sa.Column('value', sa.BigInteger, nullable=False),
)

tickets = sa.Table(
    'tickets',
    metadata,
    sa.Column('id', sa.String(64), primary_key=True),
    sa.Column('command', sa.String(64), nullable=False),
    sa.Column('params', sa.JSON, nullable=False),
    sa.Column('priority', sa.Integer, nullable=False),
    sa.Column('timeout_s', sa.Float, nullable=False),
    sa.Column('metadata', sa.JSON, nullable=False),
    sa.Column('dry_run', sa.Boolean, nullable=False),
    sa.Column('request_id', sa.String(128), nullable=True, unique=True),
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
    _one_of('status', [status.value for status in Status]),
    sa.CheckConstraint(
        f'priority BETWEEN {min(Priority).value} AND {max(Priority).value}',
        name='priority_is_known',
    ),
    sa.CheckConstraint('timeout_s > 0', name='timeout_is_positive'),
    sa.CheckConstraint(
        f'(status IN ({_FINAL})) = (completed_at IS NOT NULL)', name='final_means_completed_at'
    ),
    sa.CheckConstraint(
        "status <> 'EXECUTING' OR started_at IS NOT NULL", name='executing_means_started_at'
    ),
    sa.CheckConstraint("status = 'FAILED' OR error_code = 0", name='only_failed_has_a_code'),
    sa.Index('tickets_by_age', 'created_at', 'id'),
    sa.Index('tickets_by_status_and_age', 'status', 'created_at', 'id'),
)

events = sa.Table(
    'events',
    metadata,
    sa.Column('number', sa.Integer, primary_key=True, autoincrement=True),
    sa.Column('at', UtcMicroseconds, nullable=False),
    sa.Column('type', sa.String(32), nullable=False),
    sa.Column('actor', sa.String(32), nullable=False),
    sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), nullable=False),
    sa.Column('previous_status', sa.String(16), nullable=True),
    sa.Column('status', sa.String(16), nullable=False),
    sa.Column('attempt', sa.Integer, nullable=False),
    sa.Column('error_code', sa.Integer, nullable=False),
    sa.Column('message', sa.Text, nullable=False),
    sa.Index('events_by_ticket', 'ticket_id', 'number'),
)
