"""`ren queue`: what waits and why; with an id, that ticket is asked for too."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of, whole_id
from orchestrator_ren.cli.texts import end_of, local
from orchestrator_ren.errors import ArgumentInvalid

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient

TITLES = ('PLACE', 'ID', 'COMMAND', 'PRIORITY', 'WHY IT WAITS', 'STARTS ABOUT')


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        'id', nargs='?', default='', help='a ticket that is to be executed when its turn comes'
    )
    parser.add_argument('--force', action='store_true', help='once more, also where it has ended')
    parser.add_argument('--dry-run', action='store_true', help='plan and check only')
    parser.add_argument(
        '--robot', default='', metavar='NAME', help='whose queue; any: for any, taken by none yet'
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Show the queue, or put the ticket into it."""
    if options.id and options.robot:
        raise ArgumentInvalid(detail='--robot is whose queue is shown; a ticket has its own')
    with robot_of(options) as robot:
        if not options.id:
            return _show(robot, options.robot, output)
        ticket_id = whole_id(robot, options.id)
        ticket = robot.queue(ticket_id, force=options.force, dry_run=options.dry_run)
    output.value(ticket)
    output.say(end_of(ticket))
    return ExitCode.DONE


def _show(robot: TicketClient, name: str, output: Output) -> ExitCode:
    entries = robot.queue_entries(robot=name)
    pause_reason = '' if name else robot.status().pause_reason  # only its own is known
    output.value({'pause_reason': pause_reason, 'entries': entries})
    if pause_reason:
        output.say(f'paused: {pause_reason}')
    rows = (
        (
            str(each.position),
            each.ticket_id,
            each.command,
            each.priority.name,
            each.reason,
            local(each.estimated_start),
        )
        for each in entries
    )
    output.table(TITLES, rows)
    if not entries:
        output.say('nothing waits')
    return ExitCode.DONE
