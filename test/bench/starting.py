"""Rows of the start: from the start of a process to its first answer."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from calling import Service
from figures import BARE, OURS, Limit, Row, in_turns
from processes import Bench
from std_srvs.srv import Trigger
from systems import store_url

from orchestrator_ren.srv import GetStatus

GATE = 'gate'


def starts(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure orchestrator, gate and a bare node in turns; the store is there before."""
    orchestrator = partial(
        started_s,
        folder,
        'orchestrator',
        GetStatus,
        'get_status',
        gate='external',
        store_url=store_url(folder, 'start'),
    )
    orchestrator()
    steps: dict[str, Callable[[], float]] = {
        OURS: orchestrator,
        GATE: partial(started_s, folder, 'cmd_vel_gate', Trigger, 'stop'),
        BARE: partial(started_s, folder, 'bare_service', Trigger, 'stop'),
    }
    if options.only_ours:
        del steps[BARE]
    rounds = in_turns(steps, 1, options.starts)
    bare = rounds.get(BARE, [])
    return [
        Row('start, orchestrator', 's', {OURS: rounds[OURS], BARE: bare}, (Limit(2.0, of=BARE),)),
        Row('start, gate', 's', {OURS: rounds[GATE], BARE: bare}, (Limit(1.3, of=BARE),)),
    ]


def started_s(folder: Path, program: str, type_: Any, name: str, **parameters: str) -> float:
    """Return how long a program takes to answer its first call."""
    with closing(Bench(folder)) as bench:
        namespace = f'start_{program}_{time.monotonic_ns()}'
        began_s = time.perf_counter()
        bench.start(namespace, program, **parameters)
        Service(bench, namespace, type_, name).answered()
        return time.perf_counter() - began_s
