"""`ren run`: makes a ticket and executes it, to its end."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.ticket_options import add_ticket_arguments
from orchestrator_ren.cli.verbs import create

TAKES_MORE = True
"""Words that are left are for the command."""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    add_ticket_arguments(parser)
    parser.set_defaults(run=True, queue=False)


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Make it, and wait for its end."""
    return create.run(options, output)
