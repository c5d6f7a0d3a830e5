"""A ticket store in a file, watched: no test may leave a transaction open."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.store.ticket_store import TicketStore


def is_in_transaction(connection: sqlite3.Connection) -> bool:
    try:
        return connection.in_transaction
    except sqlite3.ProgrammingError:  # it is closed, and so is its transaction
        return False


@pytest.fixture
def connections() -> Iterator[list[sqlite3.Connection]]:
    """Return every connection that is made, latest last."""
    made: list[sqlite3.Connection] = []

    def remember(connection: sqlite3.Connection, _record: Any) -> None:
        made.append(connection)

    sa.event.listen(sa.pool.Pool, 'connect', remember)
    yield made
    sa.event.remove(sa.pool.Pool, 'connect', remember)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / 'tickets.db'


@pytest.fixture
def open_store(
    path: Path, connections: list[sqlite3.Connection]
) -> Iterator[Callable[..., TicketStore]]:
    """Return what opens a store, the one at `path` by default.

    At the end none may have a transaction open; then all are closed.
    """
    opened: list[TicketStore] = []

    def opener(url: str | None = None) -> TicketStore:
        found = TicketStore(f'sqlite:///{path}' if url is None else url)
        opened.append(found)
        found.open()
        return found

    yield opener
    left_open = [each for each in connections if is_in_transaction(each)]
    for each in opened:
        each.close()
    assert left_open == []


@pytest.fixture
def store(open_store: Callable[..., TicketStore]) -> TicketStore:
    return open_store()


@pytest.fixture
def execute(path: Path) -> Callable[..., list[Any]]:
    """Return what executes raw SQL on the file, past the store, and commits."""

    def executor(sql: str, *values: Any) -> list[Any]:
        with closing(sqlite3.connect(path, timeout=1.0)) as connection, connection:
            return connection.execute(sql, values).fetchall()

    return executor
