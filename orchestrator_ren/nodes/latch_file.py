"""The e-stop's latch on disk, so that it survives a restart of the gate."""

from __future__ import annotations

import json
import os
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from rclpy.logging import get_logger

from orchestrator_ren.motion.e_stop import Cause, EStop, latched

_log = get_logger('cmd_vel_gate')


class LatchFile:
    """Keeps whether the e-stop is latched in a small file.

    Args:
        path: Of the file; its folder is made.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='latch file')
        self._saved: EStop | None = None
        self.trouble = ''

    def load(self) -> EStop:
        """Return the e-stop to start with: free only if the file says so, or was never there."""
        self._saved = self._read()
        return self._saved

    def save(self, e_stop: EStop) -> None:
        """Write it, in a thread of its own: the zero does not wait for a disk."""
        if self._saved is not None and self._saved.causes == e_stop.causes:
            return
        self._saved = e_stop
        self._pool.submit(self._write, e_stop)

    def close(self) -> None:
        """Wait until what was saved is written."""
        self._pool.shutdown()

    def _read(self) -> EStop:
        try:
            found = json.loads(self._path.read_text(encoding='utf-8'))
            causes, source = [Cause(each) for each in found['causes']], str(found['source'])
        except FileNotFoundError:
            return EStop()
        except (OSError, KeyError, TypeError, ValueError) as error:
            _log.error(f'the latch file {self._path} cannot be read: {error!r}')
            return latched([Cause.RESTART], f'the latch file {self._path} cannot be read')
        if not causes:
            return EStop()
        return latched([*causes, Cause.RESTART], source)

    def _write(self, e_stop: EStop) -> None:
        content = {'causes': sorted(each.value for each in e_stop.causes), 'source': e_stop.source}
        next_path = self._path.with_name(f'{self._path.name}.next')
        try:
            self._path.parent.mkdir(parents=True, exist_ok=True)
            with next_path.open('w', encoding='utf-8') as file:
                json.dump(content, file)
                file.flush()
                os.fsync(file.fileno())
            next_path.replace(self._path)
            _sync_folder(self._path.parent)
            self.trouble = ''
        except OSError as error:
            self.trouble = f'the latch would not survive a restart: {error}'
            _log.error(self.trouble)


def _sync_folder(path: Path) -> None:
    folder = os.open(path, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
