"""Many robots in one store: whose ticket it is, who has which robot, events numbered by robot."""

from typing import Any

import sqlalchemy as sa
from alembic import context, op

revision = 'r0006'
down_revision = 'r0005'

FINAL = "'COMPLETED', 'FAILED', 'CANCELLED'"


def upgrade() -> None:
    """Give all that there is to the robot that opens the store: it was one robot's."""
    robot = context.config.attributes['robot']
    _create_robots(robot)
    op.drop_table('meta')
    name = sa.Column('robot', sa.String(64), server_default='', nullable=False)
    is_for_any = sa.Column('is_for_any', sa.Boolean, server_default=sa.false(), nullable=False)
    op.add_column('tickets', name)
    op.add_column('tickets', is_for_any)
    op.add_column('tickets', sa.Column('capabilities', sa.Text, server_default='', nullable=False))
    tickets = sa.table('tickets', sa.column('robot'))
    op.get_bind().execute(sa.update(tickets).values(robot=robot))
    _create_indexes_of_tickets()
    _create_index_of_given()
    _create_events(robot)


def _create_robots(robot: str) -> None:
    connection = op.get_bind()
    robots = op.create_table(
        'robots',
        sa.Column('name', sa.String(64), primary_key=True),
        sa.Column('term', sa.Integer, nullable=False),
        sa.Column('holder', sa.String(32), nullable=False),
        sa.Column('host', sa.String(255), nullable=False),
        sa.Column('leased_until', sa.BigInteger, nullable=True),
        sa.Column('last_seen', sa.BigInteger, nullable=True),
        sa.Column('capabilities', sa.Text, nullable=False),
    )
    marks = op.create_table(
        'marks',
        sa.Column('robot', sa.String(64), primary_key=True),
        sa.Column('name', sa.String(32), primary_key=True),
        sa.Column('value', sa.BigInteger, nullable=False),
    )
    found = connection.execute(sa.text('SELECT name, value FROM meta')).all()
    values = {name: value for name, value in found if name != 'schema'}
    term = values.pop('term', 0)
    if term or values:
        row = {'name': robot, 'term': term, 'holder': '', 'host': '', 'capabilities': ''}
        connection.execute(sa.insert(robots), row)
    for name, value in values.items():
        connection.execute(sa.insert(marks), {'robot': robot, 'name': name, 'value': value})


def _create_indexes_of_tickets() -> None:
    queued = sa.text("status = 'QUEUED'")
    for name, columns, where in (
        ('tickets_by_status_and_age', ['status', 'created_at', 'id'], None),
        ('tickets_by_command_and_age', ['command', 'status', 'created_at', 'id'], None),
        ('tickets_by_end', ['completed_at', 'id'], None),
        ('tickets_by_turn', ['priority', 'created_at', 'id'], queued),
    ):
        op.drop_index(name, 'tickets')
        op.create_index(
            name, 'tickets', ['robot', *columns], sqlite_where=where, postgresql_where=where
        )


def _create_index_of_given() -> None:
    """Make what each look goes along: few tickets are in it, however many there are."""
    given = sa.text('term = 0')
    op.create_index(
        'tickets_given', 'tickets', ['robot'], sqlite_where=given, postgresql_where=given
    )


def _create_events(robot: str) -> None:
    """Make the table anew: SQLite cannot change what it checks."""
    columns: list[Any] = [
        sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), primary_key=True),
        sa.Column('step', sa.Integer, primary_key=True, autoincrement=False),
        sa.Column('at', sa.BigInteger, nullable=False),
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
    ]
    names = [column.name for column in columns]
    op.drop_index('events_by_number', 'events')
    op.rename_table('events', 'old_events')
    is_legal = sa.CheckConstraint(
        "previous_status IS NULL AND status = 'PENDING' AND step = 1"
        " OR previous_status IS NOT NULL AND (previous_status = 'PENDING'"
        " AND status IN ('QUEUED', 'FAILED', 'CANCELLED') AND step > 1"
        " OR previous_status = 'QUEUED'"
        " AND status IN ('EXECUTING', 'FAILED', 'CANCELLED') AND step > 1"
        " OR previous_status = 'EXECUTING'"
        f' AND status IN ({FINAL}) AND step > 1'
        " OR previous_status = 'COMPLETED' AND status IN ('QUEUED') AND step > 1"
        " OR previous_status = 'FAILED' AND status IN ('QUEUED') AND step > 1"
        " OR previous_status = 'CANCELLED' AND status IN ('QUEUED') AND step > 1"
        " OR previous_status = 'QUEUED' AND status = 'QUEUED' AND type = 'ticket_taken'"
        ' AND step > 1)',
        name='step_is_legal',
    )
    whose = sa.Column('robot', sa.String(64), server_default='', nullable=False)
    events = op.create_table('events', *columns, whose, is_legal)
    old = sa.table('old_events', *(sa.column(name) for name in names))
    rows = sa.select(*old.columns, sa.literal(robot, sa.String(64)))
    connection = op.get_bind()
    connection.execute(sa.insert(events).from_select([*names, 'robot'], rows))
    op.drop_table('old_events')
    op.create_index('events_by_number', 'events', ['robot', 'number'], unique=True)
