"""A small JSON document on disk that is kept what it should be, whatever happens to the file."""

from __future__ import annotations

import json
import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

HUNG_S = 3.0
"""A disk that has not answered for so long is told as trouble [s]."""

CLOSE_S = 1.0
"""How long the end waits for what is not written yet [s]."""


class Unreadable(Exception):
    """The file is there, but it is no document; the text says why. Do not take it for empty."""


class KeptFile:
    """Compares what the file holds with what it should hold, and writes until they are the same.

    It does so in a thread of its own: neither `keep` nor `look` waits for a disk. A file is
    replaced as a whole and synced with its folder, so that a power cut leaves the old document or
    the new one. All methods are for one thread; `close` may be called twice, and what is asked
    after it is done too.

    Args:
        path: Of the file; its folder is made.

    Attributes:
        is_tried: Whether it was found out if it can be written.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.is_tried = False
        self._changed = threading.Condition()
        self._thread: threading.Thread | None = None
        self._wanted: str | None = None
        self._held: str | None = None
        self._is_asked = False
        self._is_closing = False
        self._failure = ''
        self._busy_since_mono_s: float | None = None

    @property
    def trouble(self) -> str:
        """Why the file does not hold what it should; empty = it does, or soon will."""
        since_mono_s = self._busy_since_mono_s
        if since_mono_s is not None and time.monotonic() - since_mono_s > HUNG_S:
            return f'{self.path}: the disk does not answer'
        return self._failure

    def load(self) -> dict[str, Any] | None:
        """Return the document; None when there is no file.

        Raises:
            Unreadable: It cannot be read, or is no JSON object.
        """
        try:
            found = json.loads(self.path.read_text(encoding='utf-8'))
        except FileNotFoundError:
            return None
        except (OSError, ValueError, RecursionError) as error:
            raise Unreadable(f'{self.path} cannot be read: {error!r}') from error
        if not isinstance(found, dict):
            raise Unreadable(f'{self.path} is no JSON object')
        return found

    def keep(self, document: dict[str, Any]) -> None:
        """Make the file hold this from now on."""
        with self._changed:
            self._wanted = json.dumps(document, sort_keys=True)
        self._ask()

    def try_out(self) -> None:
        """Find out whether it could be written, without changing what it holds."""
        self._ask()

    def look(self) -> None:
        """Compare, and write again what is not there; to be called about once a second."""
        if self._wanted is not None or self._failure:
            self._ask()

    def close(self) -> None:
        """Write what is not written yet, for `CLOSE_S` at most, and end the thread."""
        if self._wanted != self._held:
            self._ask()
        with self._changed:
            self._changed.wait_for(lambda: not self._is_at_work(), CLOSE_S)
            self._is_closing = True
            self._changed.notify_all()

    def _is_at_work(self) -> bool:
        return self._is_asked or self._busy_since_mono_s is not None

    def _ask(self) -> None:
        with self._changed:
            self._is_asked, self._is_closing = True, False
            self._changed.notify_all()
            if self._thread is None:
                # A daemon: the end of the process must not wait for a disk that hangs.
                self._thread = threading.Thread(target=self._work, name='kept file', daemon=True)
                self._thread.start()

    def _work(self) -> None:
        while self._next():
            wanted = self._wanted
            failure = self._mend(wanted)
            with self._changed:
                self._failure, self._held = failure, None if failure else wanted
                self.is_tried = True
                self._busy_since_mono_s = None
                self._changed.notify_all()

    def _next(self) -> bool:
        """Wait until somebody asks; return False at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_asked or self._is_closing)
            if not self._is_asked:
                self._thread = None
                return False
            self._is_asked = False
            self._busy_since_mono_s = time.monotonic()
            return True

    def _mend(self, wanted: str | None) -> str:
        """Make the file hold that, or only find out whether it could; return why it does not."""
        try:
            if wanted is None:
                self._try_out()
            elif self._content() != wanted.encode():
                self._write_beside('.next', wanted).replace(self.path)
                _sync_folder(self.path.parent)
        except Exception as error:  # whatever it is: it is told, and tried again
            return f'{self.path} cannot be written: {error}'
        return ''

    def _try_out(self) -> None:
        if self.path.is_dir():
            raise IsADirectoryError('there is a folder of that name')
        self._write_beside('.trial', '').unlink()

    def _content(self) -> bytes | None:
        with suppress(OSError):  # what cannot be read is written anew
            return self.path.read_bytes()
        return None

    def _write_beside(self, suffix: str, text: str) -> Path:
        """Write a file beside it, to the disk; return its path."""
        self.path.parent.mkdir(parents=True, exist_ok=True)
        next_path = self.path.with_name(f'{self.path.name}{suffix}')
        with next_path.open('w', encoding='utf-8') as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        return next_path


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
