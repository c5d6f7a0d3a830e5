"""Keeps other orchestrators away from a PostgreSQL database."""

from __future__ import annotations

import time

import sqlalchemy as sa

from orchestrator_ren.errors import StoreInUse, StoreLockLost
from orchestrator_ren.store.engine import Role, connect_arguments

ADVISORY_LOCK = 0x52454E
"""Key of the lock that an orchestrator holds on a database; any fixed number."""

LOCK_WAIT_S, LOCK_PERIOD_S = 1.0, 0.05
"""How long it is asked for, and how often [s]: the server may learn that the last connection was
closed after the next one is there."""

_HELD = sa.text(
    "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND granted"
    ' AND pid = :pid AND classid = 0 AND objid = :key'
)


class ServerLock:
    """A lock that lasts as long as a connection of its own, which nobody uses for anything else.

    Args:
        url: Of the database.
        shown_url: The same without its password, for messages.
    """

    def __init__(self, url: sa.engine.URL, shown_url: str) -> None:
        self._shown_url = shown_url
        self._engine = sa.create_engine(
            url,
            future=True,
            poolclass=sa.pool.NullPool,
            connect_args=connect_arguments(url, Role.WRITER),
        )
        self._connection: sa.engine.Connection | None = None
        self._pid = 0

    def take(self) -> None:
        """Take it.

        Raises:
            StoreInUse: Another orchestrator has it.
        """
        self._connection = self._engine.connect()
        self._pid = self._ask(sa.func.pg_backend_pid())
        until_mono_s = time.monotonic() + LOCK_WAIT_S
        while not self._ask(sa.func.pg_try_advisory_lock(ADVISORY_LOCK)):
            if time.monotonic() > until_mono_s:
                raise StoreInUse(url=self._shown_url)
            time.sleep(LOCK_PERIOD_S)

    def check(self, connection: sa.engine.Connection) -> None:
        """Look, on another connection, whether it is still held.

        Raises:
            StoreLockLost: It is not: the server was restarted, or has ended the connection.
        """
        values = {'pid': self._pid, 'key': ADVISORY_LOCK}
        if not connection.execute(_HELD, values).scalar_one():
            raise StoreLockLost(url=self._shown_url, reason='its lock on the server is gone')

    def close(self) -> None:
        """Let go of it; may be called twice."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _ask(self, value: sa.sql.ColumnElement[int]) -> int:
        assert self._connection is not None
        found: int = self._connection.execute(sa.select(value)).scalar_one()
        self._connection.commit()  # type: ignore[attr-defined,unused-ignore]
        return found
