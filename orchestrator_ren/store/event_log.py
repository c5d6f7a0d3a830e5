"""The events of a robot in one row: numbers without gaps, over restarts and removals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store import marks
from orchestrator_ren.store.rows import event_of_row
from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import events, tickets
from orchestrator_ren.store.tables import marks as marks_table
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.listing import PageBudget

MARK = 'last_event'
"""Under this name the marks have the highest number of an event that was removed."""

_ROBOT: Any = sa.bindparam('robot')

NEWEST = sa.func.coalesce(
    sa.select(sa.func.max(events.c.number)).where(events.c.robot == _ROBOT).scalar_subquery(), 0
)
"""The highest number of an event of the robot that is there."""

REMOVED = sa.func.coalesce(
    sa.select(marks_table.c.value)
    .where(marks_table.c.robot == _ROBOT, marks_table.c.name == sa.literal_column(f"'{MARK}'"))
    .scalar_subquery(),
    0,
)
"""The highest number of one that was removed."""

_LAST = Statement(sa.select(NEWEST, REMOVED))


def last_number(connection: sa.engine.Connection, robot: str) -> int:
    """Return the number of the robot's newest event that there is, or was; 0 = none."""
    return int(max(_LAST.rows(connection, {'robot': robot})[0]))


def remember_removed(connection: sa.engine.Connection, ticket_ids: Sequence[str]) -> None:
    """Let no number be given again; to be called before the events of these tickets go."""
    found = sa.select(events.c.robot, events.c.number).where(events.c.ticket_id.in_(ticket_ids))
    highest: dict[str, int] = {}
    for robot, number in connection.execute(found):
        highest[robot] = max(number, highest.get(robot, 0))
    for robot, removed in sorted(highest.items()):
        if removed > marks.read(connection, robot, MARK):
            marks.write(connection, robot, MARK, removed)


def events_after(
    connection: sa.engine.Connection, robot: str, number: int, limit: int
) -> tuple[list[Event], int]:
    """Return a robot's events that follow a number, oldest first, and its newest number.

    They are fewer than `limit` where they fill a page.
    """
    query = (
        sa.select(events, tickets.c.command)
        .join(tickets, tickets.c.id == events.c.ticket_id)
        .where(events.c.robot == robot, events.c.number > number)
        .order_by(events.c.number)
        .limit(limit)
    )
    found, budget, rows = [], PageBudget(), connection.execute(query)
    for row in rows:
        if not budget.takes(len(row.details) + len(row.message)):
            break
        found.append(event_of_row(row, row.command))
    rows.close()
    return found, last_number(connection, robot)
