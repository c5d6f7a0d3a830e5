"""Rows of the dispatcher with `dispatch: auto`: how soon a ticket starts, how many are done.

turn: a ticket that needs nothing is created; from QUEUED to EXECUTING, as its events tell.
auto: `drive` tickets with `dry_run`, eight create_ticket calls always open; from the first call to
    the last COMPLETED.
"""

from __future__ import annotations

import argparse
import time
from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from calling import CALLERS, DRY_RUN
from figures import OURS, ROUNDS, Limit, Row, in_turns
from processes import Bench
from rclpy.qos import QoSProfile
from systems import store_url

from orchestrator_ren.msg import OrchestratorStatus, TicketEvent
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CancelTicket, CreateTicket

TURN_MS = 3.0
DRY_RUNS_PER_S = 300.0


def turns(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure from QUEUED to EXECUTING, of what is free."""
    with dispatching(folder, 'turn') as client:
        rounds = in_turns({OURS: lambda: 1e3 * client.beside_s()}, options.calls // ROUNDS)
    return [turn_row(rounds[OURS])]


def dry_runs(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure how many dry runs are done a second."""
    with dispatching(folder, 'auto') as client:
        return [dry_run_row([client.dry_runs_per_s(options.calls) for _ in range(ROUNDS)])]


def turn_row(rounds_ms: list[float]) -> Row:
    return Row('QUEUED to EXECUTING, p50', 'ms', {OURS: rounds_ms}, (Limit(TURN_MS),))


def dry_run_row(rates: list[float]) -> Row:
    limits = (Limit(DRY_RUNS_PER_S, is_least=True),)
    return Row('dry runs executed, auto', '/s', {OURS: rates}, limits)


@contextmanager
def dispatching(folder: Path, namespace: str, waiting: int = 0) -> Iterator[DispatchClient]:
    """Start an orchestrator whose store has so many tickets waiting."""
    with closing(Bench(folder)) as bench:
        client = DispatchClient(bench, namespace)
        bench.start(
            namespace,
            'extra_commands',
            dispatch='auto',
            gate='external',
            max_wait_s='86400.0',
            store_url=store_url(folder, namespace),
        )
        client.meet(waiting)
        yield client


class DispatchClient:
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
        return self._checked(self._create.call_async(CreateTicket.Request(**request)))

    def dry_runs_per_s(self, wanted: int) -> float:
        """Create so many dry runs and wait for their end; return how many that were a second."""
        self.completed, under_way = 0, deque[Any]()
        began_s = time.perf_counter()
        for _ in range(wanted):
            if len(under_way) >= CALLERS:
                self._checked(under_way.popleft())
            under_way.append(self._create.call_async(CreateTicket.Request(**DRY_RUN)))
        for each in under_way:
            self._checked(each)
        self._wait(lambda: self.completed >= wanted, 'the last dry run')
        return wanted / (time.perf_counter() - began_s)

    def _checked(self, answer: Any) -> Any:
        response = self._bench.answer(answer, 'create_ticket')
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
