"""What the orchestrator costs, beside bare rclpy nodes and the web service that it replaces.

Each row is measured in rounds, ours and what stands beside it in turns, so that noise of the
machine hits all; what counts is the median of the rounds. How far those of the bare node are apart
is the noise. `--rows` measures some of them again.
"""

from __future__ import annotations

import argparse
import gc
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from asking import callers, creates, executes, gets, lists
from dispatching import dry_runs, turns
from driving import periods
from figures import HEADING, NAME, ROUNDS, Row
from idling import driving, idle, odometry
from lasting import lasting
from machine import print_machine, ros
from starting import starts
from web_client import missing

ROWS: dict[str, Callable[[Path, argparse.Namespace], list[Row]]] = {
    'start': starts,
    'create': creates,
    'callers': callers,
    'get': gets,
    'list': lists,
    'execute': executes,
    'turn': turns,
    'auto': dry_runs,
    'period': periods,
    'driving': driving,
    'idle': idle,
    'odometry': odometry,
    'lasting': lasting,
}
STARTS = 10
CALLS = 300
SECONDS = 20.0
EXECUTIONS = 5_000
REQUESTS = 20_000


def bench(folder: Path, options: argparse.Namespace) -> int:
    """Measure the rows wanted; print the figures, and whether the yardsticks are met.

    Returns the exit code: what fails keeps no other row from being measured.
    """
    gc.collect()
    gc.freeze()  # a pause of this process would count as one of those measured
    print_machine()
    if missing():
        print(f'no {" and ".join(missing())} installed: the web service is left out')
    print(HEADING, flush=True)
    verdicts, code = [], 0
    for name in options.rows:
        rows = measured(name, folder, options)
        for row in rows:
            print(row.line(), flush=True)
            verdicts += row.verdicts()
        if not rows:
            verdicts.append(f'{name:<{NAME}}not measured, it failed')
            code = 1
    print('\nyardsticks', *verdicts, sep='\n')
    return code


def measured(name: str, folder: Path, options: argparse.Namespace) -> list[Row]:
    """Return the rows of a name; none, and the reason is printed, where that fails."""
    try:
        return ROWS[name](folder, options)
    except (RuntimeError, TimeoutError) as error:
        print(f'{name}: {error}', file=sys.stderr, flush=True)
        return []


def rows_of(text: str) -> Sequence[str]:
    """Return the names of rows."""
    names = text.split(',')
    unknown = set(names) - ROWS.keys()
    if unknown:
        raise argparse.ArgumentTypeError(f'no such row: {", ".join(sorted(unknown))}')
    return names


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--rows', type=rows_of, default=[*ROWS], help=', '.join(ROWS))
    parser.add_argument('--only-ours', action='store_true', help='nothing beside it')
    parser.add_argument('--starts', type=int, default=STARTS, help='of each program')
    parser.add_argument('--calls', type=int, default=CALLS, help='of each kind, at least')
    parser.add_argument('--seconds', type=float, default=SECONDS, help='that something lasts')
    parser.add_argument('--executions', type=int, default=EXECUTIONS)
    parser.add_argument('--requests', type=int, default=REQUESTS)
    options = parser.parse_args()
    options.calls = max(options.calls, ROUNDS)
    with ros() as folder:
        return bench(folder, options)


if __name__ == '__main__':
    sys.exit(main())
