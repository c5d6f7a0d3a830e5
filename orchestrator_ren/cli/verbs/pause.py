"""`ren pause`: nothing starts from the queue; what runs goes on."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add none."""


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Pause the queue."""
    with robot_of(options) as robot:
        answer = robot.pause()
    output.value({'paused': True, 'message': answer})
    output.say(answer)
    return ExitCode.DONE
