"""The events of all tickets in one row: numbers without gaps, over restarts and removals."""

from __future__ import annotations

from collections.abc import Sequence

import sqlalchemy as sa

from orchestrator_ren.store import marks
from orchestrator_ren.store.rows import event_of_row
from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import events, meta, tickets
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.listing import PageBudget

MARK = 'last_event'
"""Under this name `meta` has the highest number of an event that was removed."""

NEWEST = sa.func.coalesce(sa.select(sa.func.max(events.c.number)).scalar_subquery(), 0)
"""The highest number of an event that is there."""

REMOVED = sa.func.coalesce(
    sa.select(meta.c.value).where(meta.c.name == sa.literal_column(f"'{MARK}'")).scalar_subquery(),
    0,
)
"""The highest number of one that was removed."""

_LAST = Statement(sa.select(NEWEST, REMOVED))


def last_number(connection: sa.engine.Connection) -> int:
    """Return the number of the newest event that there is, or was; 0 = none."""
    return int(max(_LAST.rows(connection, {})[0]))


def remember_removed(connection: sa.engine.Connection, ticket_ids: Sequence[str]) -> None:
    """Let no number be given again; to be called before the events of these tickets go."""
    number = sa.select(sa.func.max(events.c.number)).where(events.c.ticket_id.in_(ticket_ids))
    removed = connection.execute(number).scalar() or 0
    if removed > marks.read(connection, MARK):
        marks.write(connection, MARK, removed)


def events_after(
    connection: sa.engine.Connection, number: int, limit: int
) -> tuple[list[Event], int]:
    """Return the events that follow a number, oldest first, and the newest number there is.

    They are fewer than `limit` where they fill a page.
    """
    query = (
        sa.select(events, tickets.c.command)
        .join(tickets, tickets.c.id == events.c.ticket_id)
        .where(events.c.number > number)
        .order_by(events.c.number)
        .limit(limit)
    )
    found, budget, rows = [], PageBudget(), connection.execute(query)
    for row in rows:
        if not budget.takes(len(row.details) + len(row.message)):
            break
        found.append(event_of_row(row, row.command))
    rows.close()
    return found, last_number(connection)
