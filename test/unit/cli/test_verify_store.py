"""`verify_store` says in one line that all is well, or in which tickets something was edited."""

import sqlite3
from contextlib import closing
from datetime import datetime, timezone
from pathlib import Path

import pytest

from orchestrator_ren.cli.verify_store import BROKEN, INTACT, UNREADABLE, main
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Ticket

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return a store of three tickets, two events each."""
    path = tmp_path / 'orchestrator_ren' / 'tickets.db'
    store = TicketStore(f'sqlite:///{path}')
    store.open()
    for number in range(3):
        ticket = Ticket(
            f'tick-{number}', 'stop', {}, created_at=NOW, updated_at=NOW, robot='robot'
        )
        store.insert(ticket)
        store.change(ticket, lifecycle.cancel(ticket, NOW, 'enough'), Actor.CLIENT)
    store.close()
    return path


def edit(path: Path, statement: str) -> None:
    with closing(sqlite3.connect(path)) as connection, connection:
        assert connection.execute(statement).rowcount == 1


def test_intact_store_is_one_line(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(['--store-url', f'sqlite:///{path}']) == INTACT
    assert capsys.readouterr().out == f'sqlite:///{path}: 3 tickets, 6 events: intact\n'


def test_edited_event_is_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(path, "UPDATE events SET message = 'of course' WHERE ticket_id = 'tick-1' AND step = 2")
    assert main(['--store-url', f'sqlite:///{path}']) == BROKEN
    told = capsys.readouterr().out.splitlines()
    assert told == [
        'tick-1: event 2 was edited',
        f'sqlite:///{path}: 3 tickets, 6 events: 1 broken',
    ]


def test_edited_ticket_is_found(path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    edit(path, "UPDATE tickets SET priority = 4 WHERE id = 'tick-2'")
    assert main(['--store-url', f'sqlite:///{path}']) == BROKEN
    assert 'tick-2: priority is' in capsys.readouterr().out


def test_store_is_found_where_the_orchestrator_keeps_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv('ROS_HOME', str(path.parents[1]))
    assert main(['--ros-args', '-r', '__node:=x']) == INTACT
    for words in (
        ['--namespace', '/robot1'],
        ['--ros-args', '-r', '__node:=x', '-r', '__ns:=/robot1'],
        ['--ros-args', '--', '--namespace', '/robot1'],
    ):
        assert main(words) == UNREADABLE
        assert 'robot1.db' in capsys.readouterr().err


@pytest.mark.parametrize('words', ['-p store_url:=x', '--params-file x.yaml', '-r a:=b', '-r'])
def test_what_would_mean_another_store_is_not_passed_over(
    words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever was behind `--ros-args` was swallowed."""
    assert main(['--ros-args', *words.split()]) == UNREADABLE
    assert 'ArgumentInvalid 704' in capsys.readouterr().err


@pytest.mark.parametrize(
    'url', ['nonsense', 'sqlite:////proc/no.db', 'sqlite://u:secret@host/x', 'nosuch://u:secret@h']
)
def test_store_that_cannot_be_read_is_one_clear_line(
    url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(['--store-url', url]) == UNREADABLE
    told = capsys.readouterr()
    assert told.out == ''
    assert told.err.startswith('Store')
    assert len(told.err.splitlines()) == 1
    assert 'secret' not in told.err


def test_file_that_is_not_there_is_not_made(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    missing = tmp_path / 'missing.db'
    assert main(['--store-url', f'sqlite:///{missing}']) == UNREADABLE
    assert not missing.exists()
    assert str(missing) in capsys.readouterr().err


def test_path_in_a_url_is_what_a_shell_makes_of_it(
    path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv('HOME', str(path.parent))
    assert main(['--store-url', 'sqlite:///~/tickets.db']) == INTACT
    assert main(['--store-url', 'sqlite:///$NOBODY_SET_ME/tickets.db']) == UNREADABLE
    assert '$NOBODY_SET_ME is not' in capsys.readouterr().err
