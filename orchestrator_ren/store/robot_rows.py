"""The robots of a store as everybody sees them."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.errors import RobotAlive, RobotNotInStore
from orchestrator_ren.store.database_time import DatabaseTime, is_over
from orchestrator_ren.store.tables import robots, tickets
from orchestrator_ren.tickets.assignment import refuse_missing
from orchestrator_ren.tickets.ticket import Status, Ticket

MAX_NAMED = 20
"""Robots that an error names."""


def is_gone() -> Any:
    """Return the condition that nobody has the robot, or whoever does has not said so in time."""
    return is_over(robots.c.leased_until)


@dataclass(frozen=True)
class RobotRow:
    """A robot of a store.

    Attributes:
        name: By which the store knows it.
        is_alive: An orchestrator has it, and has said so in time.
        host: Of the machine of that orchestrator, or of the last one.
        term: Fencing number of that orchestrator.
        lease_left_s: It counts as alive for so much longer [s, >= 0]; 0 in a file's store.
        last_seen: Aware UTC, by the clock of the database; None = never.
        unreachable_since: Aware UTC; None = it is alive, or was shut down in order.
        capabilities: What it has.
        executing_ids: Its tickets that are EXECUTING.
        waiting: How many of its tickets are QUEUED.
    """

    name: str
    is_alive: bool
    host: str
    term: int
    lease_left_s: float
    last_seen: datetime | None
    unreachable_since: datetime | None
    capabilities: tuple[str, ...]
    executing_ids: Sequence[str]
    waiting: int


def read(connection: sa.engine.Connection) -> tuple[list[RobotRow], int]:
    """Return the robots by name, and how many tickets wait for any."""
    executing, waiting = _work(connection)
    told = DatabaseTime().label('now'), is_gone().label('is_gone')
    query = sa.select(*robots.columns, *told).order_by(robots.c.name)
    found = [
        _robot_of(row, executing[row.name], waiting[row.name]) for row in connection.execute(query)
    ]
    return found, waiting['']


def _robot_of(row: Any, executing_ids: Sequence[str], waiting: int) -> RobotRow:
    is_alive = bool(row.holder) and not row.is_gone
    has_time = is_alive and row.leased_until is not None
    left_s = (row.leased_until - row.now).total_seconds() if has_time else 0.0
    return RobotRow(
        name=row.name,
        is_alive=is_alive,
        host=row.host,
        term=row.term,
        lease_left_s=max(0.0, left_s),
        last_seen=row.last_seen,
        unreachable_since=row.last_seen if row.holder and row.is_gone else None,
        capabilities=capabilities_of(row.capabilities),
        executing_ids=executing_ids,
        waiting=waiting,
    )


def _work(connection: sa.engine.Connection) -> tuple[dict[str, list[str]], Counter[str]]:
    """Return for each robot what it executes, and how many of its tickets wait."""
    executing: dict[str, list[str]] = defaultdict(list)
    columns = tickets.c.robot, tickets.c.id
    is_under_way = tickets.c.status == Status.EXECUTING.value
    under_way = sa.select(*columns).where(is_under_way).order_by(tickets.c.id)
    for robot, ticket_id in connection.execute(under_way):
        executing[robot].append(ticket_id)
    count = sa.select(tickets.c.robot, sa.func.count()).group_by(tickets.c.robot)
    queued = count.where(tickets.c.status == Status.QUEUED.value)
    return executing, Counter({robot: number for robot, number in connection.execute(queued)})


def capabilities_of(text: str) -> tuple[str, ...]:
    """Return the capabilities in a column."""
    return tuple(text.split(',')) if text else ()


def gone(connection: sa.engine.Connection) -> list[str]:
    """Return the names of the robots that nobody has at the moment."""
    return list(connection.execute(sa.select(robots.c.name).where(is_gone())).scalars())


def check_able(connection: sa.engine.Connection, ticket: Ticket) -> None:
    """Refuse a ticket for another robot that is not there, or has not what it needs.

    Raises:
        RobotNotInStore: The store has no robot of that name.
        CapabilityMissing: It has not all that the ticket needs.
    """
    mine = robots.c.name == ticket.robot
    has = connection.execute(sa.select(robots.c.capabilities).where(mine)).scalar()
    if has is None:
        raise not_there(connection, ticket.robot)
    refuse_missing(ticket.robot, capabilities_of(has), ticket.capabilities)


def hold_gone(connection: sa.engine.Connection, name: str) -> Any:
    """Return the row of a robot that is unreachable; it stays so until the transaction ends.

    Raises:
        RobotNotInStore: The store has no robot of that name.
        RobotAlive: It is not.
    """
    query = sa.select(*robots.columns, is_gone().label('is_gone')).where(robots.c.name == name)
    row = connection.execute(query.with_for_update()).first()
    if row is None:
        raise not_there(connection, name)
    if not row.is_gone:
        raise RobotAlive(robot=name, host=row.host or 'this machine')
    return row


def check_there(connection: sa.engine.Connection, name: str) -> None:
    """Refuse a name that no robot has.

    Raises:
        RobotNotInStore: The store has no robot of that name.
    """
    if connection.execute(sa.select(robots.c.name).where(robots.c.name == name)).first() is None:
        raise not_there(connection, name)


def not_there(connection: sa.engine.Connection, name: str) -> RobotNotInStore:
    """Return the error that the store has no robot of that name."""
    names = sa.select(robots.c.name).order_by(robots.c.name).limit(MAX_NAMED + 1)
    known = list(connection.execute(names).scalars())
    more = [*known[:MAX_NAMED], '…'] if len(known) > MAX_NAMED else known
    return RobotNotInStore(robot=name[:64], known=', '.join(more))


def why_waiting(ticket: Ticket, found: Sequence[RobotRow]) -> str:
    """Return why a ticket waits, as far as the store knows, for people."""
    if ticket.robot:
        (robot,) = (each for each in found if each.name == ticket.robot)
        return 'its robot knows' if robot.is_alive else f"robot '{robot.name}' is not there"
    needed = set(ticket.capabilities)
    able = [each for each in found if needed <= set(each.capabilities)]
    if not able:
        has = {name for each in found for name in each.capabilities}
        missing = sorted(needed - has)
        return (
            f'no robot has: {", ".join(missing)}'
            if missing
            else f'no robot has all of: {", ".join(sorted(needed))}'
        )
    if not any(each.is_alive for each in able):
        return f'not there: {", ".join(each.name for each in able)}'
    return 'waits for a robot that is free'
