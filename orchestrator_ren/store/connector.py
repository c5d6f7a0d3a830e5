"""Transactions on one connection to a database."""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Iterator

import sqlalchemy as sa

from orchestrator_ren.store.engine import Role, file_of, make_engine


class Connector:
    """Begins transactions, one at a time; may be closed by any thread.

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
        self._is_kept = bool(file_of(url))
        self._kept: sa.engine.Connection | None = None
        self._use = threading.Lock()
        self._is_closed = False

    @contextlib.contextmanager
    def begun(self) -> Iterator[sa.engine.Connection]:
        """Commit what is done inside; on an error, roll it back."""
        if not self._is_kept:
            with self.engine.begin() as connection:
                yield connection
            return
        try:
            with self._use, self._begun() as connection:
                yield connection
        finally:
            if self._is_closed:
                self.close()

    def close(self) -> None:
        """Close the connection, once nobody uses it; may be called twice."""
        self._is_closed = True
        if self._use.acquire(blocking=False):
            self._let_go()
            self._use.release()
        self.engine.dispose()

    @contextlib.contextmanager
    def _begun(self) -> Iterator[sa.engine.Connection]:
        if self._kept is None:
            self._kept = self.engine.connect()
        try:
            with self._kept.begin():
                yield self._kept
        except BaseException:
            self._let_go()
            raise

    def _let_go(self) -> None:
        """Give it back to the pool, which also rolls back what a failed commit has left."""
        kept, self._kept = self._kept, None
        if kept is None:
            return
        if self._is_closed:  # and so may be its pool, which would keep it open
            kept.detach()
        kept.close()
