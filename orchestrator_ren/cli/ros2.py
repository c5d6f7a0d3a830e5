"""`ros2 ticket`: the same as `ren`, by the extension that ros2cli looks for."""

from __future__ import annotations

import argparse
from typing import Any

from orchestrator_ren.cli.verbs import VERBS

try:
    from ros2cli.command import CommandExtension
except ImportError:  # with ROS 2 from PyPI there is no ros2cli

    class CommandExtension:  # type: ignore[no-redef]
        """In its place, so that this can be imported."""


class TicketCommand(CommandExtension):  # type: ignore[misc]
    """Tickets for robot commands: create, execute, watch and cancel them"""  # noqa: D415

    def add_arguments(self, parser: Any, _cli_name: str, *, argv: Any = None) -> None:
        """Take all words: `ren` knows what they mean."""
        width = max(map(len, VERBS))
        verbs = '\n'.join(f'  {name:{width}}  {summary}' for name, summary in VERBS.items())
        parser.formatter_class = argparse.RawDescriptionHelpFormatter
        parser.epilog = f'verbs:\n{verbs}\n\nros2 ticket VERB --help tells the rest.'
        parser.add_argument('-n', '--namespace', default='', help='of the robot; default: none')
        parser.add_argument('--json', action='store_true', help='answer in JSON')
        parser.add_argument('--timeout', default='', metavar='SECONDS', help='for an answer')
        parser.add_argument('words', nargs=argparse.REMAINDER, metavar='VERB …', help='see below')

    def main(self, *, parser: Any, args: Any) -> int:
        """Do what the words say; return the exit code."""
        from orchestrator_ren.cli.ren import heed_signals, main

        heed_signals()
        before = [
            *(['--namespace', args.namespace] if args.namespace else []),
            *(['--timeout', args.timeout] if args.timeout else []),
            *(['--json'] if args.json else []),
        ]
        return main([*before, *args.words], 'ros2 ticket')
