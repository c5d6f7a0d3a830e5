"""The row of the period: how far two velocities in a row are from 50 ms, during a drive.

Odometry comes at 50 Hz and 100 requests a second are answered meanwhile. Both sides are heard
here at the same time, in each of five runs; the worst one counts.
"""

from __future__ import annotations

import argparse
import itertools
import time
from pathlib import Path

from figures import BARE, OURS, ROUNDS, Limit, Row, percentile
from geometry_msgs.msg import Twist
from processes import Bench
from systems import DRIVE, Client, system

from orchestrator_ren.commands.command import CONTROL_PERIOD_S
from orchestrator_ren.ros import qos

LIMIT_MS = 5.0


def periods(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure p99 of each run, and how many requests a second were answered."""
    with system(folder, 'period') as (bench, namespace, _):
        names = {OURS: namespace}
        if not options.only_ours:
            bench.start('bare', 'bare_node', moves='true')
            names[BARE] = 'bare'
        with_odometry(bench, *names.values())
        drive(bench, namespace)
        heard = {side: listen(bench, name) for side, name in names.items()}
        for each in heard.values():
            bench.spin_until(lambda times=each: len(times) > 20, 'velocities')
        off_ms: dict[str, list[float]] = {side: [] for side in names}
        rates = []
        for _ in range(ROUNDS):
            rates.append(under_load(bench, namespace, heard, options.seconds / 2.0))
            for side, times in heard.items():
                off_ms[side].append(1e3 * percentile(off_s(times), 99))
    limits = (Limit(LIMIT_MS),)
    return [
        Row('cmd_vel off its period, p99, worst run', 'ms', off_ms, limits, is_worst=True),
        Row('  while requests were answered', '/s', {OURS: rates}),
    ]


def with_odometry(bench: Bench, *namespaces: str) -> None:
    """Tell odometry at 50 Hz in each namespace."""
    log = bench.start('bases', 'steady_odometry', arguments=namespaces)
    bench.spin_until(lambda: 'bases' in log.read_text(), 'odometry')


def drive(bench: Bench, namespace: str) -> None:
    """Begin a drive that does not end.

    Raises:
        RuntimeError: It ended all the same, with the reason.
    """
    client = Client(bench, namespace)
    ending = client.send(client.create(**DRIVE, timeout_seconds=900.0)).get_result_async()
    heard = listen(bench, namespace)
    bench.spin_until(lambda: len(heard) > 20 or ending.done(), 'velocities')
    if ending.done():
        raise RuntimeError(f'the drive ended: {ending.result().result.message}')


def under_load(
    bench: Bench, namespace: str, heard: dict[str, list[float]], duration_s: float
) -> float:
    """Hear velocities for so long; return how many requests a second were answered meanwhile."""
    load = bench.start(namespace, 'steady_load')
    bench.spin_until(lambda: 'running' in load.read_text(), 'the load')
    for each in heard.values():
        each.clear()
    bench.wait(duration_s)
    return float(bench.end(load).splitlines()[-1]) / duration_s


def listen(bench: Bench, namespace: str) -> list[float]:
    """Return a list that gets the time of each velocity [s]."""
    times: list[float] = []
    bench.node.create_subscription(
        Twist, f'/{namespace}/cmd_vel', lambda _: times.append(time.perf_counter()), qos.VELOCITY
    )
    return times


def off_s(times: list[float]) -> list[float]:
    """Return how far each period was from what it should be."""
    return [abs(after - before - CONTROL_PERIOD_S) for before, after in itertools.pairwise(times)]
