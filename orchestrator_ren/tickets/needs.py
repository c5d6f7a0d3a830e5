"""What an execution needs to start, and to go on."""

from __future__ import annotations

from collections.abc import Set
from dataclasses import dataclass


@dataclass(frozen=True)
class Needs:
    """What a ticket needs while it executes.

    Attributes:
        exclusive: Resources it has for itself alone (`base`, ...).
        shared: Resources that others may share with it (`lidar`, ...).
        moves: Whether it moves the base.
        interlocked: Whether it must end when nothing may move; true for what moves.
    """

    exclusive: frozenset[str] = frozenset()
    shared: frozenset[str] = frozenset()
    moves: bool = False
    interlocked: bool = False

    def conflict(self, exclusive: Set[str], shared: Set[str]) -> str:
        """Return a resource that is not free, given those held; empty = all are free."""
        taken = (self.exclusive & (exclusive | shared)) | (self.shared & exclusive)
        return min(taken, default='')


NOTHING = Needs()
"""Of a dry run."""
