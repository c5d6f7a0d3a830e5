"""Times as people type them."""

from __future__ import annotations

import argparse
import re
from datetime import date, datetime, timedelta, timezone

DAYS = {'today': 0, 'yesterday': 1}
"""How long ago each day is that has a name [days]."""

UNITS = {'s': 'seconds', 'm': 'minutes', 'h': 'hours', 'd': 'days'}


def instant(text: str) -> datetime:
    """Return an instant that was: so long ago, the begin of a day, or a time of the local clock.

    Raises:
        argparse.ArgumentTypeError: The text says none.
    """
    return _read(text, -1)


def ahead(text: str) -> datetime:
    """Return an instant that is to come: in so long, or a time of the local clock.

    Raises:
        argparse.ArgumentTypeError: The text says none.
    """
    return _read(text, 1)


def _read(text: str, sign: int) -> datetime:
    try:
        if found := re.fullmatch(r'(\d+(?:\.\d*)?)([smhd])', text):
            away = timedelta(**{UNITS[found[2]]: float(found[1])})
            return datetime.now(timezone.utc) + sign * away
        if text in DAYS and sign < 0:
            day = date.today() - timedelta(days=DAYS[text])
            return datetime.combine(day, datetime.min.time()).astimezone(timezone.utc)
        return datetime.fromisoformat(text).astimezone(timezone.utc)
    except (ValueError, OverflowError) as error:
        reason = f'{text!r} is no time such as 2h, 1d or 2026-11-26T08:00'
        raise argparse.ArgumentTypeError(reason) from error
