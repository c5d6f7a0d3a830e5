"""Which tickets are stops: asking for one stops the robot before anything is waited for."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.tickets.ticket import Ticket

REMEMBERED = 10_000
"""Tickets that are known without asking the store; of others, it is asked first."""


class StopTickets:
    """Stops the robot as soon as a stop is asked for; to be recorded afterwards.

    It can only stop the robot.

    Args:
        registry: The commands.
        stop_motion: Stops the robot now, for a reason; returns the tickets that it cancelled.

    Attributes:
        commands: The names of those that stop it.
    """

    def __init__(self, registry: CommandRegistry, stop_motion: Callable[[str], list[str]]) -> None:
        self.commands = frozenset(each.name for each in registry.commands if each.stops)
        self._stop_motion = stop_motion
        self._known: dict[str, None] = {}
        self._stopped: dict[str, list[str]] = {}

    def learn(self, ticket: Ticket) -> None:
        """Remember a ticket if it is a stop."""
        if self.is_stop(ticket.command) and not ticket.dry_run:
            self._known[ticket.id] = None
            for oldest in list(self._known)[:-REMEMBERED]:
                del self._known[oldest]

    def is_stop(self, command: str) -> bool:
        """Whether the command of that name stops the robot."""
        return command in self.commands

    def act(self, ticket_id: str) -> bool:
        """Stop the robot if the ticket is known to be a stop; return whether it is."""
        if ticket_id not in self._known:
            return False
        self.stop_for(ticket_id)
        return True

    def stop_for(self, ticket_id: str) -> None:
        """Stop the robot, for a ticket that will tell whom that has ended."""
        stopped = self._stopped.pop(ticket_id, [])
        self._stopped[ticket_id] = [*stopped, *self.stop_first()]

    def stop_first(self) -> list[str]:
        """Stop the robot for a ticket that has no id yet; return whom that has ended: `credit`."""
        return self._stop_motion('stopped by a stop ticket')

    def credit(self, ticket_id: str, stopped: list[str]) -> None:
        """Let a ticket tell whom the stop has ended that came before it had an id."""
        if stopped:
            self._stopped[ticket_id] = stopped

    def stop_motion_for(self, ticket_id: str, reason: str) -> list[str]:
        """Stop the robot for a ticket that tells it at once; return whom that has ended."""
        return [*self.stopped_by(ticket_id), *self._stop_motion(reason)]

    def has_acted(self, ticket_id: str) -> bool:
        """Whether the robot was stopped for this ticket, which has not told of it yet."""
        return ticket_id in self._stopped

    def stopped_by(self, ticket_id: str) -> list[str]:
        """Return the tickets that were cancelled for this one, and forget them."""
        return self._stopped.pop(ticket_id, [])
