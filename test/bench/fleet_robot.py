"""An orchestrator that has only its store, or the bare driver in its place, in a process.

It does what it is told by lines of JSON, each the name of a method and what that takes, and
answers each with a line. What it is told to do at an instant, all of them begin at once.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timezone
from functools import partial
from typing import Any

import filling
from fleet_bare import BareRobot
from store_series import timed_s

from orchestrator_ren.store.fleet_store import TRIED
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.wake_ups import WakeUps
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Ticket

LEASE_S = 60.0
"""Longer than a round: meanwhile nobody takes what a robot has taken [s]."""

LOOK_S = 5.0
"""As the orchestrator does, it looks so often though nobody has told of anything [s]."""


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


class StoreRobot:
    """Does with a store what an orchestrator does."""

    def __init__(self, name: str) -> None:
        self._identity = RobotIdentity(name, is_in_fleet=True)

    def open(self, url: str) -> None:
        self._store = TicketStore(url, terms=LeaseTerms(self._identity, LEASE_S))
        self._store.open()

    def close(self) -> None:
        self._store.close()

    def tickets(self, first: int, count: int) -> None:
        """Make tickets for any robot, to be created."""
        chance = random.Random(first)
        self._new = [
            replace(filling.new_ticket(first + number, chance), robot='', is_for_any=True)
            for number in range(count)
        ]

    def create(self, together: int) -> list[float]:
        """Create them, so many in a commit; return what each of them waited for [s]."""
        took_s = []
        for at in range(0, len(self._new), together):
            batch = self._new[at : at + together]
            took_s += [timed_s(partial(self._create, batch))] * len(batch)
        return took_s

    def _create(self, batch: list[Ticket]) -> None:
        if len(batch) == 1:
            self._insert(batch[0])
            return
        with self._store.together():
            for ticket in batch:
                self._insert(ticket)

    def _insert(self, ticket: Ticket) -> None:
        queued = lifecycle.enqueue(ticket, ticket.created_at, force=False)
        self._store.insert_queued(ticket, queued, Actor.CLIENT, 'create_ticket')

    def claim(self) -> list[float]:
        """Take, start and end tickets until there are none; return what each take took [s]."""
        took_s = []
        while True:
            began_s = time.perf_counter()
            found, _ = self._store.fleet.pool(0)
            if not found:
                return took_s
            taken = self._store.fleet.take([each.id for each in found[:TRIED]], utc_now())
            if taken is not None:
                took_s.append(time.perf_counter() - began_s)
                self._do(taken[0])

    def _do(self, ticket: Ticket) -> None:
        started = lifecycle.start(ticket, utc_now())
        self._store.change(ticket, started, Actor.DISPATCHER, 'its turn')
        ended = lifecycle.complete(started, utc_now(), {})
        self._store.change(started, ended, Actor.DISPATCHER)

    def create_now_and_then(self, period_s: float) -> list[float]:
        """Create each by itself, one after the other; return when each was asked for [s]."""
        asked_at_mono_s = []
        for ticket in self._new:
            time.sleep(period_s)
            asked_at_mono_s.append(time.monotonic())
            self._insert(ticket)
        return asked_at_mono_s

    def take_when_told(self, count: int) -> list[float]:
        """Wait for tickets for any, and take them; return when each was taken [s]."""
        told = threading.Event()
        wake_ups = WakeUps(self._store.url, frozenset({''}), told.set)
        wake_ups.start()
        taken_at_mono_s = []
        while len(taken_at_mono_s) < count:
            told.wait(LOOK_S)
            told.clear()
            found, _ = self._store.fleet.pool(0)
            taken = found and self._store.fleet.take([found[0].id], utc_now())
            if taken:
                taken_at_mono_s.append(time.monotonic())
                self._do(taken[0])
        wake_ups.close()
        return taken_at_mono_s


def main() -> None:
    kind, name = sys.argv[1:]
    robot: StoreRobot | BareRobot = {'store': StoreRobot, 'bare': BareRobot}[kind](name)
    for line in sys.stdin:
        asked = json.loads(line)
        at_mono_s = asked.pop('at_mono_s', 0.0)
        function: Callable[..., Any] = getattr(robot, asked.pop('function'))
        time.sleep(max(0.0, at_mono_s - time.monotonic()))
        answer = function(**asked)
        print(json.dumps({'answer': answer, 'ended_at_mono_s': time.monotonic()}), flush=True)


if __name__ == '__main__':
    main()
