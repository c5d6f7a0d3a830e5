"""How fast the dispatcher is with few and many waiting tickets, and how many dry runs it does.

With `dispatch: auto`, in a real orchestrator with a real store:

beside: a ticket that needs nothing is created; from QUEUED to EXECUTING, as its events tell.
next: the running ticket is cancelled; from its end to the start of the next one, as events tell.
dry runs: `drive` tickets with `dry_run`, eight create_ticket calls always open; from the first
    call to the last COMPLETED.
"""

from __future__ import annotations

import argparse
import math
import random
import time
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import filling
from bench_safety import machine_line, ros
from bench_store import percentile_ms
from pressing import Bench
from rclpy.qos import QoSProfile

from orchestrator_ren.msg import OrchestratorStatus, TicketEvent
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CancelTicket, CreateTicket
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ticket import Priority, Ticket

LENGTHS = (10, 1_000, 100_000)
ROUNDS = 300
DRY_RUNS = 1_000
CLIENTS = 8
PARAMS = '{speed: 1.0, direction: 90, duration_seconds: 2}'


@dataclass
class Row:
    """What was measured with a queue of that length [s]."""

    length: int
    start_s: float = 0.0
    beside_s: list[float] = field(default_factory=list)
    next_s: list[float] = field(default_factory=list)

    def line(self) -> str:
        figures = [
            f'{percentile_ms(took_s, percent):>10.3f}'
            for took_s in (self.beside_s, self.next_s)
            for percent in (50, 99)
        ]
        return f'{self.length:>10,}{self.start_s:>10.2f}{len(self.beside_s):>8}{"".join(figures)}'


HEADING = (
    f'{"waiting":>10}{"ready s":>10}{"rounds":>8}'
    f'{"beside p50":>10}{"p99 ms":>10}{"next p50":>10}{"p99 ms":>10}'
)


class Client:
    """Creates and cancels tickets of an orchestrator, and hears what becomes of them."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        self._bench = bench
        node = bench.node
        self.status = OrchestratorStatus()
        self.at_s: dict[tuple[str, str], float] = {}
        self.latest_started = ''
        self.completed = 0
        self._create = node.create_client(CreateTicket, f'/{namespace}/create_ticket')
        self._cancel = node.create_client(CancelTicket, f'/{namespace}/cancel_ticket')
        node.create_subscription(
            OrchestratorStatus, f'/{namespace}/status', self._on_status, qos.LATCHED
        )
        node.create_subscription(
            TicketEvent,
            f'/{namespace}/telemetry/events',
            self._on_event,
            QoSProfile(depth=10_000),
        )

    def meet(self, waiting: int) -> None:
        """Wait until the queue is read, and one of its tickets runs."""
        self._wait(self._create.service_is_ready, 'create_ticket')
        self._wait(lambda: self.status.state != '', 'status')
        if waiting:
            self._wait(lambda: self._runs_beside(waiting - 1), 'the queue')
            self.latest_started = self.status.executing_ids[0]

    def _runs_beside(self, waiting: int) -> bool:
        return self.status.waiting == waiting and bool(self.status.executing_ids)

    def beside_s(self) -> float:
        """Return how long a ticket that needs nothing waits."""
        ticket_id = self.create(command='brief', params='{ticks: 0}').ticket.id
        self._wait(lambda: (ticket_id, 'execution_completed') in self.at_s, 'the end')
        return self.at_s[ticket_id, 'execution_started'] - self.at_s[ticket_id, 'ticket_queued']

    def next_s(self) -> float:
        """Return how long the next ticket in line takes to start after the end of another."""
        before = self.latest_started
        request = CancelTicket.Request(ticket_id=before)
        self._cancel.call_async(request)
        self._wait(lambda: self.latest_started != before, 'the next one')
        ended_s = self.at_s[before, 'execution_cancelled']
        return self.at_s[self.latest_started, 'execution_started'] - ended_s

    def create(self, **request: Any) -> Any:
        answer = self._create.call_async(CreateTicket.Request(**request))
        self._wait(answer.done, 'create_ticket')
        return self._checked(answer)

    def dry_runs_per_s(self, wanted: int) -> float:
        """Create so many dry runs and wait for their end; return how many that were a second."""
        self.completed, left, open_calls = 0, wanted, []
        began_s = time.perf_counter()
        while left or open_calls:
            for each in [call for call in open_calls if call.done()]:
                self._checked(each)
                open_calls.remove(each)
            while left and len(open_calls) < CLIENTS:
                request = CreateTicket.Request(command='drive', params=PARAMS, dry_run=True)
                open_calls.append(self._create.call_async(request))
                left -= 1
            self._wait(lambda: any(call.done() for call in open_calls) or not open_calls, 'calls')
        self._wait(lambda: self.completed >= wanted, 'the last dry run')
        return wanted / (time.perf_counter() - began_s)

    def _checked(self, answer: Any) -> Any:
        response = answer.result()
        if not response.success:
            raise RuntimeError(f'create_ticket was refused: {response.message}')
        return response

    def _on_status(self, status: OrchestratorStatus) -> None:
        self.status = status

    def _on_event(self, event: TicketEvent) -> None:
        at_s = event.stamp.sec + event.stamp.nanosec * 1e-9
        self.at_s[event.ticket_id, event.type] = at_s
        if event.type == 'execution_started' and event.command == 'listen':
            self.latest_started = event.ticket_id
        self.completed += event.type == 'execution_completed'

    def _wait(self, condition: Any, wanted: str) -> None:
        self._bench.spin_until(condition, wanted)


def waiting_tickets(count: int) -> list[Ticket]:
    """Return tickets that all need the same resource, of mixed priorities."""
    chance, first_at = random.Random(count), datetime.now(timezone.utc) - timedelta(seconds=100)
    found = []
    for number in range(count):
        at = first_at + timedelta(microseconds=number)
        priority = chance.choice(list(Priority))
        ticket_id = filling.new_ticket_id(at, number * 2654435761)
        found.append(Ticket(ticket_id, 'listen', {}, at, at, priority, timeout_s=86_400.0))
    return found


def measured(folder: Path, length: int, rounds: int) -> Row:
    """Return what an orchestrator does whose store has so many tickets waiting."""
    path = folder / f'{length}.db'
    store = TicketStore(f'sqlite:///{path}')
    store.open()
    store.close()
    filling.fill_queue(path, waiting_tickets(length))
    with closing(Bench(folder)) as bench:
        namespace, row = f'queue_{length}', Row(length)
        client = Client(bench, namespace)
        began_s = time.perf_counter()
        start(bench, namespace, path)
        client.meet(length)
        row.start_s = time.perf_counter() - began_s
        row.beside_s = [client.beside_s() for _ in range(rounds)]
        row.next_s = [client.next_s() for _ in range(min(rounds, length - 1))]
    return row


def start(bench: Bench, namespace: str, path: Path) -> None:
    bench.start(
        namespace,
        'extra_commands',
        dispatch='auto',
        gate='external',
        max_wait_s='86400.0',
        store_url=f'sqlite:///{path}',
    )


def dry_runs_per_s(folder: Path, count: int) -> float:
    with closing(Bench(folder)) as bench:
        client = Client(bench, 'dry_runs')
        start(bench, 'dry_runs', folder / 'dry_runs.db')
        client.meet(0)
        return client.dry_runs_per_s(count)


def bench(folder: Path, lengths: list[int], rounds: int, dry_runs: int) -> None:
    """Measure all lengths and print the figures."""
    print(machine_line(), HEADING, sep='\n', flush=True)
    rows = []
    for length in lengths:
        rows.append(measured(folder, length, rounds))
        print(rows[-1].line(), flush=True)
    print(f'\n{dry_runs:,} dry runs: {dry_runs_per_s(folder, dry_runs):,.0f} tickets a second')
    print('\nyardsticks')
    allowed = math.log2(lengths[-1]) / math.log2(lengths[0])
    for name in ('beside_s', 'next_s'):
        medians = [percentile_ms(getattr(row, name), 50) for row in (rows[0], rows[-1])]
        growth = medians[1] / medians[0]
        verdict = 'met' if growth <= allowed else 'MISSED'
        name = name.removesuffix('_s')
        print(f'{name}: p50 grows by {growth:.2f}, O(log n) allows {allowed:.2f}: {verdict}')


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--lengths', default=','.join(map(str, LENGTHS)))
    parser.add_argument('--rounds', type=int, default=ROUNDS)
    parser.add_argument('--dry-runs', type=int, default=DRY_RUNS)
    arguments = parser.parse_args()
    lengths = [int(each) for each in arguments.lengths.split(',')]
    with ros() as folder:
        bench(folder, lengths, arguments.rounds, arguments.dry_runs)


if __name__ == '__main__':
    main()
