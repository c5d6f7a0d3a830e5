"""Orchestrators of one domain and one database, and what all of them together need."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fleet_server import Counters
from fleet_traffic import sent
from geometry_msgs.msg import Twist
from processes import Bench

from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CreateTicket, GetStatus

SETTLE_S, STEADY_S, START_S = 3.0, 2.0, 4.0
"""After a start it is waited; what is sent before it, and from it on, is looked at so long [s]."""

DRIVE = {'command': 'drive', 'params': '{speed: 0.1, duration_seconds: 1}', 'queue': True}
DRY_RUN = {**DRIVE, 'dry_run': True, 'robot': 'any'}
FOR_ANY = 5
"""So many tickets for any are created while it is looked at what they cost."""

Found = dict[str, dict[int, float]]
"""What was measured: by its name, for each number of robots."""


class Fleet:
    """Orchestrators, each with its gate in its process.

    Args:
        bench: Starts them.
        counters: Of the server.
        url: Of the database that all of them have.
        seconds: How long each thing is looked at [s].
    """

    def __init__(self, bench: Bench, counters: Counters, url: str, seconds: float) -> None:
        self._bench = bench
        self._counters = counters
        self._url = url
        self._seconds = seconds
        self._logs: list[Path] = []
        self._clients: list[Any] = []
        self._found: Found = defaultdict(dict)

    def measured(self, numbers: Sequence[int]) -> Found:
        """Start more and more of them, and measure with each of the numbers."""
        for number in numbers:
            while len(self._logs) < number - 1:
                self._start()
                self._await_ready()
            self._measure(number)
        return self._found

    def _measure(self, number: int) -> None:
        """Measure with so many, of which one is to be started."""
        found = {'started': self._started_kb()}
        self._await_ready()
        self._bench.wait(SETTLE_S)
        idle = self._rates(lambda: self._bench.wait(self._seconds))
        driving = self._rates(self._drive)
        for_any = self._rates(self._create_for_any)
        more = (for_any['commits'] - idle['commits']) * for_any['seconds']
        backends = self._counters.backends()
        found |= {
            'idle_cpu': idle['cpu'],
            'drive_cpu': driving['cpu'],
            'rss': sum(self._bench.footprint(each)['RSS'] for each in self._logs),
            'endpoints': self._endpoints(),
            'network': idle['network'],
            'packets': idle['packets'],
            'inside': idle['inside'],
            'commits': idle['commits'],
            'drive_commits': driving['commits'],
            'log': idle['log'],
            'server_cpu': idle['server_cpu'],
            'backends': len(backends),
            'backends_mb': self._counters.private_mb(),
            'for_any': more / FOR_ANY,
        }
        for name, value in found.items():
            self._found[name][number] = value

    # What is measured.

    def _sent_kb(self, seconds: float) -> float:
        before = _sent_kb()
        self._bench.wait(seconds)
        return _sent_kb() - before

    def _started_kb(self) -> float:
        """Start one; return what is sent because of that, until it is known."""
        steady = self._sent_kb(STEADY_S) / STEADY_S
        before = _sent_kb()
        self._start()
        self._bench.wait(START_S)
        return _sent_kb() - before - steady * START_S

    def _rates(self, while_: Any) -> dict[str, float]:
        """Return what is needed in a second meanwhile, of CPU time in % of a core."""
        began_mono_s, before = time.monotonic(), self._read()
        while_()
        took_s = time.monotonic() - began_mono_s
        rates = {name: (value - before[name]) / took_s for name, value in self._read().items()}
        return {**rates, 'seconds': took_s}

    def _read(self) -> dict[str, float]:
        inside_kb, network_kb, packets = sent()
        return {
            'cpu': 100.0 * sum(map(self._bench.cpu_s, self._logs)),
            'server_cpu': 100.0 * self._counters.cpu_s(),
            'commits': self._counters.commits(),
            'log': self._counters.log_bytes() / 1000.0,
            'inside': inside_kb,
            'network': network_kb,
            'packets': packets,
        }

    def _endpoints(self) -> int:
        """Return how many the graph knows: a service, or a client of one, is two."""
        node = self._bench.node
        nodes = [
            (name, namespace)
            for name, namespace in node.get_node_names_and_namespaces()
            if name != node.get_name() and namespace != node.get_namespace()
        ]
        readers = node.get_subscriber_names_and_types_by_node
        writers = node.get_publisher_names_and_types_by_node
        return sum(len(each(*of, no_demangle=True)) for of in nodes for each in (readers, writers))

    # What they do.

    def _start(self) -> None:
        name, node = f'robot_{len(self._logs) + 1}', self._bench.node
        # Without anybody who listens none would be ready.
        node.create_subscription(Twist, f'/{name}/cmd_vel', lambda _: None, qos.VELOCITY)
        log = self._bench.start(name, 'orchestrator', gate='in_process', store_url=self._url)
        self._logs.append(log)
        self._clients.append(node.create_client(CreateTicket, f'/{name}/create_ticket'))

    def _await_ready(self) -> None:
        """Wait until the last one is; asked before it knows who asks, it answers nobody."""
        node = self._bench.node
        status = node.create_client(GetStatus, f'/robot_{len(self._logs)}/get_status')
        answers: list[bool] = []

        def ask() -> None:
            asking = status.call_async(GetStatus.Request())
            asking.add_done_callback(lambda answer: answers.append(answer.result().success))

        self._bench.spin_until(lambda: any(answers), 'READY', repeated=ask)
        self._bench.spin_until(self._clients[-1].service_is_ready, 'create_ticket')
        node.destroy_client(status)

    def _drive(self) -> None:
        """Let each drive once, one after the other."""
        for client in self._clients:
            self._create(client, DRIVE)
            self._bench.wait(self._seconds / len(self._clients))

    def _create_for_any(self) -> None:
        """Let the first one create tickets for any, so slowly that all others are free again."""
        for _ in range(FOR_ANY):
            self._create(self._clients[0], DRY_RUN)
            self._bench.wait(self._seconds / FOR_ANY)

    def _create(self, client: Any, request: dict[str, Any]) -> None:
        creating = client.call_async(CreateTicket.Request(**request))
        response = self._bench.answer(creating, 'create_ticket')
        if not response.success:
            raise RuntimeError(f'create_ticket was refused: {response.message}')


def _sent_kb() -> float:
    now = sent()
    return now.inside_kb + now.network_kb
