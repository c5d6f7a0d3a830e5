"""Transactions on one connection to a database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import sqlalchemy as sa

from orchestrator_ren.store.engine import Role, file_of, make_engine


class Connector:
    """Begins transactions, one at a time.

    The connection to a file is taken once: to take it anew each time costs a sixth of a create.
    That to a server is looked at each time, as it may be gone; that to a database in memory is
    shared by two threads, which wait for each other.

    Args:
        url: Of the database.
        role: What it is for.
        synchronous: See `engine.SYNCHRONOUS`.
    """

    def __init__(self, url: sa.engine.URL, role: Role, synchronous: str) -> None:
        self.engine = make_engine(url, role, synchronous)
        self._is_held = bool(file_of(url))
        self._held: sa.engine.Connection | None = None

    @contextlib.contextmanager
    def begun(self) -> Iterator[sa.engine.Connection]:
        """Commit what is done inside; on an error, roll it back."""
        if not self._is_held:
            with self.engine.begin() as connection:
                yield connection
            return
        if self._held is None:
            self._held = self.engine.connect()
        try:
            with self._held.begin():
                yield self._held
        except BaseException:
            self._let_go()
            raise

    def close(self) -> None:
        """Close the connection; may be called twice."""
        self._let_go()
        self.engine.dispose()

    def _let_go(self) -> None:
        """Give it back to the pool, which also rolls back what a failed commit has left."""
        held, self._held = self._held, None
        if held is not None:
            held.close()
