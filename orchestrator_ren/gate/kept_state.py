"""What the gate knows over its own restarts: the latch, and the highest term."""

from __future__ import annotations

import random
import time
from pathlib import Path

from rclpy.impl.rcutils_logger import RcutilsLogger

from orchestrator_ren.gate.latch_file import LatchFile
from orchestrator_ren.gate.term_file import TermFile
from orchestrator_ren.location import former_latch_file, latch_file
from orchestrator_ren.motion import e_stop
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate_state import GateState


class KeptState:
    """Keeps both on disk, side by side.

    Args:
        namespace: Of the gate.
        path: Of the latch file; empty = that of the namespace.
        log: Is told what is not known any more, and what would not survive a restart.
    """

    def __init__(self, namespace: str, path: str, log: RcutilsLogger) -> None:
        found = Path(path) if path else latch_file(namespace)
        self._latch = LatchFile(found, None if path else former_latch_file(namespace))
        self._term = TermFile(Path(f'{found}.term'), log)
        self._log = log
        self._told = ''

    @property
    def trouble(self) -> str:
        """Why a restart would not know it; empty = it would."""
        return self._latch.trouble or self._term.trouble

    @property
    def words(self) -> str:
        """How it is with the files, for the diagnostics."""
        is_tried = self._latch.is_tried
        return self.trouble or ('can be written' if is_tried else 'not tried yet')

    def start(self, *, is_latched: bool, needs_heartbeat: bool) -> GateState:
        """Return the state to start with: what was kept, in a new run of the gate.

        Args:
            is_latched: Start with the e-stop latched, whatever was kept.
            needs_heartbeat: Whether anybody listens to one.
        """
        start = self._latch.load()
        if is_latched:
            start = e_stop.press(start, Cause.START, 'at start')
        if not needs_heartbeat:
            start = e_stop.release(start, Cause.HEARTBEAT)
        self._latch.save(start)
        return GateState(
            gate_id=random.SystemRandom().getrandbits(63) + 1,
            e_stop=start,
            heartbeat_at_mono_s=time.monotonic(),
            **self._term.load(),
        )

    def save(self, state: GateState) -> None:
        """Have it written, in threads of their own: the zero does not wait for a disk."""
        self._latch.save(state.e_stop)
        self._term.save(state)

    def look(self) -> None:
        """Have it written again where it is not on disk; to be called about once a second."""
        self._latch.look()
        self._term.look()
        if self.trouble != self._told:
            self._told = self.trouble
            if self._told:
                self._log.error(self._told)

    def close(self) -> None:
        """Wait a while until what was saved is written."""
        self._latch.close()
        self._term.close()
