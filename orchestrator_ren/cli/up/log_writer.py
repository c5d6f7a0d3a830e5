"""Lines of several programs on one output, each behind its program's name.

Whoever writes a log line into a pipe that nobody reads stands still, and a gate that stands still
stops no robot. So reading never waits for writing: a terminal that is held (Ctrl-S), or a slow
one, loses lines, and is told how many.
"""

from __future__ import annotations

import contextlib
import os
import queue
import threading
from collections.abc import Callable, Sequence

MOST_LINES = 10_000
"""Lines that wait for the output; those beyond are left out."""

MOST_BYTES = 65_536
"""Of a line that has no end [bytes]; then it is taken to have one."""

END_S = 1.0
"""Longest that the end waits for the output [s]."""

COLOURS = (32, 36, 33, 35, 34)
"""ANSI's, of the programs in turn."""


class LogWriter:
    """Writes lines in a thread of its own.

    Args:
        output: File descriptor.
        names: Of the programs.
        is_coloured: Whether the output shows colours.
        on_broken: Called, in another thread, when nobody takes the output any more.
    """

    def __init__(
        self,
        output: int,
        names: Sequence[str],
        is_coloured: bool,
        on_broken: Callable[[], None],
    ) -> None:
        self._output = output
        self._on_broken = on_broken
        self._prefixes = prefixes(names, is_coloured)
        self._lines: queue.Queue[bytes | None] = queue.Queue(MOST_LINES)
        self._left_out = 0
        self._thread = threading.Thread(target=self._write, daemon=True)

    def start(self) -> None:
        """Begin to write; what was said before waits."""
        self._thread.start()

    def say(self, name: str, line: bytes) -> None:
        """Have a line written, without its end; never waits."""
        try:
            if self._left_out:
                self._lines.put_nowait(b'(%d lines left out)\n' % self._left_out)
                self._left_out = 0
            self._lines.put_nowait(self._prefixes[name] + line + b'\n')
        except queue.Full:
            self._left_out += 1

    def close(self) -> None:
        """Write what waits, as far as the output takes it."""
        if not self._thread.ident:
            self.start()
        with contextlib.suppress(queue.Full):
            self._lines.put(None, timeout=END_S)
        self._thread.join(END_S)

    def _write(self) -> None:
        try:
            while (line := self._lines.get()) is not None:
                while line:
                    line = line[os.write(self._output, line) :]
        except OSError:
            self._on_broken()


class Lines:
    """Makes lines of what comes in pieces."""

    def __init__(self) -> None:
        self._rest = b''

    def taken(self, piece: bytes) -> list[bytes]:
        """Return the lines that have come to their end."""
        *lines, self._rest = (self._rest + piece).split(b'\n')
        if len(self._rest) > MOST_BYTES:
            lines.append(self._rest)
            self._rest = b''
        return lines

    def rest(self) -> list[bytes]:
        """Return what came without an end."""
        rest, self._rest = self._rest, b''
        return [rest] if rest else []


def prefixes(names: Sequence[str], is_coloured: bool) -> dict[str, bytes]:
    """Return what stands before each program's lines, all of one width."""
    width = max(map(len, names))
    found = {}
    for number, name in enumerate(names):
        text = f'{name:{width}} | '
        if is_coloured:
            text = f'\033[{COLOURS[number % len(COLOURS)]}m{text}\033[0m'
        found[name] = text.encode()
    return found
