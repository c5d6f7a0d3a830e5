"""A server that is in trouble: each call returns or says so soon, and works again by itself."""

import secrets
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from orchestrator_ren.errors import StoreFull, StoreUnavailable
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ending import DueEnd, cancelled
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status

from ..postgres.proxy import Proxy, proxy
from ..postgres.server import Server, started_server
from ..postgres.small_disk import SmallDisk, small_disk
from ..unit.store.samples import LATER, NOW, ended_before, new_ticket, stepped

ANSWER_S = 10.0
"""Within that each call has to be answered [s]."""

BACK_S = 20.0
"""Within that each store works again, once its server does [s]."""

USER, PASSWORD = 'ren', 'secret'

KNOWN, NEW = new_ticket(1), new_ticket(2)

CALLS: dict[str, Callable[[TicketStore], Any]] = {
    'open': lambda store: store.open(),
    'close': lambda store: store.close(),
    'robots': lambda store: store.fleet.robots(),
    'accept': lambda store: store.fleet.accept(10),
    'take': lambda store: store.fleet.take([KNOWN.id], LATER),
    'renew': lambda store: store.renew(),
    'count': lambda store: store.count(),
    'insert': lambda store: store.insert(NEW),
    'insert_queued': lambda store: store.insert_queued(
        NEW, stepped(NEW, Status.QUEUED), Actor.CLIENT, 'the test'
    ),
    'change': lambda store: store.change(KNOWN, stepped(KNOWN, Status.QUEUED), Actor.CLIENT),
    'end': lambda store: store.end([DueEnd(KNOWN.id, cancelled('enough'), LATER)]),
    'set_mark': lambda store: store.set_mark('x', 1),
    'recover': lambda store: store.recover(NOW, lambda _: RecoveryPolicy.FAIL),
    'prune': lambda store: store.prune(ended_before(LATER), 0, 10),
    'get': lambda store: store.get(KNOWN.id),
    'mark': lambda store: store.mark('x'),
    'page': lambda store: store.page(TicketFilter(), 10),
    'history': lambda store: store.history(KNOWN.id, 10),
    'events_after': lambda store: store.events_after(0, 10),
}
"""All of them, on a store with one ticket."""

IN_THE_MIDST = 'in the midst of a transaction'


@dataclass
class Outcome:
    """What became of a call, and after how long."""

    took_s: float = float('inf')
    error: BaseException | None = None

    @property
    def is_sound(self) -> bool:
        is_expected = self.error is None or isinstance(self.error, StoreUnavailable)
        return self.took_s < ANSWER_S and is_expected


@dataclass
class Trial:
    """A call on a store of its own, in a thread of its own."""

    store: TicketStore
    call: Callable[[TicketStore], Any]
    outcome: Outcome = field(default_factory=Outcome)

    def run(self) -> None:
        before_mono_s = time.monotonic()
        try:
            self.call(self.store)
        except BaseException as error:
            self.outcome.error = error
        self.outcome.took_s = time.monotonic() - before_mono_s

    def recover(self) -> None:
        """Use the store as the node does, until it works; then close it."""
        until_mono_s = time.monotonic() + BACK_S
        while not self._works():
            assert time.monotonic() < until_mono_s, 'it does not work again'
            time.sleep(0.2)
        self.store.close()

    def _works(self) -> bool:
        with suppress(StoreUnavailable):
            if not self.store.is_open:
                self.store.open()
            self.store.renew()
            self.store.insert(new_ticket(3))
            return self.store.get(KNOWN.id).id == KNOWN.id
        return False


class Field:
    """A server, a network before it, and a store for each call."""

    def __init__(self, server: Server, network: Proxy, template: str) -> None:
        self.server = server
        self.network = network
        self._template = template

    def make_store(self) -> TicketStore:
        name = self.server.make_database(self._template, USER)
        store = TicketStore(self.server.tcp_url(name, USER, PASSWORD, self.network.port))
        store.open()
        store.insert(KNOWN)
        return store

    def outcomes_in(
        self, begin: Callable[[], None], end: Callable[[], None]
    ) -> dict[str, Outcome]:
        """Return what becomes of all calls while there is trouble; after it all have to work."""
        is_under_way, is_there = threading.Event(), threading.Event()
        trials = {name: Trial(self.make_store(), call) for name, call in CALLS.items()}

        def in_the_midst(store: TicketStore) -> None:
            with store.together():
                store.insert(NEW)
                is_under_way.set()
                is_there.wait()
                store.set_mark('x', 2)

        trials['open'].store.close()
        trials[IN_THE_MIDST] = Trial(self.make_store(), in_the_midst)
        threads = {
            name: threading.Thread(target=trial.run, daemon=True) for name, trial in trials.items()
        }
        threads[IN_THE_MIDST].start()
        is_under_way.wait(ANSWER_S)
        begin()
        is_there.set()
        for name, thread in threads.items():
            if name != IN_THE_MIDST:
                thread.start()
        until_mono_s = time.monotonic() + 2 * ANSWER_S
        for thread in threads.values():
            thread.join(max(0.0, until_mono_s - time.monotonic()))
        outcomes = {name: Outcome(**vars(trial.outcome)) for name, trial in trials.items()}
        end()
        for thread in threads.values():
            thread.join(BACK_S)
        with ThreadPoolExecutor(len(trials)) as pool:
            list(pool.map(Trial.recover, trials.values()))
        return outcomes


def shown(outcomes: dict[str, Outcome]) -> str:
    lines = [f'{name:32}{each.took_s:6.2f} s  {each.error!r}' for name, each in outcomes.items()]
    return '\n'.join(lines)


@contextmanager
def made_field(disk: SmallDisk | None = None, log_apart: bool = False) -> Iterator[Field]:
    with started_server(disk and disk.folder, log_apart) as server, proxy(server.port) as network:
        server.make_user(USER, PASSWORD)
        template = server.make_database(owner=USER)
        store = TicketStore(server.tcp_url(template, USER, PASSWORD))
        store.open()
        store.close()
        server.run('UPDATE robots SET leased_until = NULL', template)
        yield Field(server, network, template)


@pytest.fixture(scope='module')
def place() -> Iterator[Field]:
    with made_field() as made:
        yield made


TROUBLE: dict[str, Callable[[Field], tuple[Callable[[], None], Callable[[], None]]]] = {
    'killed': lambda place: (place.server.kill, place.server.start),
    'stopped': lambda place: (place.server.stop, place.server.start),
    'restarted': lambda place: (place.server.restart, lambda: None),
    'frozen': lambda place: (place.server.freeze, place.server.thaw),
    'cut off': lambda place: (place.network.cut, place.network.heal),
    'swallowed by the network': lambda place: (place.network.blackhole, place.network.heal),
}


@pytest.mark.parametrize('trouble', TROUBLE)
def test_each_call_is_answered_and_works_again(trouble: str, place: Field) -> None:
    """While a server stood still, or its answers were lost, each call waited for ever."""
    begin, end = TROUBLE[trouble](place)
    outcomes = place.outcomes_in(begin, end)
    assert [name for name, each in outcomes.items() if not each.is_sound] == [], shown(outcomes)
    is_harmless = trouble == 'restarted'
    assert {name for name, each in outcomes.items() if each.error is None} >= (
        set(CALLS) if is_harmless else {'close'}
    ), shown(outcomes)
    assert outcomes[IN_THE_MIDST].error is not None


def test_a_changed_password_is_told_and_the_right_one_is_used_again(place: Field) -> None:
    """Who is in stays in; who has to come in again is refused."""

    def change() -> None:
        place.server.set_password(USER, 'other')
        place.server.run(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{USER}'"
        )

    outcomes = place.outcomes_in(change, lambda: place.server.set_password(USER, PASSWORD))
    assert [name for name, each in outcomes.items() if not each.is_sound] == [], shown(outcomes)
    refused = {name: each for name, each in outcomes.items() if each.error is not None}
    assert {*CALLS, IN_THE_MIDST} - {*refused} == {'close'}
    del refused[IN_THE_MIDST]
    assert all('password authentication' in str(each.error) for each in refused.values())


def timed(call: Callable[[], Any]) -> Outcome:
    trial = Trial(TicketStore(''), lambda _: call())
    trial.run()
    return trial.outcome


def insert_many(store: TicketStore) -> None:
    for number in range(10, 999):  # what the files still have room for
        store.insert(new_ticket(number, metadata={'a': secrets.token_hex(4000)}))


def write_much(store: TicketStore) -> None:
    for number in range(20_000):
        store.set_mark('x', number)


def back(place: Field, disk: SmallDisk, store: TicketStore) -> None:
    """Give the disk its space back, and see that the store works again."""
    disk.free()
    if not place.server.processes():
        place.server.start()
    Trial(store, lambda _: None).recover()


def test_a_full_disk_is_told_and_what_is_there_can_be_read() -> None:
    with small_disk(100) as disk, made_field(disk, log_apart=True) as place:
        store = place.make_store()
        disk.fill()
        for _ in range(2):
            outcome = timed(lambda: insert_many(store))
            assert isinstance(outcome.error, StoreFull), outcome
            assert outcome.is_sound
        assert store.get(KNOWN.id).id == KNOWN.id
        back(place, disk, store)


def test_a_server_that_ends_because_its_log_has_no_space_is_used_again() -> None:
    with small_disk(100) as disk, made_field(disk) as place:
        store = place.make_store()
        disk.fill()
        for _ in range(2):
            outcome = timed(lambda: write_much(store))
            assert isinstance(outcome.error, StoreUnavailable), outcome
        outcome = timed(lambda: store.get(KNOWN.id))
        assert outcome.is_sound, outcome
        back(place, disk, store)
