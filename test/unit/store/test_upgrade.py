"""From one version's tables to the next: all of it or nothing, and nobody else's."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

import orchestrator_ren
from orchestrator_ren.errors import StoreTooNew, StoreUnavailable
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.tables import REVISION
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.history import replay
from orchestrator_ren.tickets.listing import TicketFilter, labels_of_request
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status

from . import old_store
from .samples import (
    MUCH_LATER,
    Execute,
    OpenStore,
    new_ticket,
    on_every_database,
    start,
    stored_in,
    walk,
)


def tables_in(path: Path) -> list[Any]:
    """Return the whole schema of a file, by its own account, white space aside."""
    with closing(sqlite3.connect(path)) as connection:
        found = connection.execute('SELECT name, sql FROM sqlite_master ORDER BY name').fetchall()
    return [(name, ''.join((sql or '').split())) for name, sql in found]


def content_of(path: Path) -> list[str]:
    with closing(sqlite3.connect(path)) as connection:
        return list(connection.iterdump())


# A store of before there were migrations.


@pytest.fixture
def old_path(path: Path) -> Path:
    old_store.make(path)
    return path


def test_the_tickets_of_an_old_store_come_back(old_path: Path, open_store: OpenStore) -> None:
    store = open_store(f'sqlite:///{old_path}')
    assert [store.get(ticket.id) for ticket in old_store.TICKETS] == old_store.TICKETS
    assert store.page(TicketFilter(), 10).tickets == old_store.TICKETS[::-1]
    assert store.count_by_status() == dict.fromkeys(Status, 1)
    assert store.term == 8


def test_the_histories_of_an_old_store_give_its_tickets(
    old_path: Path, open_store: OpenStore
) -> None:
    store = open_store(f'sqlite:///{old_path}')
    for number, ticket in enumerate(old_store.TICKETS):
        events, total = store.history(ticket.id, 100)
        assert replay(events) == ticket
        assert [
            (event.at, event.type.value, event.actor.value, event.status, event.message)
            for event in events
        ] == [
            (old_store.at(second), kind, actor, status, message)
            for owner, second, kind, actor, _, status, _, _, message in old_store.EVENTS
            if owner == number
        ]
        assert total == len(events)
    assert [verdict.problem for verdict in verify(f'sqlite:///{old_path}')] == 6 * ['']


def test_the_metadata_of_an_old_store_is_searched(old_path: Path, open_store: OpenStore) -> None:
    store = open_store(f'sqlite:///{old_path}')
    for metadata, found in (({'operator': 'ren'}, [3, 0]), ({'tries': 2.0}, [0]), ({'a': 1}, [])):
        page = store.page(TicketFilter(labels=labels_of_request(metadata)), 10)
        assert page.tickets == [old_store.TICKETS[number] for number in found]


def test_an_old_store_is_searched_by_metadata_and_status(
    old_path: Path, open_store: OpenStore
) -> None:
    store = open_store(f'sqlite:///{old_path}')
    for number in (0, 3):
        ticket = old_store.TICKETS[number]
        wanted = TicketFilter(
            frozenset({ticket.status}), labels=labels_of_request({'operator': 'ren'})
        )
        assert store.page(wanted, 10).tickets == [ticket]


def test_an_old_store_knows_its_requests(old_path: Path, open_store: OpenStore) -> None:
    store = open_store(f'sqlite:///{old_path}')
    first = old_store.TICKETS[0]
    again = new_ticket(9, params=first.params, metadata=first.metadata, request_id='key-0')
    assert store.insert(again) == (first, None)


def test_an_old_store_goes_on(old_path: Path, open_store: OpenStore) -> None:
    store = open_store(f'sqlite:///{old_path}')
    store.recover(MUCH_LATER, lambda _: RecoveryPolicy.REQUEUE)
    start(store, store.get(old_store.TICKETS[1].id), MUCH_LATER)
    for number in (0, 3, 4, 5):
        walk(store, old_store.TICKETS[number], Status.QUEUED, Status.EXECUTING, Status.COMPLETED,
             at=MUCH_LATER)  # fmt: skip
    assert [each for each in verify(f'sqlite:///{old_path}') if each.problem] == []


def test_an_upgraded_store_has_the_tables_of_a_new_one(
    old_path: Path, template_file: Path, open_store: OpenStore
) -> None:
    open_store(f'sqlite:///{old_path}').close()
    assert tables_in(old_path) == tables_in(template_file)


def test_an_old_store_without_tickets_is_upgraded_too(path: Path, open_store: OpenStore) -> None:
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(old_store.TABLES)
    store = open_store(f'sqlite:///{path}')
    assert store.term == 1
    assert store.page(TicketFilter(), 1).total == 0


def test_a_store_is_upgraded_once(
    old_path: Path, open_store: OpenStore, statements: list[str]
) -> None:
    open_store(f'sqlite:///{old_path}').close()
    statements.clear()
    open_store(f'sqlite:///{old_path}')
    assert [each for each in statements if each.startswith(('CREATE', 'ALTER', 'DROP'))] == []


# A store whose labels did not know the status.

TO_R0005 = """
DROP INDEX tickets_by_status_and_age;
DROP INDEX tickets_by_command_and_age;
DROP INDEX tickets_by_end;
DROP INDEX tickets_given;
DROP INDEX tickets_by_turn;
DROP INDEX events_by_number;
ALTER TABLE tickets DROP COLUMN robot;
ALTER TABLE tickets DROP COLUMN is_for_any;
ALTER TABLE tickets DROP COLUMN capabilities;
ALTER TABLE events DROP COLUMN robot;
CREATE INDEX tickets_by_status_and_age ON tickets (status, created_at, id);
CREATE INDEX tickets_by_command_and_age ON tickets (command, status, created_at, id);
CREATE INDEX tickets_by_end ON tickets (completed_at, id);
CREATE INDEX tickets_by_turn ON tickets (priority, created_at, id) WHERE status = 'QUEUED';
CREATE UNIQUE INDEX events_by_number ON events (number);
CREATE TABLE meta (name VARCHAR(32) PRIMARY KEY, value BIGINT NOT NULL);
INSERT INTO meta SELECT 'term', term FROM robots;
INSERT INTO meta SELECT name, value FROM marks;
DROP TABLE robots;
DROP TABLE marks;
UPDATE alembic_version SET version_num = 'r0005'
"""

TO_R0004 = (
    TO_R0005
    + """
;DROP INDEX tickets_by_update;
DROP INDEX events_by_number;
ALTER TABLE tickets DROP COLUMN requested_by;
ALTER TABLE tickets DROP COLUMN dry_attempt;
ALTER TABLE tickets DROP COLUMN is_awaited;
ALTER TABLE events DROP COLUMN requested_by;
ALTER TABLE events DROP COLUMN number;
UPDATE alembic_version SET version_num = 'r0004'
"""
)

TO_R0003 = (
    TO_R0004
    + """
    ;DROP INDEX labels_by_value_status_and_age;
    ALTER TABLE labels DROP COLUMN status;
    CREATE INDEX labels_by_value_and_age ON labels (label, value, created_at, ticket_id);
    UPDATE alembic_version SET version_num = 'r0003'
    """
)


@on_every_database
def test_labels_get_the_status_of_their_ticket(
    store: TicketStore, url: str, execute: Execute
) -> None:
    tickets = [
        stored_in(store, status, number, metadata={'operator': 'ren'})
        for number, status in enumerate(Status)
    ]
    store.close()
    for statement in TO_R0003.split(';'):
        execute(statement)
    store.open()
    for ticket in tickets:
        wanted = TicketFilter(
            frozenset({ticket.status}), labels=labels_of_request({'operator': 'ren'})
        )
        assert store.page(wanted, 10).tickets == [ticket]
    assert [each for each in verify(url) if each.problem] == []


def test_labels_without_a_ticket_keep_no_store_from_its_upgrade(
    store: TicketStore, url: str, execute: Execute
) -> None:
    store.close()
    for statement in TO_R0003.split(';'):
        execute(statement)
    execute("INSERT INTO labels VALUES ('gone', '1', '2', 3)")
    store.open()
    assert [each.problem for each in verify(url)] == ['there are labels of it, but no ticket']


@on_every_database
def test_events_of_an_older_store_are_numbered_in_the_order_of_their_times(
    store: TicketStore, url: str, execute: Execute
) -> None:
    tickets = [stored_in(store, status, number) for number, status in enumerate(Status)]
    store.close()
    for statement in TO_R0004.split(';'):
        execute(statement)
    set_back = 'UPDATE events SET at = at - 3600000000 WHERE step = 3 AND ticket_id = :id'
    execute(set_back, id=tickets[3].id)
    store.open()
    found, last = store.events_after(0, 100)
    assert [event.number for event in found] == list(range(1, last + 1))
    for ticket in tickets:
        steps = [event.step for event in found if event.ticket_id == ticket.id]
        assert steps == sorted(steps)
    creations = [event.at for event in found if event.step == 1]
    assert creations == sorted(creations)
    assert store.get(tickets[0].id).requested_by == ''


@on_every_database
def test_what_a_store_of_one_robot_has_is_that_of_who_opens_it(
    store: TicketStore, url: str, execute: Execute, open_store: OpenStore
) -> None:
    tickets = [stored_in(store, status, number) for number, status in enumerate(Status)]
    store.set_mark('pause', 3)
    newest = store.events_after(0, 1)[1]
    store.close()
    for statement in TO_R0005.split(';'):
        execute(statement)
    upgraded = open_store(url, terms=LeaseTerms(RobotIdentity('r1')))
    found = [upgraded.get(ticket.id) for ticket in tickets]
    assert found == [replace(ticket, robot='r1') for ticket in tickets]
    assert (upgraded.term, upgraded.mark('pause')) == (store.term + 1, 3)
    assert upgraded.events_after(0, 1)[1] == newest
    assert upgraded.count_by_status() == dict.fromkeys(Status, 1)
    assert [each for each in verify(url) if each.problem] == []


# Newer ones.


@pytest.mark.parametrize('journal_mode', ['wal', 'delete'])
@pytest.mark.parametrize('found', ['r0099', 'schema 2'])
def test_a_store_of_a_newer_version_is_left_untouched(
    found: str, journal_mode: str, path: Path, template_file: Path, open_store: OpenStore
) -> None:
    if found == 'schema 2':
        old_store.make(path, version=2)
    else:
        path.write_bytes(template_file.read_bytes())
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        if found == 'r0099':
            connection.execute('UPDATE alembic_version SET version_num = ?', (found,))
        changed = connection.execute(f'PRAGMA journal_mode = {journal_mode}').fetchone()
    assert changed == (journal_mode,)
    content = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        open_store(f'sqlite:///{path}')
    assert str(caught.value) == (
        f"the ticket store sqlite:///{path} has schema '{found}';"
        f" this version knows up to '{REVISION}'"
    )
    assert path.read_bytes() == content
    left = {each.name for each in path.parent.iterdir()}
    assert left == {path.name, f'{path.name}.lock'}


@on_every_database
def test_a_newer_revision_is_refused_on_every_database(
    url: str, execute: Execute, open_store: OpenStore
) -> None:
    execute("UPDATE alembic_version SET version_num = 'r0099'")
    with pytest.raises(StoreTooNew, match="'r0099'"):
        open_store(url)
    assert execute('SELECT term FROM robots') == [(1,)]


# What is not ours.


@pytest.mark.parametrize('journal_mode', ['wal', 'delete'])
@pytest.mark.parametrize(
    'table',
    [
        'CREATE TABLE meta (key TEXT, content TEXT)',
        'CREATE TABLE meta (name TEXT, value TEXT)',
        'CREATE TABLE tickets (price REAL)',
        'CREATE TABLE events (number INTEGER)',
        'CREATE TABLE labels (text TEXT)',
        'CREATE TABLE alembic_version (version_num TEXT)',
    ],
    ids=['meta', 'meta like ours', 'tickets', 'events', 'labels', 'alembic_version'],
)
def test_a_database_of_somebody_else_is_left_untouched(
    table: str, journal_mode: str, path: Path, open_store: OpenStore
) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute(f'PRAGMA journal_mode = {journal_mode}')
        connection.execute(table)
        if 'alembic_version' in table:
            connection.execute("INSERT INTO alembic_version VALUES ('a1b2c3d4e5f6')")
    content = path.read_bytes()
    for _ in range(2):
        with pytest.raises((StoreUnavailable, StoreTooNew)) as caught:
            open_store(f'sqlite:///{path}')
        assert str(caught.value).startswith(f'the ticket store sqlite:///{path} ')
    assert path.read_bytes() == content


# Openings that are cut short.


@pytest.fixture
def statements() -> Iterator[list[str]]:
    """Return the statements that are executed, the latest last."""
    found: list[str] = []

    def note(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        found.append(statement.strip())

    sa.event.listen(sa.engine.Engine, 'before_cursor_execute', note)
    yield found
    sa.event.remove(sa.engine.Engine, 'before_cursor_execute', note)


@pytest.fixture
def cut_short_at() -> Iterator[Callable[[int], None]]:
    """Return what makes the n-th statement from then on fail; 0 = none."""
    left = [0]

    def count(*_: Any) -> None:
        left[0] -= 1
        if left[0] == 0:
            raise RuntimeError('cut short')

    def set_left(number: int) -> None:
        left[0] = number

    sa.event.listen(sa.engine.Engine, 'before_cursor_execute', count)
    yield set_left
    sa.event.remove(sa.engine.Engine, 'before_cursor_execute', count)


@pytest.mark.parametrize('kind', ['new', 'old'])
def test_an_opening_cut_short_anywhere_has_done_nothing(
    kind: str,
    path: Path,
    template_file: Path,
    open_store: OpenStore,
    cut_short_at: Callable[[int], None],
) -> None:
    """After a power cut between the tables and their first row: "No row was found", for ever."""
    if kind == 'old':
        old_store.make(path)
    url, before = f'sqlite:///{path}', content_of(path)
    number = 0
    while True:
        number += 1
        cut_short_at(number)
        try:
            store = open_store(url)
        except RuntimeError:
            # Or else all of it, and was cut short afterwards.
            assert content_of(path) == before or tables_in(path) == tables_in(template_file)
        else:
            break
    cut_short_at(0)
    assert number > 20
    assert store.page(TicketFilter(), 10).total == (6 if kind == 'old' else 0)
    assert [each for each in verify(url) if each.problem] == []


@on_every_database
def test_an_upgrade_cut_short_leaves_no_tables(
    empty_url: str, execute: Execute, open_store: OpenStore, cut_short_at: Callable[[int], None]
) -> None:
    for number in (10, 20):
        cut_short_at(number)
        with pytest.raises(RuntimeError, match='cut short'):
            open_store(empty_url)
        cut_short_at(0)
        for table in ('robots', 'tickets', 'events', 'labels', 'alembic_version'):
            with pytest.raises(sa.exc.DBAPIError, match=f'(?i){table}'):
                execute(f'SELECT * FROM {table}')
    assert open_store(empty_url).term == 1


KILLED = """
import os, signal, sys
import sqlalchemy as sa
from orchestrator_ren.store.ticket_store import TicketStore

@sa.event.listens_for(sa.engine.Engine, 'after_cursor_execute')
def kill(_connection, _cursor, statement, *_):
    if 'CREATE INDEX tickets_by_end' in statement:
        os.kill(os.getpid(), signal.SIGKILL)

TicketStore(sys.argv[1]).open()
"""


@pytest.mark.parametrize('kind', ['new', 'old'])
def test_an_upgrade_that_is_killed_has_done_nothing(
    kind: str, path: Path, open_store: OpenStore
) -> None:
    if kind == 'old':
        old_store.make(path)
    before = content_of(path)
    url = f'sqlite:///{path}'
    package = Path(orchestrator_ren.__file__).parents[1]
    paths = os.pathsep.join([str(package), os.environ.get('PYTHONPATH', '')])
    command = [sys.executable, '-c', KILLED, url]
    killed = subprocess.run(command, env={**os.environ, 'PYTHONPATH': paths}, timeout=60)
    assert killed.returncode == -signal.SIGKILL
    assert content_of(path) == before
    store = open_store(url)
    assert store.page(TicketFilter(), 10).total == (6 if kind == 'old' else 0)
