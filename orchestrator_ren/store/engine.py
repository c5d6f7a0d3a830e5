"""SQLAlchemy engines for the store, and their errors in our own words."""

from __future__ import annotations

import contextlib
import enum
import json
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa

from orchestrator_ren.errors import (
    InternalError,
    StoreDamaged,
    StoreUnavailable,
    StoreUrlInvalid,
)
from orchestrator_ren.store.failure import advised, kind_of
from orchestrator_ren.store.statement import cursor_of

BUSY_TIMEOUT_S = 5.0
"""How long a locked SQLite file is waited for [s]."""

CACHE_KIB = 16384
"""Pages of an SQLite file kept in memory, for each of the two connections [KiB]."""

FILE_URI = 'file:'
"""SQLite's own URIs for files begin so; behind it, a `%` is a code."""

SYNCHRONOUS = 'full'
"""When SQLite waits for the disk: `full` = at each commit, `normal` = at checkpoints only. After a
power cut, `normal` may have lost the last commits; after a crash of the process neither has."""

REFUSAL = 'illegal step'
"""What our triggers say: with PostgreSQL that is no IntegrityError."""


StoreUrl = str | sa.engine.URL
"""As somebody wrote it; or parsed, as that of a file is, in whose path a `%` or `?` is itself."""


class Role(enum.Enum):
    """What an engine is for."""

    SCHEMA = 'schema'
    """Looks at the tables and migrates them; changes nothing before that."""
    WRITER = 'writer'
    READER = 'reader'
    AUDITOR = 'auditor'
    """Reads all there is, and takes its time."""

    @property
    def only_reads(self) -> bool:
        """Whether it changes nothing."""
        return self in (Role.READER, Role.AUDITOR)

    @property
    def is_patient(self) -> bool:
        """Whether its statements may take as long as the store is large."""
        return self in (Role.SCHEMA, Role.AUDITOR)


def shown(url: StoreUrl) -> str:
    """Return the URL without its password; that of an SQLite file with its path as it is."""
    if isinstance(url, sa.engine.URL):
        options = '&'.join(f'{name}={value}' for name, value in url.query.items())
        url = f'{url.drivername}:///{url.database}{options and "?"}{options}'
    url = re.sub(r'(://[^:/@]*:).*@', r'\1***@', url)
    return re.sub(r'([?&]password=)[^&]*', r'\1***', url)


@contextlib.contextmanager
def errors_translated(url: StoreUrl) -> Iterator[None]:
    """Raise what a database raises as StoreUnavailable or one of its kinds.

    What it was given and cannot take is no fault of the store, but a defect of who gave it.
    """
    try:
        yield
    except sa.exc.StatementError as error:
        if _is_of_driver(error):
            raise _of_driver(url, error) from error
        raise InternalError(detail=f'the store was given {_first_line(error.orig)}') from error
    except (sa.exc.ArgumentError, sa.exc.NoSuchModuleError, ImportError) as error:
        raise StoreUrlInvalid(url=shown(url), reason=_first_line(error)) from error
    # What rows raise that nobody of us wrote.
    except (KeyError, OverflowError, TypeError, ValueError) as error:
        raise StoreDamaged(url=shown(url), reason=_first_line(error)) from error
    except (sa.exc.SQLAlchemyError, OSError) as error:
        raise _of_driver(url, error) from error


def _is_of_driver(error: sa.exc.StatementError) -> bool:
    """Whether the database failed; it did not where it refused a row or a value, or got none."""
    kinds = sa.exc.IntegrityError, sa.exc.DataError
    is_refusal = isinstance(error, kinds) or REFUSAL in str(error.orig)
    return isinstance(error, sa.exc.DBAPIError) and not is_refusal


def _of_driver(url: StoreUrl, error: Exception) -> StoreUnavailable:
    """Return the error for what a driver, or the system, says."""
    cause = getattr(error, 'orig', None) or error
    reason = _first_line(cause)
    kind = kind_of(cause, reason)
    return kind(url=shown(url), reason=advised(kind, reason))


def parse(url: StoreUrl) -> sa.engine.URL:
    """Return the parsed URL.

    Raises:
        StoreUrlInvalid: It is none.
    """
    try:
        if '\0' in str(url):
            raise ValueError('embedded null byte')
        parsed = sa.engine.make_url(url)
        if isinstance(url, str) and parsed.get_backend_name() == 'sqlite':
            _refuse_lost_text(url)
        return parsed
    except (sa.exc.ArgumentError, ValueError) as error:
        raise StoreUrlInvalid(url=shown(url), reason=_first_line(error)) from error


def _refuse_lost_text(url: str) -> None:
    """Refuse a path with `?` of a file: SQLAlchemy drops what is behind it."""
    options = url.partition('?')[2].split('&')
    if any(each and '=' not in each for each in options):
        raise ValueError('behind ? it has no NAME=VALUE; a path with ? goes by ROS_HOME only')


def is_on_server(url: StoreUrl) -> bool:
    """Whether a server has the database, which several robots may share."""
    return isinstance(url, str) and not url.startswith('sqlite')


def is_in_memory(url: sa.engine.URL) -> bool:
    """Whether the database is there only as long as its one connection."""
    return url.get_backend_name() == 'sqlite' and url.database in (None, '', ':memory:')


def file_of(url: sa.engine.URL) -> str:
    """Return the path of an SQLite file; empty for a database in memory or elsewhere."""
    is_file = url.get_backend_name() == 'sqlite' and not is_in_memory(url)
    if not is_file:
        return ''
    path = str(url.database)
    return unquote(path.removeprefix(FILE_URI)) if path.startswith(FILE_URI) else path


def make_engine(url: sa.engine.URL, role: Role, synchronous: str) -> sa.engine.Engine:
    """Return an engine that holds one connection, whatever thread uses it."""
    backend, arguments = url.get_backend_name(), connect_arguments(url, role)
    # Elsewhere a transaction sees one state of the database by itself.
    is_loose = role.only_reads and backend == 'postgresql'
    isolation = {'isolation_level': 'REPEATABLE READ'} if is_loose else {}
    try:
        engine = sa.create_engine(
            url,
            future=True,
            json_deserializer=_json_value,
            poolclass=sa.pool.QueuePool,
            pool_size=1,
            max_overflow=0,
            pool_timeout=BUSY_TIMEOUT_S,
            pool_pre_ping=backend != 'sqlite',
            connect_args=arguments,
            **isolation,
        )
    except (TypeError, ValueError) as error:  # of an option in the URL
        raise sa.exc.ArgumentError(str(error)) from error
    if backend == 'sqlite':
        _prepare_sqlite(engine, role, synchronous)
    if 'connection_factory' in arguments:
        _answer_limit().limit_answers(engine, arguments['options'])
    return engine


_decode_json = json.JSONDecoder().raw_decode


def _json_value(text: str | bytes) -> Any:
    """Return what `json.loads` does, in half the time: a page of a list has hundreds."""
    if isinstance(text, bytes):  # of psycopg 3
        text = text.decode()
    value, end = _decode_json(text)
    if end != len(text):
        raise ValueError(f'more than one JSON value: {text[:80]}')
    return value


LOCK_TIMEOUT_S = BUSY_TIMEOUT_S - 1.0
"""How long a lock in PostgreSQL is waited for [s]: less than a statement, so that it is told."""

LONG_S = 600.0
"""How long a statement may take that looks at all there is, as in a migration [s]."""

CONNECT_ARGUMENTS: dict[str, dict[str, Any]] = {
    'sqlite': {'check_same_thread': False, 'timeout': BUSY_TIMEOUT_S},
    'postgresql': {
        'connect_timeout': int(BUSY_TIMEOUT_S),
        'keepalives': 1,
        'keepalives_idle': 5,
        'keepalives_interval': 2,
        'keepalives_count': 3,
        'tcp_user_timeout': 10_000,
        # The server is to notice, too: what a robot without power has locked is free 11 s later.
        'options': '-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=2'
        ' -c tcp_keepalives_count=3 -c tcp_user_timeout=10000'
        f' -c lock_timeout={LOCK_TIMEOUT_S * 1000:.0f}',
    },
}
"""So that no database is waited for longer than `BUSY_TIMEOUT_S`, and no dead connection for
longer than twice that."""


def connect_arguments(url: sa.engine.URL, role: Role) -> dict[str, Any]:
    """Return what a connection is made with; what the URL says counts more."""
    arguments = CONNECT_ARGUMENTS.get(url.get_backend_name(), {})
    if url.get_backend_name() != 'postgresql':
        return arguments
    statement_s, idle_s = (LONG_S, LONG_S) if role.is_patient else (BUSY_TIMEOUT_S, LOCK_TIMEOUT_S)
    options = (
        f'{arguments["options"]} -c statement_timeout={statement_s * 1000:.0f}'
        f' -c idle_in_transaction_session_timeout={idle_s * 1000:.0f}'
    )
    own = {name: value for name, value in arguments.items() if name not in url.query}
    own['options'] = f'{options} {url.query.get("options", "")}'.strip()
    if _has_limits(url.get_dialect()()):
        own['connection_factory'] = _answer_limit().LimitedConnection
    return own


def allow_long(connection: sa.engine.Connection) -> None:
    """Let the statements of this transaction take as long as the store is large."""
    if connection.dialect.name == 'postgresql':
        connection.exec_driver_sql(f'SET LOCAL statement_timeout = {LONG_S * 1000:.0f}')
    if _has_limits(connection.dialect):
        _answer_limit().allow(connection, LONG_S)


def _has_limits(dialect: sa.engine.Dialect) -> bool:
    """Whether it speaks with a server by the driver whose waiting we limit."""
    return dialect.name == 'postgresql' and dialect.driver == 'psycopg2'


def _answer_limit() -> Any:
    """Return the module, which needs the driver."""
    from orchestrator_ren.store import answer_limit

    return answer_limit


def _prepare_sqlite(engine: sa.engine.Engine, role: Role, synchronous: str) -> None:
    # The driver would begin transactions too late for its own statements, and not for ours.
    begin = 'BEGIN' if role.only_reads else 'BEGIN IMMEDIATE'

    @sa.event.listens_for(engine, 'connect')
    def _on_connect(connection: Any, _record: Any) -> None:
        connection.isolation_level = None
        try:
            connection.execute(f'PRAGMA synchronous = {synchronous}')
            connection.execute(f'PRAGMA cache_size = -{CACHE_KIB}')
            if role is Role.WRITER:
                connection.execute('PRAGMA journal_mode = WAL')
                connection.execute('PRAGMA foreign_keys = ON')
        except BaseException:  # SQLAlchemy 1.4 would leave it open
            connection.close()
            raise

    @sa.event.listens_for(engine, 'begin')
    def _on_begin(connection: sa.engine.Connection) -> None:
        with cursor_of(connection, begin) as cursor:
            cursor.execute(begin)


def _first_line(error: BaseException | None) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0]
