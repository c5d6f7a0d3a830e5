"""What each orchestrator of a fleet costs, and what that makes for many of them.

Each is a process with its gate in it, in a namespace of one domain, on one database:

idle: nothing is to be done.
driving: each drives for a second, in every ten.
for any: tickets for any are created, one after the other, of which each idle robot is told.
one more: another one starts beside those that are there.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

from fitting import fitted
from fleet_of_nodes import Fleet, Found
from fleet_server import Counters, Server
from processes import Bench

FLEETS = (100, 1_000)
"""What is told of, though nobody has measured it."""

SQUARE = ('inside',)
"""Figures in which each robot may have to do with each other one."""

NAMES = {
    'idle_cpu': 'idle: % of a core',
    'drive_cpu': 'driving: % of a core',
    'rss': 'memory [MB]',
    'endpoints': 'endpoints of DDS',
    'network': 'idle: sent to the network [kB/s]',
    'packets': 'idle: packets to the network /s',
    'inside': 'idle: sent on the machine [kB/s]',
    'started': 'one more starts: sent [kB]',
    'commits': 'idle: transactions /s',
    'drive_commits': 'driving: transactions /s',
    'log': 'idle: log of the server [kB/s]',
    'server_cpu': 'idle: server, % of a core',
    'backends': 'connections',
    'backends_mb': 'their memory [MB]',
    'for_any': 'transactions for a ticket for any',
}


def print_cost(folder: Path, server: Server, options: argparse.Namespace) -> None:
    """Measure, print, and tell what more of them would need."""
    database = server.make_database()
    with closing(Counters(server, database)) as counters, closing(Bench(folder)) as bench:
        fleet = Fleet(bench, counters, server.url(database), options.seconds)
        found = fleet.measured(options.robots)
        outcomes = ', '.join(f'{count} {status}' for status, count in counters.tickets().items())
    heading = f'{"":<35}{_columns(options.robots)}{_columns(FLEETS)}   by the line, and what it'
    print(f'\nall orchestrators together, by their number\n{heading} misses by')
    for name, words in NAMES.items():
        print(f'{words:<35}{_row(found, name, options.robots)}', flush=True)
    print(f'what became of the tickets: {outcomes}')


def _columns(numbers: Sequence[int]) -> str:
    return ''.join(f'{each:>12,}' for each in numbers)


def _row(found: Found, name: str, robots: Sequence[int]) -> str:
    fit = fitted(found[name], is_square=name in SQUARE)
    figures = [*(found[name][number] for number in robots), *map(fit.at, FLEETS)]
    words = ''.join(f'{each:>12,.1f}' for each in figures)
    return f'{words}   {fit.words()}, {fit.error:.0%}'
