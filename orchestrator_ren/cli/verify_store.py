"""`verify_store`: has anybody edited the tickets or their histories?"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from orchestrator_ren.errors import ConfigurationError, StoreError
from orchestrator_ren.location import expanded, expanded_url
from orchestrator_ren.store.engine import shown
from orchestrator_ren.store.url_file import chosen_url
from orchestrator_ren.store.verification import verify

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
    parser.add_argument('--store-url', help="the orchestrator's store_url parameter, if it is set")
    parser.add_argument('--store-url-file', help='the same for store_url_file')
    parser.add_argument('--namespace', default='', help='of the orchestrator; default: none')
    # ROS puts its own arguments behind `--ros-args`; there is nothing in them for us.
    given = list(sys.argv[1:] if args is None else args)
    options = parser.parse_args(
        given[: given.index('--ros-args')] if '--ros-args' in given else given
    )
    tickets = events = broken = 0
    try:
        given_url = expanded_url(options.store_url or '', '--store-url')
        file = expanded(options.store_url_file or '', '--store-url-file')
        url = chosen_url(given_url, file, options.namespace, '--store-url-file')
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
