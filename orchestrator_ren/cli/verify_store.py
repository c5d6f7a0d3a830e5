"""`verify_store`: has anybody edited the tickets or their histories?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib.metadata import version

from orchestrator_ren.errors import ArgumentInvalid, ConfigurationError, StoreError
from orchestrator_ren.location import expanded
from orchestrator_ren.ros.command_line import CommandLine, split
from orchestrator_ren.store.engine import shown
from orchestrator_ren.store.location import expanded_url
from orchestrator_ren.store.url_file import chosen_url
from orchestrator_ren.store.verification import verify

REMAP = ('-r', '--remap')

INTACT, BROKEN, UNREADABLE = 0, 1, 2
"""Exit codes."""


def main(args: Sequence[str] | None = None) -> int:
    """Verify a store and say what is wrong, a line for each ticket; return an exit code."""
    parser = argparse.ArgumentParser(
        prog='verify_store',
        description='Verify the hash chain of every history, and each ticket against its own.'
        ' Only reads; an orchestrator may be running.'
        ' Exit code: 0 = intact, 1 = something was edited, 2 = it cannot be read.',
    )
    parser.add_argument('--version', action='store_true', help='say which version this is')
    parser.add_argument('--store-url', help="the orchestrator's store_url parameter, if it is set")
    parser.add_argument('--store-url-file', help='the same for store_url_file')
    parser.add_argument('--namespace', default='', help='of the orchestrator; default: none')
    line = split(sys.argv[1:] if args is None else args)
    options = parser.parse_args(line.own)
    if options.version:
        print(f'verify_store {version("orchestrator_ren")}')  # noqa: T201
        return INTACT
    tickets = events = broken = 0
    try:
        namespace = options.namespace or _namespace_of(line)
        given = expanded_url(options.store_url, '--store-url') if options.store_url else ''
        file = expanded(options.store_url_file or '', '--store-url-file')
        url = chosen_url(given, file, namespace, '--store-url-file')
        for verdict in verify(url):
            tickets, events = tickets + 1, events + verdict.events
            if verdict.problem:
                broken += 1
                print(f'{verdict.ticket_id}: {verdict.problem}')  # noqa: T201
    except (ConfigurationError, StoreError) as error:
        print(f'{type(error).__name__} {error.code}: {error}', file=sys.stderr)  # noqa: T201
        return UNREADABLE
    outcome = f'{broken} broken' if broken else 'intact'
    print(f'{shown(url)}: {tickets} tickets, {events} events: {outcome}')  # noqa: T201
    return BROKEN if broken else INTACT


def _namespace_of(line: CommandLine) -> str:
    """Return the namespace that launch gives by `-r __ns:=`; a name has nothing to say here.

    Raises:
        ArgumentInvalid: There is something else for ROS: another store would be meant.
    """
    namespace = ''
    for flag, word in zip(line.ros[::2], (*line.ros[1::2], ''), strict=False):
        name, _, value = word.partition(':=')
        if flag not in REMAP or name not in ('__ns', '__node'):
            detail = f'{flag!r} is for ROS nodes, and this is none; see verify_store --help'
            raise ArgumentInvalid(detail=detail)
        namespace = value if name == '__ns' else namespace
    return namespace
