"""A store on a PostgreSQL server: limits of time for all, and a lock that is looked after."""

import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import StoreLockLost, StoreUnavailable
from orchestrator_ren.store import engine
from orchestrator_ren.store.engine import Role, connect_arguments
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.ticket import Status

from ...postgres.server import Server
from .samples import Execute, new_ticket, stored_in, take_over

URL = 'postgresql+psycopg2://ren:secret@host/robots'

on_postgresql = pytest.mark.parametrize('database', ['postgresql'], indirect=True)


def options_of(role: Role, url: str = URL) -> dict[str, str]:
    words = connect_arguments(sa.engine.make_url(url), role)['options'].split()
    return dict(each.split('=') for each in words if each != '-c')


# What each connection is made with.


@pytest.mark.parametrize('role', Role)
def test_both_sides_notice_soon_that_the_other_is_gone(role: Role) -> None:
    """A robot that lost its power had the store locked for two hours: its next start got 302."""
    arguments = connect_arguments(sa.engine.make_url(URL), role)
    mine = {name: arguments[name] for name in arguments if name.startswith(('keep', 'tcp'))}
    assert mine == {
        'keepalives': 1,
        'keepalives_idle': 5,
        'keepalives_interval': 2,
        'keepalives_count': 3,
        'tcp_user_timeout': 10_000,
    }
    servers = {name: value for name, value in options_of(role).items() if name.startswith('tcp')}
    assert servers == {
        'tcp_keepalives_idle': '5',
        'tcp_keepalives_interval': '2',
        'tcp_keepalives_count': '3',
        'tcp_user_timeout': '10000',
    }


@pytest.mark.parametrize(
    ('role', 'statement_ms', 'idle_ms'),
    [
        (Role.WRITER, '5000', '4000'),
        (Role.READER, '5000', '4000'),
        (Role.SCHEMA, '600000', '600000'),
        (Role.AUDITOR, '600000', '600000'),
    ],
)
def test_no_statement_runs_for_ever(role: Role, statement_ms: str, idle_ms: str) -> None:
    options = options_of(role)
    assert options['statement_timeout'] == statement_ms
    assert options['idle_in_transaction_session_timeout'] == idle_ms
    assert int(options['lock_timeout']) < int(options['statement_timeout'])


def test_what_the_url_says_counts_more() -> None:
    url = f'{URL}?keepalives_idle=60&options=-c%20statement_timeout%3D9000'
    arguments = connect_arguments(sa.engine.make_url(url), Role.WRITER)
    assert 'keepalives_idle' not in arguments
    assert options_of(Role.WRITER, url)['statement_timeout'] == '9000'


def test_other_databases_are_told_nothing_of_that() -> None:
    arguments = connect_arguments(sa.engine.make_url('sqlite:///x.db'), Role.WRITER)
    assert arguments == engine.CONNECT_ARGUMENTS['sqlite']


@on_postgresql
def test_the_server_has_taken_the_limits(store: TicketStore) -> None:
    names = 'statement_timeout', 'lock_timeout', 'idle_in_transaction_session_timeout'
    for begin in (store._database.transaction, store._database.snapshot):
        with begin() as connection:
            shown = [connection.exec_driver_sql(f'SHOW {each}').scalar_one() for each in names]
        assert shown == ['5s', '4s', '4s']
    with store._database.snapshot(is_long=True) as connection:
        assert connection.exec_driver_sql('SHOW statement_timeout').scalar_one() == '10min'


@on_postgresql
def test_a_statement_that_takes_too_long_is_ended(
    store: TicketStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, 'BUSY_TIMEOUT_S', 0.2)
    store.close()
    store.open()
    with (
        pytest.raises(StoreUnavailable, match='statement timeout'),
        store._database.transaction() as connection,
    ):
        connection.exec_driver_sql('SELECT pg_sleep(20)')
    store.renew()


# The lease: `test_lease.py` has the rest.


@on_postgresql
def test_a_robot_that_was_taken_over_is_noticed_before_anything_is_written(
    store: TicketStore, execute: Execute
) -> None:
    before, term = stored_in(store, Status.QUEUED), store.term
    take_over(execute)
    with pytest.raises(StoreLockLost):
        store.insert(new_ticket(2))
    assert not store.is_open
    store.open()
    assert store.term == term + 2
    assert store.get(before.id) == before
    store.insert(new_ticket(2))


@on_postgresql
def test_a_restart_of_the_server_is_survived(store: TicketStore, server: Server) -> None:
    """Its lock was gone then, and the store was opened again with another term."""
    before, term = stored_in(store, Status.QUEUED), store.term
    server.restart()
    assert not store.renew()
    assert store.get(before.id) == before
    assert store.term == term
