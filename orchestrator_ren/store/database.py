"""The database below the ticket store: opening, transactions, and who may use it."""

from __future__ import annotations

import contextlib
import fcntl
import math
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import sqlalchemy as sa

from orchestrator_ren.errors import (
    StoreInUse,
    StoreLockLost,
    StoreTimeout,
    StoreTooNew,
    StoreUnavailable,
)
from orchestrator_ren.store import schema
from orchestrator_ren.store.connector import Connector
from orchestrator_ren.store.engine import (
    SYNCHRONOUS,
    Role,
    StoreUrl,
    allow_long,
    errors_translated,
    file_of,
    is_in_memory,
    is_on_server,
    parse,
    shown,
)
from orchestrator_ren.store.lease import Lease, LeaseTerms
from orchestrator_ren.store.pooler import refuse_pooler
from orchestrator_ren.store.statement import cursor_of
from orchestrator_ren.store.tables import REVISION

SCHEMA_WAIT_S, SCHEMA_PERIOD_S = 5.0, 0.05
"""How long another who may change the schema is waited for, and how often it is looked [s]."""


class Database:
    """One database with our tables, in which this orchestrator has one robot.

    One thread may write and another read at the same time: a reader never waits for a writer.

    Attributes:
        url: SQLAlchemy URL.
        shown_url: The same without its password, for messages.
        lease: Of the robot; its term grows with each opening.
        is_in_doubt: Something may be on disk of which that is not known.
    """

    def __init__(
        self, url: StoreUrl, synchronous: str = SYNCHRONOUS, terms: LeaseTerms | None = None
    ) -> None:
        self.url = url
        self.shown_url = shown(url)
        self._terms = terms or LeaseTerms()
        self.is_in_doubt = False
        self._synchronous = synchronous
        self.lease = Lease(self._terms, self.shown_url, self.is_remote)
        self._writer: Connector | None = None
        self._reader: Connector | None = None
        self._holder: contextlib.ExitStack | None = None
        self._shared: sa.engine.Connection | None = None
        self._lost: StoreUnavailable | None = None
        self._afterwards: list[Callable[[], None]] = []

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._reader is not None

    @property
    def is_remote(self) -> bool:
        """Whether it is on a server, which may go while nobody asks it anything."""
        return is_on_server(self.url)

    def open(self) -> None:
        """Open it, making file and tables where there are none, and take a new term.

        Raises:
            StoreUnavailable: It cannot be opened; the message has the reason.
            StoreInUse: Another orchestrator works on it or, on a server, has this robot.
            StoreTooNew: A newer version of this package wrote it; it was left untouched.
        """
        try:
            with errors_translated(self.url):
                self._open(parse(self.url))
        except BaseException:
            self._let_go()
            raise

    def close(self) -> None:
        """Close it, and let others have the robot if possible; may be called twice."""
        if self.is_open and self.is_remote:
            with contextlib.suppress(StoreUnavailable), self._committed() as connection:
                self.lease.release(connection)
        self._let_go()

    def _let_go(self) -> None:
        for each in (self._writer, self._reader):
            if each is not None:
                each.close()
        self._writer = self._reader = None
        if self._holder is not None:
            self._holder.close()
            self._holder = None
        self.lease.close()

    @contextlib.contextmanager
    def transaction(self, is_long: bool = False) -> Iterator[sa.engine.Connection]:
        """Commit what is done inside, all of it or, on an error, nothing.

        Args:
            is_long: Whether it may take as long as the store is large.

        Raises:
            StoreUnavailable: The database fails. It is closed if another orchestrator may be at
                work on it by now.
            StoreTimeout: Its server has not answered whether it is done.
        """
        if self._shared is None:
            with self._committed(is_long) as connection:
                yield connection
        else:
            with self._part_of(self._shared):
                yield self._shared

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """Let the transactions inside be parts of one, which is committed at the end.

        A part that raises has done nothing, and the others go on. One that raises StoreUnavailable
        is the last: the database may have undone all of it.

        Raises:
            StoreUnavailable: The database fails; nothing of what was done inside is on disk.
        """
        with self._committed() as self._shared:
            self._lost = None
            try:
                yield
            finally:
                self._shared = None
            if self._lost is not None:
                raise self._lost

    def once_committed(self, call: Callable[[], None]) -> None:
        """Call this once the transaction under way is on disk; not where it is undone."""
        self._afterwards.append(call)

    @contextlib.contextmanager
    def snapshot(self, is_long: bool = False) -> Iterator[sa.engine.Connection]:
        """Read inside from one state of the database: the one after the last commit.

        Args:
            is_long: Whether it may take as long as the store is large.

        Raises:
            StoreUnavailable: The database fails.
        """
        with errors_translated(self.url), self._opened(self._reader).begun() as connection:
            if is_long:
                allow_long(connection)
            yield connection

    @contextlib.contextmanager
    def _committed(self, is_long: bool = False) -> Iterator[sa.engine.Connection]:
        self._afterwards = []
        asked_at_mono_s = math.inf
        try:
            with errors_translated(self.url), self._opened(self._writer).begun() as connection:
                if is_long:
                    allow_long(connection)
                self.lease.check(connection)
                yield connection
                asked_at_mono_s = time.monotonic()
        except StoreLockLost:
            self._let_go()
            raise
        except StoreUnavailable as error:
            # A server that was asked to commit, and gave no reason: it may have done so.
            if self.is_remote and type(error) is StoreUnavailable and asked_at_mono_s < math.inf:
                self.is_in_doubt = True
                raise StoreTimeout(waited_s=time.monotonic() - asked_at_mono_s) from error
            raise
        for call in self._afterwards:
            call()

    @contextlib.contextmanager
    def _part_of(self, connection: sa.engine.Connection) -> Iterator[None]:
        """Undo what is done inside where it fails, and nothing else of the transaction."""
        if self._lost is not None:
            raise self._lost
        known = len(self._afterwards)
        try:
            with errors_translated(self.url):
                _send(connection, 'SAVEPOINT part')
                yield
                _send(connection, 'RELEASE SAVEPOINT part')
        except StoreUnavailable as error:
            self._lost = error
            raise
        except BaseException:
            del self._afterwards[known:]
            self._undo_part(connection)
            raise

    def _undo_part(self, connection: sa.engine.Connection) -> None:
        try:
            with errors_translated(self.url):
                _send(connection, 'ROLLBACK TO SAVEPOINT part')
                _send(connection, 'RELEASE SAVEPOINT part')
        except StoreUnavailable as error:  # half of it is left: nothing may be committed
            self._lost = error
            raise

    def _opened(self, connector: Connector | None) -> Connector:
        if connector is None:
            raise StoreUnavailable(url=self.shown_url, reason='it is not open')
        return connector

    def _open(self, url: sa.engine.URL) -> None:
        self._writer = Connector(url, Role.SCHEMA, self._synchronous)
        self._holder = contextlib.ExitStack()
        if file_of(url):
            self._holder.enter_context(_held_file(Path(file_of(url)), self.shown_url))
        self._check_and_upgrade(self._writer)
        if not is_in_memory(url):  # else it is there only as long as this engine
            self._writer.close()
            self._writer = Connector(url, Role.WRITER, self._synchronous)
        with self._writer.begun() as connection:
            self.lease.take(connection)
        self.lease.keep_file()
        self._reader = (
            self._writer if is_in_memory(url) else Connector(url, Role.READER, self._synchronous)
        )

    def _check_and_upgrade(self, connector: Connector) -> None:
        until_mono_s = time.monotonic() + SCHEMA_WAIT_S
        while not self._is_upgraded(connector):
            if time.monotonic() > until_mono_s:
                raise StoreInUse(url=self.shown_url, holder=', of a version with another schema')
            time.sleep(SCHEMA_PERIOD_S)

    def _is_upgraded(self, connector: Connector) -> bool:
        """Bring the schema to ours; return False where others use the one that is there."""
        with connector.begun() as connection:
            refuse_pooler(connection, self.shown_url)
            found = schema.revision_of(connection)
            if not schema.is_known(found):
                raise StoreTooNew(url=self.shown_url, found=found, known=REVISION)
            if found == REVISION:
                return True
            if not schema.lock(connection):
                return False
            found = schema.revision_of(connection)  # somebody may just have been faster
            if found != REVISION:
                schema.upgrade(connection, found, self._terms.robot.name)
            return True


def _send(connection: sa.engine.Connection, text: str) -> None:
    with cursor_of(connection, text) as cursor:
        cursor.execute(text)


@contextlib.contextmanager
def _held_file(path: Path, url: str) -> Iterator[None]:
    """Make the folder of an SQLite file, and keep other orchestrators away from it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    lock: IO[str]
    with Path(f'{path}.lock').open('w') as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreInUse(url=url, holder='') from None
        yield
