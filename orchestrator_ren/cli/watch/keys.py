"""Keys as they are pressed, without a line end."""

from __future__ import annotations

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def keys() -> Iterator[Keys]:
    """Read keys meanwhile; the terminal is as it was before, however this ends."""
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    tty.setcbreak(descriptor)
    try:
        yield Keys(descriptor)
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


class Keys:
    """Gives what was pressed."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def pressed(self) -> str:
        """Return the keys since the last call; empty for none."""
        ready, _, _ = select.select([self._descriptor], [], [], 0.0)
        return os.read(self._descriptor, 64).decode(errors='replace') if ready else ''
