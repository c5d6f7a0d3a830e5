"""What the orchestrator costs, beside bare rclpy nodes that do nothing else.

start: from the start of the process, on a store that exists, to the first answer; bare: a node
    with one service and a publisher of velocities.
create: a create_ticket call; bare: the same call without logic, plus one commit of raw sqlite3.
period: how far two velocities in a row are from 50 ms, as received here during a drive, while 100
    requests a second are answered; bare: the same from a timer in a node of its own.
idle: CPU time of orchestrator and gate; bare: a node with the entities of both.
executions: what many of them leave behind, besides the 16 MiB that each connection to the store
    keeps of its file at most; bare: what there was after the warm-up.
"""

from __future__ import annotations

import argparse
import gc
import itertools
import os
import sqlite3
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench_safety import machine_line, ros
from bench_store import percentile_ms, raw_connection
from geometry_msgs.msg import Twist
from pressing import Bench
from rclpy.action import ActionClient
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.commands.command import CONTROL_PERIOD_S
from orchestrator_ren.ros import qos
from orchestrator_ren.srv import CreateTicket, GetStatus

STARTS = 10
CALLS = 500
SECONDS = 20.0
SETTLE_S = 3.0
EXECUTIONS = 5000
DRIVE = '{speed: 0.1, duration_seconds: 600}'
ROW = 'INSERT INTO rows (content) VALUES (?)', ('x' * 700,)


@dataclass(frozen=True)
class Row:
    """A figure beside the bare one, and what it must not exceed."""

    name: str
    unit: str
    value: float
    bare: float
    limit: float

    def line(self) -> str:
        verdict = 'met' if self.value <= self.limit else 'MISSED'
        figures = f'{self.value:>10.2f}{self.bare:>10.2f}{self.limit:>10.2f}'
        return f'{self.name:<34}{figures} {self.unit:<10}{verdict}'


HEADING = f'{"":34}{"measured":>10}{"bare":>10}{"limit":>10}'


@contextmanager
def system(
    folder: Path, name: str, program: str = 'orchestrator'
) -> Iterator[tuple[Bench, list[Path]]]:
    """Start orchestrator and gate in a namespace; yield the files of what they print, too."""
    with closing(Bench(folder)) as bench:
        logs = [
            bench.start(name, program, gate='external', store_url=store_url(folder, name)),
            bench.start(name, 'cmd_vel_gate'),
        ]
        ready = bench.node.create_client(GetStatus, f'/{name}/get_status')
        bench.spin_until(lambda: is_ready(bench, ready), 'READY')
        yield bench, logs


def store_url(folder: Path, name: str) -> str:
    return f'sqlite:///{folder}/{name}.db'


def is_ready(bench: Bench, client: Any) -> bool:
    bench.spin_until(client.service_is_ready, 'get_status')
    return called(bench, client, GetStatus.Request()).success


def called(bench: Bench, client: Any, request: Any) -> Any:
    reply = client.call_async(request)
    bench.spin_until(reply.done, client.srv_name)
    return reply.result()


def started_s(folder: Path, program: str, type_: Any, name: str, **parameters: str) -> float:
    """Return how long a program takes to answer its first call."""
    with closing(Bench(folder)) as bench:
        namespace = f'start_{program}_{time.monotonic_ns()}'
        client = bench.node.create_client(type_, f'/{namespace}/{name}')
        began_s = time.perf_counter()
        bench.start(namespace, program, **parameters)
        bench.spin_until(client.service_is_ready, name)
        called(bench, client, type_.Request())
        return time.perf_counter() - began_s


def starts(folder: Path, count: int) -> list[Row]:
    """Measure in turns, so that noise of the machine hits all."""
    took_s: dict[str, list[float]] = {'orchestrator': [], 'cmd_vel_gate': [], 'bare': []}
    orchestrator = {'gate': 'external', 'store_url': store_url(folder, 'start')}
    started_s(folder, 'orchestrator', GetStatus, 'get_status', **orchestrator)
    for _ in range(count):
        took_s['orchestrator'].append(
            started_s(folder, 'orchestrator', GetStatus, 'get_status', **orchestrator)
        )
        took_s['cmd_vel_gate'].append(started_s(folder, 'cmd_vel_gate', Trigger, 'stop'))
        took_s['bare'].append(started_s(folder, 'bare_service', Trigger, 'stop'))
    median_s = {name: percentile_ms(each, 50) / 1000 for name, each in took_s.items()}
    bare_s = median_s['bare']
    return [
        Row('start, orchestrator, p50', 's', median_s['orchestrator'], bare_s, 3.0 * bare_s),
        Row('start, gate, p50', 's', median_s['cmd_vel_gate'], bare_s, 1.3 * bare_s),
    ]


def creates(folder: Path, calls: int) -> Row:
    """Measure create_ticket, the bare call and the raw commit in turns."""
    request = CreateTicket.Request(command='drive', params=DRIVE, timeout_seconds=900.0)
    with system(folder, 'create') as (bench, _):
        bench.start('bare', 'bare_node')
        clients = [
            bench.node.create_client(CreateTicket, f'/{name}/create_ticket')
            for name in ('create', 'bare')
        ]
        for each in clients:
            bench.spin_until(each.service_is_ready, 'create_ticket')
        with closing(raw_connection(folder / 'raw.db')) as raw:
            raw.execute('CREATE TABLE rows (content TEXT)')
            steps = [lambda to=each: called(bench, to, request) for each in clients]
            rounds = [timed([*steps, lambda: commit(raw)]) for _ in range(calls)]
    create, bare, disk = (percentile_ms(list(each), 50) for each in zip(*rounds, strict=True))
    return Row('create_ticket, p50', 'ms', create, bare + disk, 1.5 * (bare + disk))


def timed(steps: list[Callable[[], Any]]) -> list[float]:
    """Return what each step took [s]."""
    found = []
    for step in steps:
        began_s = time.perf_counter()
        step()
        found.append(time.perf_counter() - began_s)
    return found


def commit(raw: sqlite3.Connection) -> None:
    raw.execute('BEGIN IMMEDIATE')
    raw.execute(*ROW)
    raw.execute('COMMIT')


def periods(folder: Path, duration_s: float) -> tuple[Row, float]:
    """Measure during a drive; return also how many requests a second were answered."""
    with system(folder, 'period') as (bench, _):
        bench.start('bare', 'bare_node', moves='true')
        heard = [listen(bench, name) for name in ('period', 'bare')]
        client = Client(bench, 'period')
        client.send(command='drive', params=DRIVE, timeout_seconds=900.0)
        for each in heard:
            bench.spin_until(lambda times=each: len(times) > 20, 'velocities')
        load = bench.start('period', 'steady_load')
        bench.spin_until(lambda: 'running' in load.read_text(), 'the load')
        for each in heard:
            each.clear()
        wait(bench, duration_s)
        late_s = [
            [abs(after - before - CONTROL_PERIOD_S) for before, after in itertools.pairwise(times)]
            for times in heard
        ]
        rate = float(bench.end(load).splitlines()[-1]) / duration_s
    value, bare = (percentile_ms(each, 99) for each in late_s)
    return Row('cmd_vel, off its period, p99', 'ms', value, bare, 5.0), rate


def listen(bench: Bench, namespace: str) -> list[float]:
    times: list[float] = []
    bench.node.create_subscription(
        Twist, f'/{namespace}/cmd_vel', lambda _: times.append(time.perf_counter()), qos.VELOCITY
    )
    return times


def wait(bench: Bench, duration_s: float) -> None:
    until_mono_s = time.monotonic() + duration_s
    while (now_mono_s := time.monotonic()) < until_mono_s:
        next_mono_s = min(until_mono_s, now_mono_s + 1.0)
        bench.spin_until(lambda at=next_mono_s: time.monotonic() >= at, 'time')


class Client:
    """Creates and executes tickets of an orchestrator."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        self._bench = bench
        self._create = bench.node.create_client(CreateTicket, f'/{namespace}/create_ticket')
        self._action = ActionClient(bench.node, ExecuteTicket, f'/{namespace}/execute_ticket')
        bench.spin_until(self._create.service_is_ready, 'create_ticket')
        bench.spin_until(self._action.server_is_ready, 'execute_ticket')

    def send(self, **request: Any) -> Any:
        """Create a ticket and send its goal; return the goal."""
        ticket = called(self._bench, self._create, CreateTicket.Request(**request)).ticket
        sending = self._action.send_goal_async(ExecuteTicket.Goal(ticket_id=ticket.id))
        self._bench.spin_until(sending.done, 'execute_ticket')
        return sending.result()

    def run(self, **request: Any) -> None:
        """Execute a ticket to its end.

        Raises:
            RuntimeError: It did not succeed.
        """
        ending = self.send(**request).get_result_async()
        self._bench.spin_until(ending.done, 'the result')
        result = ending.result().result
        if not result.success:
            raise RuntimeError(f'an execution failed: {result.message}')


def cpu_s(pid: int) -> float:
    """Return the CPU time that a process has used, in user and system mode."""
    fields = Path(f'/proc/{pid}/stat').read_text().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def idle(folder: Path, duration_s: float) -> Row:
    """Measure both at the same time."""
    with system(folder, 'idle') as (bench, logs):
        bare = bench.start('bare_idle', 'bare_node')
        wait(bench, SETTLE_S)
        before_s = [cpu_s(bench.pid(each)) for each in (*logs, bare)]
        wait(bench, duration_s)
        spent_s = [
            cpu_s(bench.pid(each)) - before
            for each, before in zip((*logs, bare), before_s, strict=True)
        ]
    value, bare_value = (100.0 * each / duration_s for each in (sum(spent_s[:2]), spent_s[2]))
    return Row('idle, orchestrator and gate', '% CPU', value, bare_value, 1.5 * bare_value)


def executions(folder: Path, count: int) -> list[Row]:
    """Execute tickets one after the other; the first fifth is the warm-up."""
    with system(folder, 'many', 'small_cache') as (bench, logs):
        pid = bench.pid(logs[0])
        client = Client(bench, 'many')
        before = {}
        for number in range(count):
            if number == count // 5:
                before = footprint(pid)
            client.run(command='stop')
        after = footprint(pid)
    return [
        Row(f'{count} executions: {name}', unit, after[name], before[name], limit * before[name])
        for name, unit, limit in (('RSS', 'MB', 1.05), ('threads', '', 1.0), ('files', '', 1.0))
    ]


def footprint(pid: int) -> dict[str, float]:
    """Return the memory [MB], threads and open files of a process."""
    lines = Path(f'/proc/{pid}/status').read_text().splitlines()
    fields = dict(line.split(':', 1) for line in lines)
    return {
        'RSS': int(fields['VmRSS'].split()[0]) / 1000.0,
        'threads': int(fields['Threads']),
        'files': len(os.listdir(f'/proc/{pid}/fd')),
    }


def bench(folder: Path, options: argparse.Namespace) -> None:
    """Measure all and print the figures."""
    gc.collect()
    gc.freeze()  # a pause of this process would count as one of those measured
    print(machine_line(), HEADING, sep='\n', flush=True)
    for row in (*starts(folder, options.starts), creates(folder, options.calls)):
        print(row.line(), flush=True)
    row, rate = periods(folder, options.seconds)
    print(row.line(), f'{"":34}while {rate:.0f} requests a second were answered', sep='\n')
    for row in (idle(folder, options.seconds), *executions(folder, options.executions)):
        print(row.line(), flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--starts', type=int, default=STARTS)
    parser.add_argument('--calls', type=int, default=CALLS)
    parser.add_argument('--seconds', type=float, default=SECONDS)
    parser.add_argument('--executions', type=int, default=EXECUTIONS)
    options = parser.parse_args()
    with ros() as folder:
        bench(folder, options)


if __name__ == '__main__':
    main()
