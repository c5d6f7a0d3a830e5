"""Labels that know the status of their ticket: a list by both goes along one index."""

import sqlalchemy as sa
from alembic import op

revision = 'r0004'
down_revision = 'r0003'


def upgrade() -> None:
    """Add the column, and have the index begin with what is asked for."""
    op.add_column(
        'labels', sa.Column('status', sa.String(16), server_default='PENDING', nullable=False)
    )
    labels = sa.table('labels', sa.column('ticket_id'), sa.column('status'))
    tickets = sa.table('tickets', sa.column('id'), sa.column('status'))
    of_ticket = sa.select(tickets.c.status).where(tickets.c.id == labels.c.ticket_id)
    # A ticket may have been removed by hand.
    status = sa.func.coalesce(of_ticket.scalar_subquery(), labels.c.status)
    op.get_bind().execute(sa.update(labels).values(status=status))
    op.drop_index('labels_by_value_and_age', 'labels')
    op.create_index(
        'labels_by_value_status_and_age',
        'labels',
        ['label', 'value', 'status', 'created_at', 'ticket_id'],
    )
