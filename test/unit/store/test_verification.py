"""What was changed by hand, past the store, is found; what was not is left in peace."""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from orchestrator_ren.errors import StoreTooNew, StoreUnavailable
from orchestrator_ren.store import verification
from orchestrator_ren.store.chain import chained_hash
from orchestrator_ren.store.tables import UtcMicroseconds
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import Verdict, verify
from orchestrator_ren.tickets.ticket import Status, Ticket

from .samples import Execute, new_ticket, on_every_database, stored_in, walk

SOUND, EDITED = new_ticket(0).id, new_ticket(1).id


@pytest.fixture
def ticket(store: TicketStore) -> Ticket:
    """A ticket of two attempts, and another one beside it."""
    stored_in(store, Status.COMPLETED, 0)
    fields = {'metadata': {'operator': 'ren'}, 'request_id': 'key'}
    failed = stored_in(store, Status.FAILED, 1, **fields)
    return walk(store, failed, Status.QUEUED, Status.EXECUTING, Status.FAILED)


@pytest.fixture
def problems(ticket: Ticket, url: str) -> Callable[[], dict[str, str]]:
    """Return what returns the problems found, by ticket."""
    assert [verdict for verdict in verify(url) if verdict.problem] == []

    def finder() -> dict[str, str]:
        return {each.ticket_id: each.problem for each in verify(url) if each.problem}

    return finder


@on_every_database
def test_a_sound_store_has_a_verdict_for_each_ticket(store: TicketStore, url: str) -> None:
    assert list(verify(url)) == []
    tickets = [stored_in(store, status, number) for number, status in enumerate(Status)]
    totals = [1, 2, 3, 4, 4, 4]
    found = [
        Verdict(ticket.id, events, '') for ticket, events in zip(tickets, totals, strict=True)
    ]
    assert list(verify(url)) == found


@on_every_database
def test_tickets_are_read_some_at_a_time(
    store: TicketStore, url: str, execute: Execute, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number in range(5):
        stored_in(store, Status.QUEUED, number)
    execute("UPDATE events SET message = 'x' WHERE step = 2 AND ticket_id = :id", id=EDITED)
    whole = list(verify(url))
    monkeypatch.setattr(verification, 'BATCH', 2)
    assert list(verify(url)) == whole
    assert [bool(verdict.problem) for verdict in whole] == [False, True, False, False, False]


@pytest.mark.parametrize(
    'assignment',
    [
        'at = at + 1',
        "type = 'execution_completed'",
        "actor = 'client'",
        "previous_status = 'PENDING', status = 'FAILED'",
        "status = 'CANCELLED'",
        'attempt = 2',
        'error_code = 502',
        "message = 'all was well'",
        'details = \'{"result": {"distance_traveled": 8.0}}\'',
        "details = 'garbage'",
        "hash = '0'",
    ],
)
def test_an_edited_event_is_found(
    assignment: str, problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute(f'UPDATE events SET {assignment} WHERE ticket_id = :id AND step = 4', id=EDITED)
    assert problems() == {EDITED: 'event 4 was edited'}


def test_an_event_moved_to_another_ticket_is_missed(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute("UPDATE events SET ticket_id = :to, step = 5 WHERE ticket_id = :id AND step = 4",
            to=SOUND, id=EDITED)  # fmt: skip
    assert problems() == {EDITED: 'event 4 is missing', SOUND: 'event 5 was edited'}


@on_every_database
@pytest.mark.parametrize(
    ('step', 'problem'),
    [
        (1, 'event 1 is missing'),
        (3, 'event 3 is missing'),
        (7, "updated_at is|status is <Status.FAILED: 'FAILED'>, but its history tells"),
    ],
)
def test_a_removed_event_is_found(
    step: int, problem: str, problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute('DELETE FROM events WHERE ticket_id = :id AND step = :step', id=EDITED, step=step)
    found = problems()
    assert set(found) == {EDITED}
    assert any(found[EDITED].startswith(each) for each in problem.split('|'))


@on_every_database
def test_swapped_events_are_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    for old, new in ((4, 99), (7, 4), (99, 7)):
        execute('UPDATE events SET step = :new WHERE ticket_id = :id AND step = :old',
                id=EDITED, old=old, new=new)  # fmt: skip
    assert problems() == {EDITED: 'event 4 was edited'}


@on_every_database
def test_an_inserted_event_is_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    for step in (7, 6, 5):
        execute('UPDATE events SET step = step + 1 WHERE ticket_id = :id AND step = :step',
                id=EDITED, step=step)  # fmt: skip
    execute(
        'INSERT INTO events SELECT ticket_id, 5, at, type, actor, previous_status, status,'
        " attempt, error_code, message, details, hash, 999, '', robot FROM events"
        ' WHERE ticket_id = :id AND step = 4',
        id=EDITED,
    )
    assert problems() == {EDITED: 'event 5 was edited'}


@pytest.mark.parametrize(
    'assignment',
    [
        "command = 'stop'",
        'params = \'{"speed": 9.0}\'',
        'priority = 4',
        'timeout_s = 601.0',
        'metadata = \'{"operator": "eve"}\'',
        'dry_run = NOT dry_run',
        "request_id = 'other'",
        'request_id = NULL',
        "status = 'QUEUED', error_code = 0, started_at = NULL, completed_at = NULL",
        'attempt = 3',
        'created_at = created_at - 1',
        'updated_at = updated_at + 1',
        'started_at = started_at + 1',
        'completed_at = completed_at + 1',
        'result = \'{"distance_traveled": 8.0}\'',
        'error_code = 502',
        "error = 'nothing'",
    ],
)
def test_an_edited_ticket_is_found(
    assignment: str, problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute(f'UPDATE tickets SET {assignment} WHERE id = :id', id=EDITED)
    name = assignment.split(' ')[0]
    found = problems()
    assert set(found) == {EDITED}
    assert found[EDITED].startswith(f'{name} is ')
    assert ', but its history tells ' in found[EDITED]


@on_every_database
def test_a_ticket_without_events_is_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute('DELETE FROM events WHERE ticket_id = :id', id=EDITED)
    assert problems() == {EDITED: 'it has no events'}


def test_events_without_their_ticket_are_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute('DELETE FROM tickets WHERE id = :id', id=EDITED)
    assert problems() == {EDITED: 'there are events of it, but no ticket'}


@on_every_database
@pytest.mark.parametrize(
    'change',
    [
        "UPDATE labels SET status = 'QUEUED' WHERE ticket_id = :id",
        'UPDATE labels SET value = \'"somebody"\' WHERE ticket_id = :id',
        'UPDATE labels SET created_at = created_at + 1 WHERE ticket_id = :id',
        'DELETE FROM labels WHERE ticket_id = :id',
    ],
)
def test_a_label_that_is_not_as_its_ticket_is_found(
    change: str, problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute(change, id=EDITED)
    assert problems() == {EDITED: 'label "operator" is not as the ticket has it'}


@on_every_database
def test_a_label_too_many_is_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute("INSERT INTO labels VALUES (:id, '1', '2', 3, 'FAILED')", id=EDITED)
    assert problems() == {EDITED: 'label 1 is not as the ticket has it'}


# What cannot be read is a problem of its ticket, and the others are looked at all the same.


@pytest.mark.parametrize(
    ('column', 'value'),
    [
        ('params', 'garbage'),
        ('metadata', '{'),
        ('result', 'garbage'),
        ('params', b'\xff'),
        ('created_at', 2**62),
        ('created_at', 'garbage'),
        ('timeout_s', 'garbage'),
        ('dry_run', 'garbage'),
    ],
)
def test_a_ticket_that_cannot_be_read_is_found(
    column: str, value: Any, problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    """It ended the search: StoreDamaged, or OverflowError, and not a word on the others."""
    execute(f'UPDATE tickets SET {column} = :value WHERE id = :id', value=value, id=EDITED)
    assert set(problems()) == {EDITED}


@pytest.mark.parametrize('value', [2**62, 'garbage', b'\xff'])
@pytest.mark.parametrize('column', ['at', 'attempt', 'details'])
def test_an_event_that_cannot_be_read_is_found(
    column: str, value: Any, problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute(f'UPDATE events SET {column} = :value WHERE ticket_id = :id AND step = 4',
            value=value, id=EDITED)  # fmt: skip
    assert set(problems()) == {EDITED}


@pytest.mark.parametrize(
    ('step', 'column', 'value', 'problem'),
    [
        (7, 'details', 'garbage', 'it cannot be read'),
        (7, 'details', '[1]', 'it cannot be read'),
        (1, 'details', '{}', 'the creation cannot be read'),
        (1, 'details', '[1]', 'it cannot be read'),
        (7, 'type', 'landed', 'it cannot be read'),
        (7, 'actor', 'nobody', 'it cannot be read'),
        (7, 'attempt', 3, 'event 7 is of attempt 3 instead of 2'),
    ],
)
def test_an_edit_with_a_new_hash_is_found_by_what_it_tells(
    step: int,
    column: str,
    value: Any,
    problem: str,
    problems: Callable[[], dict[str, str]],
    execute: Execute,
) -> None:
    execute(f'UPDATE events SET {column} = :value WHERE ticket_id = :id AND step = :step',
            value=value, id=EDITED, step=step)  # fmt: skip
    hash_all_anew(execute)
    found = problems()
    assert set(found) == {EDITED}
    assert found[EDITED].startswith(problem)


def hash_all_anew(execute: Execute) -> None:
    names = ('step', 'at', 'type', 'actor', 'previous_status', 'status', 'attempt', 'error_code',
             'message', 'details')  # fmt: skip
    query = f'SELECT {", ".join(names)} FROM events WHERE ticket_id = :id ORDER BY step'
    hash_ = ''
    for values in execute(query, id=EDITED):
        row = {'ticket_id': EDITED, **dict(zip(names, values, strict=True))}
        row['at'] = UtcMicroseconds().process_result_value(row['at'], None)
        hash_ = chained_hash(hash_, row)
        execute('UPDATE events SET hash = :hash WHERE ticket_id = :id AND step = :step',
                hash=hash_, id=EDITED, step=row['step'])  # fmt: skip


@on_every_database
@pytest.mark.usefixtures('ticket')
def test_another_number_of_an_event_is_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute('UPDATE events SET number = 999 WHERE ticket_id = :id AND step = 4', id=EDITED)
    assert problems() == {EDITED: 'event 5 is not numbered after those before it'}


@on_every_database
@pytest.mark.usefixtures('ticket')
def test_another_asker_of_an_event_is_found(
    problems: Callable[[], dict[str, str]], execute: Execute
) -> None:
    execute("UPDATE events SET requested_by = 'eve' WHERE ticket_id = :id AND step = 4", id=EDITED)
    assert problems() == {EDITED: 'event 4 was edited'}


# It only reads.


@on_every_database
@pytest.mark.usefixtures('ticket')
def test_a_store_is_verified_while_it_is_open_and_in_the_middle_of_a_change(
    store: TicketStore, url: str
) -> None:
    verdicts = verify(url)
    first = next(verdicts)
    stored_in(store, Status.PENDING, 9)
    rest = list(verdicts)
    assert [each.ticket_id for each in (first, *rest)] == [SOUND, EDITED]
    assert len(list(verify(url))) == 3


@pytest.mark.usefixtures('ticket')
def test_verifying_writes_nothing(store: TicketStore, path: Path) -> None:
    store.close()
    before = {each.name: each.read_bytes() for each in path.parent.iterdir()}
    assert len(list(verify(f'sqlite:///{path}'))) == 2
    assert {each.name: each.read_bytes() for each in path.parent.iterdir()} == before


@pytest.mark.usefixtures('ticket')
def test_a_copy_that_may_only_be_read_is_verified(store: TicketStore, path: Path) -> None:
    store.close()
    copy = path.with_name('copy.db')
    shutil.copy(path, copy)
    assert len(list(verify(f'sqlite:///file:{copy}?mode=ro&uri=true'))) == 2


def test_verifying_where_there_is_no_store_makes_none(tmp_path: Path) -> None:
    """It left an empty file behind, and said that it had no schema."""
    with pytest.raises(StoreUnavailable, match=r'unable to open|No such file'):
        list(verify(f'sqlite:///{tmp_path}/nowhere.db'))
    assert list(tmp_path.iterdir()) == []


def test_a_schema_that_is_not_known_is_refused(
    store: TicketStore, url: str, execute: Execute
) -> None:
    store.close()
    execute("UPDATE alembic_version SET version_num = 'r0099'")
    with pytest.raises(StoreTooNew, match="has schema 'r0099'; this version knows up to 'r0006'"):
        list(verify(url))


def test_a_file_of_garbage_is_refused(path: Path) -> None:
    path.write_bytes(b'garbage' * 999)
    with pytest.raises(StoreUnavailable, match='not a database'):
        list(verify(f'sqlite:///{path}'))
