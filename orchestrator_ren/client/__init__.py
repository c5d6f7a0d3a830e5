"""The client: tickets of a robot, from any Python program (docs/client.md)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from orchestrator_ren.client.ticket_client import TicketClient

if TYPE_CHECKING:
    from orchestrator_ren.client.async_ticket_client import AsyncTicketClient

__all__ = ['AsyncTicketClient', 'TicketClient']


def __getattr__(name: str) -> Any:
    """Load what needs asyncio when it is asked for: that takes as long as a call."""
    if name == 'AsyncTicketClient':
        from orchestrator_ren.client.async_ticket_client import AsyncTicketClient

        return AsyncTicketClient
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
