"""A connection of uvicorn's that keeps nobody else out: a stop must find a free one.

uvicorn closes none that has not sent a whole request yet (read in 0.27 and 0.54, and seen), and
refuses all when there are `limit_concurrency` of them.
"""

from __future__ import annotations

import asyncio
from ipaddress import ip_address
from typing import Any

from uvicorn.protocols.http.h11_impl import H11Protocol

HEAD_S = 10.0
"""Longest wait for the head of a request [s]; of a later one on the same connection twice that."""

MOST_OF_ADDRESS = 128
"""Connections of one address; of this machine any number, for a proxy may be there."""


class Connection(H11Protocol):
    """HTTP on one connection."""

    _answered: Any = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Begin, and wait for the first request."""
        super().connection_made(transport)
        if self._is_one_too_many():
            transport.close()
        self.loop.call_later(HEAD_S, self._look)

    def _look(self) -> None:
        """Close it where nothing has been asked since the last look."""
        if self.transport.is_closing() or self.transport.get_protocol() is not self:
            return  # gone, or a WebSocket
        cycle = self.cycle
        is_idle = cycle is None or cycle.response_complete
        if is_idle and cycle is self._answered:
            self.transport.close()
            return
        self._answered = cycle if is_idle else None
        self.loop.call_later(HEAD_S, self._look)

    def _is_one_too_many(self) -> bool:
        address = _address_of(self)
        if not address or ip_address(address.partition('%')[0]).is_loopback:
            return False
        return sum(_address_of(each) == address for each in self.connections) > MOST_OF_ADDRESS


def _address_of(connection: Any) -> str:
    client = getattr(connection, 'client', None)
    return str(client[0]) if client else ''
