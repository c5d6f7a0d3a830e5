"""The time by the clock of the database, which is the same for all that use it."""

from __future__ import annotations

from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from orchestrator_ren.store.tables import UtcMicroseconds


class DatabaseTime(sa.sql.functions.FunctionElement):  # type: ignore[type-arg,unused-ignore]
    """Microseconds since 1970, at the moment when the statement asks for them."""

    type = UtcMicroseconds()
    name = 'database_time'
    inherit_cache = True


@compiles(DatabaseTime)
def _sqlite(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(DatabaseTime, 'postgresql')
def _postgresql(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return '(extract(epoch FROM clock_timestamp()) * 1000000)::bigint'


class ServerStart(sa.sql.functions.FunctionElement):  # type: ignore[type-arg,unused-ignore]
    """When the database's server was started; of a file, long ago."""

    type = UtcMicroseconds()
    name = 'server_start'
    inherit_cache = True


@compiles(ServerStart)
def _long_ago(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return '0'


@compiles(ServerStart, 'postgresql')
def _of_postmaster(_element: Any, _compiler: Any, **_kw: Any) -> str:
    return '(extract(epoch FROM pg_postmaster_start_time()) * 1000000)::bigint'


GRACE_S = 3.0
"""So long after a start of the server nobody counts as gone [s]: he could not say that he is."""


def is_over(until: Any) -> Any:
    """Return the condition that a lease has run out; NULL = it does not."""
    is_up = ServerStart() < after(-GRACE_S)
    return sa.and_(until.is_not(None), until < DatabaseTime(), is_up)


def after(seconds: float) -> Any:
    """Return the time so long from now [s], for a statement."""
    micros = sa.literal(round(seconds * 1e6), sa.BigInteger)
    return sa.type_coerce(sa.type_coerce(DatabaseTime(), sa.BigInteger) + micros, UtcMicroseconds)
