"""The end of a process that has done all it had to, though the middleware hangs.

Where many processes end at once, Fast DDS now and then waits for ever while it is taken down
(eProsima/Fast-DDS#6193), with Python's lock held: no thread and no signal handler of Python runs
any more. So the C library's timer ends the process, with the exit code of what it has done.
"""

from __future__ import annotations

import contextlib
import ctypes
import sys
import time

TAKE_DOWN_S = 2
"""How long the middleware may take [s]; it needs 0.1 s, on a busy machine some more."""

SIGEV_THREAD = 2


class SignalEvent(ctypes.Structure):
    """`struct sigevent` of Linux, sigevent(3type); 64 bytes there."""

    _fields_ = (
        ('value', ctypes.c_void_p),
        ('signal_number', ctypes.c_int),
        ('notify', ctypes.c_int),
        ('function', ctypes.c_void_p),
        ('attributes', ctypes.c_void_p),
        ('reserved', ctypes.c_char * 32),
    )


def end_at_latest(code: int) -> bool:
    """End the process in `TAKE_DOWN_S`, whatever it does; what it has printed is written before.

    Args:
        code: Exit code [0, 255].

    Returns:
        Whether it will: a C library other than glibc 2.34 or later may not know how.
    """
    for each in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError):  # closed, or nobody reads
            each.flush()
    library = ctypes.CDLL(None)
    if not hasattr(library, 'timer_create'):
        return False
    end = ctypes.cast(library._exit, ctypes.c_void_p)
    event = SignalEvent(value=code, notify=SIGEV_THREAD, function=end.value)
    spec = (ctypes.c_long * 4)(0, 0, TAKE_DOWN_S, 0)  # itimerspec(3type): once, then
    timer = ctypes.c_void_p()
    if library.timer_create(time.CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        return False
    return not library.timer_settime(timer, 0, spec, None)
