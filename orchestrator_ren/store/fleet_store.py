"""What several robots of one store do to each other's tickets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.errors import DeclaredStopped, TicketElsewhere
from orchestrator_ren.store import robot_rows, ticket_record
from orchestrator_ren.store.database import Database
from orchestrator_ren.store.database_time import DatabaseTime
from orchestrator_ren.store.robot_rows import RobotRow
from orchestrator_ren.store.rows import TICKET_COLUMNS, tickets_of_rows
from orchestrator_ren.store.tables import robots, tickets
from orchestrator_ren.store.writer import Writer
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.ticket import Status, Ticket

Change = tuple[Ticket, Event]

POOL_PAGE = 200
"""Tickets for any that are read at once."""

TRIED = 20
"""Tickets for any, the first of those that fit, of which one is taken: others take some too."""

CHANNEL = 'orchestrator_ren'
"""Whoever listens to it is told which robot has work: its name, empty for any."""

_IS_QUEUED = tickets.c.status == Status.QUEUED.value
_IN_TURN = -tickets.c.priority, tickets.c.created_at, tickets.c.id
_IS_GIVEN = tickets.c.term == sa.literal_column('0')  # as the index of these has it


@dataclass(frozen=True)
class Waiting:
    """Tickets that wait for a robot.

    Attributes:
        tickets: A page of them.
        total: How many they are.
        robots: All that the store has.
    """

    tickets: Sequence[Ticket]
    total: int
    robots: Sequence[RobotRow]


class FleetStore:
    """The part of a ticket store that is there for many robots.

    Args:
        database: Where they are.
        writer: Returns who writes.
        on_change: Called with a ticket of this robot before and after each step, within the
            transaction; None = it was not, or is no more, one of this robot.
    """

    def __init__(
        self,
        database: Database,
        writer: Callable[[], Writer],
        on_change: Callable[[Ticket | None, Ticket | None], None],
    ) -> None:
        self._database = database
        self._writer = writer
        self._on_change = on_change

    def robots(self) -> tuple[list[RobotRow], int]:
        """Return the robots by name, and how many tickets wait for any."""
        with self._database.snapshot() as connection:
            return robot_rows.read(connection)

    def waiting(self, robot: str, limit: int, offset: int) -> Waiting:
        """Return a page of the tickets that wait for a robot, in the order of turns.

        Args:
            robot: Its name; empty = for any, and taken by none.
            limit: Most tickets on the page.
            offset: How many to leave out before.

        Raises:
            RobotNotInStore: The store has no robot of that name.
        """
        with self._database.snapshot() as connection:
            if robot:
                robot_rows.check_there(connection, robot)
            found, _ = robot_rows.read(connection)
            is_theirs = _IS_QUEUED, tickets.c.robot == robot
            query = sa.select(*TICKET_COLUMNS).where(*is_theirs).order_by(*_IN_TURN)
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            count = sa.select(sa.func.count()).select_from(tickets).where(*is_theirs)
            total = connection.execute(count).scalar_one()
            return Waiting(tickets_of_rows(rows), total, found)

    def has_given(self) -> bool:
        """Whether others have given this robot tickets, or changed some, that it does not know."""
        robot = self._writer().robot
        with self._database.snapshot() as connection:
            found = sa.select(tickets.c.id).where(tickets.c.robot == robot, _IS_GIVEN)
            return connection.execute(found.limit(1)).first() is not None

    def accept(self, limit: int) -> list[Ticket]:
        """Return tickets that others have given this robot; from then on it knows them."""
        with self._database.transaction() as connection:
            return self._accepted(connection, sa.true(), limit)

    def notice(self, connection: sa.engine.Connection, ticket_id: str) -> bool:
        """Return whether this was such a ticket; from then on the robot knows it."""
        return bool(self._accepted(connection, tickets.c.id == ticket_id, 1))

    def _accepted(self, connection: sa.engine.Connection, wanted: Any, limit: int) -> list[Ticket]:
        writer = self._writer()
        is_new = sa.and_(tickets.c.robot == writer.robot, _IS_GIVEN, wanted)
        query = sa.select(*TICKET_COLUMNS).where(is_new).order_by(*_IN_TURN).limit(limit)
        found = tickets_of_rows(connection.execute(query.with_for_update()).all())
        ids = [each.id for each in found]
        known = sa.update(tickets).where(tickets.c.id.in_(ids)).values(term=writer.term)
        connection.execute(known)
        for each in found:
            self._on_change(None, each)
        return found

    def pool(self, offset: int) -> tuple[list[Ticket], datetime]:
        """Return tickets that any robot may take, in the order of turns, and the time.

        They are those that none has taken, and those of others that nobody has at the moment.

        Args:
            offset: How many to leave out before; at most `POOL_PAGE` are returned.
        """
        with self._database.snapshot() as connection:
            query = self._waiting_for_any(connection).limit(POOL_PAGE).offset(offset)
            now = connection.execute(sa.select(DatabaseTime())).scalar_one()
            return tickets_of_rows(connection.execute(query).all()), now

    def take(self, ids: Sequence[str], now: datetime) -> Change | None:
        """Take the first of these tickets that nobody else takes; None = they are gone.

        Args:
            ids: Of tickets for any, at most `TRIED`.
            now: Aware UTC.
        """
        writer = self._writer()
        with self._database.transaction() as connection:
            query = self._waiting_for_any(connection).where(tickets.c.id.in_(ids)).limit(1)
            found = tickets_of_rows(
                connection.execute(query.with_for_update(skip_locked=True)).all()
            )
            if not found:
                return None
            after = lifecycle.take(found[0], now, writer.robot)
            cause = 'it was the next that this robot can do'
            event = ticket_record.change(
                connection, found[0], after, Actor.DISPATCHER, cause, writer
            )
            self._on_change(None, after)
            return after, event

    def check_may_end(self, ticket: Ticket) -> None:
        """Refuse a ticket of another robot, unless that one is unreachable and it waits.

        Raises:
            TicketElsewhere: Only its own orchestrator may change it.
        """
        if ticket.robot in ('', self._writer().robot):
            return
        is_waiting = ticket.status in (Status.PENDING, Status.QUEUED)
        with self._database.snapshot() as connection:
            if not is_waiting or ticket.robot not in robot_rows.gone(connection):
                raise TicketElsewhere(ticket_id=ticket.id, robot=ticket.robot)

    def declare_stopped(self, robot: str, by: str, now: datetime) -> list[Change]:
        """End what an unreachable robot was executing: somebody has seen that it stands.

        Should its orchestrator come back, it writes nothing before it has taken a new term.

        Raises:
            RobotNotInStore: The store has no robot of that name.
            RobotAlive: It is not unreachable.
        """
        writer = self._writer()
        changes: list[Change] = []
        with self._database.transaction() as connection:
            term = robot_rows.hold_gone(connection, robot).term
            fenced = {'term': term + 1, 'holder': ''}
            connection.execute(sa.update(robots).where(robots.c.name == robot).values(fenced))
            is_left = tickets.c.status == Status.EXECUTING.value, tickets.c.robot == robot
            rows = connection.execute(sa.select(*TICKET_COLUMNS).where(*is_left)).all()
            for before in tickets_of_rows(rows):
                after = lifecycle.fail(before, now, DeclaredStopped(robot=robot, by=by))
                event = ticket_record.change(
                    connection, before, after, Actor.CLIENT, '', writer, by
                )
                changes.append((after, event))
        return changes

    def _waiting_for_any(self, connection: sa.engine.Connection) -> sa.sql.Select:  # type: ignore[type-arg,unused-ignore]
        gone = robot_rows.gone(connection)
        free = ['', *(each for each in gone if each != self._writer().robot)]
        is_free = sa.and_(tickets.c.robot.in_(free), tickets.c.is_for_any)
        return sa.select(*TICKET_COLUMNS).where(_IS_QUEUED, is_free).order_by(*_IN_TURN)


def tell_robot(connection: sa.engine.Connection, ticket: Ticket) -> None:
    """Wake whoever may do a ticket that is written now, once it is on disk."""
    if connection.dialect.name == 'postgresql':
        connection.execute(sa.select(sa.func.pg_notify(CHANNEL, ticket.robot)))
