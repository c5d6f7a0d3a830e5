"""Hears from a PostgreSQL server that there is work; whoever hears nothing looks now and then."""

from __future__ import annotations

import contextlib
import select
import socket
import threading
from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store.engine import Role, StoreUrl, connect_arguments, parse
from orchestrator_ren.store.fleet_store import CHANNEL

PING_S = 5.0
"""How often a connection is asked whether it is there [s]: one that listens may die silently."""

AGAIN_S = 2.0
"""So long after a failure it is tried again [s]."""


class WakeUps:
    """A thread with a connection of its own.

    Args:
        url: Of the database.
        robots: Names of the robots whose work is heard of; empty = for any.
        wake: Called in the thread, also once it has begun to listen: what came before was missed.
    """

    def __init__(self, url: StoreUrl, robots: frozenset[str], wake: Callable[[], object]) -> None:
        self._url = url
        self._robots = robots
        self._wake = wake
        self._is_over = threading.Event()
        self._end: socket.socket | None = None

    def start(self) -> None:
        """Begin to listen."""
        self._end, told_end = socket.socketpair()
        run = threading.Thread(
            target=self._run, args=(told_end,), name='store wake-ups', daemon=True
        )
        run.start()

    def close(self) -> None:
        """Listen no longer; nobody waits for that."""
        self._is_over.set()
        if self._end is not None:
            self._end.close()

    def _run(self, told_end: socket.socket) -> None:
        with told_end:
            while not self._is_over.is_set():
                # It is told by who writes and reads that the server is not there.
                with contextlib.suppress(Exception):
                    self._listen(told_end)
                self._is_over.wait(AGAIN_S)

    def _listen(self, told_end: socket.socket) -> None:
        url = parse(self._url)
        arguments = connect_arguments(url, Role.READER)
        engine = sa.create_engine(
            url, poolclass=sa.pool.NullPool, connect_args=arguments, isolation_level='AUTOCOMMIT'
        )
        pooled: Any = engine.raw_connection()
        driver = getattr(pooled, 'driver_connection', None) or pooled.connection
        pooled.detach()  # nobody is to tidy it up who does not know that it is gone
        with contextlib.closing(driver), contextlib.closing(driver.cursor()) as cursor:
            driver.autocommit = True
            cursor.execute(f'LISTEN {CHANNEL}')
            self._wake()
            while not self._is_over.is_set():
                self._hear(driver, cursor, told_end)

    def _hear(self, driver: Any, cursor: Any, told_end: socket.socket) -> None:
        """Wait for a while, then act on what was told."""
        if not select.select([driver.fileno(), told_end], [], [], PING_S)[0]:
            cursor.execute('SELECT 1')
        driver.poll()
        told = {each.payload for each in driver.notifies}
        driver.notifies.clear()
        if told & self._robots:
            self._wake()
