"""History that is chained and tells all of a ticket, searchable metadata, stricter checks."""

import json
from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from alembic import op

from orchestrator_ren.store.chain import chained_hash
from orchestrator_ren.store.tables import UtcMicroseconds
from orchestrator_ren.tickets.listing import labels_of

revision = 'r0002'
down_revision = 'r0001'

FINAL = "'COMPLETED', 'FAILED', 'CANCELLED'"

LEGAL_STEPS = """
    OLD.status = 'PENDING' AND NEW.status IN ('QUEUED', 'FAILED', 'CANCELLED')
    OR OLD.status = 'QUEUED' AND NEW.status IN ('EXECUTING', 'FAILED', 'CANCELLED')
    OR OLD.status = 'EXECUTING' AND NEW.status IN ('COMPLETED', 'FAILED', 'CANCELLED')
    OR OLD.status IN ('COMPLETED', 'FAILED', 'CANCELLED') AND NEW.status = 'QUEUED'
"""

GUARDS = {
    'sqlite': [
        """
        CREATE TRIGGER tickets_are_created_pending BEFORE INSERT ON tickets
        WHEN NEW.status <> 'PENDING'
        BEGIN SELECT RAISE(ABORT, 'illegal step: a ticket is created PENDING'); END
        """,
        f"""
        CREATE TRIGGER tickets_take_legal_steps BEFORE UPDATE OF status ON tickets
        WHEN NOT ({LEGAL_STEPS})
        BEGIN SELECT RAISE(ABORT, 'illegal step of a ticket''s life'); END
        """,
    ],
    'postgresql': [
        f"""
        CREATE FUNCTION refuse_illegal_step() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'INSERT' THEN
                IF NEW.status <> 'PENDING' THEN
                    RAISE EXCEPTION 'illegal step: a ticket is created PENDING';
                END IF;
            ELSIF NOT ({LEGAL_STEPS}) THEN
                RAISE EXCEPTION 'illegal step of a ticket''s life';
            END IF;
            RETURN NEW;
        END $$
        """,
        """
        CREATE TRIGGER tickets_take_legal_steps BEFORE INSERT OR UPDATE OF status ON tickets
        FOR EACH ROW EXECUTE FUNCTION refuse_illegal_step()
        """,
    ],
}
"""What refuses illegal steps made by hand; elsewhere only the store itself does."""


def upgrade() -> None:
    """Make the tables anew, with what the old ones hold."""
    op.rename_table('tickets', 'old_tickets')
    op.rename_table('events', 'old_events')
    tickets, labels, events = _create_tables()
    connection = op.get_bind()
    columns = [column.name for column in tickets.columns]
    old_tickets = sa.Table('old_tickets', sa.MetaData(), *(sa.Column(name) for name in columns))
    connection.execute(sa.insert(tickets).from_select(columns, sa.select(old_tickets)))
    for ticket in connection.execute(sa.select(tickets)).all():
        rows = list(_label_rows(ticket))
        if rows:
            connection.execute(sa.insert(labels), rows)
    rows = list(_event_rows(connection, tickets))
    if rows:
        connection.execute(sa.insert(events), rows)
    op.drop_table('old_events')
    op.drop_table('old_tickets')
    _create_indexes()
    for statement in GUARDS.get(connection.dialect.name, []):
        op.execute(sa.text(statement))
    op.execute(sa.text("DELETE FROM meta WHERE name = 'schema'"))


def _create_tables() -> tuple[sa.Table, sa.Table, sa.Table]:
    tickets = op.create_table(
        'tickets',
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
        sa.Column('created_at', sa.BigInteger, nullable=False),
        sa.Column('updated_at', sa.BigInteger, nullable=False),
        sa.Column('started_at', sa.BigInteger, nullable=True),
        sa.Column('completed_at', sa.BigInteger, nullable=True),
        sa.Column('result', sa.JSON, nullable=False),
        sa.Column('error_code', sa.Integer, nullable=False),
        sa.Column('error', sa.Text, nullable=False),
        sa.CheckConstraint(
            "status IN ('PENDING', 'QUEUED', 'EXECUTING', 'COMPLETED', 'FAILED', 'CANCELLED')",
            name='status_is_known',
        ),
        sa.CheckConstraint('priority BETWEEN 1 AND 4', name='priority_is_known'),
        sa.CheckConstraint('timeout_s > 0', name='timeout_is_positive'),
        sa.CheckConstraint('term >= 0', name='term_is_not_negative'),
        sa.CheckConstraint(
            "status = 'PENDING' AND attempt = 0"
            " OR status IN ('QUEUED', 'EXECUTING', 'COMPLETED') AND attempt > 0"
            " OR status IN ('FAILED', 'CANCELLED') AND attempt >= 0",
            name='attempt_fits_status',
        ),
        sa.CheckConstraint(
            f'status IN ({FINAL}) AND completed_at IS NOT NULL'
            f' OR status NOT IN ({FINAL}) AND completed_at IS NULL',
            name='final_means_completed_at',
        ),
        sa.CheckConstraint(
            "status IN ('PENDING', 'QUEUED') AND started_at IS NULL"
            " OR status IN ('EXECUTING', 'COMPLETED') AND started_at IS NOT NULL"
            " OR status IN ('FAILED', 'CANCELLED')",
            name='started_at_fits_status',
        ),
        sa.CheckConstraint(
            "status = 'FAILED' AND error_code > 0 OR status <> 'FAILED' AND error_code = 0",
            name='failed_means_error_code',
        ),
    )
    labels = op.create_table(
        'labels',
        sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), primary_key=True),
        sa.Column('label', sa.String(256), primary_key=True),
        sa.Column('value', sa.String(256), nullable=False),
        sa.Column('created_at', sa.BigInteger, nullable=False),
    )
    events = op.create_table(
        'events',
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
        sa.CheckConstraint(
            "previous_status IS NULL AND status = 'PENDING' AND step = 1"
            " OR previous_status IS NOT NULL AND (previous_status = 'PENDING'"
            " AND status IN ('QUEUED', 'FAILED', 'CANCELLED') AND step > 1"
            " OR previous_status = 'QUEUED'"
            " AND status IN ('EXECUTING', 'FAILED', 'CANCELLED') AND step > 1"
            " OR previous_status = 'EXECUTING'"
            f' AND status IN ({FINAL}) AND step > 1'
            " OR previous_status = 'COMPLETED' AND status IN ('QUEUED') AND step > 1"
            " OR previous_status = 'FAILED' AND status IN ('QUEUED') AND step > 1"
            " OR previous_status = 'CANCELLED' AND status IN ('QUEUED') AND step > 1)",
            name='step_is_legal',
        ),
    )
    return tickets, labels, events


def _create_indexes() -> None:
    queued = sa.text("status = 'QUEUED'")
    op.create_index('tickets_by_request_id', 'tickets', ['request_id'], unique=True)
    op.create_index('tickets_by_age', 'tickets', ['created_at', 'id'])
    op.create_index('tickets_by_status_and_age', 'tickets', ['status', 'created_at', 'id'])
    op.create_index(
        'tickets_by_command_and_age', 'tickets', ['command', 'status', 'created_at', 'id']
    )
    op.create_index('tickets_by_end', 'tickets', ['completed_at', 'id'])
    op.create_index(
        'tickets_by_turn',
        'tickets',
        ['priority', 'created_at', 'id'],
        sqlite_where=queued,
        postgresql_where=queued,
    )
    op.create_index(
        'labels_by_value_and_age', 'labels', ['label', 'value', 'created_at', 'ticket_id']
    )


def _label_rows(ticket: Any) -> Iterator[dict[str, Any]]:
    for label, value in labels_of(ticket.metadata):
        yield {
            'ticket_id': ticket.id,
            'label': label,
            'value': value,
            'created_at': ticket.created_at,
        }


def _event_rows(connection: Any, tickets: sa.Table) -> Iterator[dict[str, Any]]:
    """Yield the old events, numbered and chained per ticket, with what the tickets still tell."""
    names = 'type', 'actor', 'previous_status', 'status', 'attempt', 'error_code', 'message'
    old_events = sa.Table(
        'old_events',
        sa.MetaData(),
        sa.Column('number', sa.Integer),
        sa.Column('ticket_id', sa.String),
        sa.Column('at', UtcMicroseconds),
        *(sa.Column(name) for name in names),
    )
    stored = {ticket.id: ticket for ticket in connection.execute(sa.select(tickets))}
    in_order = sa.select(old_events).order_by(old_events.c.ticket_id, old_events.c.number)
    step, hash_, ticket_id = 0, '', ''
    for event in connection.execute(in_order).all():
        if event.ticket_id != ticket_id:
            step, hash_, ticket_id = 0, '', event.ticket_id
        step += 1
        row = {name: getattr(event, name) for name in ('ticket_id', 'at', *names)}
        row['step'] = step
        row['details'] = json.dumps(_details(event, stored[ticket_id]))
        hash_ = row['hash'] = chained_hash(hash_, row)
        yield row


def _details(event: Any, ticket: Any) -> dict[str, Any]:
    if event.previous_status is None:
        names = 'command', 'params', 'priority', 'timeout_s', 'metadata', 'dry_run'
        details = {name: getattr(ticket, name) for name in names}
        return {**details, 'request_id': ticket.request_id or ''}
    is_latest_end = (event.status, event.attempt) == (ticket.status, ticket.attempt)
    return {'result': ticket.result} if is_latest_end and ticket.result else {}
