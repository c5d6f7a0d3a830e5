"""One program of a robot as a process, which ends with whoever started it."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping

from orchestrator_ren.cli.up.log_writer import Lines
from orchestrator_ren.cli.up.part import Part

LAST_LINES = 5
"""Of a program that ended by itself, told once more at the end."""

PIECE = 65_536
"""Most that is read at once [bytes]."""

PR_SET_PDEATHSIG = 1
"""Linux' `prctl`: a signal for when the parent has died, whatever it died of."""


class PartProcess:
    """Runs a part.

    Attributes:
        part: What it runs.
        last_lines: What it said last.
        is_asked: Whether it was told to end.
        was_killed: Whether it had to be.
    """

    def __init__(self, part: Part, environment: Mapping[str, str]) -> None:
        self.part = part
        self.last_lines: deque[bytes] = deque(maxlen=LAST_LINES)
        self.is_asked = False
        self.was_killed = False
        self._lines = Lines()
        self._process = subprocess.Popen(
            part.command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            # The terminal's Ctrl-C and its end are for `ren up` alone: the order is its business.
            start_new_session=True,
            user=part.user or None,
            preexec_fn=_ends_with(os.getpid()),
        )
        assert self._process.stdout is not None
        self.pipe = self._process.stdout.fileno()
        os.set_blocking(self.pipe, False)

    @property
    def exit_code(self) -> int | None:
        """Of the process, negative for a signal; None while it runs."""
        return self._process.poll()

    @property
    def has_failed(self) -> bool:
        """Whether it ended otherwise than it should."""
        code = self.exit_code
        if not self.part.is_needed or code is None:
            return False
        return not self.is_asked or self.was_killed or code != 0

    def ask(self) -> None:
        """Tell it to end in order."""
        self.is_asked = True
        with contextlib.suppress(ProcessLookupError):
            self._process.send_signal(self.part.end_signal)

    def kill(self) -> None:
        """End it, and what it has started."""
        self.was_killed = True
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()

    def read(self) -> tuple[list[bytes], bool]:
        """Return the lines that it has written, and whether more may come."""
        try:
            piece = os.read(self.pipe, PIECE)
        except BlockingIOError:
            return [], True
        lines = self._lines.taken(piece) if piece else self._lines.rest()
        self.last_lines.extend(lines)
        return lines, bool(piece)


def wait_for(
    condition: Callable[[], bool], timeout_s: float, turn: Callable[[float], None]
) -> bool:
    """Take turns until the condition holds; return whether it does."""
    until_mono_s = time.monotonic() + timeout_s
    while not condition():
        rest_s = until_mono_s - time.monotonic()
        if rest_s <= 0.0:
            return False
        turn(rest_s)
    return True


def _ends_with(parent: int) -> Callable[[], None]:
    """Return what a child does first: it asks for SIGTERM when its parent dies."""
    prctl = getattr(ctypes.CDLL(None), 'prctl', None)

    def begin() -> None:
        if prctl is not None:
            prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
        if os.getppid() != parent:  # it died before that
            os._exit(1)

    return begin
