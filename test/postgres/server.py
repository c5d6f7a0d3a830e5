"""A PostgreSQL server that is thrown away after the tests, and what can happen to one."""

import contextlib
import itertools
import os
import random
import shutil
import signal
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa

from .programs import Programs, found_programs

IN_ITS_FOLDER = {'dynamic_shared_memory_type': 'mmap'}
"""Nothing is left of one that is killed."""


@dataclass(frozen=True)
class Kind:
    """What sort of server it is.

    Attributes:
        of_initdb: Options that its data are made with.
        settings: Of its configuration, where they are not the default.
    """

    of_initdb: tuple[str, ...]
    settings: Mapping[str, str]


QUICK = Kind(
    ('--wal-segsize=1', '-N'),
    {
        'fsync': 'off',
        'max_connections': '100',
        'shared_buffers': '16MB',
        'min_wal_size': '2MB',
        **IN_ITS_FOLDER,
    },
)
"""For tests: small, and it waits for no disk."""

AS_INSTALLED = Kind((), IN_ITS_FOLDER)
"""As a new one is: what it has committed outlives a loss of power."""

ADMINISTRATOR = 'postgres'
"""Comes in by the socket, without a password; all who come by TCP need theirs."""

MEMORY, ENOUGH_BYTES = '/dev/shm', 300_000_000
"""Where a server works ten times as fast as on a disk, and what it takes there."""

PORTS = range(20_000, 32_000)
"""Below those that Linux hands out to anyone: the server's own is free when it starts again."""

GONE_TIMEOUT_S = 10.0


class Server:
    """A server with data of its own.

    Args:
        programs: To run it with.
        folder: Where its socket and its log are.
        data: Where its data are.
        kind: What sort it is.

    Attributes:
        folder: Where its socket is.
        port: Its port, on 127.0.0.1.
    """

    def __init__(self, programs: Programs, folder: Path, data: Path, kind: Kind = QUICK) -> None:
        self.folder = folder
        self.port = free_port()
        self._programs = programs
        self._data = data
        self._kind = kind
        self._numbers = itertools.count()
        self._left: list[str] = []

    # Its life.

    def make(self, *more: str) -> None:
        """Make its data, with more of initdb's options."""
        self._programs.run(
            'initdb', '-D', str(self._data), '-U', ADMINISTRATOR, '--auth-local=trust',
            '--auth-host=scram-sha-256', '-E', 'UTF8', *self._kind.of_initdb, *more,
        )  # fmt: skip

    def start(self) -> None:
        """Start it, and wait until it answers."""
        settings = ' '.join(f'-c {name}={value}' for name, value in self._kind.settings.items())
        where = f'-k {self.folder} -c listen_addresses=127.0.0.1 -p {self.port}'
        self._control('start', '-l', str(self.folder / 'log'), '-o', f'{where} {settings}')

    def stop(self, mode: str = 'fast') -> None:
        """End it as an administrator does: connections are ended, what was committed is kept."""
        self._control('stop', '-m', mode)

    def restart(self) -> None:
        """End it and start it again."""
        self.stop()
        self.start()

    def kill(self) -> None:
        """End all of its processes at once, as a loss of power does."""
        processes = self._stopped_processes()
        for each in processes:
            os.kill(each, signal.SIGKILL)
        until_mono_s = time.monotonic() + GONE_TIMEOUT_S
        while any(state_of(each) for each in processes):
            assert time.monotonic() < until_mono_s, 'it does not end'
            time.sleep(0.01)

    def freeze(self) -> None:
        """Let no process of it run: the machine still takes what is sent, and nobody answers."""
        self._stopped_processes()

    def thaw(self) -> None:
        """Let it go on; nothing if it is not frozen."""
        for each in reversed(self.processes()):
            with contextlib.suppress(ProcessLookupError):
                os.kill(each, signal.SIGCONT)

    def processes(self) -> list[int]:
        """Return the ids of its processes, the main one first; none if it does not run."""
        try:
            main = int((self._data / 'postmaster.pid').read_text().split()[0])
        except FileNotFoundError:
            return []
        if state_of(main) in ('', 'Z'):
            return []
        return [main, *_children_of(main)]

    def _stopped_processes(self) -> list[int]:
        _stop_process(self.processes()[0])  # it makes no others meanwhile
        processes = self.processes()
        for each in processes[1:]:
            _stop_process(each)
        return processes

    def _control(self, action: str, *arguments: str) -> None:
        self._programs.run('pg_ctl', '-D', str(self._data), '-s', '-w', action, *arguments)

    # What is in it.

    def url(self, database: str) -> str:
        """Return the administrator's URL of a database, by the socket."""
        return f'postgresql+psycopg2://{ADMINISTRATOR}@/{database}?host={self.folder}&port={self.port}'

    def tcp_url(self, database: str, user: str, password: str = '', port: int = 0) -> str:
        """Return somebody's URL of a database, by TCP; by another port if that is given."""
        name = f'{user}:{password}' if password else user
        return f'postgresql+psycopg2://{name}@127.0.0.1:{port or self.port}/{database}'

    def make_user(self, name: str, password: str) -> None:
        """Make somebody who may come in by TCP."""
        self.run(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")

    def set_password(self, name: str, password: str) -> None:
        """Change somebody's password; who is in already stays."""
        self.run(f"ALTER ROLE {name} PASSWORD '{password}'")

    @contextlib.contextmanager
    def database(self, template: str = 'template0') -> Iterator[str]:
        """Make a database like another one, and give its URL; the next call removes it."""
        while self._left:
            self.run(f'DROP DATABASE {self._left.pop()}')
        name = self.make_database(template)
        yield self.url(name)
        self._left.append(name)  # whoever uses it may let go of it a little later

    def make_database(self, template: str = 'template0', owner: str = ADMINISTRATOR) -> str:
        """Make a database like another one, to stay; return its name."""
        name = f'test_{next(self._numbers)}'
        self.run(f'CREATE DATABASE {name} TEMPLATE {template} OWNER {owner}')
        return name

    def run(self, statement: str, database: str = 'postgres') -> None:
        """Run a statement as the administrator."""
        engine = sa.create_engine(
            self.url(database), poolclass=sa.pool.NullPool, isolation_level='AUTOCOMMIT'
        )
        with engine.connect() as connection:
            connection.exec_driver_sql(statement)


@contextlib.contextmanager
def started_server(
    data: Path | None = None, log_apart: bool = False, kind: Kind = QUICK
) -> Iterator[Server]:
    """Start one in a new folder; at the end stop it, whatever happened, and remove the folder.

    Args:
        data: Where its data go instead: a folder of a file system of their own.
        log_apart: Whether its write-ahead log stays in the new folder then.
        kind: What sort it is.
    """
    in_memory = os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH_BYTES
    with (
        found_programs() as programs,
        tempfile.TemporaryDirectory(prefix='pg-', dir=MEMORY if in_memory else None) as name,
    ):
        folder = Path(name)
        folder.chmod(0o755)
        for each in (folder, data):
            if each is not None and programs.user is not None:
                shutil.chown(each, programs.user)
        server = Server(programs, folder, (data or folder) / 'data', kind)
        server.make(*([f'--waldir={folder / "wal"}'] if log_apart else []))
        try:
            server.start()
            yield server
        finally:
            server.thaw()
            if server.processes():
                server.stop('immediate')


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    while True:
        port = random.choice(PORTS)
        with contextlib.suppress(OSError), socket.socket() as tried:
            tried.bind(('127.0.0.1', port))
            return port


def state_of(process: int) -> str:
    """Return the letter of a process's state, as `T` = stopped, `Z` = ended; empty = gone."""
    return _stat_of(process)[0]


def _stop_process(process: int) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(process, signal.SIGSTOP)
    while state_of(process) not in ('T', 'Z', ''):
        time.sleep(0.001)


def _children_of(process: int) -> list[int]:
    every = [int(each.name) for each in Path('/proc').iterdir() if each.name.isdigit()]
    stats = {each: _stat_of(each) for each in every}
    mine = {each: state for each, (state, parent) in stats.items() if parent == str(process)}
    return [each for each, state in mine.items() if state != 'Z']


def _stat_of(process: int) -> tuple[str, str]:
    """Return a process's state and its parent; empty if there is none."""
    try:
        words = Path(f'/proc/{process}/stat').read_text().rpartition(')')[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return '', ''
    return words[0], words[1]
