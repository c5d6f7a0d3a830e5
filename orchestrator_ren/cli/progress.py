"""An execution that somebody waits for: one line that goes on, and how it ended."""

from __future__ import annotations

import contextlib
import shutil
import time
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output, OutputClosed
from orchestrator_ren.cli.texts import end_of, exit_code_of, progress_words, whose
from orchestrator_ren.tickets.assignment import ANY
from orchestrator_ren.tickets.ticket import Status, Ticket

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient
    from orchestrator_ren.client.answers import Progress

BAR = 20
"""Width of the bar."""

LOOK_S = 0.3
"""Between two looks at a ticket of another robot [s]."""

LEAST_WITH_BAR = 70
"""Columns below which there is no room for it."""


def execute(
    robot: TicketClient, ticket_id: str, output: Output, *, force: bool, dry_run: bool
) -> ExitCode:
    """Execute a ticket, to its end; Ctrl-C cancels it and waits, a second one leaves.

    So does an output that nobody takes any more: nobody watches the robot then.
    """
    line = ProgressLine(output)
    try:
        ticket = robot.execute(ticket_id, force=force, dry_run=dry_run, on_feedback=line.show)
    finally:
        line.end()
    return _told(ticket, output)


def follow(robot: TicketClient, ticket: Ticket, output: Output) -> ExitCode:
    """Wait for the end of a ticket that any robot of the store may execute, by looking at it.

    Ctrl-C cancels it, as far as that can be done from here, and waits; a second one leaves.
    """
    try:
        ticket = _ended(robot, ticket, output)
    except KeyboardInterrupt:
        ticket = _ended(robot, robot.cancel(ticket), output)
    return _told(ticket, output)


def _ended(robot: TicketClient, ticket: Ticket, output: Output) -> Ticket:
    """Return the ticket once it has ended; say meanwhile where it is."""
    said = ''
    while not ticket.status.is_final:
        why = f'; why: ren queue --robot {ticket.robot or ANY}'
        is_waiting = ticket.status is Status.QUEUED
        words = f'{ticket.status.value}  robot {whose(ticket)}{why if is_waiting else ""}'
        if words != said:
            output.say(words)
        said = words
        time.sleep(LOOK_S)
        ticket = robot.get(ticket)
    return ticket


def _told(ticket: Ticket, output: Output) -> ExitCode:
    """Say how it ended."""
    with contextlib.suppress(OutputClosed):  # it is in the exit code too
        output.value(ticket)
        output.say(end_of(ticket))
    return exit_code_of(ticket)


class ProgressLine:
    """On a terminal one line that is written over; elsewhere a line for each new status."""

    def __init__(self, output: Output) -> None:
        self._output = output
        self._status: Status | None = None
        self._width = 0

    def show(self, progress: Progress) -> None:
        """Show how far it is."""
        if self._output.is_terminal:
            columns = shutil.get_terminal_size().columns
            text = line_of(progress, columns)
            self._output.rewrite(f'{text:<{self._width}}')
            self._width = len(text)
        elif progress.status is not self._status:
            self._status = progress.status
            self._output.say(line_of(progress, LEAST_WITH_BAR - 1))

    def end(self) -> None:
        """Keep the last line."""
        if self._width:
            self._width = 0
            with contextlib.suppress(OutputClosed):
                self._output.say('')


def line_of(progress: Progress, columns: int) -> str:
    """Return how far it is, in a line that fits."""
    filled = round(BAR * progress.progress)
    bar = f' [{"#" * filled}{"." * (BAR - filled)}]' if columns >= LEAST_WITH_BAR else ''
    if progress.status is Status.QUEUED:
        place = f' place {progress.queue_position}' if progress.queue_position else ''
        text = f'QUEUED{place}  {progress.message}'
    else:
        text = f'{progress.status.value}{bar} {progress_words(progress)}'
    return text[: columns - 1].rstrip()
