"""Which waiting ticket may start now."""

from __future__ import annotations

from collections.abc import Iterable, Set
from dataclasses import dataclass

from orchestrator_ren.tickets.ticket import Priority


@dataclass(frozen=True)
class Waiting:
    """A ticket that waits for its turn.

    Attributes:
        ticket_id: Whose turn it would be.
        priority: Higher goes first.
        arrival: Counts up with each arrival; lower goes first among equals.
        resources: What it needs for itself alone (`base`, ...).
    """

    ticket_id: str
    priority: Priority
    arrival: int
    resources: frozenset[str]


def in_order(waiting: Iterable[Waiting]) -> list[Waiting]:
    """Return the waiting tickets in the order of their turns: priority, then arrival."""
    return sorted(waiting, key=lambda each: (-each.priority, each.arrival))


def may_start(waiting: Iterable[Waiting], held: Set[str]) -> list[Waiting]:
    """Return those that start now, given the resources that are `held` by running tickets.

    A ticket that cannot start keeps its resources from those behind it, so that a stream of
    others never overtakes it.
    """
    taken = set(held)
    starting = []
    for each in in_order(waiting):
        if taken.isdisjoint(each.resources):
            starting.append(each)
        taken |= each.resources
    return starting
