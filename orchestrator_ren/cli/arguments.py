"""The words of `ren`: a verb, its arguments, and the options that all verbs have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from typing import NoReturn

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.verbs import VERBS
from orchestrator_ren.errors import ArgumentInvalid

TIMEOUT_S = 2.0
"""Longest wait for an answer, where nobody says another [s]."""

Run = Callable[[argparse.Namespace, Output], ExitCode]


class Parser(argparse.ArgumentParser):
    """Refuses as everything of this package does."""

    def error(self, message: str) -> NoReturn:
        """Refuse.

        Raises:
            ArgumentInvalid: Always.
        """
        raise ArgumentInvalid(detail=f'{message}; see: {self.prog} --help')


def parsed(program: str, words: Sequence[str]) -> tuple[Run, argparse.Namespace]:
    """Return what is to be done, and the options for it.

    Raises:
        ArgumentInvalid: The words make no sense.
    """
    first = _first_parser(program)
    options = first.parse_args(words)
    if options.verb not in VERBS:
        known = ', '.join(VERBS)
        first.error(f'{options.verb!r} is none of the verbs: {known}')
    verb = import_module(f'orchestrator_ren.cli.verbs.{module_of(options.verb)}')
    parser = Parser(
        prog=f'{program} {options.verb}',
        description=f'{VERBS[options.verb]}.'.capitalize(),
        epilog=getattr(verb, 'EPILOG', None),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    add_common(parser)
    verb.add_arguments(parser)
    return verb.run, parser.parse_args(options.rest, _without_verb(options))


def module_of(verb: str) -> str:
    """Return the name of a verb's module."""
    return verb.replace('-', '_')


def add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options of all verbs, which may also stand before the verb."""
    group = parser.add_argument_group('of all verbs')
    group.add_argument(
        '-n',
        '--namespace',
        default=argparse.SUPPRESS,
        help='of the robot; default: none',
    )
    group.add_argument(
        '--timeout',
        type=positive,
        default=argparse.SUPPRESS,
        metavar='SECONDS',
        help=f'longest wait for an answer; default: {TIMEOUT_S:g}',
    )
    group.add_argument(
        '--json', action='store_true', default=argparse.SUPPRESS, help='answer in JSON'
    )


def positive(text: str) -> float:
    """Return the number of seconds that a text says.

    Raises:
        argparse.ArgumentTypeError: It is none that is positive.
    """
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0.0 < value < 1e9:
        raise argparse.ArgumentTypeError(f'{text!r} is no number of seconds above 0')
    return value


def _first_parser(program: str) -> Parser:
    width = max(map(len, VERBS))
    verbs = '\n'.join(f'  {name:{width}}  {summary}' for name, summary in VERBS.items())
    codes = ', '.join(f'{each.value} {each.meaning}' for each in ExitCode)
    parser = Parser(
        prog=program,
        usage=f'{program} [-n NAMESPACE] [--json] [--timeout SECONDS] VERB …',
        description='Tickets for robot commands.',
        epilog=f'verbs:\n{verbs}\n\n{program} VERB --help tells the rest.\nexit codes: {codes}',
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.set_defaults(namespace='', timeout=None, json=False)
    add_common(parser)
    parser.add_argument('--version', action=_Version, nargs=0, help='tell the versions')
    parser.add_argument('verb', metavar='VERB', help=argparse.SUPPRESS)
    parser.add_argument('rest', nargs=argparse.REMAINDER, help=argparse.SUPPRESS)
    return parser


class _Version(argparse.Action):
    """Tells the version, and which rclpy there is, as the nodes do."""

    def __call__(self, parser: argparse.ArgumentParser, *_args: object) -> NoReturn:
        """Tell, and end."""
        from importlib.metadata import version

        from orchestrator_ren.ros.release import rclpy_release

        print(f'{parser.prog} {version("orchestrator_ren")}, {rclpy_release()}')  # noqa: T201
        parser.exit()


def _without_verb(options: argparse.Namespace) -> argparse.Namespace:
    return argparse.Namespace(
        namespace=options.namespace, timeout=options.timeout, json=options.json
    )
