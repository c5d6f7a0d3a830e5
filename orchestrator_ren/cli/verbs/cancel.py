"""`ren cancel`: a ticket does not start any more, or ends with zero."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of, whole_id
from orchestrator_ren.cli.texts import end_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument('id', help='of the ticket, or its begin or end')
    parser.add_argument('--reason', default='', help='for the record')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Cancel it."""
    with robot_of(options) as robot:
        ticket = robot.cancel(whole_id(robot, options.id), options.reason)
    output.value(ticket)
    output.say(end_of(ticket))
    return ExitCode.DONE
