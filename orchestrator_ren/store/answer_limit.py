"""How long a PostgreSQL server is waited for, even one whose machine takes all that is sent.

libpq waits for an answer for ever: the server's limits end nothing where the server itself stands
still, nor does the network's where only the answers are lost. So psycopg2 waits through a function
of ours (https://www.psycopg.org/docs/advanced.html#support-for-coroutine-libraries), which gives
up: psycopg2 then closes the connection, and the server undoes what was not committed.
"""

from __future__ import annotations

import re
import select
import time
from typing import Any

import psycopg2
import psycopg2.extensions
import sqlalchemy as sa

PING_S = 2.0
"""How long a connection that nobody used for a while may take to say that it is there [s]: where
it does not, another one is made, for which `connect_timeout` counts."""

FIRST_S = 5.0
"""How long what is asked before the first transaction may take [s]."""

MARGIN_S = 1.0
"""What the server is given to tell that a statement has taken too long [s]."""

_MASKS = {
    psycopg2.extensions.POLL_READ: select.POLLIN,
    psycopg2.extensions.POLL_WRITE: select.POLLOUT,
}
_CONNECTED = psycopg2.extensions.STATUS_READY, psycopg2.extensions.STATUS_BEGIN
_UNITS_S = {'': 1e-3, 'ms': 1e-3, 's': 1.0, 'min': 60.0, 'h': 3600.0}
_STATEMENT_TIMEOUT = re.compile(r'statement_timeout\s*=\s*(\d+)\s*(ms|s|min|h|)')


class LimitedConnection(psycopg2.extensions.connection):  # type: ignore[misc,unused-ignore]
    """A connection of the store.

    Attributes:
        limit_s: How long an answer is waited for [s, > 0]; None = for ever.
    """

    limit_s: float | None = FIRST_S


def limit_answers(engine: sa.engine.Engine, options: str) -> None:
    """Give up what does not answer on the connections of an engine; they are limited ones.

    Args:
        engine: With psycopg2.
        options: Those of the connections, which tell how long a statement may take.
    """
    statement_s = _limit_of(options)

    @sa.event.listens_for(engine, 'checkin')
    def _on_checkin(connection: Any, _record: Any) -> None:
        if connection is not None:  # it is asked next whether it is still there
            connection.limit_s = PING_S

    @sa.event.listens_for(engine, 'begin')
    def _on_begin(connection: sa.engine.Connection) -> None:
        _driver_connection(connection).limit_s = statement_s


def allow(connection: sa.engine.Connection, statement_s: float) -> None:
    """Let the statements of this transaction take so long [s]."""
    _driver_connection(connection).limit_s = statement_s + MARGIN_S


def _driver_connection(connection: sa.engine.Connection) -> Any:
    found: Any = connection.connection
    return found.dbapi_connection


def _limit_of(options: str) -> float | None:
    """Return how long a statement may take with these options [s]; None = as long as it wants."""
    found = _STATEMENT_TIMEOUT.findall(options)
    if not found:
        return None
    number, unit = found[-1]
    return int(number) * _UNITS_S[unit] + MARGIN_S if int(number) else None


def _patience_s(connection: Any) -> float | None:
    if connection.status not in _CONNECTED:
        named = psycopg2.extensions.parse_dsn(connection.dsn)
        return float(named.get('connect_timeout', 0)) or None
    limit_s: float | None = getattr(connection, 'limit_s', None)  # none of somebody else's
    return limit_s


def _wait(connection: Any) -> None:
    limit_s = _patience_s(connection)
    until_mono_s = None if limit_s is None else time.monotonic() + limit_s
    while (state := connection.poll()) != psycopg2.extensions.POLL_OK:
        left_ms = None
        if until_mono_s is not None:
            left_ms = max(0.0, until_mono_s - time.monotonic()) * 1000
        poller = select.poll()
        poller.register(connection.fileno(), _MASKS[state])
        if not poller.poll(left_ms):
            raise psycopg2.OperationalError(f'timeout: no answer within {limit_s:.1f} s')


psycopg2.extensions.set_wait_callback(_wait)  # for all of this process: there is only one
