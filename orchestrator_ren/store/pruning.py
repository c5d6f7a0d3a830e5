"""Which finished tickets go: those that are old, and the oldest of those that are too many."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store import event_log
from orchestrator_ren.store.tables import events, labels, tickets
from orchestrator_ren.tickets.run_clock import KNOWN_FROM, Old
from orchestrator_ren.tickets.ticket import Status


def prune(
    connection: sa.engine.Connection, robot: str, old: Old, surplus: int, limit: int
) -> list[tuple[str, Status]]:
    """Remove what of the robot goes next, at most `limit`; return command and status of each."""
    doomed = _doomed(connection, tickets.c.robot == robot, old, surplus, limit)
    ids = [row.id for row in doomed]
    event_log.remember_removed(connection, ids)
    for column in (labels.c.ticket_id, events.c.ticket_id, tickets.c.id):
        connection.execute(sa.delete(column.table).where(column.in_(ids)))
    return [(row.command, Status(row.status)) for row in doomed]


def _doomed(
    connection: sa.engine.Connection, is_robots: Any, old: Old, surplus: int, limit: int
) -> list[Any]:
    """Return what goes next, with id, command and status, oldest end first."""
    # What this run has ended by a clock that was not set yet is the newest there is.
    is_dated = sa.or_(tickets.c.completed_at >= KNOWN_FROM, tickets.c.term < old.first_term)
    found: dict[str, Any] = {}
    for conditions, most in (
        ([tickets.c.completed_at < old.before, _is_old(old)], limit),
        ([is_dated], min(limit, surplus)),
        ([], min(limit, surplus)),
    ):
        if len(found) < most:
            rows = connection.execute(_oldest([is_robots, *conditions], most)).all()
            new = [row for row in rows if row.id not in found]
            found.update((row.id, row) for row in new[: most - len(found)])
    return list(found.values())


def _oldest(conditions: list[Any], limit: int) -> Any:
    columns = tickets.c.id, tickets.c.command, tickets.c.status, tickets.c.completed_at
    return (
        sa.select(*columns)
        .where(tickets.c.completed_at.is_not(None), *conditions)
        .order_by(tickets.c.completed_at, tickets.c.id)
        .limit(limit)
    )


def _is_old(old: Old) -> Any:
    ended_at, is_mine = tickets.c.completed_at, tickets.c.term >= old.first_term
    is_known = ended_at >= KNOWN_FROM
    recent = [ended_at.between(begin, end) for begin, end in old.recent]
    mine = sa.and_(is_mine, ~sa.or_(sa.false(), *recent))
    earlier = sa.and_(~is_mine, is_known, ended_at < old.earlier_before)
    unknown = sa.and_(~is_mine, ~is_known) if old.is_unknown_old else sa.false()
    return sa.or_(mine, earlier, unknown)
