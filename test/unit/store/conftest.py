"""A ticket store in a file, watched: no test may leave a transaction open."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.store.ticket_store import TicketStore


@pytest.fixture(autouse=True)
def connections() -> Iterator[list[sqlite3.Connection]]:
    """Record every connection that is made, and check that none is left in a transaction."""
    made: list[sqlite3.Connection] = []

    def remember(connection: sqlite3.Connection, _record: Any) -> None:
        made.append(connection)

    sa.event.listen(sa.pool.Pool, 'connect', remember)
    yield made
    sa.event.remove(sa.pool.Pool, 'connect', remember)
    for connection in made:
        try:
            is_open = connection.in_transaction
        except sqlite3.ProgrammingError:  # closed, and so is its transaction
            is_open = False
        connection.close()
        assert not is_open


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'tickets.db'


@pytest.fixture
def open_store(path: Path) -> Iterator[Callable[..., TicketStore]]:
    """Return what opens a store, the one at `path` by default; all are closed at the end."""
    opened: list[TicketStore] = []

    def opener(url: str = '') -> TicketStore:
        found = TicketStore(url or f'sqlite:///{path}')
        opened.append(found)
        found.open()
        return found

    yield opener
    for each in opened:
        each.close()


@pytest.fixture
def store(
    open_store: Callable[..., TicketStore], connections: list[sqlite3.Connection]
) -> Iterator[TicketStore]:
    found = open_store()
    yield found
    assert not any(connection.in_transaction for connection in connections[-1:])


@pytest.fixture
def execute(path: Path) -> Callable[..., list[Any]]:
    """Return what executes raw SQL on the file, past the store, and commits."""

    def executor(sql: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(path, timeout=1.0)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    return executor
