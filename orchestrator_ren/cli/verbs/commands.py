"""`ren commands`: what tickets may ask for."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.schema_options import options_of
from orchestrator_ren.cli.session import cache_of, robot_of
from orchestrator_ren.errors import UnknownCommand

if TYPE_CHECKING:
    from orchestrator_ren.client.answers import CommandInfo


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Add them."""
    parser.add_argument('name', nargs='?', default='', help='only that command, with its options')


def run(options: argparse.Namespace, output: Output) -> ExitCode:
    """Show them."""
    with robot_of(options) as robot:
        found = robot.commands()
    usable = {each.name: each.params_schema for each in found if not each.error}
    cache_of(options).keep_commands(usable)
    if options.name:
        found = [each for each in found if each.name == options.name]
        if not found:
            raise UnknownCommand(command=options.name, known=', '.join(usable))
    output.value(found)
    if options.name:
        _show_one(found[0], output)
    else:
        output.table(('COMMAND', 'WHAT'), ((each.name, _what(each)) for each in found))
    return ExitCode.DONE


def _what(command: CommandInfo) -> str:
    return f'broken: {command.error}' if command.error else command.description


def _show_one(command: CommandInfo, output: Output) -> None:
    output.say(f'{command.name}: {_what(command)}')
    rows = ((each.flag, each.help) for each in options_of(command.params_schema))
    output.table(('OPTION', 'WHAT'), rows)
