"""The tables of before there were migrations; a store with a `meta` table has them already."""

import sqlalchemy as sa
from alembic import op

revision = 'r0001'
down_revision = None


def upgrade() -> None:
    """Make the tables meta, tickets and events."""
    op.create_table(
        'meta',
        sa.Column('name', sa.String(32), primary_key=True),
        sa.Column('value', sa.BigInteger, nullable=False),
    )
    op.create_table(
        'tickets',
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
        sa.Column('created_at', sa.BigInteger, nullable=False),
        sa.Column('updated_at', sa.BigInteger, nullable=False),
        sa.Column('started_at', sa.BigInteger, nullable=True),
        sa.Column('completed_at', sa.BigInteger, nullable=True),
        sa.Column('result', sa.JSON, nullable=False),
        sa.Column('error_code', sa.Integer, nullable=False),
        sa.Column('error', sa.Text, nullable=False),
    )
    op.create_table(
        'events',
        sa.Column('number', sa.Integer, primary_key=True, autoincrement=True),
        sa.Column('at', sa.BigInteger, nullable=False),
        sa.Column('type', sa.String(32), nullable=False),
        sa.Column('actor', sa.String(32), nullable=False),
        sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), nullable=False),
        sa.Column('previous_status', sa.String(16), nullable=True),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('attempt', sa.Integer, nullable=False),
        sa.Column('error_code', sa.Integer, nullable=False),
        sa.Column('message', sa.Text, nullable=False),
    )
