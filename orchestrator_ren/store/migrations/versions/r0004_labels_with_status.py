"""Labels that know the status of their ticket: a list by both goes along one index."""

import sqlalchemy as sa
from alembic import op

revision = 'r0004'
down_revision = 'r0003'

COLUMNS = 'ticket_id', 'label', 'value', 'status', 'created_at'


def upgrade() -> None:
    """Make the table anew: a column that may not be NULL has to be filled in before."""
    op.rename_table('labels', 'old_labels')
    op.drop_index('labels_by_value_and_age', 'old_labels')
    labels = op.create_table(
        'labels',
        sa.Column('ticket_id', sa.String(64), sa.ForeignKey('tickets.id'), primary_key=True),
        sa.Column('label', sa.String(256), primary_key=True),
        sa.Column('value', sa.String(256), nullable=False),
        sa.Column('status', sa.String(16), nullable=False),
        sa.Column('created_at', sa.BigInteger, nullable=False),
    )
    op.get_bind().execute(sa.insert(labels).from_select(COLUMNS, _old_with_status()))
    op.drop_table('old_labels')
    op.create_index(
        'labels_by_value_status_and_age',
        'labels',
        ['label', 'value', 'status', 'created_at', 'ticket_id'],
    )


def _old_with_status() -> sa.sql.Select:  # type: ignore[type-arg,unused-ignore]
    old = sa.table('old_labels', *(sa.column(name) for name in COLUMNS if name != 'status'))
    tickets = sa.table('tickets', sa.column('id'), sa.column('status'))
    columns = old.c.ticket_id, old.c.label, old.c.value, tickets.c.status, old.c.created_at
    return sa.select(*columns).select_from(old.join(tickets, tickets.c.id == old.c.ticket_id))
