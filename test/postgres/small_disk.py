"""A file system that is soon full."""

import contextlib
import itertools
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

CHUNK = b'\0' * 4096


class SmallDisk:
    """A small file system in memory.

    Attributes:
        folder: Where it is.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._ballast = folder / 'ballast'

    def fill(self) -> None:
        """Leave no space."""
        with (
            self._ballast.open('ab', buffering=0) as file,
            pytest.raises(OSError, match='No space left'),
        ):
            file.writelines(itertools.repeat(CHUNK))

    def free(self) -> None:
        """Give the space back; nothing if it was not filled."""
        self._ballast.unlink(missing_ok=True)


@contextlib.contextmanager
def small_disk(size_mib: int) -> Iterator[SmallDisk]:
    """Make one; the test is skipped where we may not."""
    with tempfile.TemporaryDirectory(prefix='small-disk-') as name:
        command = ['mount', '-t', 'tmpfs', '-o', f'size={size_mib}m', 'tmpfs', name]
        try:
            subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
        except (FileNotFoundError, subprocess.CalledProcessError):
            pytest.skip('to make a small file system takes root, and a machine that lets it mount')
        try:
            yield SmallDisk(Path(name))
        finally:
            subprocess.run(['umount', name], check=True)
