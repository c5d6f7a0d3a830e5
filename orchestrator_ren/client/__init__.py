"""The client: tickets of a robot, from any Python program (docs/client.md)."""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from orchestrator_ren.client.async_ticket_client import AsyncTicketClient
    from orchestrator_ren.client.ticket_client import TicketClient

__all__ = ['AsyncTicketClient', 'TicketClient']


_MODULE_OF = {'AsyncTicketClient': 'async_ticket_client', 'TicketClient': 'ticket_client'}


def __getattr__(name: str) -> Any:
    """Load the client that is asked for: the other one needs what takes as long as a call."""
    if name in _MODULE_OF:
        return getattr(import_module(f'{__name__}.{_MODULE_OF[name]}'), name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
