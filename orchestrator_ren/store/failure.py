"""Which error of ours an error of a database or of the system is."""

from __future__ import annotations

import re

from orchestrator_ren.errors import (
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
    StoreUrlInvalid,
)

KINDS_BY_CODE: dict[str, type[StoreUnavailable]] = {
    '25006': StoreReadOnly,  # read only SQL transaction: a standby
    '42501': StoreReadOnly,  # insufficient privilege
    '53100': StoreFull,
    '55P03': StoreLocked,  # lock not available
    '40P01': StoreLocked,  # deadlock detected
    '3F000': StoreDamaged,  # no such schema
    '42P01': StoreDamaged,  # no such table
    '42703': StoreDamaged,  # no such column
    'XX001': StoreDamaged,  # data corrupted
    'XX002': StoreDamaged,  # index corrupted
}
"""By the SQLSTATE of a server, which is the same whatever language it speaks. Any other is plainly
StoreUnavailable. Source: PostgreSQL, appendix A."""

KINDS_BY_TEXT: tuple[tuple[str, type[StoreUnavailable]], ...] = (
    (r'unsupported startup parameter', StoreUrlInvalid),
    (r'readonly|read-only|permission denied', StoreReadOnly),
    (r'disk is full|no space left|out of disk|disk quota', StoreFull),
    (r'is locked|lock timeout|deadlock', StoreLocked),
    (r'malformed|not a database', StoreDamaged),
)
"""Where there is no SQLSTATE: with SQLite, whose codes sqlite3 does not tell before Python 3.11,
with the system, and with a server that cannot be connected to."""

POOLER = (
    'a pooler has not passed our settings on{details}; connect to the server itself, or use'
    ' session pooling that passes `options` on'
)


def kind_of(error: BaseException, text: str) -> type[StoreUnavailable]:
    """Return which error of ours it is.

    Args:
        error: Of the driver, or of the system.
        text: What it says.
    """
    code = getattr(error, 'pgcode', None) or getattr(error, 'sqlstate', None)  # psycopg2, psycopg
    if code:
        return KINDS_BY_CODE.get(code, StoreUnavailable)
    for pattern, kind in KINDS_BY_TEXT:
        if re.search(pattern, text, re.IGNORECASE):
            return kind
    return StoreUnavailable


def advised(kind: type[StoreUnavailable], text: str) -> str:
    """Return what was said, with what to do where the kind of error does not tell that."""
    return POOLER.format(details=f' ({text})') if kind is StoreUrlInvalid else text
