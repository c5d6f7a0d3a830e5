"""Who writes: every row that is changed says which robot did it, and in which term."""

from __future__ import annotations

from dataclasses import dataclass

from orchestrator_ren.tickets.ticket import Ticket


@dataclass(frozen=True)
class Writer:
    """The orchestrator that has a robot.

    Attributes:
        robot: Name of the robot.
        term: Fencing number.
    """

    robot: str
    term: int

    def term_of(self, ticket: Ticket) -> int:
        """Return the term that the ticket's row gets: 0 = its robot has yet to notice."""
        return self.term if ticket.robot == self.robot else 0
