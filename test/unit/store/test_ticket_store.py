"""What is stored comes back; what may not be stored is refused; nothing is half done."""

import sqlite3
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orchestrator_ren.errors import (
    EStopActive,
    IllegalTransition,
    Interrupted,
    OrchestratorError,
    RequestIdConflict,
    StoreConflict,
    StoreInUse,
    StoreTooNew,
    StoreUnavailable,
    TicketNotFound,
)
from orchestrator_ren.store.tables import SCHEMA_VERSION
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, EventType
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

Execute = Callable[..., list[Any]]
OpenStore = Callable[..., TicketStore]

NOW = datetime(2026, 1, 2, 3, 4, 5, 678901, tzinfo=timezone.utc)
LATER = NOW + timedelta(seconds=10, microseconds=1)


def new_ticket(number: int = 1, **fields: Any) -> Ticket:
    filled = {
        'id': f'tick-20260102-{number:08x}',
        'command': 'drive',
        'params': {'speed': 1.5, 'direction': 90.0, 'duration_seconds': 10.0},
        'created_at': NOW + timedelta(seconds=number),
        'updated_at': NOW + timedelta(seconds=number),
    }
    return Ticket(**{**filled, **fields})


def stored_in(store: TicketStore, status: Status, number: int = 1, **fields: Any) -> Ticket:
    """Store a ticket and take it to a status by the legal steps."""
    ticket, _ = store.insert(new_ticket(number, **fields))
    steps: dict[Status, list[Callable[[Ticket], Ticket]]] = {
        Status.QUEUED: [lambda t: lifecycle.queue(t, LATER, force=False)],
        Status.EXECUTING: [lambda t: lifecycle.start(t, LATER)],
        Status.COMPLETED: [lambda t: lifecycle.complete(t, LATER, {'distance_traveled': 15.0})],
        Status.FAILED: [lambda t: lifecycle.fail(t, LATER, EStopActive(source='test'))],
        Status.CANCELLED: [lambda t: lifecycle.cancel(t, LATER, 'enough')],
    }
    way = [Status.QUEUED, Status.EXECUTING] if status.is_final else []
    if status is Status.EXECUTING:
        way = [Status.QUEUED]
    for step in (*way, *([] if status is Status.PENDING else [status])):
        after = steps[step][0](ticket)
        store.change(ticket, after, Actor.DISPATCHER)
        ticket = after
    return ticket


# What is stored comes back.


def test_a_ticket_with_every_field_comes_back(store: TicketStore) -> None:
    ticket = new_ticket(
        params={'z': [1, 2.5, None, {'é': '🤖'}], 'a': True},
        priority=Priority.CRITICAL,
        timeout_s=0.1 + 0.2,
        metadata={'operator': 'ren', 'session_id': 2**53 + 1},
        dry_run=True,
        request_id='key-1',
        status=Status.FAILED,
        attempt=7,
        started_at=NOW + timedelta(microseconds=1),
        completed_at=LATER,
        result={'distance_traveled': 7.25},
        error_code=501,
        error='the e-stop is latched (topic)\n“line two”',
    )
    store.insert(ticket)
    found = store.get(ticket.id)
    assert found == ticket
    assert list(found.params) == ['z', 'a']
    assert type(found.status) is Status
    assert type(found.priority) is Priority


def test_a_ticket_of_defaults_comes_back(store: TicketStore) -> None:
    store.insert(new_ticket())
    assert store.get(new_ticket().id) == new_ticket()


json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(1 - 2**63, 2**63 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=5),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(max_size=5), children, max_size=3)
    ),
    max_leaves=6,
)


@settings(max_examples=50, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.dictionaries(st.text(max_size=5), json_values, max_size=3),
    st.datetimes(timezones=st.just(timezone.utc)),
    st.floats(1e-3, 86400.0),
    st.integers(0, 2**32 - 1),
)
def test_any_content_comes_back_to_the_microsecond(
    store: TicketStore, content: dict[str, Any], at: datetime, timeout_s: float, number: int
) -> None:
    ticket = new_ticket(1, metadata=content, created_at=at, updated_at=at, timeout_s=timeout_s)
    ticket = replace(ticket, id=f'tick-{number:08x}-{store.page(None, 0, 0).total}')
    store.insert(ticket)
    assert store.get(ticket.id) == ticket


def test_an_instant_of_another_zone_comes_back_as_utc(store: TicketStore) -> None:
    east = timezone(timedelta(hours=5, minutes=30))
    store.insert(new_ticket(created_at=NOW.astimezone(east)))
    found = store.get(new_ticket().id)
    assert found.created_at == NOW
    assert found.created_at.tzinfo is timezone.utc


def test_everything_is_there_after_reopening(store: TicketStore, open_store: OpenStore) -> None:
    tickets = [stored_in(store, status, number) for number, status in enumerate(Status)]
    histories = [store.history(ticket.id) for ticket in tickets]
    store.close()
    again = open_store()
    assert [again.get(ticket.id) for ticket in tickets] == tickets
    assert [again.history(ticket.id) for ticket in tickets] == histories


def test_what_was_answered_is_seen_by_others_at_once(store: TicketStore, execute: Execute) -> None:
    store.insert(new_ticket())
    assert execute('SELECT id, status FROM tickets') == [(new_ticket().id, 'PENDING')]
    assert execute('SELECT type FROM events') == [('ticket_created',)]


def test_an_unknown_ticket_is_named(store: TicketStore) -> None:
    with pytest.raises(TicketNotFound, match="'tick-nowhere' is not known"):
        store.get('tick-nowhere')


# One transaction for a change and its event.


FAIL_ON_EVENT = """
    CREATE TRIGGER disk_full BEFORE INSERT ON events
    BEGIN SELECT RAISE(ABORT, 'the disk is full'); END
"""


def test_without_its_event_no_ticket_is_created(store: TicketStore, execute: Execute) -> None:
    execute(FAIL_ON_EVENT)
    with pytest.raises(StoreUnavailable, match='the disk is full'):
        store.insert(new_ticket())
    assert execute('SELECT count(*) FROM tickets') == [(0,)]


def test_without_its_event_no_ticket_is_changed(store: TicketStore, execute: Execute) -> None:
    ticket = stored_in(store, Status.PENDING)
    execute(FAIL_ON_EVENT)
    with pytest.raises(StoreUnavailable, match='the disk is full'):
        store.change(ticket, lifecycle.queue(ticket, LATER, force=False), Actor.CLIENT)
    assert store.get(ticket.id) == ticket


def test_without_their_events_nothing_is_recovered(store: TicketStore, execute: Execute) -> None:
    ticket = stored_in(store, Status.EXECUTING)
    execute(FAIL_ON_EVENT)
    with pytest.raises(StoreUnavailable):
        store.recover(LATER)
    assert store.get(ticket.id) == ticket


def test_after_a_failure_the_store_goes_on(store: TicketStore, execute: Execute) -> None:
    execute(FAIL_ON_EVENT)
    with pytest.raises(StoreUnavailable):
        store.insert(new_ticket())
    execute('DROP TRIGGER disk_full')
    store.insert(new_ticket())
    assert store.get(new_ticket().id) == new_ticket()


# Changes: only from what is stored, only by legal steps.


def test_a_change_is_written_with_its_event(store: TicketStore) -> None:
    before = stored_in(store, Status.QUEUED)
    after = lifecycle.start(before, LATER)
    event = store.change(before, after, Actor.DISPATCHER)
    assert store.get(before.id) == after
    assert (event.type, event.actor) == (EventType.EXECUTION_STARTED, Actor.DISPATCHER)
    assert store.history(before.id)[-1] == event


def test_of_two_who_change_the_same_ticket_one_loses(store: TicketStore) -> None:
    before = stored_in(store, Status.QUEUED)
    cancelled = lifecycle.cancel(before, LATER, 'first')
    store.change(before, cancelled, Actor.CLIENT)
    with pytest.raises(StoreConflict, match=before.id):
        store.change(before, lifecycle.start(before, LATER), Actor.DISPATCHER)
    assert store.get(before.id) == cancelled
    assert len(store.history(before.id)) == 3


def test_the_end_of_an_earlier_attempt_does_not_end_the_next(store: TicketStore) -> None:
    first = stored_in(store, Status.EXECUTING)
    failed = lifecycle.fail(first, LATER, EStopActive(source='test'))
    store.change(first, failed, Actor.SAFETY)
    queued = lifecycle.queue(failed, LATER, force=True)
    store.change(failed, queued, Actor.CLIENT)
    second = lifecycle.start(queued, LATER)
    store.change(queued, second, Actor.DISPATCHER)
    with pytest.raises(StoreConflict):
        store.change(first, lifecycle.complete(first, LATER, {}), Actor.DISPATCHER)
    assert store.get(first.id) == second


def test_a_ticket_of_a_newer_term_is_not_changed(store: TicketStore, execute: Execute) -> None:
    ticket = stored_in(store, Status.PENDING)
    execute('UPDATE tickets SET term = term + 1')
    with pytest.raises(StoreConflict):
        store.change(ticket, lifecycle.queue(ticket, LATER, force=False), Actor.CLIENT)
    assert store.get(ticket.id) == ticket


def test_a_ticket_that_is_not_there_cannot_be_changed(store: TicketStore) -> None:
    missing = new_ticket()
    with pytest.raises(StoreConflict):
        store.change(missing, lifecycle.queue(missing, LATER, force=False), Actor.CLIENT)


ILLEGAL = [
    (before, after)
    for before in Status
    for after in Status
    if after not in lifecycle.TRANSITIONS[before]
]


def test_of_36_pairs_24_are_illegal() -> None:
    assert len(ILLEGAL) == 24


@pytest.mark.parametrize(
    ('before', 'after'), ILLEGAL, ids=[f'{a.value}-{b.value}' for a, b in ILLEGAL]
)
def test_an_illegal_step_is_refused_by_the_store_too(
    before: Status, after: Status, store: TicketStore
) -> None:
    ticket = stored_in(store, before)
    stepped = replace(
        ticket,
        status=after,
        started_at=LATER,
        completed_at=LATER if after.is_final else None,
        error_code=0,
    )
    history = store.history(ticket.id)
    with pytest.raises(IllegalTransition):
        store.change(ticket, stepped, Actor.CLIENT)
    assert store.get(ticket.id) == ticket
    assert store.history(ticket.id) == history


# request_id: the same key and content is the same ticket.


def test_the_same_request_again_gives_the_first_ticket(store: TicketStore) -> None:
    first, event = store.insert(new_ticket(1, request_id='key'))
    again, no_event = store.insert(new_ticket(2, request_id='key'))
    assert again == first
    assert event is not None
    assert no_event is None
    assert store.page(None, 10, 0).total == 1


def test_the_same_request_gives_the_ticket_as_it_is_by_now(store: TicketStore) -> None:
    ended = stored_in(store, Status.COMPLETED, request_id='key')
    assert store.insert(new_ticket(2, request_id='key')) == (ended, None)


def test_the_same_request_is_known_after_reopening(
    store: TicketStore, open_store: OpenStore
) -> None:
    first, _ = store.insert(new_ticket(1, request_id='key'))
    store.close()
    assert open_store().insert(new_ticket(2, request_id='key')) == (first, None)


def test_the_same_key_for_other_content_is_refused(store: TicketStore) -> None:
    first, _ = store.insert(new_ticket(1, request_id='key'))
    with pytest.raises(RequestIdConflict) as caught:
        store.insert(new_ticket(2, request_id='key', priority=Priority.HIGH))
    assert str(caught.value) == f"request_id 'key' belongs to {first.id}, which has other content"
    assert store.page(None, 10, 0).total == 1


def test_tickets_without_a_key_are_all_new(store: TicketStore) -> None:
    for number in range(3):
        store.insert(new_ticket(number))
    assert store.page(None, 10, 0).total == 3


def test_an_id_that_is_taken_is_refused(store: TicketStore) -> None:
    store.insert(new_ticket(1))
    with pytest.raises(StoreConflict, match='tick-20260102-00000001'):
        store.insert(new_ticket(1, command='stop', params={}))
    assert store.get(new_ticket(1).id) == new_ticket(1)


# Lists and counts.


def ids(store: TicketStore, status: Status | None, limit: int, offset: int) -> list[str]:
    return [ticket.id for ticket in store.page(status, limit, offset).tickets]


def test_a_list_is_newest_first_page_by_page(store: TicketStore) -> None:
    for number in (3, 1, 5, 2, 4):
        store.insert(new_ticket(number))
    newest_first = [new_ticket(number).id for number in (5, 4, 3, 2, 1)]
    assert ids(store, None, 10, 0) == newest_first
    assert ids(store, None, 2, 0) + ids(store, None, 2, 2) + ids(store, None, 2, 4) == newest_first
    assert ids(store, None, 2, 5) == []
    assert store.page(None, 2, 0).total == store.page(None, 2, 5).total == 5


def test_tickets_of_the_same_instant_have_an_order_too(store: TicketStore) -> None:
    for number in (2, 3, 1):
        store.insert(new_ticket(number, created_at=NOW))
    assert ids(store, None, 1, 0) + ids(store, None, 1, 1) + ids(store, None, 1, 2) == [
        new_ticket(number).id for number in (3, 2, 1)
    ]


def test_a_list_shows_one_status_only(store: TicketStore) -> None:
    for number, status in enumerate([*Status, Status.PENDING]):
        stored_in(store, status, number)
    for status in Status:
        page = store.page(status, 10, 0)
        assert {ticket.status for ticket in page.tickets} == {status}
        assert page.total == len(page.tickets) == (2 if status is Status.PENDING else 1)


def test_an_empty_store_has_an_empty_page(store: TicketStore) -> None:
    page = store.page(None, 10, 0)
    assert (page.tickets, page.total) == ([], 0)


def test_every_status_is_counted(store: TicketStore) -> None:
    assert store.count_by_status() == dict.fromkeys(Status, 0)
    for number, status in enumerate([*Status, Status.FAILED]):
        stored_in(store, status, number)
    assert store.count_by_status() == {**dict.fromkeys(Status, 1), Status.FAILED: 2}


# History.


def test_the_history_has_every_step_in_order(store: TicketStore) -> None:
    ticket = stored_in(store, Status.FAILED)
    again = lifecycle.queue(ticket, LATER, force=True)
    store.change(ticket, again, Actor.CLIENT)
    history = store.history(ticket.id)
    assert [event.type.value for event in history] == [
        'ticket_created', 'ticket_queued', 'execution_started', 'execution_failed',
        'ticket_queued',
    ]  # fmt: skip
    assert [event.attempt for event in history] == [0, 1, 1, 1, 2]
    assert all(after.previous_status is before.status for before, after in pairwise(history))
    assert (history[3].error_code, history[3].command) == (501, 'drive')
    assert history[0].at == ticket.created_at


def test_histories_do_not_mix(store: TicketStore) -> None:
    first, second = stored_in(store, Status.QUEUED, 1), stored_in(store, Status.EXECUTING, 2)
    assert [len(store.history(ticket.id)) for ticket in (first, second)] == [2, 3]


# After a crash.


def test_what_was_executing_is_failed_and_the_rest_stays(
    store: TicketStore, open_store: OpenStore
) -> None:
    before = {status: stored_in(store, status, n) for n, status in enumerate(Status)}
    store.close()
    again = open_store()
    [(ticket, event)] = again.recover(LATER)
    assert ticket.id == before[Status.EXECUTING].id
    assert (ticket.status, ticket.error_code) == (Status.FAILED, Interrupted.code)
    assert ticket.completed_at == LATER
    assert again.get(ticket.id) == ticket
    assert (event.actor, event.previous_status) == (Actor.RECOVERY, Status.EXECUTING)
    assert again.history(ticket.id)[-1] == event
    for status in set(Status) - {Status.EXECUTING}:
        assert again.get(before[status].id) == before[status]


def test_recovering_twice_finds_nothing_more(store: TicketStore) -> None:
    stored_in(store, Status.EXECUTING)
    assert len(store.recover(LATER)) == 1
    assert store.recover(LATER) == []


# Opening.


def test_the_term_grows_with_each_opening(open_store: OpenStore) -> None:
    terms = []
    for _ in range(3):
        opened = open_store()
        terms.append(opened.term)
        opened.close()
    assert terms == [1, 2, 3]


@pytest.mark.usefixtures('store')
def test_a_second_orchestrator_is_kept_out(path: Path, open_store: OpenStore) -> None:
    with pytest.raises(StoreInUse, match=rf'sqlite:///{path} is in use'):
        open_store()


@pytest.mark.usefixtures('store')
def test_an_orchestrator_that_was_kept_out_takes_nothing_away(open_store: OpenStore) -> None:
    for _ in range(2):
        with pytest.raises(StoreInUse):
            open_store()


def test_a_closed_store_can_be_opened_by_another(
    store: TicketStore, open_store: OpenStore
) -> None:
    store.close()
    store.close()
    assert open_store().term == 2


def test_making_a_store_touches_nothing(path: Path) -> None:
    TicketStore(f'sqlite:///{path}')
    assert list(path.parent.iterdir()) == []


def test_folders_are_made(tmp_path: Path, open_store: OpenStore) -> None:
    assert open_store(f'sqlite:///{tmp_path}/a/b/tickets.db').term == 1


@pytest.mark.parametrize(
    'call',
    [
        lambda store: store.get('x'),
        lambda store: store.insert(new_ticket()),
        lambda store: store.page(None, 1, 0),
        lambda store: store.recover(NOW),
        lambda store: store.history('x'),
        lambda store: store.count_by_status(),
    ],
    ids=['get', 'insert', 'page', 'recover', 'history', 'count'],
)
@pytest.mark.parametrize('was_open', [False, True])
def test_a_store_that_is_not_open_says_so(
    was_open: bool, call: Callable[[TicketStore], object], path: Path
) -> None:
    closed = TicketStore(f'sqlite:///{path}')
    if was_open:
        closed.open()
        closed.close()
    with pytest.raises(StoreUnavailable, match='not open'):
        call(closed)


def test_a_store_in_memory_works(open_store: OpenStore) -> None:
    memory = open_store('sqlite://')
    assert stored_in(memory, Status.COMPLETED) == memory.get(new_ticket().id)


@pytest.mark.parametrize(
    ('url', 'reason'),
    [
        ('', 'parse'),
        ('nonsense', 'parse'),
        ('nosuch://host/x', 'nosuch'),
        ('sqlite+nosuch:///x.db', 'nosuch'),
        ('sqlite://host/x.db', 'Invalid SQLite URL'),
        ('postgresql://host:abc/x', 'abc'),
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
    with pytest.raises(StoreUnavailable, match=reason) as caught:
        open_store(url)
    assert str(caught.value).startswith(f'the ticket store {url} fails: ')


def test_a_path_with_a_zero_byte_is_refused(tmp_path: Path, open_store: OpenStore) -> None:
    with pytest.raises(StoreUnavailable, match='null byte'):
        open_store(f'sqlite:///{tmp_path}/a\0b')


@pytest.mark.parametrize(
    'url',
    ['nosuch://ren:secret@host/x', 'postgresql://ren:secret@host:abc/x'],
)
def test_a_password_is_not_shown(url: str, open_store: OpenStore) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(url)
    assert 'secret' not in str(caught.value)


def assert_cannot_open(open_store: OpenStore, path: Path, reason: str) -> None:
    with pytest.raises(StoreUnavailable) as caught:
        open_store(f'sqlite:///{path}')
    assert str(caught.value).startswith(f'the ticket store sqlite:///{path} fails: ')
    assert reason in str(caught.value)


def test_a_path_below_a_file_cannot_be_opened(tmp_path: Path, open_store: OpenStore) -> None:
    (tmp_path / 'file').write_text('not a folder')
    assert_cannot_open(open_store, tmp_path / 'file' / 'tickets.db', 'File exists')
    assert_cannot_open(open_store, tmp_path / 'file' / 'deep' / 'tickets.db', 'Not a directory')


def test_a_folder_is_no_store(tmp_path: Path, open_store: OpenStore) -> None:
    (tmp_path / 'folder').mkdir()
    assert_cannot_open(open_store, tmp_path / 'folder', 'unable to open')


@pytest.mark.parametrize(
    'content',
    [b'garbage', b'garbage' * 3000, b'SQLite format 3\0' + b'\xa5' * 9000],
    ids=['short', 'long', 'with the right beginning'],
)
def test_a_file_of_garbage_is_left_alone(
    content: bytes, path: Path, open_store: OpenStore
) -> None:
    path.write_bytes(content)
    assert_cannot_open(open_store, path, 'not a database')
    assert path.read_bytes() == content


def test_a_store_that_gets_damaged_says_so(
    store: TicketStore, path: Path, open_store: OpenStore
) -> None:
    for number in range(40):
        store.insert(new_ticket(number))
    store.close()
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b'\xa5' * (len(content) - 4096))
    with pytest.raises(StoreUnavailable, match='malformed'):
        open_store().page(None, 100, 0)


def test_content_that_cannot_be_read_says_so(store: TicketStore, execute: Execute) -> None:
    store.insert(new_ticket())
    execute("UPDATE tickets SET params = 'garbage'")
    with pytest.raises(OrchestratorError):
        store.get(new_ticket().id)


def test_an_opening_cut_short_is_finished_by_the_next(
    execute: Execute, open_store: OpenStore
) -> None:
    """After a power cut between the tables and their first row: "No row was found", for ever."""
    execute('CREATE TABLE meta (name VARCHAR(32) PRIMARY KEY, value BIGINT NOT NULL)')
    opened = open_store()
    assert opened.term == 1
    assert execute("SELECT value FROM meta WHERE name = 'schema'") == [(SCHEMA_VERSION,)]


@pytest.mark.parametrize('journal_mode', ['wal', 'delete'])
def test_a_store_of_a_newer_version_is_left_untouched(
    journal_mode: str, store: TicketStore, path: Path, execute: Execute, open_store: OpenStore
) -> None:
    store.insert(new_ticket())
    store.close()
    execute("UPDATE meta SET value = ? WHERE name = 'schema'", SCHEMA_VERSION + 1)
    assert execute(f'PRAGMA journal_mode = {journal_mode}') == [(journal_mode,)]
    content = path.read_bytes()
    with pytest.raises(StoreTooNew) as caught:
        open_store()
    assert str(caught.value) == (
        f'the ticket store sqlite:///{path} has schema {SCHEMA_VERSION + 1}; '
        f'this version knows schema {SCHEMA_VERSION}'
    )
    assert path.read_bytes() == content


@pytest.mark.parametrize(
    ('pragma', 'value'), [('journal_mode', 'wal'), ('synchronous', 2), ('foreign_keys', 1)]
)
@pytest.mark.usefixtures('store')
def test_what_was_answered_survives_a_power_cut(
    pragma: str, value: object, connections: list[sqlite3.Connection]
) -> None:
    [connection] = connections
    assert connection.execute(f'PRAGMA {pragma}').fetchone() == (value,)


def test_a_reader_does_not_stop_the_store(store: TicketStore, path: Path) -> None:
    reader = sqlite3.connect(path)
    reader.execute('BEGIN')
    reader.execute('SELECT count(*) FROM tickets').fetchone()
    store.insert(new_ticket())
    assert store.get(new_ticket().id) == new_ticket()
    reader.close()


# The database refuses what the code must never write.


@pytest.mark.parametrize(
    ('assignment', 'constraint'),
    [
        ("status = 'FLYING'", 'status_is_known'),
        ("status = 'pending'", 'status_is_known'),
        ('priority = 9', 'priority_is_known'),
        ('priority = 0', 'priority_is_known'),
        ('timeout_s = 0', 'timeout_is_positive'),
        ('timeout_s = -1', 'timeout_is_positive'),
        ("status = 'COMPLETED', completed_at = NULL", 'final_means_completed_at'),
        ("status = 'QUEUED', completed_at = 1", 'final_means_completed_at'),
        ("status = 'EXECUTING', started_at = NULL", 'executing_means_started_at'),
        ('error_code = 501', 'only_failed_has_a_code'),
        ("status = 'CANCELLED', completed_at = 1, error_code = 501", 'only_failed_has_a_code'),
        ('status = NULL', 'NOT NULL'),
        ('created_at = NULL', 'NOT NULL'),
        ('params = NULL', 'NOT NULL'),
    ],
)
def test_an_impossible_row_is_refused(
    assignment: str, constraint: str, store: TicketStore, execute: Execute
) -> None:
    ticket = stored_in(store, Status.PENDING)
    with pytest.raises(sqlite3.IntegrityError, match=constraint):
        execute(f'UPDATE tickets SET {assignment}')
    assert store.get(ticket.id) == ticket


@pytest.mark.parametrize('status', Status)
def test_every_status_can_be_stored(status: Status, store: TicketStore) -> None:
    ticket = stored_in(store, status)
    assert store.get(ticket.id) == ticket
    assert ticket.status is status


def test_a_request_id_is_stored_once(store: TicketStore, execute: Execute) -> None:
    store.insert(new_ticket(1, request_id='key'))
    store.insert(new_ticket(2))
    with pytest.raises(sqlite3.IntegrityError, match='UNIQUE'):
        execute("UPDATE tickets SET request_id = 'key'")


def test_what_the_database_refuses_is_an_error_of_the_store(store: TicketStore) -> None:
    impossible = new_ticket(status=Status.COMPLETED, completed_at=None)
    with pytest.raises(StoreUnavailable, match='final_means_completed_at'):
        store.insert(impossible)
    with pytest.raises(TicketNotFound):
        store.get(impossible.id)
