"""Raw sqlite3, which does what the store has sent in the call just before."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from orchestrator_ren.store.engine import CACHE_KIB, CONNECT_ARGUMENTS

Sent = tuple[str, Any, bool]
"""A statement, its values, and whether those are of several rows."""


class Recorder:
    """The statements that the driver is sent while it listens."""

    def __init__(self) -> None:
        self.statements: list[Sent] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Have all connections that are made inside recorded."""
        statements = self.statements

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, values: Any = ()) -> Any:
                statements.append((sql, values, False))
                return super().execute(sql, values)

            def executemany(self, sql: str, values: Any) -> Any:
                statements.append((sql, values, True))
                return super().executemany(sql, values)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

        arguments = CONNECT_ARGUMENTS['sqlite']
        CONNECT_ARGUMENTS['sqlite'] = {**arguments, 'factory': Connection}
        yield
        CONNECT_ARGUMENTS['sqlite'] = arguments


def raw_connection(path: Path) -> sqlite3.Connection:
    """Return a connection as the store has it for writing."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        'journal_mode = WAL',
        'synchronous = FULL',
        f'cache_size = -{CACHE_KIB}',
        'foreign_keys = ON',
    ):
        connection.execute(f'PRAGMA {pragma}').fetchall()
    return connection


def replayed_s(connection: sqlite3.Connection, statements: list[Sent]) -> float:
    """Return how long raw sqlite3 takes for a recorded transaction [s]."""
    if statements[0][0] == 'BEGIN IMMEDIATE':
        statements = [each for each in statements if not each[0].startswith('SELECT')]
    began_s = time.perf_counter()
    for sql, values, many in statements:
        if many:
            connection.executemany(sql, values)
        else:
            connection.execute(sql, values).fetchall()
    connection.execute('COMMIT')
    return time.perf_counter() - began_s
