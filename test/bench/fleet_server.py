"""The PostgreSQL server of a bench: as it is installed, on a disk; and what it counts."""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import sqlalchemy as sa

sys.path.insert(0, str(Path(__file__).parents[1]))
from postgres.server import AS_INSTALLED, Server, started_server

TICKS_A_S = os.sysconf('SC_CLK_TCK')

_COMMITS = 'SELECT xact_commit FROM pg_stat_database WHERE datname = :name'
_BACKENDS = 'SELECT pid FROM pg_stat_activity WHERE datname = :name'
_STATUSES = 'SELECT status, count(*) FROM tickets GROUP BY status ORDER BY status'
_LOG = "SELECT pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')"


@contextlib.contextmanager
def durable_server(folder: Path) -> Iterator[Server]:
    """Start one that waits for the disk of a folder, which everybody may enter."""
    with tempfile.TemporaryDirectory(prefix='bench-fleet-', dir=folder) as name:
        Path(name).chmod(0o755)
        with started_server(Path(name), kind=AS_INSTALLED) as server:
            yield server


class Counters:
    """What a server counts; read by a connection to another database than the one looked at.

    Args:
        server: Which.
        database: The one looked at.
    """

    def __init__(self, server: Server, database: str) -> None:
        self._server = server
        self._database = database
        self._engine = sa.create_engine(server.url('postgres'), isolation_level='AUTOCOMMIT')

    def close(self) -> None:
        self._engine.dispose()

    def version(self) -> str:
        return str(self._rows('SHOW server_version')[0][0]).split()[0]

    def commits(self) -> int:
        """Return how many transactions were committed, those that only read among them."""
        return int(self._rows(_COMMITS, name=self._database)[0][0])

    def log_bytes(self) -> float:
        """Return how much has been written ahead."""
        return float(self._rows(_LOG)[0][0])

    def backends(self) -> list[int]:
        """Return the processes that serve a connection to the database."""
        return [row[0] for row in self._rows(_BACKENDS, name=self._database)]

    def private_mb(self) -> float:
        """Return the memory that those have for themselves alone, in all [MB]."""
        return sum(map(_private_mb, self.backends()))

    def tickets(self) -> dict[str, int]:
        """Return how many tickets there are in each status."""
        engine = sa.create_engine(self._server.url(self._database), poolclass=sa.pool.NullPool)
        with engine.connect() as connection:
            return {row[0]: row[1] for row in connection.execute(sa.text(_STATUSES))}

    def cpu_s(self) -> float:
        """Return the CPU time of all of the server's processes, past ones too [s]."""
        main, *others = self._server.processes()
        return (sum(map(_own_ticks, [main, *others])) + _ticks(main)[2]) / TICKS_A_S

    def _rows(self, statement: str, **values: Any) -> list[Any]:
        with self._engine.connect() as connection:
            return list(connection.execute(sa.text(statement), values).all())


def _own_ticks(process: int) -> int:
    own, of_system, _ = _ticks(process)
    return own + of_system


def _ticks(process: int) -> tuple[int, int, int]:
    """Return a process's own time, the system's for it, and that of children that have ended."""
    try:
        words = Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0, 0
    return int(words[11]), int(words[12]), int(words[13]) + int(words[14])


def _private_mb(process: int) -> float:
    lines = Path(f'/proc/{process}/smaps_rollup').read_text().splitlines()
    sizes_kb = [int(each.split()[1]) for each in lines if each.startswith('Private_')]
    return sum(sizes_kb) / 1000.0
