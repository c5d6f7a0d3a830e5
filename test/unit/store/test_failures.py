"""What the disk, the system or another process does to a store: named, and nothing half done."""

import resource
import socket
import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import (
    InternalError,
    StoreDamaged,
    StoreFull,
    StoreLocked,
    StoreReadOnly,
    StoreUnavailable,
    StoreUrlInvalid,
)
from orchestrator_ren.store import engine
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.ticket import Status

from .samples import Execute, OpenStore, new_ticket, on_every_database, start, stored_in

ANY = TicketFilter()


def assert_cannot_open(
    open_store: OpenStore, url: str, reason: str, kind: type[StoreUnavailable] = StoreUnavailable
) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url)
    assert type(caught.value) is kind
    assert str(caught.value).startswith(f'the ticket store {url} fails: ')
    assert reason in str(caught.value)


# URLs.


@pytest.mark.parametrize(
    ('url', 'reason'),
    [
        ('', 'parse'),
        ('nonsense', 'parse'),
        ('nosuch://host/x', 'nosuch'),
        ('sqlite+nosuch:///x.db', 'nosuch'),
        ('sqlite://host/x.db', 'Invalid SQLite URL'),
        ('postgresql://host:abc/x', 'abc'),
        ('sqlite:///x.db?timeout=soon', 'soon'),
        ('sqlite:///a?b/x.db', 'no NAME=VALUE'),
    ],
)
def test_a_bad_url_is_named(
    url: str,
    reason: str,
    open_store: OpenStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # some of the paths are relative
    assert_cannot_open(open_store, url, reason, StoreUrlInvalid)


def test_a_path_with_a_zero_byte_is_refused(tmp_path: Path, open_store: OpenStore) -> None:
    url = f'sqlite:///{tmp_path}/a\0b'
    assert_cannot_open(open_store, url, 'null byte', StoreUrlInvalid)


@pytest.mark.parametrize(
    'url',
    [
        'nosuch://ren:secret@host/x',
        'postgresql://ren:secret@host:abc/x',
        'nosuch://ren:sec/ret:secret@host/x',
        'nosuch://ren:at@secret@host/x',
        'nosuch://ren@host/x?password=secret',
        'nosuch://host/x?user=ren&password=secret&port=1',
    ],
)
def test_a_password_is_not_shown(url: str, open_store: OpenStore) -> None:
    assert 'secret' not in TicketStore(url).shown_url
    with pytest.raises(StoreUrlInvalid) as caught:
        open_store(url)
    assert 'secret' not in str(caught.value)
    assert 'host' in str(caught.value)


# Files and folders.


def test_a_path_below_a_file_cannot_be_opened(tmp_path: Path, open_store: OpenStore) -> None:
    (tmp_path / 'file').write_text('not a folder')
    assert_cannot_open(open_store, f'sqlite:///{tmp_path}/file/tickets.db', 'File exists')
    assert_cannot_open(open_store, f'sqlite:///{tmp_path}/file/a/tickets.db', 'Not a directory')


def test_a_folder_that_cannot_be_made_is_named(open_store: OpenStore) -> None:
    assert_cannot_open(open_store, 'sqlite:////proc/no/tickets.db', "'/proc/no'")


def test_a_folder_is_no_store(tmp_path: Path, open_store: OpenStore) -> None:
    (tmp_path / 'folder').mkdir()
    assert_cannot_open(open_store, f'sqlite:///{tmp_path}/folder', 'unable to open')


def test_a_store_that_may_only_be_read_is_not_opened(
    store: TicketStore, path: Path, open_store: OpenStore
) -> None:
    stored_in(store, Status.QUEUED)
    store.close()
    content = path.read_bytes()
    url = f'sqlite:///file:{path}?mode=ro&uri=true'
    assert_cannot_open(open_store, url, 'readonly', StoreReadOnly)
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ('reason', 'kind'),
    [
        ('[Errno 30] Read-only file system', StoreReadOnly),
        ('[Errno 13] Permission denied', StoreReadOnly),
        ('attempt to write a readonly database', StoreReadOnly),
        ('cannot execute UPDATE in a read-only transaction', StoreReadOnly),
        ('[Errno 28] No space left on device', StoreFull),
        ('[Errno 122] Disk quota exceeded', StoreFull),
        ('database or disk is full', StoreFull),
        ('database is locked', StoreLocked),
        ('database table is locked', StoreLocked),
        ('canceling statement due to lock timeout', StoreLocked),
        ('deadlock detected', StoreLocked),
        ('database disk image is malformed', StoreDamaged),
        ('file is not a database', StoreDamaged),
        ('disk I/O error', StoreUnavailable),
        ('connection refused', StoreUnavailable),
    ],
)
def test_each_reason_is_of_its_kind(reason: str, kind: type[StoreUnavailable]) -> None:
    for error in (OSError(reason), sa.exc.OperationalError('', {}, Exception(reason))):
        with pytest.raises(StoreUnavailable) as caught, engine.errors_translated('sqlite:///x'):
            raise error
        assert type(caught.value) is kind
        assert str(caught.value) == f'the ticket store sqlite:///x fails: {reason}'
        assert caught.value.__cause__ is error


def test_value_that_json_cannot_take_is_no_fault_of_the_store(store: TicketStore) -> None:
    """Every such create said 301, and the store counted as failed."""
    with pytest.raises(InternalError, match='JSON serializable'):
        store.insert(new_ticket(params={'tags': {1, 2}}))
    assert store.count_by_status()[Status.PENDING] == 0
    store.insert(new_ticket())


def test_row_that_breaks_a_constraint_is_no_fault_of_the_store() -> None:
    error = sa.exc.IntegrityError('', {}, Exception('UNIQUE constraint failed'))
    with (
        pytest.raises(InternalError, match='UNIQUE'),
        engine.errors_translated('sqlite:///x'),
    ):
        raise error


# A full disk.


@pytest.fixture
def limit_pages(connections: Callable[[], list[Any]]) -> Callable[[int], None]:
    """Return what limits the pages of the database, at least to those that it has."""

    def limiter(pages: int) -> None:
        for connection in connections():
            connection.execute(f'PRAGMA max_page_count = {pages}')

    return limiter


def test_a_full_disk_is_named_and_the_store_goes_on_after_it(
    store: TicketStore, url: str, limit_pages: Callable[[int], None]
) -> None:
    limit_pages(1)
    stored = 0
    with pytest.raises(StoreFull, match='disk is full') as caught:  # noqa: PT012
        while stored < 99:
            store.insert(new_ticket(stored, metadata={'a': 'x' * 2000}))
            stored += 1
    assert url in str(caught.value)
    assert stored > 0
    assert store.page(ANY, 1).total == store.count_by_status()[Status.PENDING] == stored
    with pytest.raises(StoreFull):
        store.insert(new_ticket(stored, metadata={'a': 'x' * 9000}))
    limit_pages(9999)
    store.insert(new_ticket(stored, metadata={'a': 'x' * 9000}))
    assert store.page(ANY, 1).total == stored + 1
    assert [each for each in verify(url) if each.problem] == []


@pytest.fixture
def small_files() -> Iterator[Callable[[int], None]]:
    """Return what limits the size of files; the system then refuses to write more."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    yield lambda limit: resource.setrlimit(resource.RLIMIT_FSIZE, (limit, hard))
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_an_opening_for_which_there_is_no_space_can_be_made_later(
    path: Path, open_store: OpenStore, small_files: Callable[[int], None]
) -> None:
    small_files(20_000)
    with pytest.raises(StoreUnavailable, match=r'full|I/O error'):
        open_store(f'sqlite:///{path}')
    small_files(resource.RLIM_INFINITY)
    assert open_store(f'sqlite:///{path}').term == 1


# Locked by others.


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stores that do not wait long for a lock."""
    arguments = engine.CONNECT_ARGUMENTS
    monkeypatch.setitem(arguments, 'sqlite', {**arguments['sqlite'], 'timeout': 0.05})
    options = {'options': '-c lock_timeout=50', 'connect_timeout': 1}
    monkeypatch.setitem(arguments, 'postgresql', options)


LOCK = {
    'sqlite': 'UPDATE robots SET term = term',
    'postgresql': 'LOCK TABLE tickets IN EXCLUSIVE MODE',
}


@on_every_database
def test_a_locked_store_is_named_and_goes_on_after_it(
    database: str, url: str, impatient: None, open_store: OpenStore
) -> None:
    store = open_store(url)
    before = stored_in(store, Status.QUEUED)
    other = sa.create_engine(url, future=True, poolclass=sa.pool.NullPool)
    with other.begin() as connection:
        connection.exec_driver_sql(LOCK[database])
        for call in (lambda: store.insert(new_ticket(2)), lambda: start(store, before)):
            with pytest.raises(StoreLocked, match='lock') as caught:
                call()
            assert url in str(caught.value)
        assert store.page(ANY, 10).tickets == [before]
    assert store.count_by_status() == {**dict.fromkeys(Status, 0), Status.QUEUED: 1}
    store.insert(new_ticket(2))
    assert store.page(ANY, 10).total == 2


@pytest.mark.usefixtures('impatient')
def test_a_store_that_is_locked_while_it_is_opened_can_be_opened_later(
    store: TicketStore, path: Path, open_store: OpenStore
) -> None:
    store.close()
    url = f'sqlite:///{path}'
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute('BEGIN IMMEDIATE')
        assert_cannot_open(open_store, url, 'is locked', StoreLocked)
    assert open_store(url).term == store.term + 1


@pytest.mark.usefixtures('store')
def test_a_reader_from_outside_does_not_stop_the_store(store: TicketStore, path: Path) -> None:
    with closing(sqlite3.connect(path)) as reader:
        reader.execute('BEGIN')
        reader.execute('SELECT count(*) FROM tickets').fetchone()
        store.insert(new_ticket())
        assert store.get(new_ticket().id) == new_ticket()


def test_a_server_that_does_not_answer_is_not_waited_for(
    impatient: None, open_store: OpenStore
) -> None:
    """The connection with the lock of the store had no limit of time."""
    pytest.importorskip('psycopg2')
    failures: list[BaseException] = []
    with socket.create_server(('127.0.0.1', 0)) as silent:
        url = f'postgresql+psycopg2://127.0.0.1:{silent.getsockname()[1]}/x'

        def open_it() -> None:
            try:
                open_store(url)
            except StoreUnavailable as error:
                failures.append(error)

        opening = threading.Thread(target=open_it, daemon=True)
        opening.start()
        opening.join(10.0)
        assert [type(error) for error in failures] == [StoreUnavailable]
    assert 'timeout' in str(failures[0])


# Damage.


@pytest.mark.parametrize(
    'content',
    [b'garbage', b'garbage' * 3000, b'SQLite format 3\0' + b'\xa5' * 9000],
    ids=['short', 'long', 'with the right beginning'],
)
def test_a_file_of_garbage_is_left_alone(
    content: bytes, path: Path, open_store: OpenStore
) -> None:
    path.write_bytes(content)
    assert_cannot_open(open_store, f'sqlite:///{path}', 'not a database', StoreDamaged)
    assert path.read_bytes() == content


def damaged(path: Path) -> None:
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b'\xa5' * (len(content) - 4096))


def test_a_store_that_was_damaged_is_not_opened(
    store: TicketStore, path: Path, open_store: OpenStore
) -> None:
    store.insert(new_ticket())
    store.close()
    damaged(path)
    assert_cannot_open(open_store, f'sqlite:///{path}', 'malformed', StoreDamaged)


def test_a_store_that_gets_damaged_says_so(store: TicketStore, path: Path, url: str) -> None:
    for number in range(200):
        store.insert(new_ticket(number, params={'x': 'x' * 100}))
    store.close()
    store.open()  # with nothing in its memory, nor in the log
    with path.open('r+b') as file:
        file.seek(2 * 4096)
        file.write(b'\xa5' * (path.stat().st_size - 2 * 4096))
    with pytest.raises(StoreDamaged, match='malformed') as caught:
        store.page(ANY, 1000)
    assert url in str(caught.value)


@pytest.mark.parametrize(
    'assignment',
    [
        "params = 'garbage'",
        "metadata = '{'",
        'created_at = 4611686018427387904',
        "updated_at = 'garbage'",
    ],
)
def test_content_that_cannot_be_read_says_so(
    assignment: str, store: TicketStore, execute: Execute
) -> None:
    store.insert(new_ticket())
    execute(f'UPDATE tickets SET {assignment}')
    with pytest.raises(StoreDamaged):
        store.get(new_ticket().id)
    store.insert(new_ticket(2))
    assert store.get(new_ticket(2).id) == new_ticket(2)


def test_a_store_that_failed_to_open_can_be_opened_once_the_cause_is_gone(path: Path) -> None:
    path.write_bytes(b'garbage' * 999)
    store = TicketStore(f'sqlite:///{path}')
    with pytest.raises(StoreDamaged):
        store.open()
    assert not store.is_open
    path.unlink()
    store.open()
    store.insert(new_ticket())
    store.close()
