"""The highest term on disk, so that a restart of the gate lets no older orchestrator in."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rclpy.impl.rcutils_logger import RcutilsLogger

from orchestrator_ren.gate.kept_file import KeptFile, Unreadable
from orchestrator_ren.motion.gate_state import GateState


class TermFile:
    """Keeps in a small file the highest term that was ever seen, and whose it is.

    Args:
        path: Of the file; its folder is made.
        log: Is told where the term is not known.
    """

    def __init__(self, path: Path, log: RcutilsLogger) -> None:
        self._log = log
        self._file = KeptFile(path)
        self._kept: dict[str, int] = {}

    @property
    def trouble(self) -> str:
        """Why the file does not hold it; empty = it does, or soon will."""
        trouble = self._file.trouble
        return trouble and f'the highest term would not survive a restart: {trouble}'

    def load(self) -> dict[str, int]:
        """Return the fields of `GateState` to start with; none where they are not known."""
        try:
            self._kept = self._checked(self._file.load() or {})
        except Unreadable as error:
            # What was sent to an earlier run is refused all the same, by its gate_id.
            self._log.error(f'the highest term is not known any more: {error!r}')
        self._file.try_out()
        return self._kept

    def save(self, state: GateState) -> None:
        """Have it written, in a thread of its own, where it has changed."""
        term = {'term': state.term, 'orchestrator_id': state.orchestrator_id}
        if term != self._kept:
            self._kept = term
            self._file.keep(term)

    def look(self) -> None:
        """Have it written again where it is not on disk; to be called about once a second."""
        self._file.look()

    def close(self) -> None:
        """Wait a while until what was saved is written."""
        self._file.close()

    def _checked(self, found: dict[str, Any]) -> dict[str, int]:
        """Return the document as it was written.

        Raises:
            Unreadable: It is another one.
        """
        term, holder_id = found.get('term', 0), found.get('orchestrator_id', 0)
        is_term = type(term) is int and 0 <= term < 2**32
        if not (is_term and type(holder_id) is int and 0 <= holder_id < 2**64):
            raise Unreadable(f'{self._file.path} has no term: {found}')
        return {'term': term, 'orchestrator_id': holder_id}
