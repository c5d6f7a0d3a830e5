"""`ren create`: makes a ticket; its options are those that the command has parameters."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.progress import execute, follow
from orchestrator_ren.cli.session import cache_of, robot_of
from orchestrator_ren.cli.texts import end_of
from orchestrator_ren.cli.ticket_options import NewTicket, add_ticket_arguments

TAKES_MORE = True
"""Words that are left are for the command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_ticket_arguments(parser)
    how = parser.add_mutually_exclusive_group()
    how.add_argument('--run', action='store_true', help='execute it too, and wait for its end')
    how.add_argument('--queue', action='store_true', help='have it executed when its turn comes')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Make it, and what else was asked for."""
    new = NewTicket(options, cache_of(options))
    with robot_of(options) as robot:
        if options.is_help:
            output.tell(new.help(robot))
            return ExitCode.DONE
        new.check_command()
        is_elsewhere = bool(options.robot)
        ticket = new.create(robot, is_queued=options.queue or (options.run and is_elsewhere))
        if options.run:
            output.say(ticket.id)
            if is_elsewhere:
                return follow(robot, ticket, output)
            return execute(robot, ticket.id, output, force=False, dry_run=options.dry_run)
    output.value(ticket)
    output.say(end_of(ticket))
    return ExitCode.DONE
