"""`ren events`: what happened to all tickets, oldest first."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.parser import count, number
from orchestrator_ren.cli.session import robot_of
from orchestrator_ren.cli.texts import event_line
from orchestrator_ren.tickets.event import Event

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient

EPILOG = 'With --json each event is a line. Ctrl-C ends --follow.'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    which = parser.add_mutually_exclusive_group()
    which.add_argument('--last', type=count, metavar='N', help='only the newest so many')
    which.add_argument(
        '--after', type=number, metavar='NUMBER', help='of the last event known; default: all'
    )
    parser.add_argument(
        '--follow', action='store_true', help='go on with what happens; alone: only that'
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Tell them."""
    with robot_of(options) as robot:
        last = options.after
        if options.last is not None:
            last = max(0, robot.last_number() - options.last)
        if last is not None or not options.follow:
            for event in robot.events(last or 0):
                _tell(event, output)
                last = event.number
        if options.follow:
            _follow(robot, last, output)
    return ExitCode.DONE


def _follow(robot: TicketClient, last: int | None, output: Output) -> None:
    """Tell what comes, until Ctrl-C."""
    try:
        for seen in robot.watch(after=last):
            if isinstance(seen, Event):
                _tell(seen, output)
    except KeyboardInterrupt:
        return


def _tell(event: Event, output: Output) -> None:
    output.value(event)
    place = f'{event.number}  ' if event.number else ''
    output.say(f'{place}{event_line(event)}')
