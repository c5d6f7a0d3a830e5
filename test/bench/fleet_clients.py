"""Many robots of which there is only the store, in a process; each does all it does in time.

A robot has what an orchestrator has, but the connections are those of the thread that serves it:
a thousand robots would need three thousand. The program prints `ready`, begins at the instant that
it is told, and prints what its calls took, as JSON.
"""

from __future__ import annotations

import heapq
import json
import random
import resource
import sys
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone
from typing import Any

import filling

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.store.connector import Connector
from orchestrator_ren.store.engine import SYNCHRONOUS, Role, parse
from orchestrator_ren.store.fleet_store import TRIED
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.event import Actor

THREADS = 8
PERIODS_S = {'renew': 2.0, 'look': 5.0, 'create': 10.0, 'do': 10.0}
"""How often a robot renews its lease, looks for work, creates a ticket for any, and does one."""

MAX_TICKETS = 1_000
"""That a robot creates."""


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class Calls:
    """What was asked of the server.

    Attributes:
        took_s: How long each call took, by its name [s].
        late_s: How much later than it should each was made [s].
        failed: How many failed, by what they said.
        lapsed: How often a lease had run out when it was renewed.
        nothing: How often there was no ticket to be done.
    """

    took_s: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    late_s: list[float] = field(default_factory=list)
    failed: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    lapsed: int = 0
    nothing: int = 0


class SimulatedRobot:
    """A robot, on the connections of who serves it."""

    def __init__(self, url: str, number: int, connectors: Sequence[Connector], calls: Calls):
        identity = RobotIdentity(f'robot_{number:04}', is_in_fleet=True)
        self._store = TicketStore(url, terms=LeaseTerms(identity))
        database = self._store._database
        database._writer, database._reader = connectors
        self._lease = database.lease
        self._writer = connectors[0]
        self._calls = calls
        self._chance = random.Random(number)
        self._next = number * MAX_TICKETS

    def take(self) -> None:
        """Take the robot, as at the start of an orchestrator."""
        with self._writer.begun() as connection:
            self._lease.take(connection)

    def renew(self) -> None:
        self._calls.lapsed += self._timed('renew', self._store.renew)

    def look(self) -> None:
        self._timed('look: given', self._store.fleet.has_given)
        self._timed('look: for any', lambda: self._store.fleet.pool(0))

    def create(self) -> None:
        new = filling.new_ticket(self._next, self._chance)
        self._next += 1
        ticket = replace(new, robot='', is_for_any=True)
        queued = lifecycle.enqueue(ticket, ticket.created_at, force=False)
        insert = self._store.insert_queued
        self._timed('create', lambda: insert(ticket, queued, Actor.CLIENT, 'create_ticket'))

    def do(self) -> None:
        """Take a ticket for any, start and end it."""
        found, _ = self._timed('look: for any', lambda: self._store.fleet.pool(0))
        ids = [each.id for each in found[:TRIED]]
        taken = ids and self._timed('take', lambda: self._store.fleet.take(ids, utc_now()))
        if not taken:
            self._calls.nothing += 1
            return
        ticket, change = taken[0], self._store.change
        started = lifecycle.start(ticket, utc_now())
        self._timed('start', lambda: change(ticket, started, Actor.DISPATCHER, 'its turn'))
        ended = lifecycle.complete(started, utc_now(), {})
        self._timed('end', lambda: change(started, ended, Actor.DISPATCHER))

    def _timed(self, name: str, call: Callable[[], Any]) -> Any:
        began_s = time.perf_counter()
        answer = call()
        self._calls.took_s[name].append(time.perf_counter() - began_s)
        return answer


class Share(threading.Thread):
    """Serves some of the robots on two connections, one call after the other."""

    def __init__(self, url: str, numbers: Sequence[int]) -> None:
        super().__init__()
        self.calls = Calls()
        parsed = parse(url)
        self._connectors = [
            Connector(parsed, role, SYNCHRONOUS) for role in (Role.WRITER, Role.READER)
        ]
        robots = [SimulatedRobot(url, each, self._connectors, self.calls) for each in numbers]
        self._robots = robots
        self._chance = random.Random(numbers[0])
        self._begin_mono_s = self._end_mono_s = 0.0

    def take(self) -> None:
        """Take all robots."""
        for robot in self._robots:
            robot.take()

    def begin(self, at_mono_s: float, seconds: float) -> None:
        """Work from that instant on, for so long."""
        self._begin_mono_s, self._end_mono_s = at_mono_s, at_mono_s + seconds
        self.start()

    def run(self) -> None:
        due = [
            (self._begin_mono_s + self._chance.uniform(0.0, period_s), place, name)
            for place in range(len(self._robots))
            for name, period_s in PERIODS_S.items()
        ]
        heapq.heapify(due)
        while due[0][0] < self._end_mono_s and time.monotonic() < self._end_mono_s:
            at_mono_s, place, name = due[0]
            heapq.heapreplace(due, (at_mono_s + PERIODS_S[name], place, name))
            time.sleep(max(0.0, at_mono_s - time.monotonic()))
            self.calls.late_s.append(time.monotonic() - at_mono_s)
            try:
                getattr(self._robots[place], name)()
            except OrchestratorError as error:
                self.calls.failed[f'{type(error).__name__} {error.code}'] += 1
        for each in self._connectors:
            each.close()


def report(shares: Sequence[Share]) -> dict[str, object]:
    """Return what all of them have found."""
    all_calls = [each.calls for each in shares]
    took_s: dict[str, list[float]] = defaultdict(list)
    failed: dict[str, int] = defaultdict(int)
    for calls in all_calls:
        for name, values in calls.took_s.items():
            took_s[name] += values
        for name, count in calls.failed.items():
            failed[name] += count
    return {
        'took_s': took_s,
        'failed': failed,
        'late_s': [value for calls in all_calls for value in calls.late_s],
        'lapsed': sum(calls.lapsed for calls in all_calls),
        'nothing': sum(calls.nothing for calls in all_calls),
    }


def main() -> None:
    url, (first, count), seconds = sys.argv[1], map(int, sys.argv[2:4]), float(sys.argv[4])
    numbers = range(first, first + count)
    shares = [Share(url, numbers[at::THREADS]) for at in range(min(THREADS, count))]
    for share in shares:
        share.take()
    print('ready', flush=True)
    at_mono_s = float(sys.stdin.readline())
    time.sleep(max(0.0, at_mono_s - time.monotonic()))
    before = resource.getrusage(resource.RUSAGE_SELF)
    for share in shares:
        share.begin(at_mono_s, seconds)
    for share in shares:
        share.join()
    after = resource.getrusage(resource.RUSAGE_SELF)
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    print(json.dumps({**report(shares), 'cpu_s': cpu_s}), flush=True)


if __name__ == '__main__':
    main()
