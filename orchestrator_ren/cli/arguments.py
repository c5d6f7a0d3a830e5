"""The words of `ren`: a verb, its arguments, and the options that all verbs have."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from importlib import import_module
from types import ModuleType
from typing import NoReturn

from orchestrator_ren.cli.exit_code import ExitCode
from orchestrator_ren.cli.output import Output
from orchestrator_ren.cli.parser import Parser, add_common, meant
from orchestrator_ren.cli.verbs import VERBS
from orchestrator_ren.errors import ArgumentInvalid

Run = Callable[[argparse.Namespace, Output], ExitCode]


def parsed(program: str, words: Sequence[str]) -> tuple[Run, argparse.Namespace]:
    """Return what is to be done, and the options for it.

    Raises:
        ArgumentInvalid: The words make no sense.
    """
    first = _first_parser(program)
    options = first.parse_args(words)
    if not options.verb:
        raise ArgumentInvalid(detail=f'which verb?\n\n{first.format_help().rstrip()}')
    if options.verb not in VERBS:
        known = f'{", ".join(VERBS)}{meant(options.verb, VERBS)}'
        first.error(f'{options.verb!r} is none of the verbs: {known}')
    verb, parser = verb_of(program, options.verb)
    given = argparse.Namespace(
        namespace=options.namespace,
        timeout=options.timeout,
        json=options.json,
        prog=parser.prog,
        parser=parser,
    )
    found, more = parser.parse_known_args(options.rest, given)
    if not hasattr(verb, 'TAKES_MORE'):
        parser.refuse_unknown(more)
    found.more = more
    return verb.run, found


def verb_of(program: str, name: str) -> tuple[ModuleType, Parser]:
    """Return the module of a verb, and the parser of its arguments."""
    verb = import_module(f'orchestrator_ren.cli.verbs.{name.replace("-", "_")}')
    parser = Parser(
        prog=f'{program} {name}',
        description=f'{VERBS[name]}.'.capitalize(),
        epilog=getattr(verb, 'EPILOG', None),
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
        add_help=not hasattr(verb, 'TAKES_MORE'),  # those tell of their command too
    )
    add_common(parser)
    verb.add_arguments(parser)
    return verb, parser


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
    parser.add_argument('verb', metavar='VERB', nargs='?', default='', help=argparse.SUPPRESS)
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
