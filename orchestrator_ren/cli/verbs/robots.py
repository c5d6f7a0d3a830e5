"""`ren robots`: the robots of the store, and the word of a person that one of them stands."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.parser import meant
from orchestrator_ren.cli.session import robot_of
from orchestrator_ren.cli.texts import local
from orchestrator_ren.errors import ArgumentInvalid, RobotNotInStore

if TYPE_CHECKING:
    from orchestrator_ren.client.answers import Fleet, Robot

TITLES = ('ROBOT', 'STATE', 'HOST', 'TERM', 'LEASE', 'HAS', 'EXECUTING', 'WAITING')

EPILOG = (
    'Where a robot is unreachable, nobody knows whether it still moves. Go and look; then\n'
    'ren robots --declare-stopped NAME: what it executed is FAILED (216), what waits for any\n'
    'robot goes on elsewhere, and its orchestrator writes nothing before it has started anew.\n'
    'It stops nothing.'
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument(
        '--declare-stopped',
        default='',
        metavar='NAME',
        help='say that you have seen this unreachable robot stand',
    )
    parser.add_argument('--yes', action='store_true', help='do not ask whether that is meant')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Show them, or declare that one stands."""
    name = options.declare_stopped
    if name and not options.yes and not (output.is_terminal and sys.stdin.isatty()):
        raise ArgumentInvalid(detail='nobody can be asked here whether that is meant: --yes')
    with robot_of(options) as robot:
        fleet = robot.robots()
        if not name:
            return _show(fleet, output)
        lost = _named(name, fleet)
        if not options.yes and not _is_meant(lost, output):
            output.say('nothing is declared')
            return ExitCode.REFUSED
        ids = robot.declare_stopped(lost)
    output.value({'robot': name, 'ticket_ids': ids})
    output.say(f'{name} is declared to stand; FAILED by that: {", ".join(ids) or "nothing"}')
    return ExitCode.DONE


def state_of(robot: Robot) -> str:
    """Return in words whether somebody has the robot."""
    if robot.is_alive:
        return 'alive'
    if robot.unreachable_since:
        return f'unreachable since {local(robot.unreachable_since)}'
    return f'shut down, last seen {local(robot.last_seen)}' if robot.last_seen else 'shut down'


def _show(fleet: Fleet, output: Output) -> ExitCode:
    output.value(fleet)
    output.table(TITLES, map(_row, fleet.robots))
    if fleet.waiting_for_any:
        output.say(f'{fleet.waiting_for_any} waiting for any robot; see: ren queue --robot any')
    return ExitCode.DONE


def _row(robot: Robot) -> tuple[str, ...]:
    return (
        robot.name,
        state_of(robot),
        robot.host,
        str(robot.term),
        f'{robot.lease_s:.1f} s' if robot.lease_s else '',
        ', '.join(robot.capabilities),
        ', '.join(robot.executing_ids),
        str(robot.waiting or ''),
    )


def _named(name: str, fleet: Fleet) -> Robot:
    """Return the robot of that name.

    Raises:
        RobotNotInStore: There is none.
    """
    names = [each.name for each in fleet.robots]
    if name not in names:
        raise RobotNotInStore(robot=name, known=f'{", ".join(names)}{meant(name, names)}')
    return fleet.robots[names.index(name)]


def _is_meant(robot: Robot, output: Output) -> bool:
    """Ask whoever sits there."""
    executing = ', '.join(robot.executing_ids) or 'nothing'
    output.say(
        f'{robot.name} is {state_of(robot)}; as far as is known it executes {executing}, on'
        f' {robot.host or "a host that is not known"}.',
        'What it executes becomes FAILED (216), and what waits for any robot goes on elsewhere.',
        'This stops nothing. Say yes only if you have seen that it stands.',
    )
    output.rewrite('Does it stand? yes or no: ')
    return sys.stdin.readline().strip().lower() == 'yes'
