"""Calls that are made together are on disk together, and one that is refused spoils no other."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import (
    InternalError,
    RequestIdConflict,
    StoreConflict,
    StoreFull,
    StoreLockLost,
    StoreUnavailable,
    TicketNotFound,
)
from orchestrator_ren.store import database
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.ending import DueEnd, Ending
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import TicketFilter, labels_of
from orchestrator_ren.tickets.ticket import Status

from .samples import (
    LATER,
    Execute,
    OpenStore,
    columns_of,
    new_ticket,
    on_every_database,
    start,
    stored_in,
    take_over,
    walk,
)

on_postgresql = pytest.mark.parametrize('database', ['postgresql'], indirect=True)


def ids_in(execute: Execute) -> list[str]:
    return [row[0] for row in execute('SELECT id FROM tickets ORDER BY id')]


def assert_sound(store: TicketStore, url: str) -> None:
    """Raise unless every history is sound, and as many tickets are counted as there are."""
    counts = store.count_by_status()
    assert [each for each in verify(url) if each.problem] == []
    for status in Status:
        wanted = TicketFilter(frozenset({status}), labels=labels_of({'operator': 'ren'}))
        assert store.page(wanted, 100).total <= counts[status]
    store.close()
    store.open()
    assert store.count_by_status() == counts


@on_every_database
def test_nothing_is_on_disk_before_the_last_and_all_of_it_after(
    store: TicketStore, url: str, execute: Execute
) -> None:
    queued = stored_in(store, Status.QUEUED, 9)
    with store.together():
        for number in range(3):
            store.insert(new_ticket(number, metadata={'operator': 'ren'}))
        store.set_mark('pause', 2)
        walk(store, new_ticket(1, metadata={'operator': 'ren'}), Status.QUEUED)
        start(store, queued)
        assert ids_in(execute) == [queued.id]
        assert store.count_by_status()[Status.PENDING] == 0
    assert ids_in(execute) == [*(new_ticket(number).id for number in range(3)), queued.id]
    assert store.mark('pause') == 2
    counts = store.count_by_status()
    assert (counts[Status.PENDING], counts[Status.QUEUED], counts[Status.EXECUTING]) == (2, 1, 1)
    assert_sound(store, url)


REFUSED: list[tuple[type[Exception], Callable[[TicketStore], object]]] = [
    (RequestIdConflict, lambda store: store.insert(new_ticket(5, request_id='a', dry_run=True))),
    (StoreConflict, lambda store: store.insert(new_ticket(1))),
    (StoreConflict, lambda store: walk(store, new_ticket(8), Status.QUEUED)),
    (InternalError, lambda store: store.insert(new_ticket(6, params={'tags': {1, 2}}))),
    (
        InternalError,
        lambda store: store.insert(new_ticket(6, **{
            **columns_of(Status.CANCELLED), 'status': Status.CANCELLED, 'completed_at': LATER,
        })),
    ),
]  # fmt: skip


@on_every_database
@pytest.mark.parametrize(
    ('error', 'call'), REFUSED, ids=['request', 'id', 'change', 'json', 'constraint']
)
def test_one_that_is_refused_has_done_nothing_and_the_others_all(
    error: type[Exception],
    call: Callable[[TicketStore], object],
    store: TicketStore,
    url: str,
    execute: Execute,
) -> None:
    with store.together():
        store.insert(new_ticket(1, request_id='a'))
        with pytest.raises(error):
            call(store)
        store.insert(new_ticket(2))
    assert ids_in(execute) == [new_ticket(1).id, new_ticket(2).id]
    assert store.count_by_status()[Status.PENDING] == 2
    assert_sound(store, url)


def test_half_of_a_call_that_is_refused_is_undone(
    store: TicketStore, url: str, execute: Execute
) -> None:
    """The labels are refused when the ticket and its event are written already."""
    ticket = new_ticket(1, metadata={'operator': 'ren'})
    execute(
        'INSERT INTO labels VALUES (:id, :label, :value, 0, :status)',
        id=ticket.id, label='"operator"', value='""', status='PENDING',
    )  # fmt: skip
    with store.together():
        store.insert(new_ticket(2))
        with pytest.raises(InternalError, match='UNIQUE'):
            store.insert(ticket)
        store.insert(new_ticket(3))
    assert ids_in(execute) == [new_ticket(2).id, new_ticket(3).id]
    execute('DELETE FROM labels')
    assert_sound(store, url)


@on_every_database
def test_the_same_request_twice_makes_one_ticket(store: TicketStore, execute: Execute) -> None:
    first, again = (new_ticket(number, request_id='key') for number in (1, 2))
    other = new_ticket(3, request_id='key', dry_run=True)
    with store.together():
        created, event = store.insert(first)
        assert store.insert(again) == (created, None)
        with pytest.raises(RequestIdConflict, match=first.id):
            store.insert(other)
    assert event is not None
    assert ids_in(execute) == [first.id]
    assert store.count_by_status()[Status.PENDING] == 1


@on_every_database
def test_a_request_whose_first_call_was_undone_is_new(
    store: TicketStore, execute: Execute
) -> None:
    with store.together():
        with suppress(InternalError):
            store.insert(new_ticket(1, request_id='key', metadata={'a': {1, 2}}))
        assert store.insert(new_ticket(2, request_id='key'))[1] is not None
    assert ids_in(execute) == [new_ticket(2).id]


@on_every_database
def test_endings_of_which_one_is_not_possible_any_more_are_written(
    store: TicketStore, url: str
) -> None:
    running = [stored_in(store, Status.EXECUTING, number) for number in range(2)]
    done = Ending(Status.COMPLETED, Actor.DISPATCHER)
    with store.together():
        stepped_ = walk(store, running[0], Status.CANCELLED)
        found = store.end([DueEnd(each.id, done, LATER, each) for each in running])
        store.insert(new_ticket(9))
    assert isinstance(found[0], StoreConflict)
    assert store.get(running[0].id) == stepped_
    assert store.get(running[1].id).status is Status.COMPLETED
    assert_sound(store, url)


# Failures of the store.


@contextmanager
def failing_commit(store: TicketStore) -> Iterator[None]:
    def fail(_connection: Any) -> None:
        raise sa.exc.OperationalError('COMMIT', {}, Exception('database or disk is full'))

    assert store._database._writer is not None
    writer = store._database._writer.engine
    sa.event.listen(writer, 'commit', fail)
    yield
    sa.event.remove(writer, 'commit', fail)


@on_every_database
def test_a_commit_that_fails_has_done_nothing(
    store: TicketStore, url: str, execute: Execute
) -> None:
    queued = stored_in(store, Status.QUEUED, 9)
    counts = store.count_by_status()
    with failing_commit(store), pytest.raises(StoreFull), store.together():  # noqa: PT012
        store.insert(new_ticket(1))
        start(store, queued)
    assert store.count_by_status() == counts
    assert ids_in(execute) == [queued.id]
    assert store.get(queued.id) == queued
    store.insert(new_ticket(1))
    assert_sound(store, url)


def test_a_full_disk_in_one_undoes_all_and_the_store_goes_on_after_it(
    store: TicketStore, url: str, execute: Execute, connections: Callable[[], list[Any]]
) -> None:
    """SQLite ends the whole transaction by itself: what followed was committed on its own."""
    for connection in connections():
        connection.execute('PRAGMA max_page_count = 1')  # that is, what there is by now
    with pytest.raises(StoreFull), store.together():  # noqa: PT012
        store.insert(new_ticket(1))
        with pytest.raises(StoreFull):
            store.insert(new_ticket(2, metadata={'a': 'x' * 99_000}))
        with pytest.raises(StoreFull):
            store.insert(new_ticket(3))
    assert ids_in(execute) == []
    assert store.count_by_status() == dict.fromkeys(Status, 0)
    store.insert(new_ticket(1))
    assert_sound(store, url)


def test_half_of_a_call_that_cannot_be_undone_is_not_committed(
    store: TicketStore, url: str, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ticket was on disk without its labels, which its caller was told is not there."""

    def send(connection: sa.engine.Connection, text: str) -> None:
        if text.startswith('ROLLBACK'):
            raise sa.exc.OperationalError(text, {}, Exception('disk I/O error'))
        sent(connection, text)

    sent = database._send
    monkeypatch.setattr(database, '_send', send)
    refused = new_ticket(2, metadata={'operator': 'ren'})
    execute(
        'INSERT INTO labels VALUES (:id, :label, :value, 0, :status)',
        id=refused.id, label='"operator"', value='""', status='PENDING',
    )  # fmt: skip
    with pytest.raises(StoreUnavailable, match='disk I/O'), store.together():  # noqa: PT012
        store.insert(new_ticket(1))
        with suppress(StoreUnavailable):
            store.insert(refused)
        with pytest.raises(StoreUnavailable):
            store.insert(new_ticket(3))
    assert ids_in(execute) == []
    execute('DELETE FROM labels')
    store.insert(new_ticket(1))
    assert_sound(store, url)


@on_every_database
def test_a_table_that_is_gone_undoes_all(store: TicketStore, execute: Execute) -> None:
    execute('ALTER TABLE events RENAME TO elsewhere')
    with pytest.raises(StoreUnavailable, match='events'), store.together():  # noqa: PT012
        store.set_mark('pause', 1)
        with suppress(StoreUnavailable):
            store.insert(new_ticket(1))
    assert store.mark('pause') == 0
    execute('ALTER TABLE elsewhere RENAME TO events')
    with store.together():
        store.insert(new_ticket(1))
    assert ids_in(execute) == [new_ticket(1).id]


@on_postgresql
def test_a_robot_that_was_taken_over_closes_the_store_before_any_of_them(
    store: TicketStore, execute: Execute
) -> None:
    take_over(execute)
    with pytest.raises(StoreLockLost), store.together():
        pytest.fail('it has begun')
    assert not store.is_open
    store.open()
    store.insert(new_ticket(1))


@on_postgresql
def test_a_server_that_goes_in_between_undoes_all(store: TicketStore, execute: Execute) -> None:
    with pytest.raises(StoreUnavailable), store.together():  # noqa: PT012
        store.insert(new_ticket(1))
        execute(
            'SELECT pg_terminate_backend(pid) FROM pg_stat_activity'
            " WHERE state = 'idle in transaction'"
        )
        with suppress(StoreUnavailable):
            store.insert(new_ticket(2))
    store.close()
    store.open()
    assert ids_in(execute) == []
    store.insert(new_ticket(1))


# One connection for all.


def test_a_store_in_memory_is_read_after_the_commit(open_store: OpenStore) -> None:
    store = open_store('sqlite://')
    found: list[Any] = []
    reading = threading.Thread(target=lambda: found.append(store.get(new_ticket(2).id)))
    with store.together():
        store.insert(new_ticket(1))
        reading.start()
        with suppress(RequestIdConflict, StoreConflict):
            store.insert(new_ticket(1))
        store.insert(new_ticket(2))
    reading.join(10.0)
    assert found == [new_ticket(2)]
    with pytest.raises(TicketNotFound):
        store.get(new_ticket(3).id)
