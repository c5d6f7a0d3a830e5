"""Events numbered over all tickets, who asked for what, and lists by the last change."""

import sqlalchemy as sa
from alembic import op

revision = 'r0005'
down_revision = 'r0004'

NUMBERED = """
    UPDATE events SET number = numbered.number FROM (
        SELECT ticket_id, step, row_number() OVER (ORDER BY latest, ticket_id, step) AS number
        FROM (
            SELECT ticket_id, step,
                max(at) OVER (PARTITION BY ticket_id ORDER BY step) AS latest
            FROM events
        ) AS dated
    ) AS numbered
    WHERE events.ticket_id = numbered.ticket_id AND events.step = numbered.step
"""
"""By time, but never against the order within a ticket: the clock may have been set back."""


def upgrade() -> None:
    """Add the columns; of the tickets there are, nobody knows who asked for them, and how."""
    number = sa.Column('number', sa.BigInteger, server_default='0', nullable=False)
    op.add_column('events', number)
    for table in 'tickets', 'events':
        requested_by = sa.Column('requested_by', sa.String(64), server_default='', nullable=False)
        op.add_column(table, requested_by)
    for name in 'dry_attempt', 'is_awaited':
        flag = sa.Column(name, sa.Boolean, server_default=sa.false(), nullable=False)
        op.add_column('tickets', flag)
    op.execute(sa.text(NUMBERED))
    op.create_index('events_by_number', 'events', ['number'], unique=True)
    op.create_index('tickets_by_update', 'tickets', ['updated_at'])
