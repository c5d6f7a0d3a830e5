"""Opening a store: by one orchestrator at a time, for good, and touching nothing before."""

import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import StoreInUse, StoreUnavailable
from orchestrator_ren.store.database import Database
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status

from .samples import NOW, OpenStore, ended_before, new_ticket, on_every_database, start, stored_in


@on_every_database
def test_the_term_grows_with_each_opening(empty_url: str, open_store: OpenStore) -> None:
    terms = []
    for _ in range(3):
        opened = open_store(empty_url)
        terms.append(opened.term)
        opened.close()
    assert terms == [1, 2, 3]


@on_every_database
@pytest.mark.usefixtures('store')
def test_a_second_orchestrator_is_kept_out_and_takes_nothing_away(
    url: str, open_store: OpenStore
) -> None:
    for _ in range(2):
        with pytest.raises(StoreInUse) as caught:
            open_store(url)
        assert str(caught.value).startswith(f'the ticket store {url} is in use by another')


@on_every_database
def test_a_store_that_was_kept_out_leaves_the_first_at_work(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    term = store.term
    with pytest.raises(StoreInUse):
        open_store(url)
    store.renew()
    ticket = stored_in(store, Status.COMPLETED)
    assert (store.get(ticket.id), store.term) == (ticket, term)


@on_every_database
def test_a_closed_store_can_be_opened_by_another(
    store: TicketStore, url: str, open_store: OpenStore
) -> None:
    store.close()
    store.close()
    assert open_store(url).term == store.term + 1


@on_every_database
def test_a_store_can_be_closed_and_opened_again(store: TicketStore) -> None:
    ticket = stored_in(store, Status.QUEUED)
    store.close()
    assert not store.is_open
    store.open()
    assert store.is_open
    assert store.get(ticket.id) == ticket


@on_every_database
def test_a_renewal_changes_no_term(store: TicketStore, url: str, open_store: OpenStore) -> None:
    store.renew()
    store.close()
    assert open_store(url).term == store.term + 1


@on_every_database
def test_a_refused_opening_leaves_no_connection_behind(
    store: TicketStore, url: str, open_store: OpenStore, connections: Callable[[], list[Any]]
) -> None:
    held = connections()
    with pytest.raises(StoreInUse):
        open_store(url)
    assert connections() == held
    assert store.is_open


def test_making_a_store_touches_nothing(path: Path) -> None:
    TicketStore(f'sqlite:///{path}')
    assert list(path.parent.iterdir()) == []


def test_folders_are_made(tmp_path: Path, open_store: OpenStore) -> None:
    assert open_store(f'sqlite:///{tmp_path}/a/b/tickets.db').term == 1


def test_a_store_in_memory_works(open_store: OpenStore) -> None:
    memory = open_store('sqlite://')
    assert stored_in(memory, Status.COMPLETED) == memory.get(new_ticket().id)


def test_two_stores_in_memory_are_two(open_store: OpenStore) -> None:
    first, second = open_store('sqlite://'), open_store('sqlite://')
    first.insert(new_ticket())
    assert second.page(TicketFilter(), 1).total == 0


CALLS: dict[str, Callable[[TicketStore], object]] = {
    'get': lambda store: store.get('x'),
    'insert': lambda store: store.insert(new_ticket()),
    'change': lambda store: store.change(new_ticket(), new_ticket(), 'x'),  # type: ignore[arg-type]
    'recover': lambda store: store.recover(NOW, lambda _: RecoveryPolicy.FAIL),
    'prune': lambda store: store.prune(ended_before(NOW), 1, 1),
    'page': lambda store: store.page(TicketFilter(), 1),
    'history': lambda store: store.history('x', 1),
    'renew': lambda store: store.renew(),
}


@pytest.mark.parametrize('call', CALLS.values(), ids=CALLS)
@pytest.mark.parametrize('was_open', [False, True])
def test_a_store_that_is_not_open_says_so(
    was_open: bool, call: Callable[[TicketStore], object], path: Path
) -> None:
    closed = TicketStore(f'sqlite:///{path}')
    if was_open:
        closed.open()
        closed.close()
    with pytest.raises(StoreUnavailable, match='it is not open'):
        call(closed)


@pytest.mark.parametrize(('synchronous', 'level'), [('full', 2), ('normal', 1)])
def test_what_was_answered_survives_a_crash_and_unless_said_otherwise_a_power_cut(
    synchronous: str,
    level: int,
    path: Path,
    open_store: OpenStore,
    connections: Callable[[], list[Any]],
) -> None:
    arguments = {} if synchronous == 'full' else {'synchronous': synchronous}
    open_store(f'sqlite:///{path}', **arguments)

    def set_to(pragma: str) -> list[Any]:
        return [each.execute(f'PRAGMA {pragma}').fetchone()[0] for each in connections()]

    assert set_to('journal_mode') == ['wal', 'wal']
    assert set_to('synchronous') == [level, level]
    assert 1 in set_to('foreign_keys')


# One may read while another writes.


@on_every_database
def test_a_reader_goes_on_while_a_change_is_being_made(store: TicketStore, url: str) -> None:
    ticket = stored_in(store, Status.QUEUED)
    writing, read = threading.Event(), threading.Event()

    def policy_of(_command: str) -> RecoveryPolicy:
        writing.set()
        assert read.wait(10.0)
        return RecoveryPolicy.FAIL

    executing = start(store, ticket)
    writer = threading.Thread(target=store.recover, args=(NOW, policy_of))
    writer.start()
    try:
        assert writing.wait(10.0)
        assert store.get(ticket.id) == executing
        assert store.page(TicketFilter(), 1).tickets == [executing]
    finally:
        read.set()
        writer.join(10.0)
    assert store.get(ticket.id).status is Status.FAILED


@pytest.fixture
def opened(url: str) -> Any:
    found = Database(url)
    found.open()
    yield found
    found.close()


@on_every_database
def test_a_reader_sees_one_state_until_it_has_finished(opened: Database) -> None:
    """On PostgreSQL each query of a page saw what had been committed before that query."""
    with opened.snapshot() as reader:
        [before] = reader.exec_driver_sql('SELECT host FROM robots').all()
        with opened.transaction() as writer:
            writer.exec_driver_sql("UPDATE robots SET host = 'x'")
        assert reader.exec_driver_sql('SELECT host FROM robots').all() == [before]
    with opened.snapshot() as reader:
        assert reader.exec_driver_sql('SELECT host FROM robots').all() == [('x',)]


@on_every_database
def test_a_transaction_is_done_whole_or_not_at_all(opened: Database) -> None:
    with pytest.raises(RuntimeError, match='a defect'), opened.transaction() as connection:  # noqa: PT012
        connection.exec_driver_sql("UPDATE robots SET host = 'x'")
        raise RuntimeError('a defect')
    with opened.snapshot() as reader:
        assert reader.exec_driver_sql('SELECT host FROM robots').all() != [('x',)]


def test_a_store_that_is_closed_while_it_is_read_is_read_to_the_end(
    store: TicketStore, url: str, connections: Callable[[], list[Any]]
) -> None:
    """The connection was closed under the hands of the thread that reads."""
    store.insert(new_ticket())
    reading, closed, found = threading.Event(), threading.Event(), []

    def read() -> None:
        with store._database.snapshot() as connection:
            rows = connection.execute(sa.text('SELECT id FROM tickets'))
            reading.set()
            assert closed.wait(10.0)
            found.extend(rows.all())
            found.extend(connection.execute(sa.text('SELECT id FROM tickets')).all())

    reader = threading.Thread(target=read)
    reader.start()
    assert reading.wait(10.0)
    store.close()
    closed.set()
    reader.join(10.0)
    assert [row[0] for row in found] == 2 * [new_ticket().id]
    assert connections() == []
    store.open()
    assert store.get(new_ticket().id) == new_ticket()
