"""Defects, for the log."""

from __future__ import annotations

import traceback


def traceback_of(error: BaseException) -> str:
    """Return the traceback as the log of ROS takes it: it raises on half a character."""
    return ''.join(traceback.format_exception(error)).encode('utf-8', 'backslashreplace').decode()
