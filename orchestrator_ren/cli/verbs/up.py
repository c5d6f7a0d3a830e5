"""`ren up`: gate, orchestrator and robot, each in a process of its own, until Ctrl-C.

With `--fleet`, those of several simulated robots, and their database.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.errors import ArgumentInvalid

if TYPE_CHECKING:
    from orchestrator_ren.cli.up.part import Part

REN = (sys.executable, '-m', 'orchestrator_ren.cli.ren')
"""What starts `ren`."""

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
    base.add_argument(
        '--fleet', type=int, metavar='N',
        help='so many simulated robots, r1 to rN, in one world and on one database',
    )  # fmt: skip
    parser.add_argument(
        '--world', default='', help='of --sim and --fleet: warehouse, empty or a path'
    )
    parser.add_argument(
        '--store', default='', metavar='URL',
        help="of --fleet: the robots' database; without it, a PostgreSQL server of your own is"
        ' started for them',
    )  # fmt: skip
    parser.add_argument(
        '--http', nargs='?', type=int, const=HTTP_PORT, metavar='PORT',
        help=f'the HTTP gateway too, on 127.0.0.1; without a port on {HTTP_PORT}',
    )  # fmt: skip
    parser.add_argument(
        '--params-file', default='', metavar='FILE', help='YAML file with parameters of the nodes'
    )


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Run the robot, or the fleet, until somebody ends it."""
    from orchestrator_ren.cli.up.supervisor import Supervisor

    _check(options)
    parts = _parts_of_one(options) if options.fleet is None else _parts_of_fleet(options, output)
    is_terminal = sys.stdout.isatty()
    environment = {
        **os.environ,
        'PYTHONUNBUFFERED': '1',
        'RCUTILS_COLORIZED_OUTPUT': str(int(is_terminal)),
    }
    return Supervisor(sys.stdout.fileno(), is_terminal).run(parts, environment)


def _check(options: argparse.Namespace) -> None:
    """Refuse what does not fit.

    Raises:
        ArgumentInvalid: It says what, and what would.
    """
    from orchestrator_ren.cli.up.fleet import MOST_ROBOTS

    if options.http is not None and not 0 <= options.http <= MAX_PORT:
        raise ArgumentInvalid(detail=f'--http is {options.http}; a port is 0 to {MAX_PORT}')
    if options.world and not options.sim and options.fleet is None:
        raise ArgumentInvalid(detail='--world is for --sim and --fleet')
    if options.store and options.fleet is None:
        raise ArgumentInvalid(detail='--store is for --fleet; a robot has its parameter store_url')
    if options.fleet is not None and not 1 <= options.fleet <= MOST_ROBOTS:
        raise ArgumentInvalid(detail=f'--fleet is {options.fleet}; it must be 1 to {MOST_ROBOTS}')
    if options.params_file and not Path(options.params_file).is_file():
        raise ArgumentInvalid(detail=f'--params-file {options.params_file}: there is no such file')


def _parts_of_one(options: argparse.Namespace) -> Sequence[Part]:
    from ament_index_python.packages import get_package_prefix

    from orchestrator_ren.cli.up.part import Robot, waiting_for

    base = 'sim' if options.sim else 'turtlesim' if options.turtlesim else ''
    robot = Robot(base, options.namespace, options.params_file, options.world, options.http)
    return (*robot.parts(get_package_prefix), waiting_for(REN, robot.namespace, READY_S))


def _parts_of_fleet(options: argparse.Namespace, output: Output) -> Sequence[Part]:
    """Return the programs, behind them the database where it is our own: it ends last."""
    from ament_index_python.packages import get_package_prefix

    from orchestrator_ren.cli.up.database import own_database
    from orchestrator_ren.cli.up.fleet import Fleet

    database = None if options.store else own_database()
    fleet = Fleet(
        options.fleet,
        database.url if database else options.store,
        options.namespace,
        options.params_file,
        options.world,
        options.http,
    )
    parts = (*fleet.parts(get_package_prefix), *fleet.waiting(REN, READY_S))
    if database is None:
        return parts
    if not database.is_made:
        output.say(f'making a PostgreSQL database in {database.folder}')
        database.make()
    return (*parts, database.part(fleet.count))
