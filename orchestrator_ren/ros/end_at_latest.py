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

TAKE_DOWN_S = 2.0
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


class TimerSpec(ctypes.Structure):
    """`struct itimerspec`, itimerspec(3type)."""

    _fields_ = (
        ('interval_s', ctypes.c_long),
        ('interval_ns', ctypes.c_long),
        ('value_s', ctypes.c_long),
        ('value_ns', ctypes.c_long),
    )


def end_at_latest(code: int, after_s: float = TAKE_DOWN_S) -> bool:
    """End the process by then, whatever it does; what it has printed is written before.

    Args:
        code: Exit code [0, 255].
        after_s: From now on [s, > 0].

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
    seconds, part_s = divmod(after_s, 1.0)
    spec = TimerSpec(value_s=int(seconds), value_ns=int(part_s * 1e9))
    timer = ctypes.c_void_p()
    if library.timer_create(time.CLOCK_MONOTONIC, ctypes.byref(event), ctypes.byref(timer)):
        return False
    return not library.timer_settime(timer, 0, ctypes.byref(spec), None)
