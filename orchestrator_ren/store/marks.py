"""Numbers that belong to a robot and to no ticket, each under a name."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator_ren.store.tables import marks


def read(connection: sa.engine.Connection, robot: str, name: str) -> int:
    """Return the robot's number of that name; 0 = none."""
    mine = sa.and_(marks.c.robot == robot, marks.c.name == name)
    return int(connection.execute(sa.select(marks.c.value).where(mine)).scalar() or 0)


def write(connection: sa.engine.Connection, robot: str, name: str, value: int) -> None:
    """Remember a number under a name of at most 32 characters."""
    mine = sa.and_(marks.c.robot == robot, marks.c.name == name)
    written = connection.execute(sa.update(marks).where(mine).values(value=value))
    if not written.rowcount:
        connection.execute(sa.insert(marks), {'robot': robot, 'name': name, 'value': value})
