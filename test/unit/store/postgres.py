"""A PostgreSQL server that is thrown away after the tests."""

import contextlib
import importlib.util
import itertools
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import sqlalchemy as sa

PATHS = [os.environ.get('PATH', os.defpath), *map(str, Path('/usr/lib/postgresql').glob('*/bin'))]
OPTIONS = '-c listen_addresses= -c fsync=off -c max_connections=20 -c shared_buffers=16MB'
MEMORY, ENOUGH_BYTES = '/dev/shm', 300_000_000
"""Where a server works ten times as fast as on a disk, and what it takes there."""


def what_is_missing() -> str:
    """Return what has to be installed before a server can be started; empty when nothing."""
    if importlib.util.find_spec('psycopg2') is None:
        return 'psycopg2'
    for program in ('initdb', 'pg_ctl'):
        if _found(program) is None:
            return program
    return ''


class Server:
    """A running server, reached by a socket in its folder."""

    def __init__(self, folder: Path, restart: Callable[[], None]) -> None:
        self._folder = folder
        self.restart = restart
        self._numbers = itertools.count()
        self._left: list[str] = []

    def url(self, name: str) -> str:
        return f'postgresql+psycopg2://postgres@/{name}?host={self._folder}'

    @contextlib.contextmanager
    def database(self, template: str = 'template0') -> Iterator[str]:
        """Make a database like another one, and give its URL; the next call removes it."""
        while self._left:
            self.run(f'DROP DATABASE {self._left.pop()}')
        name = f'test_{next(self._numbers)}'
        self.run(f'CREATE DATABASE {name} TEMPLATE {template}')
        yield self.url(name)
        self._left.append(name)  # whoever uses it may let go of it a little later

    def run(self, statement: str) -> None:
        engine = sa.create_engine(
            self.url('postgres'), poolclass=sa.pool.NullPool, isolation_level='AUTOCOMMIT'
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """Start one in a new folder; at the end stop it and remove the folder."""
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    with tempfile.TemporaryDirectory(prefix='pg-', dir=MEMORY if in_memory else None) as name:
        user = 'nobody' if os.getuid() == 0 else None  # it refuses to run as root
        if user is not None:
            shutil.chown(name, user)
        _run(
            user,
            'initdb',
            '-D',
            f'{name}/data',
            '-U',
            'postgres',
            '-A',
            'trust',
            '-E',
            'UTF8',
            '-N',
        )
        control = 'pg_ctl', '-D', f'{name}/data', '-l', f'{name}/log', '-w'
        _run(user, *control, '-o', f'-k {name} {OPTIONS}', 'start')
        try:
            again = '-m', 'fast', '-o', f'-k {name} {OPTIONS}', 'restart'
            yield Server(Path(name), lambda: _run(user, *control, *again))
        finally:
            _run(user, *control, '-m', 'immediate', 'stop')


def _found(program: str) -> str | None:
    return shutil.which(program, path=os.pathsep.join(PATHS))


def _run(user: str | None, program: str, *arguments: str) -> None:
    command = [str(_found(program)), *arguments]
    # Not through pipes: the server would keep them open.
    subprocess.run(
        command, user=user, check=True, cwd='/', stdout=subprocess.DEVNULL, timeout=60,
        env={'PATH': os.pathsep.join(PATHS), 'LC_ALL': 'C'},
    )  # fmt: skip
