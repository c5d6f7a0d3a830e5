"""Who has a robot: one row of the database, taken for a time and renewed, fenced by its term.

What counts is the row, not the time: whoever writes holds it, and it has to say his term. The
lease only tells others when they may take the robot over.
"""

from __future__ import annotations

import secrets
import socket
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from orchestrator_ren.errors import StoreInUse, StoreLockLost
from orchestrator_ren.store import database_time
from orchestrator_ren.store.database_time import DatabaseTime, is_over
from orchestrator_ren.store.holder_file import HolderFile
from orchestrator_ren.store.silence import Silence
from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import events, marks, robots, tickets
from orchestrator_ren.tickets.assignment import RobotIdentity

DEFAULT_LEASE_S = 10.0
"""How long an orchestrator that is not heard of keeps its robot [s]."""

RENEWALS = 5
"""So often it is renewed within that time."""

MAX_HOST_CHARACTERS = 255

_FENCE = Statement(
    sa.select(robots.c.term)
    .where(robots.c.name == sa.bindparam('robot'), robots.c.term == sa.bindparam('term'))
    .with_for_update(read=True)
)
"""Holds the row until the transaction ends: nobody takes the robot over in the midst of it."""


_NAMELESS = RobotIdentity('robot')


@dataclass(frozen=True)
class LeaseTerms:
    """How a robot is held.

    Attributes:
        robot: Who it is.
        lease_s: See `DEFAULT_LEASE_S`.
        holder_file: See `HolderFile`; None = there is none.
    """

    robot: RobotIdentity = _NAMELESS
    lease_s: float = DEFAULT_LEASE_S
    holder_file: Path | None = None


class Lease:
    """The robot of this orchestrator in one database.

    Args:
        terms: How it is held.
        shown_url: Of the database, for messages.
        is_shared: Whether others may use the database at the same time.

    Attributes:
        term: Fencing number; grows each time when it is taken; 0 before.
    """

    def __init__(self, terms: LeaseTerms, shown_url: str, is_shared: bool) -> None:
        self.term = 0
        self._robot = terms.robot
        self._lease_s = terms.lease_s
        self._shown_url = shown_url
        self._is_shared = is_shared
        self._holder = secrets.token_hex(16)
        self._mine = robots.c.name == terms.robot.name
        self._file = HolderFile(terms.holder_file if is_shared else None)
        self._silence = Silence(terms.lease_s / RENEWALS)

    def take(self, connection: sa.engine.Connection) -> None:
        """Take the robot, with a new term.

        Raises:
            StoreInUse: Another orchestrator has it; `fields['lease']` is the same as long as that
                one has not renewed it.
        """
        if not self._is_shared:
            self._rename_only_robot(connection)
        self._ensure_row(connection)
        columns = (
            *robots.columns,
            is_over(robots.c.leased_until).label('has_run_out'),
            DatabaseTime().label('now'),
        )
        found = connection.execute(sa.select(*columns).where(self._mine).with_for_update()).one()
        if self._is_shared and not self._is_free(found):
            raise self._in_use(found)
        self.term = found.term + 1
        connection.execute(sa.update(robots).where(self._mine).values(**self._as_mine()))

    def keep_file(self) -> None:
        """Let this machine know who has the robot; once it is on disk that it was taken."""
        self._file.keep(self._holder)

    def check(self, connection: sa.engine.Connection) -> None:
        """Hold the row until the transaction ends.

        Raises:
            StoreLockLost: Another orchestrator has taken the robot over.
        """
        if not self._is_shared:
            return
        values = {'robot': self._robot.name, 'term': self.term}
        if not _FENCE.rows(connection, values):
            reason = f"another orchestrator has taken robot '{self._robot.name}' over"
            raise StoreLockLost(url=self._shown_url, reason=reason)

    def renew(self, connection: sa.engine.Connection) -> bool:
        """Keep the robot; return whether the lease had run out, so that others may have acted.

        Raises:
            StoreLockLost: Another orchestrator has taken the robot over.
        """
        self.check(connection)
        has_run_out = sa.select(is_over(robots.c.leased_until)).where(self._mine)
        found = connection.execute(has_run_out).scalar()
        connection.execute(sa.update(robots).where(self._mine).values(**self._times()))
        return bool(found)

    def release(self, connection: sa.engine.Connection) -> None:
        """Let others have the robot at once."""
        self.check(connection)
        values = {'holder': '', 'leased_until': DatabaseTime(), 'last_seen': DatabaseTime()}
        connection.execute(sa.update(robots).where(self._mine).values(values))

    def close(self) -> None:
        """Let go of the file; may be called twice."""
        self._file.close()

    def _is_free(self, row: Any) -> bool:
        if row.holder in ('', self._holder) or row.leased_until is None:
            return True
        if row.holder == self._file.dead_holder():
            return True
        is_silent = self._silence.lasts(_lease_of(row), time.monotonic())
        return is_silent and bool(row.has_run_out)

    def _in_use(self, row: Any) -> StoreInUse:
        left_s = max(0.0, (row.leased_until - row.now).total_seconds())
        holder = f" (robot '{row.name}', on {row.host}, for {left_s:.1f} s unless it renews that)"
        return StoreInUse(url=self._shown_url, holder=holder, lease=_lease_of(row))

    def _as_mine(self) -> dict[str, Any]:
        return {
            'term': self.term,
            'holder': self._holder,
            'host': socket.gethostname()[:MAX_HOST_CHARACTERS],
            'capabilities': ','.join(self._robot.capabilities),
            **self._times(),
        }

    def _times(self) -> dict[str, Any]:
        """Return what says that it was seen now; a file's lock does not run out."""
        until = database_time.after(self._lease_s) if self._is_shared else None
        return {'leased_until': until, 'last_seen': DatabaseTime()}

    def _ensure_row(self, connection: sa.engine.Connection) -> None:
        dialect = postgresql if connection.dialect.name == 'postgresql' else sqlite
        row = {'name': self._robot.name, 'term': 0, 'holder': '', 'host': '', 'capabilities': ''}
        connection.execute(dialect.insert(robots).on_conflict_do_nothing(), row)

    def _rename_only_robot(self, connection: sa.engine.Connection) -> None:
        """Let what a file holds be that of its robot, which has another name by now."""
        names = connection.execute(sa.select(robots.c.name)).scalars().all()
        if len(names) != 1 or names[0] == self._robot.name:
            return
        for column in (robots.c.name, marks.c.robot, tickets.c.robot, events.c.robot):
            is_old = column == names[0]
            renamed = sa.update(column.table).where(is_old).values({column: self._robot.name})
            connection.execute(renamed)


def _lease_of(row: Any) -> tuple[Any, ...]:
    """Return what is another one after each renewal."""
    return row.holder, row.term, row.leased_until
