"""The file with the keys of the gateway: read only if it is safe, written as a whole.

A line for each key, `name role sha256 created expires`.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from hashlib import sha256
from pathlib import Path

from orchestrator_ren.errors import KeyFileInvalid
from orchestrator_ren.key import PREFIX, Key, Keys, Role, key_in, line_of

MOST_KEYS = 1000
MOST_BYTES = 256 * MOST_KEYS
"""Of a file; all its keys are compared with each that is sent."""

LOCK_S = 5.0
"""Longest wait for somebody else who writes [s]."""

HEADER = '# name role sha256-of-the-key created expires; written by: ren key add, ren key remove\n'


class KeyFile:
    """A file of keys, for its owner only.

    Args:
        path: Of the file.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def exists(self) -> bool:
        """Whether there is one."""
        return os.path.lexists(self.path)

    def read(self) -> Keys:
        """Return its keys.

        Raises:
            KeyFileInvalid: It is missing, broken, of somebody else, or others may read it.
        """
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC  # without waiting for a pipe
        with _in_our_words(self.path), open(os.open(self.path, flags), 'rb') as file:
            trouble = _trouble(os.fstat(file.fileno()), self.path)
            content = b'' if trouble else file.read(MOST_BYTES + 1)
        if trouble or len(content) > MOST_BYTES:
            raise self._invalid(trouble or f'has more than {MOST_BYTES} bytes')
        return self._parsed(content)

    def add(self, name: str, role: Role, expires_at: datetime | None, now: datetime) -> str:
        """Make a key and keep it; return it, as nobody can later. The file is made, if need be.

        Raises:
            KeyFileInvalid: It has a key of that name, or the file cannot be used.
        """
        key = PREFIX + secrets.token_urlsafe(32)
        made = Key(name, role, sha256(key.encode()).hexdigest(), now, expires_at)
        with self._locked():
            keys = self.read() if self.exists() else Keys()
            if keys.named(name) is not None:
                detail = f'has a key {name!r}; first remove it, or take another name'
                raise self._invalid(detail)
            if len(keys) >= MOST_KEYS:
                raise self._invalid(f'has {MOST_KEYS} keys already; remove some')
            self._write([*keys, made])
        return key

    def remove(self, name: str) -> Key:
        """Remove the key of that name, and return it.

        Raises:
            KeyFileInvalid: There is none, or the file cannot be used.
        """
        with self._locked():
            keys = self.read()
            found = keys.named(name)
            if found is None:
                known = ', '.join(each.name for each in keys) or 'none'
                raise self._invalid(f'has no key {name!r}; there are: {known}')
            self._write([each for each in keys if each is not found])
        return found

    def _parsed(self, content: bytes) -> Keys:
        found: dict[str, Key] = {}
        for number, line in enumerate(content.decode('utf-8', 'replace').splitlines(), start=1):
            if not line.strip() or line.startswith('#'):
                continue
            try:
                key = key_in(line)
                if key.name in found:
                    raise ValueError(f'the name {key.name!r} is there twice')
            except ValueError as error:
                detail = f'line {number}: {error}; mend or remove the line, and: ren key add'
                raise self._invalid(detail) from error
            found[key.name] = key
        return Keys(found.values())

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """Let nobody else write meanwhile."""
        with _in_our_words(self.path):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
            lock = os.open(self._beside('.lock'), flags, 0o600)
        try:
            self._wait_for(lock)
            yield
        finally:
            os.close(lock)

    def _wait_for(self, lock: int) -> None:
        until_mono_s = time.monotonic() + LOCK_S
        while True:
            try:
                return fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError as error:
                if time.monotonic() > until_mono_s:
                    raise self._invalid(f'somebody writes it for {LOCK_S:g} s') from error
            time.sleep(0.01)

    def _write(self, keys: list[Key]) -> None:
        """Put another file in its place, on disk as a whole and never readable by others."""
        new = self._beside('.new')
        with _in_our_words(self.path):
            with suppress(FileNotFoundError):
                new.unlink()  # of one who was killed
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
            with open(os.open(new, flags, 0o600), 'w', encoding='utf-8') as file:
                file.write(HEADER + ''.join(map(line_of, keys)))
                file.flush()
                os.fsync(file.fileno())
            new.replace(os.path.realpath(self.path))
            _sync_folder(new.parent)

    def _beside(self, suffix: str) -> Path:
        path = Path(os.path.realpath(self.path))
        return path.with_name(f'{path.name}{suffix}')

    def _invalid(self, detail: str) -> KeyFileInvalid:
        return KeyFileInvalid(path=self.path, detail=detail)


def _trouble(found: os.stat_result, path: Path) -> str:
    """Return why a file must not be used; empty for one that may."""
    if not stat.S_ISREG(found.st_mode):
        return 'is no file'
    if found.st_uid not in (os.geteuid(), 0):
        return f'belongs to user {found.st_uid}, not to this one; chown {os.geteuid()} {path}'
    mode = stat.S_IMODE(found.st_mode)
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f'others may use it (mode {mode:04o}); chmod 600 {path}'
    return ''


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError as error:
        raise KeyFileInvalid(path=path, detail='there is none; ren key add makes it') from error
    except (OSError, ValueError) as error:
        detail = f'cannot be used ({getattr(error, "strerror", None) or error})'
        raise KeyFileInvalid(path=path, detail=detail) from error


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
