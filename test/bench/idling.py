"""Rows of CPU time: at rest, at rest with odometry, and while driving."""

from __future__ import annotations

import argparse
from pathlib import Path

from driving import drive, with_odometry
from figures import BARE, OURS, ROUNDS, Limit, Row
from processes import Bench
from systems import system

SETTLE_S = 3.0


def idle(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure beside a node with the entities of both."""
    with system(folder, 'idle') as (bench, _, logs):
        bare = [] if options.only_ours else [bench.start('bare', 'bare_node')]
        rounds = spent(bench, {OURS: [*logs], BARE: bare}, options.seconds)
    return [Row('idle, orchestrator and gate', '% CPU', rounds, (Limit(0.5, of=BARE),))]


def odometry(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure with odometry at 50 Hz, beside a node that hears nothing else."""
    with system(folder, 'odometry') as (bench, namespace, logs):
        bare = [] if options.only_ours else [bench.start('bare', 'bare_odometry')]
        with_odometry(bench, namespace, 'bare')
        rounds = spent(bench, {OURS: [*logs], BARE: bare}, options.seconds)
    return [Row('idle with odometry at 50 Hz', '% CPU', rounds, (Limit(1.2, of=BARE),))]


def driving(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure during a drive, beside a node that publishes as many velocities."""
    with system(folder, 'driving') as (bench, namespace, logs):
        bare = [] if options.only_ours else [bench.start('bare', 'bare_node', moves='true')]
        with_odometry(bench, namespace, 'bare')
        drive(bench, namespace)
        rounds = spent(bench, {OURS: [*logs], BARE: bare}, options.seconds)
    return [Row('driving, with odometry at 50 Hz', '% CPU', rounds)]


def spent(bench: Bench, logs: dict[str, list[Path]], duration_s: float) -> dict[str, list[float]]:
    """Return how much CPU time each side spends, in each round, all at the same time [%]."""
    bench.wait(min(SETTLE_S, duration_s))
    rounds: dict[str, list[float]] = {side: [] for side, each in logs.items() if each}
    for _ in range(ROUNDS):
        before_s = {side: _cpu_s(bench, logs[side]) for side in rounds}
        bench.wait(duration_s / ROUNDS)
        for side, values in rounds.items():
            spent_s = _cpu_s(bench, logs[side]) - before_s[side]
            values.append(100.0 * spent_s / (duration_s / ROUNDS))
    return rounds


def _cpu_s(bench: Bench, logs: list[Path]) -> float:
    return sum(bench.cpu_s(each) for each in logs)
