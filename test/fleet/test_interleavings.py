"""Robots of one store that die, come back and are taken for dead, at random moments."""

import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterator

import pytest

from orchestrator_ren.store import database_time
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.silence import Silence
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.event import EventType
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.ticket import Status
from test.postgres.server import Server, started_server

from . import robots_of_store
from .robots_of_store import Moves, StoreRobot, new_ticket

RUNS = int(os.environ.get('FLEET_RUNS', '1000' if os.environ.get('TEST_LONG') else '40'))
ROBOTS = {'r1': (), 'r2': ('lift',), 'r3': ('lift', 'camera')}
TICKETS = 12
LIMIT_S = 20.0


@pytest.fixture(scope='module')
def server() -> Iterator[Server]:
    with started_server() as started:
        yield started


@pytest.fixture(scope='module')
def template(server: Server) -> str:
    server.run('CREATE DATABASE template')
    store = TicketStore(server.url('template'))
    store.open()
    store.close()
    return 'template'


class Run:
    """One interleaving, decided by its number."""

    def __init__(self, url: str, number: int) -> None:
        self.url = url
        self.chance = random.Random(number)
        self.moves = Moves()
        self.lives = 0
        self._is_over = threading.Event()
        self._alive: dict[str, StoreRobot] = {}
        self._all: list[StoreRobot] = []

    def run(self) -> dict[str, Counter[EventType]]:
        """Let it run to its end; return how often what happened to each ticket."""
        client = TicketStore(self.url, terms=LeaseTerms(RobotIdentity('client')))
        client.open()
        for name in ROBOTS:
            self._begin_life(name)
        wanted = [self._create(client, number) for number in range(TICKETS)]
        until_mono_s = time.monotonic() + LIMIT_S
        while self._is_left(client):
            assert time.monotonic() < until_mono_s, [client.get(each).status for each in wanted]
            self._meddle(client, wanted)
        self._is_over.set()
        for each in self._all:
            each.join(LIMIT_S)
            assert each.failure is None, each.failure
        found = {each: client.history(each, 1000)[0] for each in wanted}
        client.close()
        return {each: Counter(event.type for event in events) for each, events in found.items()}

    def _create(self, client: TicketStore, number: int) -> str:
        robot = self.chance.choice(['', '', *ROBOTS])
        needs = self.chance.choice([(), (), ('lift',), ('camera', 'lift')]) if not robot else ()
        ticket = new_ticket(number, robot, needs)
        while not (ticket.is_for_any or self._has_been_there(client, robot)):
            time.sleep(0.002)
        robots_of_store.create(client, ticket)
        return ticket.id

    def _has_been_there(self, client: TicketStore, robot: str) -> bool:
        return robot in {each.name for each in client.fleet.robots()[0]}

    def _is_left(self, client: TicketStore) -> bool:
        """Whether something has not ended."""
        active = frozenset({Status.PENDING, Status.QUEUED, Status.EXECUTING})
        return bool(client.page(TicketFilter(active), 1).tickets)

    def _meddle(self, client: TicketStore, wanted: list[str]) -> None:
        """Do what happens to robots: leases run out, others take over, people cancel."""
        time.sleep(self.chance.uniform(0.0, 0.01))
        name = self.chance.choice(list(ROBOTS))
        if not self._alive[name].is_alive() or self.chance.random() < 0.2:
            robots_of_store.let_run_out(self.url, name)  # also of one that lives
            self._begin_life(name)
        if self.chance.random() < 0.1:
            robots_of_store.cancel(client, self.chance.choice(wanted))

    def _begin_life(self, name: str) -> None:
        self.lives += 1
        chance = random.Random(self.chance.random())
        life = StoreRobot(self.url, name, ROBOTS[name], self.moves, chance, self._is_over)
        self._alive[name] = life
        self._all.append(life)
        life.start()


@pytest.mark.timeout(1800)
@pytest.mark.parametrize('part', range(4))
def test_every_ticket_ends_once_and_is_done_by_one_robot(
    part: int, server: Server, template: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(database_time, 'GRACE_S', 0.0)
    monkeypatch.setattr(Silence, 'lasts', lambda *_: True)
    lives = done = refused = 0
    for number in range(part, RUNS, 4):
        with server.database(template) as url:
            run = Run(url, number)
            told = run.run()
            assert [each for each in verify(url) if each.problem] == [], number
        lives += run.lives
        refused += run.moves.refused
        assert run.moves.doubled == [], number
        assert [key for key, times in run.moves.done.items() if times > 1] == [], number
        for ticket_id, happened in told.items():
            ends = sum(
                happened[each]
                for each in (
                    EventType.EXECUTION_COMPLETED,
                    EventType.EXECUTION_FAILED,
                    EventType.EXECUTION_CANCELLED,
                )
            )
            assert ends == 1, (number, ticket_id, happened)
            assert happened[EventType.EXECUTION_STARTED] <= 1, (number, ticket_id, happened)
            done += happened[EventType.EXECUTION_COMPLETED]
    runs = len(range(part, RUNS, 4))
    print(f'{runs} runs, {lives} lives, {refused} refused, {done} tickets done')  # noqa: T201
    assert lives > 3 * runs
    assert refused > 0
