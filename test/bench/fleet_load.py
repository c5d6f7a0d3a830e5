"""What a server answers at the load of so many robots, and how many it lets in at all."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path
from typing import Any

from figures import percentile
from fleet_clients import PERIODS_S
from fleet_server import Counters, Server

from orchestrator_ren.errors import StoreError
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.wake_ups import WakeUps
from orchestrator_ren.tickets.assignment import RobotIdentity

PROGRAM = Path(__file__).with_name('fleet_clients.py')
PROCESSES = 3
AHEAD_S = 0.5
LISTEN_TIMEOUT_S = 5.0
LONGEST = 6
"""The largest fleet is looked at for so many times the seconds."""

SERVER = '% of a core for the server'
CLIENTS = '% of a core for the clients'
USER, PASSWORD = 'ren', 'secret'
HEADING = f'{"":<16}{"calls":>9}{"per s":>9}{"p50 ms":>9}{"p99 ms":>9}'


def print_load(_: Path, server: Server, options: argparse.Namespace) -> None:
    """Measure with fleets of each size, and print."""
    print(f'\n{let_in_line(server)}', flush=True)
    for robots in options.sizes:
        is_last = len(options.sizes) > 1 and robots == options.sizes[-1]
        _print_size(server, robots, options.seconds * (LONGEST if is_last else 1))


def let_in_line(server: Server) -> str:
    """Return how many orchestrators a server lets in, and what the next one is told."""
    server.make_user(USER, PASSWORD)
    database = server.make_database(owner=USER)
    url = server.tcp_url(database, USER, PASSWORD)
    with closing(Counters(server, database)) as counters, ExitStack() as stack:
        count = 0
        try:
            while True:
                stack.enter_context(_connected(url, f'robot_{count}'))
                count += 1
        except StoreError as error:
            reason = f'{error.code} {error}'
        backends, mb = len(counters.backends()), counters.private_mb()
    per_backend = f'{backends} connections, {mb / backends:.1f} MB each for itself alone'
    return f'orchestrators let in: {count} ({per_backend}); the next one: {reason}'


@contextmanager
def _connected(url: str, name: str) -> Iterator[None]:
    """Have the connections of an orchestrator."""
    store = TicketStore(url, terms=LeaseTerms(RobotIdentity(name, is_in_fleet=True)))
    is_listening = threading.Event()
    with closing(WakeUps(url, frozenset({''}), is_listening.set)) as wake_ups, closing(store):
        store.open()
        wake_ups.start()
        is_listening.wait(LISTEN_TIMEOUT_S)
        yield


def _print_size(server: Server, robots: int, seconds: float) -> None:
    database = server.make_database()
    url = server.url(database)
    with closing(TicketStore(url)) as store:
        store.open()  # makes the tables
    with closing(Counters(server, database)) as counters, _clients(url, robots, seconds) as each:
        at_mono_s = time.monotonic() + AHEAD_S
        commits, cpu_s, log = counters.commits(), counters.cpu_s(), counters.log_bytes()
        reports = _reports(each, at_mono_s)
        spent = {
            'transactions': counters.commits() - commits,
            SERVER: 100.0 * (counters.cpu_s() - cpu_s),
            CLIENTS: 100.0 * sum(found['cpu_s'] for found in reports),
            'kB of its log': (counters.log_bytes() - log) / 1000.0,
        }
    wanted = ', '.join(f'{robots / period_s:g} {name}' for name, period_s in PERIODS_S.items())
    print(f'\n{robots:,} robots for {seconds:g} s; wanted in a second: {wanted}')
    print(*_lines(reports, seconds), sep='\n')
    rates = ', '.join(f'{value / seconds:,.1f} {name}' for name, value in spent.items())
    renewals = sum(len(found['took_s']['renew']) for found in reports)
    share = renewals * PERIODS_S['renew'] / (robots * seconds)
    needed = spent[SERVER] / seconds / share
    print(f'in a second: {rates}')
    print(f'answered: {share:.0%} of the load; all of it: {needed:,.0f} {SERVER}', flush=True)


def _reports(clients: Sequence[subprocess.Popen[str]], at_mono_s: float) -> list[dict[str, Any]]:
    """Let all of them begin at an instant; return what each has found at its end."""
    for client in clients:
        assert client.stdin is not None
        client.stdin.write(f'{at_mono_s}\n')
        client.stdin.flush()
    return [json.loads(client.communicate()[0]) for client in clients]


@contextmanager
def _clients(url: str, robots: int, seconds: float) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes that serve the robots, and wait until all of those are taken."""
    shares = [range(robots)[at::PROCESSES] for at in range(PROCESSES)]
    started: list[subprocess.Popen[str]] = []
    first = 0
    try:
        for share in shares:
            words = [sys.executable, str(PROGRAM), url, str(first), str(len(share)), str(seconds)]
            first += len(share)
            pipes: Any = {'stdin': subprocess.PIPE, 'stdout': subprocess.PIPE, 'text': True}
            started.append(subprocess.Popen(words, **pipes))
        for client in started:
            assert client.stdout is not None
            if client.stdout.readline() != 'ready\n':
                raise RuntimeError('a client has ended too early')
        yield started
    finally:
        for client in started:
            client.kill()
            client.wait()


def _lines(reports: Sequence[dict[str, Any]], seconds: float) -> Iterator[str]:
    took_s: dict[str, list[float]] = defaultdict(list)
    failed: Counter[str] = Counter()
    for found in reports:
        failed.update(found['failed'])
        for name, values in found['took_s'].items():
            took_s[name] += values
    yield HEADING
    for name, values in sorted(took_s.items()):
        yield f'{name:<16}{len(values):>9,}{len(values) / seconds:>9,.1f}{_percentiles(values)}'
    late_s = [value for found in reports for value in found['late_s']]
    yield f'{"made too late":<34}{_percentiles(late_s)}'
    lapsed, nothing = (sum(found[name] for found in reports) for name in ('lapsed', 'nothing'))
    failures = ', '.join(f'{count} {name}' for name, count in failed.items()) or 'none'
    yield f'failed: {failures}; leases run out: {lapsed}; nothing to be done: {nothing}'


def _percentiles(values: Sequence[float]) -> str:
    return ''.join(f'{1e3 * percentile(values, each):>9.2f}' for each in (50, 99))
