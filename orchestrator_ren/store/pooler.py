"""A pooler between us and a server: PgBouncer and its like.

One that lends a connection of the server for a transaction only keeps none of our settings, and no
LISTEN; what is set on its connections is met by its other clients. It cannot be told from one that
lends for a session, but by this: whether the settings that we connect with reach the server.
"""

from __future__ import annotations

import sqlalchemy as sa

from orchestrator_ren.errors import StoreUrlInvalid
from orchestrator_ren.store.failure import POOLER

_FROM_US = 'client'
"""Where a setting comes from that was in the first message of a connection."""

_SOURCE = sa.text("SELECT source, setting FROM pg_settings WHERE name = 'statement_timeout'")


def refuse_pooler(connection: sa.engine.Connection, shown_url: str) -> None:
    """Look whether a server has the settings that we have connected with.

    Args:
        connection: As the store makes them, in a transaction.
        shown_url: Without its password, for messages.

    Raises:
        StoreUrlInvalid: It has not: connect to the server itself.
    """
    if connection.dialect.name != 'postgresql':
        return
    source, setting = connection.execute(_SOURCE).one()
    if source != _FROM_US:
        reason = POOLER.format(details=f' (statement_timeout is {setting} ms, by {source})')
        raise StoreUrlInvalid(url=shown_url, reason=reason)
