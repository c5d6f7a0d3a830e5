"""Numbers that belong to no ticket, in `meta`, each under a name."""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator_ren.store.tables import meta


def read(connection: sa.engine.Connection, name: str) -> int:
    """Return the number of that name; 0 = none."""
    found = connection.execute(sa.select(meta.c.value).where(meta.c.name == name))
    return int(found.scalar() or 0)


def write(connection: sa.engine.Connection, name: str, value: int) -> None:
    """Remember a number under a name of at most 32 characters."""
    mine = meta.c.name == name
    written = connection.execute(sa.update(meta).where(mine).values(value=value))
    if not written.rowcount:
        connection.execute(sa.insert(meta), {'name': name, 'value': value})
