"""What odometry costs while nothing moves, beside a bare rclpy node that only hears it.

CPU time of a core, of whole processes, all measured at the same time: orchestrator and gate as two
processes; both in one; a node with one subscription to odometry, and no logic.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from machine import print_machine, ros
from processes import Bench
from systems import store_url

from orchestrator_ren.srv import GetStatus

RATES_HZ = (0.0, 10.0, 50.0, 100.0, 200.0)
SECONDS = 20.0
SETTLE_S = 3.0
YARDSTICK_HZ = 50.0
YARDSTICK_RATIO = 1.2

ROBOTS = {'apart': 'external', 'one': 'in_process'}
"""A namespace, and where its gate is."""

HEADING = f'{"odometry":<12}{"bare":>8}{"apart":>8}{"ratio":>8}{"in one":>8}{"ratio":>8}'


@contextmanager
def robots(folder: Path, rate_hz: float) -> Iterator[tuple[Bench, list[list[Path]]]]:
    """Start all; yield the files of what the processes of each of the three print."""
    with closing(Bench(folder)) as bench:
        started = [[bench.start('bare', 'bare_odometry')]]
        for name, gate in ROBOTS.items():
            url = store_url(folder, f'{name}_{rate_hz:g}')
            started.append([bench.start(name, 'orchestrator', gate=gate, store_url=url)])
        started[1].append(bench.start('apart', 'cmd_vel_gate'))
        for name in ('bare', *ROBOTS):
            bench.start(name, 'odometry_source', rate_hz=str(rate_hz))
        for name in ROBOTS:
            client = bench.node.create_client(GetStatus, f'/{name}/get_status')
            bench.spin_until(client.service_is_ready, 'get_status')
            hears = rate_hz > 0.0
            bench.spin_until(lambda to=client, is_so=hears: hears_it(bench, to) is is_so, 'status')
        yield bench, started


def hears_it(bench: Bench, client: Any) -> bool:
    answer = bench.answer(client.call_async(GetStatus.Request()), 'get_status')
    return bool(answer.status.hears_odometry)


def percent(bench: Bench, started: Sequence[Sequence[Path]], duration_s: float) -> list[float]:
    """Return what each of the three costs [% of a core]."""
    before_s = [sum(map(bench.cpu_s, logs)) for logs in started]
    bench.wait(duration_s)
    after_s = [sum(map(bench.cpu_s, logs)) for logs in started]
    return [
        100.0 * (after - before) / duration_s
        for before, after in zip(before_s, after_s, strict=True)
    ]


def measured(folder: Path, rate_hz: float, duration_s: float) -> list[float]:
    with robots(folder, rate_hz) as (bench, started):
        bench.wait(SETTLE_S)
        return percent(bench, started, duration_s)


def line(rate_hz: float, found: Sequence[float]) -> str:
    bare, *ours = found
    figures = ''.join(f'{each:>8.2f}{each / bare if bare else 0.0:>8.2f}' for each in ours)
    return f'{f"{rate_hz:g} Hz":<12}{bare:>8.2f}{figures}'


def yardstick_line(found: Sequence[float]) -> str:
    bare, apart, _ = found
    verdict = 'met' if apart <= YARDSTICK_RATIO * bare else 'MISSED'
    wanted = f'two processes at most {YARDSTICK_RATIO:g} x bare'
    return f'yardstick, {YARDSTICK_HZ:g} Hz: {wanted}: {verdict}'


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--seconds', type=float, default=SECONDS)
    parser.add_argument('--rates', type=float, nargs='+', default=RATES_HZ)
    options = parser.parse_args()
    with ros() as folder:
        print_machine()
        print('% of a core', HEADING, sep='\n', flush=True)
        found = {}
        for rate_hz in options.rates:
            found[rate_hz] = measured(folder, rate_hz, options.seconds)
            print(line(rate_hz, found[rate_hz]), flush=True)
    if YARDSTICK_HZ in found:
        print(yardstick_line(found[YARDSTICK_HZ]))


if __name__ == '__main__':
    main()
