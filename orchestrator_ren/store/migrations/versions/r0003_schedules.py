"""When a ticket may run, and how often it is tried."""

import sqlalchemy as sa
from alembic import op

revision = 'r0003'
down_revision = 'r0002'


def upgrade() -> None:
    """Add the column; the tickets there are have no schedule."""
    op.add_column('tickets', sa.Column('schedule', sa.JSON(none_as_null=True), nullable=True))
