"""How long an answer is waited for: as long as its statement may take, and a little."""

import select
import socket
import time
from collections.abc import Iterator

import psycopg2
import pytest
import sqlalchemy as sa

from orchestrator_ren.errors import StoreUnavailable
from orchestrator_ren.store import answer_limit, engine
from orchestrator_ren.store.connector import Connector
from orchestrator_ren.store.engine import Role, allow_long, errors_translated, parse

from ...postgres.server import Server


@pytest.fixture
def url(server: Server) -> str:
    return server.url('postgres')


def limits_of(url: str, role: Role, is_long: bool = False) -> tuple[float | None, float | None]:
    """Return the limits in a transaction, and after it, in which nobody asks anything."""
    connector = Connector(parse(url), role, 'full')
    try:
        with connector.begun() as connection:
            if is_long:
                allow_long(connection)
            driver = answer_limit._driver_connection(connection)
            inside = driver.limit_s
        return inside, driver.limit_s
    finally:
        connector.close()


@pytest.mark.parametrize(
    ('role', 'is_long', 'limit_s'),
    [
        (Role.WRITER, False, 6.0),
        (Role.READER, False, 6.0),
        (Role.WRITER, True, 601.0),
        (Role.SCHEMA, False, 601.0),
        (Role.AUDITOR, False, 601.0),
    ],
)
def test_a_statement_may_take_what_the_server_gives_it(
    role: Role, is_long: bool, limit_s: float, url: str
) -> None:
    assert limits_of(url, role, is_long) == (limit_s, answer_limit.PING_S)


@pytest.mark.parametrize(
    ('option', 'limit_s'),
    [('9000', 10.0), ('9s', 10.0), ('2min', 121.0), ('1h', 3601.0), ('0', None)],
)
def test_what_the_url_says_counts_here_too(option: str, limit_s: float | None, url: str) -> None:
    with_option = f'{url}&options=-c%20statement_timeout%3D{option}'
    assert limits_of(with_option, Role.WRITER)[0] == limit_s


def test_after_a_long_transaction_the_next_is_short_again(url: str) -> None:
    connector = Connector(parse(url), Role.WRITER, 'full')
    for is_long, limit_s in ((True, 601.0), (False, 6.0)):
        with connector.begun() as connection:
            if is_long:
                allow_long(connection)
            assert answer_limit._driver_connection(connection).limit_s == limit_s
    connector.close()


def test_a_server_that_stands_still_in_a_transaction_is_given_up(
    url: str, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was waited for as long as it stood still, with all who wanted to write."""
    monkeypatch.setattr(engine, 'BUSY_TIMEOUT_S', 0.5)
    monkeypatch.setattr(answer_limit, 'MARGIN_S', 0.5)
    connector = Connector(parse(url), Role.WRITER, 'full')

    def ask() -> None:
        with errors_translated(url), connector.begun() as connection:
            server.freeze()
            connection.exec_driver_sql('SELECT 1')

    before_mono_s = time.monotonic()
    try:
        with pytest.raises(StoreUnavailable, match=r'no answer within 1\.0 s'):
            ask()
    finally:
        server.thaw()
    assert time.monotonic() - before_mono_s < 5.0
    with connector.begun() as connection:
        assert connection.exec_driver_sql('SELECT 1').scalar_one() == 1
    connector.close()


# Connections of others in the same process, as of a plug-in.


@pytest.fixture
def foreign(url: str) -> Iterator['psycopg2.extensions.connection']:
    connection = psycopg2.connect(url.replace('+psycopg2', ''))
    yield connection
    connection.close()


def test_connections_of_others_have_no_limit(foreign: 'psycopg2.extensions.connection') -> None:
    assert answer_limit._patience_s(foreign) is None
    with foreign.cursor() as cursor:
        cursor.execute('SELECT 1')
        assert cursor.fetchone() == (1,)


def test_they_can_be_told_what_happens(
    foreign: 'psycopg2.extensions.connection', url: str
) -> None:
    foreign.autocommit = True
    with foreign.cursor() as cursor:
        cursor.execute('LISTEN news')
    teller = sa.create_engine(url, poolclass=sa.pool.NullPool, isolation_level='AUTOCOMMIT')
    with teller.connect() as connection:
        connection.exec_driver_sql("NOTIFY news, 'x'")
    assert select.select([foreign], [], [], 5.0)[0]
    foreign.poll()
    assert [each.payload for each in foreign.notifies] == ['x']


def test_they_too_connect_in_the_time_that_they_ask_for() -> None:
    """Libpq does not heed `connect_timeout` where somebody else waits for it."""
    with socket.create_server(('127.0.0.1', 0)) as silent:
        port = silent.getsockname()[1]
        before_mono_s = time.monotonic()
        with pytest.raises(psycopg2.OperationalError, match='timeout'):
            psycopg2.connect(host='127.0.0.1', port=port, connect_timeout=1)
    assert 0.5 < time.monotonic() - before_mono_s < 5.0
