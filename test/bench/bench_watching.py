"""What it costs an orchestrator to be watched, beside another that nobody looks at.

Both run at the same time. The one has its events, metrics, status and markers heard by another
process, which reads its page for Prometheus too: once a second, and 50 times for the last rows.
"""

from __future__ import annotations

import argparse
import socket
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from calling import RosCalls
from driving import drive, listen, off_s, with_odometry
from figures import HEADING, ROUNDS, Limit, Row, in_turns, percentile
from geometry_msgs.msg import Twist
from idling import SETTLE_S, spent
from machine import print_machine, ros
from processes import Bench
from systems import store_url, system

WATCHED, UNWATCHED = 'ours', 'bare'
"""Sides of the figures."""

NEAR = 1.05
OFTEN_HZ = 50.0
PERIODS_FACTOR = 3.0
"""So many times as long as at rest: 20 velocities a second are few for a percentile."""


@contextmanager
def both(folder: Path, scrapes_hz: float) -> Iterator[tuple[Bench, dict[str, Path], Path]]:
    """Start both; yield the logs of their orchestrators, and that of the watcher."""
    port = free_port()
    parameters = {'prometheus_port': str(port)}
    with system(folder, WATCHED, **parameters) as (bench, _, (watched, _)):
        bench.node.create_subscription(Twist, f'/{UNWATCHED}/cmd_vel', lambda _: None, 1)
        url = store_url(folder, UNWATCHED)
        unwatched = bench.start(UNWATCHED, 'orchestrator', gate='external', store_url=url)
        bench.start(UNWATCHED, 'cmd_vel_gate')
        bench.wait(SETTLE_S)
        watcher = bench.start(WATCHED, 'watcher', port=str(port), scrapes_hz=str(scrapes_hz))
        bench.spin_until(lambda: 'running' in watcher.read_text(), 'the watcher')
        yield bench, {WATCHED: watched, UNWATCHED: unwatched}, watcher


def free_port() -> int:
    with closing(socket.socket()) as found:
        found.bind(('127.0.0.1', 0))
        return int(found.getsockname()[1])


def creates(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure a creation, its CPU time, and what is spent at rest."""
    with both(folder, 1.0) as (bench, logs, watcher):
        calls = {side: RosCalls(bench, side) for side in logs}
        before_s = {side: bench.cpu_s(log) for side, log in logs.items()}
        steps = {side: each.create_s for side, each in calls.items()}
        took_s = in_turns(steps, options.calls // ROUNDS)
        cpu_ms = {
            side: [1e3 * (bench.cpu_s(log) - before_s[side]) / options.calls]
            for side, log in logs.items()
        }
        for each in calls.values():
            each.close()
        rest = spent(bench, {side: [log] for side, log in logs.items()}, options.seconds)
        heard = int(bench.end(watcher).splitlines()[-1])
    assert heard > options.calls, 'nobody watched'
    in_ms = {side: [1e3 * each for each in values] for side, values in took_s.items()}
    return [
        Row('create_ticket, p50', 'ms', in_ms, (Limit(NEAR, of=UNWATCHED),)),
        Row('CPU time of one', 'ms', cpu_ms),
        Row('at rest', '% CPU', rest),
    ]


def periods(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure how far velocities are off their period while the page is read often."""
    with both(folder, OFTEN_HZ) as (bench, logs, _):
        with_odometry(bench, *logs)
        for side in logs:
            drive(bench, side)
        heard = {side: listen(bench, side) for side in logs}
        bench.wait(PERIODS_FACTOR * options.seconds)
        off_ms = {side: [1e3 * each for each in off_s(times)] for side, times in heard.items()}
    return [
        Row(
            f'cmd_vel off its period, p{percent}',
            'ms',
            {side: [percentile(values, percent)] for side, values in off_ms.items()},
        )
        for percent in (50, 95, 99)
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--calls', type=int, default=1000)
    parser.add_argument('--seconds', type=float, default=20.0)
    options = parser.parse_args()
    verdicts = []
    with ros() as folder:
        print_machine()
        print(f'ours = watched, bare = nobody looks\n{HEADING}', flush=True)
        for measure in (creates, periods):
            for row in measure(folder, options):
                print(row.line(), flush=True)
                verdicts += row.verdicts()
    print('\nyardsticks', *verdicts, sep='\n')


if __name__ == '__main__':
    main()
