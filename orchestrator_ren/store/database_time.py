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


def after(seconds: float) -> Any:
    """Return the time so long from now [s], for a statement."""
    micros = sa.literal(round(seconds * 1e6), sa.BigInteger)
    return sa.type_coerce(sa.type_coerce(DatabaseTime(), sa.BigInteger) + micros, UtcMicroseconds)
