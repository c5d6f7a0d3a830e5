"""Who works on a ticket right now."""

from __future__ import annotations

import enum
from typing import Any


class Holder(enum.Enum):
    """One who may hold a ticket; a ticket can be in more than one hand."""

    INTAKE = 'intake'
    """It is to be executed by itself, and is not in the queue yet."""
    TURN = 'turn'
    """Its turn has come, and nobody else may have what it needs."""
    EXECUTION = 'execution'
    """It is under way, from the request to execute until its end is on disk."""
    UNSAVED_END = 'unsaved end'
    """It has ended, but the store does not know yet."""


class TicketHolders:
    """For each holder, the tickets in its hand, and what they are to it.

    A ticket is taken and let go by its holder, through `of`; everybody else only asks.
    """

    def __init__(self) -> None:
        self._held: dict[Holder, dict[str, Any]] = {each: {} for each in Holder}

    def of(self, holder: Holder) -> dict[str, Any]:
        """Return the tickets in that hand by their ids; for the holder itself, who changes it."""
        return self._held[holder]

    def has(self, ticket_id: str, *holders: Holder) -> bool:
        """Whether the ticket is in one of these hands."""
        return any(ticket_id in self._held[each] for each in holders)

    def alive_ids(self) -> frozenset[str]:
        """Return the tickets of this run that may be EXECUTING in the store; from any thread."""
        executed, unsaved = self._held[Holder.EXECUTION], self._held[Holder.UNSAVED_END]
        return frozenset([*list(executed), *list(unsaved)])
