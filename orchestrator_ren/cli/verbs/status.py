"""`ren status`: how the orchestrator is."""

from __future__ import annotations

import argparse
import time
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output, hint_of
from orchestrator_ren.cli.session import robot_of

if TYPE_CHECKING:
    from orchestrator_ren.client import TicketClient
    from orchestrator_ren.client.answers import RobotStatus

LOOK_S = 0.2
"""Time between two looks with --wait [s]."""

STANDBY = 'STANDBY'
"""The state of an orchestrator that waits for another one's robot: it has no work of its own."""

WAIT_S = 30.0
"""Longest wait with --wait, where nobody says another [s]."""

EPILOG = 'Exit code 0: READY, a drive would start; 1: it says why not.'


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        '--wait', action='store_true', help='wait until it is READY, up to the timeout (30 s)'
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Ask, and tell."""
    if options.wait and options.timeout is None:
        options.timeout = WAIT_S
    with robot_of(options) as robot:
        status = _ready(robot, options.timeout) if options.wait else robot.status()
    output.value(status)
    output.say(*lines_of(status))
    return ExitCode.DONE if status.is_ready else ExitCode.REFUSED


def _ready(robot: TicketClient, timeout_s: float) -> RobotStatus:
    until_mono_s = time.monotonic() + timeout_s
    while not (status := robot.status()).is_ready and time.monotonic() < until_mono_s:
        time.sleep(LOOK_S)
    return status


def lines_of(status: RobotStatus) -> list[str]:
    """Return what people read."""
    why = f': {status.detail}{hint_of(status.error_code)}' if status.detail else ''
    head = [
        f'{status.state}{why}',
        f'up       {status.uptime_s:.0f} s, version {status.version}, term {status.term}',
        *([f'robot    {status.robot}'] if status.robot else []),
    ]
    return head if status.state == STANDBY else [*head, *_work_of(status)]


def _work_of(status: RobotStatus) -> list[str]:
    counts = ', '.join(f'{count} {each.value}' for each, count in status.counts.items() if count)
    executing = ', '.join(status.executing_ids)
    return [
        f'odometry {"heard" if status.hears_odometry else "not heard"}',
        f'tickets  {counts or "none"}',
        *([f'running  {executing}'] if executing else []),
        *([f'waiting  {status.waiting}'] if status.waiting else []),
        *([f'paused   {status.pause_reason}'] if status.pause_reason else []),
    ]
