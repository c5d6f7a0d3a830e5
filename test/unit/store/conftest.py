"""Ticket stores, watched: no test may leave a transaction open."""

import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.store.ticket_store import TicketStore

from ...postgres.server import Server, started_server
from .samples import Execute, OpenStore


def is_open(connection: Any) -> bool:
    if not isinstance(connection, sqlite3.Connection):
        return not connection.closed
    try:
        connection.total_changes  # noqa: B018 (it raises)
    except sqlite3.ProgrammingError:
        return False
    return True


def is_in_transaction(connection: Any) -> bool:
    if not is_open(connection):
        return False
    if isinstance(connection, sqlite3.Connection):
        return connection.in_transaction
    return bool(connection.info.transaction_status)


@pytest.fixture
def connections() -> Iterator[Callable[[], list[Any]]]:
    """Return what returns the connections to databases that are open, oldest first."""
    made: list[Any] = []

    def remember(connection: Any, _record: Any) -> None:
        made.append(connection)

    sa.event.listen(sa.pool.Pool, 'connect', remember)
    yield lambda: [each for each in made if is_open(each)]
    sa.event.remove(sa.pool.Pool, 'connect', remember)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'tickets.db'


@pytest.fixture(scope='session')
def template_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An SQLite file with our tables, opened once."""
    path = tmp_path_factory.mktemp('template') / 'tickets.db'
    open_once(f'sqlite:///{path}')
    return path


@pytest.fixture(scope='session')
def server() -> Iterator[Server]:
    with started_server() as started:
        yield started


@pytest.fixture(scope='session')
def template_database(server: Server) -> str:
    """The name of a PostgreSQL database with our tables, opened once."""
    server.run('CREATE DATABASE template')
    open_once(server.url('template'))
    return 'template'


def open_once(url: str) -> None:
    store = TicketStore(url)
    store.open()
    store.close()


@pytest.fixture
def database(request: pytest.FixtureRequest) -> str:
    """The kind of the test's database; see `samples.on_every_database`."""
    return str(getattr(request, 'param', 'sqlite'))


@pytest.fixture
def url(database: str, path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of the test's own, with our tables in it."""
    if database == 'sqlite':
        shutil.copy(request.getfixturevalue('template_file'), path)
        yield f'sqlite:///{path}'
        return
    template = request.getfixturevalue('template_database')
    with request.getfixturevalue('server').database(template) as made:
        yield made


@pytest.fixture
def empty_url(database: str, path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """The URL of a database of the test's own, with nothing in it."""
    if database == 'sqlite':
        yield f'sqlite:///{path.with_name("new.db")}'
        return
    with request.getfixturevalue('server').database() as made:
        yield made


@pytest.fixture
def open_store(connections: Callable[[], list[Any]]) -> Iterator[OpenStore]:
    """Return what opens the store of a URL.

    At the end none may have a transaction open, and once they are closed, no connection either.
    """
    opened: list[TicketStore] = []

    def opener(url: str, **arguments: Any) -> TicketStore:
        found = TicketStore(url, **arguments)
        opened.append(found)
        found.open()
        return found

    yield opener
    in_transaction = [each for each in connections() if is_in_transaction(each)]
    for each in opened:
        each.close()
    assert in_transaction == []
    assert connections() == []


@pytest.fixture
def store(url: str, open_store: OpenStore) -> TicketStore:
    return open_store(url, synchronous='normal')  # the tests need not wait for the disk


@pytest.fixture
def execute(request: pytest.FixtureRequest) -> Execute:
    """Return what executes SQL on the test's database, past the store, and commits."""
    name = 'empty_url' if 'empty_url' in request.fixturenames else 'url'
    engine = sa.create_engine(
        request.getfixturevalue(name), future=True, poolclass=sa.pool.NullPool
    )

    def executor(sql: str, **values: Any) -> list[Any]:
        with engine.begin() as connection:
            result = connection.execute(sa.text(sql), values)
            return [tuple(row) for row in result] if result.returns_rows else []

    return executor


@pytest.fixture
def empty_store(store: TicketStore, execute: Execute) -> Callable[[], TicketStore]:
    """Return what empties the store and returns it, once for each example of a property."""

    def emptier() -> TicketStore:
        store.close()
        for table in ('labels', 'events', 'tickets'):
            execute(f'DELETE FROM {table}')
        store.open()
        return store

    return emptier
