"""The keys that count: those of the file as it is, or as it was when it was last in order."""

from __future__ import annotations

import os
from collections.abc import Callable

from orchestrator_ren.errors import KeyFileInvalid
from orchestrator_ren.key import Keys
from orchestrator_ren.key_file import KeyFile

LOOK_S = 0.5
"""How long is believed what was seen of the file [s]."""

Stamp = tuple[int, ...]


class KeyRing:
    """Reads a file of keys again when it has changed.

    Args:
        file: The file.
        clock: Monotonic [s].
        complain: Told once of each state of the file that cannot be used; the keys of before
            count on.
    """

    def __init__(
        self, file: KeyFile, clock: Callable[[], float], complain: Callable[[str], None]
    ) -> None:
        self._file = file
        self._clock = clock
        self._complain = complain
        self._keys = Keys()
        self._stamp: Stamp = ()
        self._looked_at_mono_s = float('-inf')

    def load(self) -> None:
        """Read it for the first time.

        Raises:
            KeyFileInvalid: It cannot be used: do not start.
        """
        self._stamp = self._seen()
        self._keys = self._file.read()
        self._looked_at_mono_s = self._clock()

    @property
    def keys(self) -> Keys:
        """Those that count; what became of the file is known after `LOOK_S`."""
        now_mono_s = self._clock()
        if now_mono_s - self._looked_at_mono_s >= LOOK_S:
            self._looked_at_mono_s = now_mono_s
            self._look()
        return self._keys

    def _look(self) -> None:
        stamp = self._seen()
        if stamp == self._stamp:
            return
        self._stamp = stamp  # taken before it is read: what changes meanwhile is seen next time
        try:
            self._keys = self._file.read()
        except KeyFileInvalid as error:
            self._complain(f'{error}; the keys of before count on')

    def _seen(self) -> Stamp:
        """Return what differs when it was changed, its mode too; empty for no file."""
        try:
            found = os.stat(self._file.path)
        except OSError:
            return ()
        return (found.st_ino, found.st_ctime_ns, found.st_mtime_ns, found.st_size)
