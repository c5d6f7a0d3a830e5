"""What stands beside the store of a fleet: the bare driver, with as many commits."""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from functools import partial
from typing import Any

from store_series import timed_s

COLUMNS = (
    'id TEXT PRIMARY KEY, status TEXT, robot TEXT, priority INTEGER, created_at FLOAT, body TEXT'
)
INDEX = 'CREATE INDEX IF NOT EXISTS bare_turn ON bare (status, robot, priority, created_at)'
BODY = json.dumps({'speed': 1.0, 'direction': 90.0, 'duration_seconds': 10.0})
INSERT = "INSERT INTO bare VALUES ({0}, 'QUEUED', '', 0, {0}, {0})"
NEXT = (
    "SELECT id FROM bare WHERE status = 'QUEUED' AND robot = ''"
    ' ORDER BY priority, created_at LIMIT 1'
)
STEP = 'UPDATE bare SET status = {0}, robot = {0} WHERE id = {0}'


class BareRobot:
    """A connection of psycopg2, or of sqlite3; does what `StoreRobot` does, without its rules."""

    def __init__(self, name: str) -> None:
        self._name = name

    def open(self, url: str) -> None:
        self._is_file = url.startswith('sqlite')
        self._mark = '?' if self._is_file else '%s'
        self._connection = self._connected(url)
        with contextlib.closing(self._connection.cursor()) as cursor:
            if not self._is_file:  # who makes it at the same time fails
                cursor.execute('SELECT pg_advisory_xact_lock(1)')
            cursor.execute(f'CREATE TABLE IF NOT EXISTS bare ({COLUMNS})')
            cursor.execute(INDEX)
        self._connection.commit()

    def _connected(self, url: str) -> Any:
        if self._is_file:
            connection = sqlite3.connect(url.removeprefix('sqlite:///'))
            connection.execute('PRAGMA journal_mode = WAL').fetchall()
            connection.execute('PRAGMA synchronous = FULL')
            return connection
        import psycopg2

        return psycopg2.connect(url.replace('+psycopg2', ''))

    def close(self) -> None:
        self._connection.close()

    def tickets(self, first: int, count: int) -> None:
        self._new = [(f'{first + number}', float(first + number), BODY) for number in range(count)]

    def create(self, together: int) -> list[float]:
        took_s = []
        for at in range(0, len(self._new), together):
            batch = self._new[at : at + together]
            took_s += [timed_s(partial(self._create, batch))] * len(batch)
        return took_s

    def _create(self, batch: list[Any]) -> None:
        with contextlib.closing(self._connection.cursor()) as cursor:
            for row in batch:
                cursor.execute(INSERT.format(self._mark), row)
        self._connection.commit()

    def claim(self) -> list[float]:
        took_s = []
        while True:
            began_s = time.perf_counter()
            ticket_id = self._taken()
            if ticket_id is None:
                return took_s
            took_s.append(time.perf_counter() - began_s)
            for status in ('EXECUTING', 'COMPLETED'):
                with contextlib.closing(self._connection.cursor()) as cursor:
                    cursor.execute(STEP.format(self._mark), (status, self._name, ticket_id))
                self._connection.commit()

    def _taken(self) -> Any:
        with contextlib.closing(self._connection.cursor()) as cursor:
            cursor.execute(NEXT if self._is_file else f'{NEXT} FOR UPDATE SKIP LOCKED')
            found = cursor.fetchone()
            if found is not None:
                step = STEP.format(self._mark)
                cursor.execute(step, ('QUEUED', self._name, found[0]))
        self._connection.commit()
        return found and found[0]
