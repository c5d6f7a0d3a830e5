"""`ren execute`: a ticket is executed while this waits for its end."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.progress import execute
from orchestrator_ren.cli.session import robot_of, whole_id

EPILOG = 'Ctrl-C cancels the ticket and waits until the robot stands; a second one leaves.'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument('id', help='of the ticket, or its begin or end')
    parser.add_argument('--force', action='store_true', help='once more, also where it has ended')
    parser.add_argument('--dry-run', action='store_true', help='plan and check only')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Execute it."""
    with robot_of(options) as robot:
        ticket_id = whole_id(robot, options.id)
        return execute(robot, ticket_id, output, force=options.force, dry_run=options.dry_run)
