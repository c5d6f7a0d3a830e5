"""Instants as messages tell them, and back; no logic."""

from __future__ import annotations

import math
from datetime import datetime, timedelta, timezone

from builtin_interfaces.msg import Time

from orchestrator_ren.errors import OutOfRange

LAST_NS = 999_999_999
"""The last nanosecond of a second."""

LAST_S = 2**31 - 1
"""The last second that builtin_interfaces/Time can say, in 2038 [s since 1970]."""


def time_to_msg(instant: datetime | None) -> Time:
    """Return the UTC instant, as far as it can be said; zero for None."""
    if instant is None:
        return Time()
    sec = min(max(math.floor(instant.timestamp()), 0), LAST_S)
    return Time(sec=sec, nanosec=instant.microsecond * 1000)


def time_from_msg(stamp: Time, field: str) -> datetime | None:
    """Return the UTC instant; None for zero.

    Raises:
        OutOfRange: It is before 1970, or no time at all.
    """
    if stamp.sec == 0 and stamp.nanosec == 0:
        return None
    if stamp.sec < 0:
        limit = '0 (none) or after 1970 [s]'
        raise OutOfRange(field=f'{field}.sec', value=stamp.sec, limit=limit)
    if stamp.nanosec > LAST_NS:
        limit = f'0 to {LAST_NS}'
        raise OutOfRange(field=f'{field}.nanosec', value=stamp.nanosec, limit=limit)
    return datetime.fromtimestamp(stamp.sec, timezone.utc) + timedelta(
        microseconds=stamp.nanosec // 1000
    )
