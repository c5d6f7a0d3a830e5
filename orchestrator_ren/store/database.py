"""The database below the ticket store: opening, transactions, and errors in our own words."""

from __future__ import annotations

import contextlib
import fcntl
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from orchestrator_ren.errors import StoreInUse, StoreTooNew, StoreUnavailable
from orchestrator_ren.store.tables import SCHEMA_VERSION, meta, metadata

BUSY_TIMEOUT_S = 5.0
"""How long a locked SQLite file is waited for [s]."""


class Database:
    """One database with our tables, used by one orchestrator, from one thread at a time.

    Attributes:
        url: SQLAlchemy URL.
        shown_url: The same without its password, for messages.
        term: Fencing number of this opening; grows with each.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.shown_url = re.sub(r'(://[^:/@]*:)[^@]*@', r'\1***@', url)
        self.term = 0
        self._engine: sa.engine.Engine | None = None
        self._lock_file: IO[str] | None = None

    def open(self) -> None:
        """Open it, making file and tables where there are none, and take a new term.

        Raises:
            StoreUnavailable: It cannot be opened; the message has the reason.
            StoreInUse: Another orchestrator works on it.
            StoreTooNew: A newer version of this package wrote it; it was left untouched.
        """
        try:
            with self._errors_translated():
                url = sa.engine.make_url(self.url)
                self._engine = _engine_for(url)
                self._take_file(url)
                self._check_schema()
                self._prepare_tables()
                self._take_term()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close it; may be called twice."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

    @contextlib.contextmanager
    def transaction(self) -> Iterator[sa.engine.Connection]:
        """Commit what is done inside, all of it or, on an error, nothing.

        Raises:
            StoreUnavailable: The database fails.
        """
        with self._errors_translated(), self._opened().begin() as connection:
            yield connection

    def _opened(self) -> sa.engine.Engine:
        if self._engine is None:
            raise StoreUnavailable(url=self.shown_url, reason='it is not open')
        return self._engine

    def _take_file(self, url: sa.engine.URL) -> None:
        """Make the folder of an SQLite file, and keep other orchestrators away from it."""
        path = url.database
        if not _is_sqlite(url) or path in (None, '', ':memory:'):
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = Path(f'{path}.lock').open('w')  # noqa: SIM115 (held until close)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreInUse(url=self.shown_url) from None

    def _check_schema(self) -> None:
        if not sa.inspect(self._opened()).has_table('meta'):
            return
        with self._opened().connect() as connection:
            found = connection.execute(_value_of('schema')).scalar_one_or_none() or 0
        if found > SCHEMA_VERSION:
            raise StoreTooNew(url=self.shown_url, found=found, known=SCHEMA_VERSION)

    def _prepare_tables(self) -> None:
        if self._opened().dialect.name == 'sqlite':
            with self._opened().connect() as connection:
                connection.exec_driver_sql('PRAGMA journal_mode = WAL')
        metadata.create_all(self._opened())
        with self.transaction() as connection:
            for name, value in (('schema', SCHEMA_VERSION), ('term', 0)):
                if connection.execute(_value_of(name)).first() is None:
                    connection.execute(sa.insert(meta).values(name=name, value=value))

    def _take_term(self) -> None:
        grown = sa.update(meta).where(meta.c.name == 'term').values(value=meta.c.value + 1)
        with self.transaction() as connection:
            connection.execute(grown)
            self.term = connection.execute(_value_of('term')).scalar_one()

    @contextlib.contextmanager
    def _errors_translated(self) -> Iterator[None]:
        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            reason = str(getattr(error, 'orig', None) or error).splitlines()[0]
            raise StoreUnavailable(url=self.shown_url, reason=reason) from error
        except (OSError, ImportError, ValueError) as error:
            raise StoreUnavailable(url=self.shown_url, reason=str(error)) from error


def _value_of(name: str) -> Any:
    return sa.select(meta.c.value).where(meta.c.name == name)


def _is_sqlite(url: sa.engine.URL) -> bool:
    return url.get_backend_name() == 'sqlite'


def _engine_for(url: sa.engine.URL) -> sa.engine.Engine:
    """Return an engine; for SQLite one that keeps its only connection."""
    if not _is_sqlite(url):
        return sa.create_engine(url, future=True, pool_pre_ping=True)
    engine = sa.create_engine(
        url,
        future=True,
        poolclass=sa.pool.StaticPool,
        connect_args={'check_same_thread': False, 'timeout': BUSY_TIMEOUT_S},
    )

    @sa.event.listens_for(engine, 'connect')
    def _set_pragmas(connection: Any, _record: Any) -> None:
        connection.execute('PRAGMA synchronous = FULL')
        connection.execute('PRAGMA foreign_keys = ON')

    return engine
