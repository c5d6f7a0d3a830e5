"""`ren reset`: frees the latch of the e-stop, if nothing holds it any more.

It does not say `false` on the `e_stop` topic by itself: several buttons there count as one, and it
would release one that somebody else has pressed.
"""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of

EPILOG = (
    'After ren e-stop: ren reset --release. Nothing goes on by itself afterwards: what moves next'
    ' is a new execution.'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        '--release',
        action='store_true',
        help='say on the e_stop topic that the button is released, as after ren e-stop; it'
        ' releases every button there, whoever pressed it',
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Reset it, or tell what still holds it."""
    with robot_of(options) as robot:
        e_stop = robot.reset(release=options.release)
    output.value(e_stop)
    output.say(f'the e-stop is {e_stop.state}')
    return ExitCode.DONE
