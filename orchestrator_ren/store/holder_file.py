"""Tells a restart on the same machine that the process which had the robot is dead."""

from __future__ import annotations

import contextlib
import fcntl
from pathlib import Path
from typing import IO


class HolderFile:
    """A file that is locked as long as a process has the robot, and says as whom.

    The system lets go of the lock when the process ends, however it does: so whoever gets it knows
    that the one whose name is in the file is dead, and need not wait for the end of its lease.
    Where the file cannot be used, nothing is known, and that end is waited for.

    Args:
        path: Of the file; None = there is none.
    """

    def __init__(self, path: Path | None) -> None:
        self._path = path
        self._file: IO[str] | None = None

    def dead_holder(self) -> str:
        """Return who had the robot and is dead for certain; empty = nobody is known to be."""
        with contextlib.suppress(OSError):
            file = self._locked()
            if file is not None:
                file.seek(0)
                return file.read(64).strip()
        return ''

    def keep(self, holder: str) -> None:
        """Say that this process has the robot from now on."""
        with contextlib.suppress(OSError):
            file = self._locked()
            if file is not None:
                file.seek(0)
                file.truncate()
                file.write(holder)
                file.flush()

    def close(self) -> None:
        """Let go; may be called twice."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _locked(self) -> IO[str] | None:
        """Return the file if this process has, or gets, its lock."""
        if self._file is not None or self._path is None:
            return self._file
        self._path.parent.mkdir(parents=True, exist_ok=True)
        file = self._path.open('a+', encoding='ascii')
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            file.close()
            return None
        self._file = file
        return file
