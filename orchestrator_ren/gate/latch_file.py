"""The e-stop's latch on disk, so that it survives a restart of the gate."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rclpy.logging import get_logger

from orchestrator_ren.gate.kept_file import KeptFile, Unreadable
from orchestrator_ren.motion.e_stop import UNTIL, Cause, EStop, latched

_log = get_logger('cmd_vel_gate')


class LatchFile:
    """Keeps in a small file what has latched the e-stop, and which of that still holds.

    Args:
        path: Of the file; its folder is made.
        former: Where an older version may have kept it: read while there is no file at `path`,
            and never written.
    """

    def __init__(self, path: Path, former: Path | None = None) -> None:
        self._file = KeptFile(path)
        self._former = KeptFile(former) if former is not None else None
        self._saved = EStop()

    @property
    def trouble(self) -> str:
        """Why the latch would not survive a restart; empty = it would."""
        trouble = self._file.trouble
        return trouble and f'the latch would not survive a restart: {trouble}'

    @property
    def is_tried(self) -> bool:
        """Whether it was found out if it can be written."""
        return self._file.is_tried

    def load(self) -> EStop:
        """Return the e-stop to start with: free only if the file says so, or was never there."""
        found = _read(self._file)
        is_moving_in = found is None and self._former is not None
        if is_moving_in:
            found = _read(self._former)
        if found is not None:
            self._saved = found
            if is_moving_in or found.is_latched:
                self._file.keep(_encoded(found))
        self._file.try_out()
        return self._saved

    def save(self, e_stop: EStop) -> None:
        """Have it written, in a thread of its own: the zero does not wait for a disk."""
        document = _encoded(e_stop)
        if document != _encoded(self._saved):
            self._file.keep(document)
        self._saved = e_stop

    def look(self) -> None:
        """Have it written again where it is not on disk; to be called about once a second."""
        if self._saved.is_latched or self.trouble:
            self._file.look()

    def close(self) -> None:
        """Wait a while until what was saved is written."""
        self._file.close()


def _encoded(e_stop: EStop) -> dict[str, Any]:
    return {
        'causes': sorted(each.value for each in e_stop.causes),
        'active': sorted(each.value for each in e_stop.active),
        'source': e_stop.source,
    }


def _read(file: KeptFile) -> EStop | None:
    """Return the e-stop of a gate that finds this file; None when there is none."""
    try:
        found = file.load()
        return None if found is None else _decoded(found)
    except (Unreadable, KeyError, TypeError, ValueError) as error:
        source = f'the latch file {file.path} cannot be read'
        _log.error(f'{source}: {error!r}')
        return latched([Cause.RESTART], source)


def _decoded(found: Mapping[str, Any]) -> EStop:
    """Return what the document says.

    A version that did not write `active` leaves open whether a cause had ended: it holds.
    """
    causes = {Cause(each) for each in found['causes']}
    active = {Cause(each) for each in found.get('active', found['causes'])} & UNTIL.keys()
    if not causes | active:
        return EStop()
    return latched({*causes, *active, Cause.RESTART}, str(found['source']), active)
