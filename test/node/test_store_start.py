"""Starting on a store that is in trouble, is too new, or was left by a crash."""

import sqlite3
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.errors import ConfigurationError, StoreInUse, StoreTooNew
from orchestrator_ren.store import engine
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.ticket import Ticket

from .conftest import diagnostics_of, level

NOW = datetime.now(timezone.utc)


def new_ticket(number, **fields):
    at = NOW - timedelta(seconds=100 - number)
    fields = {'command': 'stop', 'params': {}, **fields}
    return Ticket(f'tick-x-{number}', created_at=at, updated_at=at, robot='robot', **fields)


@pytest.fixture
def path(rig):
    return Path(rig.store_url.removeprefix('sqlite:///'))


@pytest.fixture
def filled(rig):
    """Return what fills the store before the orchestrator starts."""

    def fill(write):
        store = TicketStore(rig.store_url)
        store.open()
        write(store)
        store.close()

    return fill


def damage(path):
    path.write_bytes(b'no database' * 1000)


@pytest.mark.parametrize(
    ('url', 'code', 'word'),
    [
        ('sqlite:////proc/no/tickets.db', 301, '/proc/no'),
        ('sqlite://host/x.db', 309, 'Invalid SQLite URL'),
        ('nosuch://host/x', 309, 'nosuch'),
        ('postgresql+psycopg2://u:secret@127.0.0.1:1/x', 301, 'u:***@127.0.0.1'),
    ],
)
def test_store_that_cannot_be_opened_refuses_tickets_and_the_robot_can_be_stopped(
    rig, url, code, word
):
    if url.startswith('postgresql'):
        pytest.importorskip('psycopg2')
    rig.start(base=False, orchestrator={'store_url': url})
    for response in (rig.create(), rig.list_tickets(), rig.cancel('x'), rig.status()):
        assert (response.success, response.error_code) == (False, code)
        assert word in response.message
        assert 'secret' not in response.message
    assert rig.execute('x').result().error_code == code
    assert rig.status().status.state == 'STORE_DOWN'
    assert rig.stop().success
    rig.press()
    rig.spin_until(lambda: rig.e_stop_states[-1].state == 'STOPPED')


def test_damaged_file_is_left_alone_and_a_good_one_in_its_place_is_taken(rig, path):
    damage(path)
    content = path.read_bytes()
    rig.start(base=False)
    assert rig.create().error_code == 308
    assert path.read_bytes() == content
    path.rename(path.with_suffix('.damaged'))
    # Not by asking again and again: that takes the interpreter from the thread that opens it.
    rig.spin_until(lambda: rig.statuses[-1].state == 'READY')
    assert rig.status().success
    assert rig.create().success


def test_store_that_is_locked_at_the_start_is_taken_later_with_its_recovery(
    rig, path, filled, monkeypatch
):
    monkeypatch.setitem(engine.CONNECT_ARGUMENTS['sqlite'], 'timeout', 0.2)
    filled(leave_executing)
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute('BEGIN IMMEDIATE')
    rig.start(base=False)
    assert rig.create().error_code == 307
    holder.close()
    rig.spin_until(lambda: rig.status().success)
    assert rig.get('tick-x-1').error_code == 205
    rig.await_event_types('tick-x-1', 'execution_failed')
    assert rig.status().status.term == 2


def test_store_of_a_newer_version_keeps_the_node_from_running(rig, path, filled):
    filled(lambda _store: None)
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE alembic_version SET version_num = 'r9999'")
    with pytest.raises(StoreTooNew, match='r9999'):
        rig.start_orchestrator()


def test_store_that_is_in_use_keeps_the_node_from_running(rig):
    other = TicketStore(rig.store_url)
    other.open()
    with pytest.raises(StoreInUse):
        rig.start_orchestrator()
    other.close()


BRIEF = {'command': 'brief', 'params': {'ticks': 0}, 'timeout_s': 1.0}


def leave_executing(store):
    """Leave one ticket in each unfinished status."""
    for number in range(3):
        store.insert(new_ticket(number, **BRIEF))
    for number in (1, 2):
        ticket = new_ticket(number, **BRIEF)
        queued = lifecycle.enqueue(ticket, NOW, force=False, is_awaited=True)
        store.change(ticket, queued, Actor.CLIENT)
        if number == 1:
            store.change(queued, lifecycle.start(queued, NOW), Actor.DISPATCHER)


def test_after_a_crash_what_executed_is_interrupted_told_and_counted(extra, filled):
    filled(leave_executing)
    extra.start(base=False)
    statuses = {ticket.id: ticket.status for ticket in extra.list_tickets().tickets}
    assert statuses == {'tick-x-0': 'PENDING', 'tick-x-1': 'FAILED', 'tick-x-2': 'QUEUED'}
    assert extra.get('tick-x-1').error_code == 205
    extra.await_event_types('tick-x-1', 'execution_failed')
    assert [event.actor for event in extra.events if event.ticket_id] == ['recovery']
    assert extra.metric('tickets.recovered').value == 1.0
    assert extra.metric('tickets.total').value == 3.0


def test_ticket_left_waiting_is_executed_when_asked_for(extra, filled):
    filled(leave_executing)
    extra.start(base=False)
    extra.spin_until(lambda: 'who stayed' in extra.queue().pause_reason)
    assert [each.ticket_id for each in extra.queue().entries] == ['tick-x-2']
    assert extra.execute('tick-x-2').result().success
    assert extra.execute('tick-x-1', force=True).result().ticket.attempt == 2


def test_finished_tickets_beyond_the_retention_go_and_unfinished_ones_stay(rig, filled):
    def fill(store):
        for number in range(8):
            ticket, _ = store.insert(new_ticket(number))
            if number != 3:
                at = NOW + timedelta(seconds=number)
                store.change(ticket, lifecycle.cancel(ticket, at, 'old'), Actor.CLIENT)

    filled(fill)
    rig.start(base=False, orchestrator={'retention_max': 2})
    rig.spin_until(lambda: rig.list_tickets().total == 3)
    assert {each.id for each in rig.list_tickets().tickets} == {
        'tick-x-3',
        'tick-x-6',
        'tick-x-7',
    }
    assert rig.metric('tickets.pruned').value == 5.0
    assert rig.get('tick-x-3').status == 'PENDING'


def test_finished_tickets_older_than_the_retention_go(rig, filled):
    def fill(store):
        for number, days in enumerate((31, 29)):
            at = NOW - timedelta(days=days)
            ticket, _ = store.insert(new_ticket(number))
            store.change(ticket, lifecycle.cancel(ticket, at, 'old'), Actor.CLIENT)

    filled(fill)
    rig.start(base=False)
    rig.spin_until(lambda: rig.list_tickets().total == 1)
    assert rig.get('tick-x-1').status == 'CANCELLED'


def test_pause_of_a_newer_version_keeps_its_tickets_waiting_until_resumed(extra, filled):
    """The queue was never loaded, and could not be resumed."""
    filled(lambda store: store.set_mark('pause', 77))
    extra.start(orchestrator={'dispatch': 'auto'})
    extra.spin_until(lambda: extra.queue().pause_reason)
    assert extra.queue().pause_reason == 'by a newer version: 77; call resume_queue'
    assert extra.resume_queue().success
    assert extra.queue().pause_reason == ''
    extra.await_status(extra.created_id('', 'stop'), 'COMPLETED')


def test_password_in_the_parameter_is_told(rig):
    """Anybody on the graph can read it: `ros2 param get /orchestrator store_url`."""
    pytest.importorskip('psycopg2')
    found = diagnostics_of(rig)
    url = 'postgresql+psycopg2://u:secret@127.0.0.1:1/x'
    rig.start(base=False, orchestrator={'store_url': url})
    rig.spin_until(lambda: level(found, 'secrets') == 1)
    assert 'secret@' not in found['secrets'].message


def test_url_in_a_file_is_no_parameter_of_the_node(rig, tmp_path):
    file = tmp_path / 'url'
    file.write_text(rig.store_url)
    file.chmod(0o600)
    found = diagnostics_of(rig)
    rig.start(base=False, orchestrator={'store_url': '', 'store_url_file': str(file)})
    assert rig.create('', 'stop').success
    values = [each.value for each in rig.orchestrator.get_parameters_by_prefix('').values()]
    assert not [each for each in values if 'tickets.db' in str(each)]
    rig.spin_until(lambda: level(found, 'secrets') == 0)


def test_file_that_others_may_read_keeps_the_node_from_running(rig, tmp_path):
    file = tmp_path / 'url'
    file.write_text(rig.store_url)
    file.chmod(0o644)
    with pytest.raises(ConfigurationError, match='0644'):
        rig.start_orchestrator(store_url='', store_url_file=str(file))
