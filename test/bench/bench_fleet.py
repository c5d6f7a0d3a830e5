"""What a fleet on one PostgreSQL costs: its store, each robot, and a thousand of them.

store: the stores of 1, 3 and 8 orchestrators create tickets for any, and take, start and end them,
    beside the bare driver with as many commits; and SQLite for one.
cost: real orchestrators in one domain; a line fitted through what 1, 2, 4 and 8 of them need.
load: what a server answers at the load of up to 1,000 robots, of which there is only the store.

The server is as it is installed, and waits for the disk.
"""

from __future__ import annotations

import argparse
import sqlite3
import sys
from collections.abc import Callable, Sequence
from contextlib import closing
from pathlib import Path

import psycopg2
import sqlalchemy as sa
from disk import disk_line
from fleet_cost import print_cost
from fleet_load import print_load
from fleet_server import Counters, Server, durable_server
from fleet_store import print_store
from machine import print_machine, ros

PARTS: dict[str, Callable[[Path, Server, argparse.Namespace], None]] = {
    'store': print_store,
    'cost': print_cost,
    'load': print_load,
}
QUICK = {
    'crews': [1, 2],
    'rounds': 1,
    'tickets': 16,
    'told': 2,
    'robots': [1, 2],
    'seconds': 2.0,
    'sizes': [60],
}
FOLDER = Path('/var/tmp')
"""On a disk, as a rule; what is in `/tmp` may be in memory."""


def numbers_of(text: str) -> list[int]:
    return sorted(map(int, text.split(',')))


def parts_of(text: str) -> Sequence[str]:
    names = text.split(',')
    unknown = set(names) - PARTS.keys()
    if unknown:
        raise argparse.ArgumentTypeError(f'no such part: {", ".join(sorted(unknown))}')
    return names


def print_versions(folder: Path, server: Server) -> None:
    """Tell what else the figures depend on."""
    with closing(Counters(server, 'postgres')) as counters:
        version = counters.version()
    driver = psycopg2.__version__.split()[0]
    print(
        f'PostgreSQL {version}, psycopg2 {driver}, SQLAlchemy {sa.__version__},'
        f' SQLite {sqlite3.sqlite_version}',
        f'{folder}: {disk_line(folder)}',
        sep='\n',
        flush=True,
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--parts', type=parts_of, default=[*PARTS], help=', '.join(PARTS))
    parser.add_argument('--crews', type=numbers_of, default=[1, 3, 8], help='stores at once')
    parser.add_argument('--rounds', type=int, default=3, help='of the store')
    parser.add_argument('--tickets', type=int, default=300, help='that all create in a round')
    parser.add_argument('--told', type=int, default=100, help='that one creates, another takes')
    parser.add_argument('--robots', type=numbers_of, default=[1, 2, 4, 8], help='orchestrators')
    parser.add_argument('--seconds', type=float, default=10.0, help='that the cost is looked at')
    parser.add_argument('--sizes', type=numbers_of, default=[100, 300, 1000], help='of fleets')
    parser.add_argument('--folder', type=Path, default=FOLDER, help='on the disk to measure')
    parser.add_argument('--quick', action='store_true', help='see whether it works, in a minute')
    options = parser.parse_args()
    if options.quick:
        vars(options).update(QUICK)
    print_machine()  # before anything is started
    with ros() as folder, durable_server(options.folder) as server:
        print_versions(options.folder, server)
        for name in options.parts:
            server.run('CHECKPOINT')  # what the part before has left to do
            PARTS[name](folder, server, options)
    return 0


if __name__ == '__main__':
    sys.exit(main())
