"""The disk that a bench writes to."""

from __future__ import annotations

import os
import tempfile
from functools import partial
from pathlib import Path

from store_series import percentile_ms, timed_s

DISK_ROUNDS = 200


def disk_line(folder: Path) -> str:
    """Return how long the disk takes for a commit without a database."""
    took_s = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(DISK_ROUNDS):
            file.write(bytes(4096))
            took_s.append(timed_s(partial(os.fdatasync, file.fileno())))
    p50_ms, p99_ms = (percentile_ms(took_s, percent) for percent in (50, 99))
    return f'disk commit (4 KiB, fdatasync): p50 {p50_ms:.3f} ms, p99 {p99_ms:.3f} ms'
