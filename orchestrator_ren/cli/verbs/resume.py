"""`ren resume`: the queue goes on."""

from __future__ import annotations

import argparse

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.session import robot_of


def add_arguments(_parser: argparse.ArgumentParser) -> None:
    """Add none."""


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Let the queue go on, or tell why it must not."""
    with robot_of(options) as robot:
        answer = robot.resume()
    output.value({'paused': False, 'message': answer})
    output.say(answer)
    return ExitCode.DONE
