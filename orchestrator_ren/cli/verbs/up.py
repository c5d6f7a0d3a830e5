"""`ren up`: gate, orchestrator and robot, each in a process of its own, until Ctrl-C."""

from __future__ import annotations

import argparse
import os
import sys
from pathlib import Path

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.errors import ArgumentInvalid

READY_S = 30.0
"""Longest wait for a robot that would drive [s]; then it says why it would not."""

HTTP_PORT = 8000
"""Of the gateway, as of the web service that it replaces."""

MAX_PORT = 65_535


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    base = parser.add_mutually_exclusive_group()
    base.add_argument('--sim', action='store_true', help='the embedded simulator is the robot')
    base.add_argument('--turtlesim', action='store_true', help='a turtle is')
    parser.add_argument('--world', default='', help='of --sim: warehouse, empty or a path')
    parser.add_argument(
        '--http', nargs='?', type=int, const=HTTP_PORT, metavar='PORT',
        help=f'the HTTP gateway too, on 127.0.0.1; without a port on {HTTP_PORT}',
    )  # fmt: skip
    parser.add_argument(
        '--params-file', default='', metavar='FILE', help='YAML file with parameters of the nodes'
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Run the robot until somebody ends it."""
    from ament_index_python.packages import get_package_prefix

    from orchestrator_ren.cli.up.part import Robot, waiting_for
    from orchestrator_ren.cli.up.supervisor import Supervisor

    if options.http is not None and not 0 <= options.http <= MAX_PORT:
        raise ArgumentInvalid(detail=f'--http is {options.http}; a port is 0 to {MAX_PORT}')
    if options.world and not options.sim:
        raise ArgumentInvalid(detail='--world is for --sim')
    if options.params_file and not Path(options.params_file).is_file():
        raise ArgumentInvalid(detail=f'--params-file {options.params_file}: there is no such file')
    base = 'sim' if options.sim else 'turtlesim' if options.turtlesim else ''
    robot = Robot(base, options.namespace, options.params_file, options.world, options.http)
    ren = (sys.executable, '-m', 'orchestrator_ren.cli.ren')
    ready = waiting_for(ren, robot.namespace, READY_S)
    is_terminal = sys.stdout.isatty()
    environment = {
        **os.environ,
        'PYTHONUNBUFFERED': '1',
        'RCUTILS_COLORIZED_OUTPUT': str(int(is_terminal)),
    }
    parts = (*robot.parts(get_package_prefix), ready)
    return Supervisor(sys.stdout.fileno(), is_terminal).run(parts, environment)
