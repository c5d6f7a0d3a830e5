"""Instants in requests."""

from __future__ import annotations

from datetime import datetime

from orchestrator_ren.errors import WrongType, printable

EXPECTED = 'an instant with its zone, such as 2026-11-27T10:00:00Z (a + in a URL is %2B)'

MOST_SHOWN = 80
"""Characters of what is none."""


def instant_in(field: str, text: str | None) -> datetime | None:
    """Return the instant that a text tells in ISO 8601; None for None.

    Not left to pydantic, which takes numbers, and texts of numbers, for instants too.

    Raises:
        WrongType: It tells none, or nobody knows which, for it has no zone.
    """
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise WrongType(field=field, value=f"'{printable(text[:MOST_SHOWN])}'", expected=EXPECTED)
    return found
