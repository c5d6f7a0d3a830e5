"""`ren e-stop`: presses the e-stop. This is a software stop: see docs/safety.md."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of

EPILOG = 'A software stop, and no emergency stop according to ISO 13850.'


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add none."""


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Press it, and wait until the gate says that it is latched."""
    with robot_of(options) as robot:
        e_stop = robot.press()
    output.value(e_stop)
    output.say(f'{e_stop.state}: {e_stop.source}; ren reset --release frees it')
    return ExitCode.DONE
