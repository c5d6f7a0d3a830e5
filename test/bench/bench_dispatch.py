"""How fast the dispatcher is with few and many waiting tickets, and how many dry runs it does.

With `dispatch: auto`, in a real orchestrator with a real store:

beside: a ticket that needs nothing is created; from QUEUED to EXECUTING, as its events tell.
next: the running ticket is cancelled; from its end to the start of the next one, as events tell.
dry runs: `drive` tickets with `dry_run`; from the first call to the last COMPLETED, five times.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path

import figures
import filling
from dispatching import dispatching, dry_run_row, turn_row
from figures import in_rounds, percentile
from machine import print_machine, ros
from systems import store_url

from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ticket import Priority, Ticket

LENGTHS = (10, 1_000, 100_000)
ROUNDS = 300
DRY_RUNS = 300


@dataclass
class Row:
    """What was measured with a queue of that length [s]."""

    length: int
    start_s: float = 0.0
    beside_s: list[float] = field(default_factory=list)
    next_s: list[float] = field(default_factory=list)

    def line(self) -> str:
        figures = [
            f'{1e3 * percentile(took_s, percent):>10.3f}'
            for took_s in (self.beside_s, self.next_s)
            for percent in (50, 99)
        ]
        return f'{self.length:>10,}{self.start_s:>10.2f}{len(self.beside_s):>8}{"".join(figures)}'


HEADING = (
    f'{"waiting":>10}{"ready s":>10}{"rounds":>8}'
    f'{"beside p50":>10}{"p99 ms":>10}{"next p50":>10}{"p99 ms":>10}'
)


def waiting_tickets(count: int) -> list[Ticket]:
    """Return tickets that all need the same resource, of mixed priorities."""
    chance, first_at = random.Random(count), datetime.now(timezone.utc) - timedelta(seconds=100)
    found = []
    for number in range(count):
        at = first_at + timedelta(microseconds=number)
        priority = chance.choice(list(Priority))
        ticket_id = filling.new_ticket_id(at, number * 2654435761)
        found.append(
            Ticket(ticket_id, 'listen', {}, at, at, priority, timeout_s=86_400.0, robot='robot')
        )
    return found


def measured(folder: Path, length: int, rounds: int) -> Row:
    """Return what an orchestrator does whose store has so many tickets waiting."""
    name, row = f'queue_{length}', Row(length)
    store = TicketStore(store_url(folder, name))
    store.open()
    store.close()
    filling.fill_queue(folder / f'{name}.db', waiting_tickets(length))
    began_s = time.perf_counter()
    with dispatching(folder, name, length) as client:
        row.start_s = time.perf_counter() - began_s
        row.beside_s = [client.beside_s() for _ in range(rounds)]
        row.next_s = [client.next_s() for _ in range(min(rounds, length - 1))]
    return row


def growth_line(rows: list[Row], name: str) -> str:
    """Return how much slower it is with the longest queue than with the shortest."""
    allowed = math.log2(rows[-1].length) / math.log2(rows[0].length)
    medians = [percentile(getattr(row, f'{name}_s'), 50) for row in (rows[0], rows[-1])]
    growth = medians[1] / medians[0]
    verdict = 'met' if growth <= allowed else 'NOT MET'
    return f'{name}: p50 grows by {growth:.2f}, O(log n) allows {allowed:.2f}: {verdict}'


def bench(folder: Path, options: argparse.Namespace) -> None:
    """Measure all lengths and print the figures."""
    print_machine()
    print(HEADING, flush=True)
    rows = []
    for length in map(int, options.lengths.split(',')):
        rows.append(measured(folder, length, options.rounds))
        print(rows[-1].line(), flush=True)
    beside_ms = [1e3 * percentile(each, 50) for each in in_rounds(rows[0].beside_s)]
    with dispatching(folder, 'dry_runs') as client:
        rates = [client.dry_runs_per_s(options.dry_runs) for _ in range(figures.ROUNDS)]
    print('\nyardsticks')
    print(*(growth_line(rows, name) for name in ('beside', 'next')), sep='\n')
    for row in (turn_row(beside_ms), dry_run_row(rates)):
        print(*row.verdicts(), sep='\n')


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--lengths', default=','.join(map(str, LENGTHS)))
    parser.add_argument('--rounds', type=int, default=ROUNDS)
    parser.add_argument('--dry-runs', type=int, default=DRY_RUNS)
    arguments = parser.parse_args()
    with ros() as folder:
        bench(folder, arguments)


if __name__ == '__main__':
    main()
