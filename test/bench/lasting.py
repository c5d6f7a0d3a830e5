"""Rows of what many executions and requests leave behind in the orchestrator.

Besides the 16 MiB that each connection to the store keeps of its file at most. Beside them stands
what there was after the warm-up, the first fifth.
"""

from __future__ import annotations

import argparse
from pathlib import Path

from calling import Service
from figures import BARE, OURS, Limit, Row
from systems import Client, System, system

from orchestrator_ren.srv import GetTicket

SPARE_TASKS = 10
"""Those under way when they are counted."""

REST_S = 22.0
"""In that time the results of all goals are forgotten: it takes up to twice as long as they are
kept [s]; for a few goals, which hardly count, a tenth of a second each will do."""


def lasting(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Execute tickets one after the other, then ask, eight calls being open."""
    rest_s = min(REST_S, 0.1 * options.executions)
    with system(folder, 'many', 'lean_orchestrator') as running:
        work(running, options.executions // 5, options.requests // 5)
        before = footprint(running, rest_s)
        work(running, options.executions * 4 // 5, options.requests * 4 // 5)
        after = footprint(running, rest_s)
    limits = {
        'RSS': Limit(1.05, of=BARE),
        'threads': Limit(1.0, of=BARE),
        'files': Limit(1.0, of=BARE),
        'tasks': Limit(before['tasks'] + SPARE_TASKS),
    }
    return [
        Row(
            f'{options.executions} executions: {name}',
            'MB' if name == 'RSS' else '',
            {OURS: [after[name]], BARE: [before[name]]},
            (limit,),
            beside='the warm-up',
        )
        for name, limit in limits.items()
    ]


def work(running: System, executions: int, requests: int) -> None:
    """Execute, then ask."""
    client = Client(running.bench, running.namespace)
    ids = [client.create(command='stop') for _ in range(executions)]
    for each in ids:
        client.execute(each)
    client.close()
    tickets = Service(running.bench, running.namespace, GetTicket, 'get_ticket')
    tickets.rate(requests, ticket_id=ids[-1])
    tickets.close()


def footprint(running: System, wait_s: float) -> dict[str, float]:
    """Return what the orchestrator takes after so long at rest."""
    log = running.logs[0]
    running.bench.wait(wait_s)
    return {
        **running.bench.footprint(log),
        'tasks': float(running.bench.asked(log, 'tasks ')),
    }
