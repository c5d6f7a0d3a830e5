"""`ren list`: tickets, the newest first."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.instant import instant
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.parser import count
from orchestrator_ren.cli.session import cache_of, robot_of
from orchestrator_ren.cli.texts import TITLES, row, whose
from orchestrator_ren.tickets.ticket import Status

LIMIT = 20
"""Tickets, where nobody says another number."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        '--status',
        action='append',
        default=[],
        type=str.upper,
        choices=[each.value for each in Status],
        help='only these; may be said again',
    )
    parser.add_argument('--command', default='', help='only of that command')
    parser.add_argument(
        '--since',
        type=instant,
        metavar='WHEN',
        help='created since: 2h, yesterday or 2026-11-26T08:00',
    )
    parser.add_argument('--until', type=instant, metavar='WHEN', help='created before that')
    parser.add_argument('--limit', type=count, default=LIMIT, help=f'most; default: {LIMIT}')
    parser.add_argument(
        '--robot',
        default='',
        metavar='NAME',
        help="whose; any: for any, taken by none yet; '*': all of the store",
    )
    parser.add_argument('--oldest', action='store_true', help='the oldest first')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """List them."""
    with robot_of(options) as robot:
        found = list(
            robot.find(
                options.status,
                options.command,
                created_from=options.since,
                created_until=options.until,
                order='oldest' if options.oldest else 'newest',
                limit=options.limit + 1,
                robot=options.robot,
            )
        )
    is_more = len(found) > options.limit
    found = found[: options.limit]
    cache_of(options).keep_ids(each.id for each in found)
    output.value(found)
    if options.robot:
        output.table(('ROBOT', *TITLES), ((whose(each), *row(each)) for each in found))
    else:
        output.table(TITLES, map(row, found))
    if is_more:
        output.say(f'{options.limit} are shown, there are more: --limit')
    if not found:
        output.say('no tickets')
    return ExitCode.DONE
