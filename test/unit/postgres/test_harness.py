"""The server that the tests use does what it says."""

import time
from collections.abc import Iterator

import psycopg2
import pytest
import sqlalchemy as sa

from ...postgres import programs
from ...postgres.pgbouncer import pgbouncer
from ...postgres.proxy import Proxy, proxy
from ...postgres.server import AS_INSTALLED, Server, started_server, state_of
from ...postgres.small_disk import SmallDisk, small_disk

SOON_S = 0.5
ANSWERS = 'answers'


def asked(url: str, question: str = f"SELECT '{ANSWERS}'") -> str:
    """Return what a new connection says."""
    with_options = url.replace('+psycopg2', '') + ('&' if '?' in url else '?')
    connection = psycopg2.connect(f'{with_options}connect_timeout=2')
    try:
        return answer_of(connection, question)
    finally:
        connection.close()


def answer_of(connection: 'psycopg2.extensions.connection', question: str = 'SELECT 1') -> str:
    with connection.cursor() as cursor:
        cursor.execute(question)
        return str(cursor.fetchone()[0])


@pytest.fixture(scope='module')
def server() -> Iterator[Server]:
    with started_server() as started:
        started.make_user('ren', 'secret')
        yield started


@pytest.fixture
def network(server: Server) -> Iterator[Proxy]:
    with proxy(server.port) as made:
        yield made


@pytest.fixture
def url(server: Server, network: Proxy) -> str:
    """By TCP, through a network that can be cut."""
    return server.tcp_url('postgres', 'ren', 'secret', network.port)


def test_it_answers_by_socket_and_by_tcp(server: Server) -> None:
    assert asked(server.url('postgres')) == ANSWERS
    assert asked(server.tcp_url('postgres', 'ren', 'secret')) == ANSWERS


def test_by_tcp_a_password_is_asked_for_and_it_can_be_changed(server: Server) -> None:
    for wrong in ('', 'wrong'):
        with pytest.raises(psycopg2.OperationalError, match='password'):
            asked(server.tcp_url('postgres', 'ren', wrong))
    server.set_password('ren', 'other')
    try:
        with pytest.raises(psycopg2.OperationalError, match='password'):
            asked(server.tcp_url('postgres', 'ren', 'secret'))
        assert asked(server.tcp_url('postgres', 'ren', 'other')) == ANSWERS
    finally:
        server.set_password('ren', 'secret')


def test_what_was_committed_is_there_after_a_restart_and_after_a_kill(server: Server) -> None:
    server.run('CREATE TABLE kept AS SELECT 1 AS number')
    for end in (server.stop, server.kill):
        before = server.processes()
        end()
        assert server.processes() == []
        assert [each for each in before if state_of(each) not in ('', 'Z')] == []
        with pytest.raises(psycopg2.OperationalError, match=r'refused|No such file'):
            asked(server.url('postgres'))
        server.start()
        assert asked(server.url('postgres'), 'SELECT number FROM kept') == '1'
    server.restart()
    assert asked(server.url('postgres'), 'SELECT number FROM kept') == '1'


def test_one_as_it_is_installed_waits_for_the_disk_and_has_a_hundred_connections() -> None:
    with started_server(kind=AS_INSTALLED) as installed:
        url = installed.url('postgres')
        for name, value in (('fsync', 'on'), ('max_connections', '100')):
            assert asked(url, f'SHOW {name}') == value


def test_a_frozen_server_takes_connections_and_says_nothing(server: Server) -> None:
    server.freeze()
    try:
        assert {state_of(each) for each in server.processes()} == {'T'}
        with pytest.raises(psycopg2.OperationalError, match='timeout'):
            asked(server.tcp_url('postgres', 'ren', 'secret'))
    finally:
        server.thaw()
    assert asked(server.tcp_url('postgres', 'ren', 'secret')) == ANSWERS


def test_a_database_is_like_its_template_and_of_its_owner(server: Server) -> None:
    server.run('CREATE TABLE mine (number int)', template := server.make_database())
    name = server.make_database(template, 'ren')
    asked(server.url(name), 'SELECT count(*) FROM mine')
    owner = f"SELECT pg_get_userbyid(datdba) FROM pg_database WHERE datname = '{name}'"
    assert asked(server.url(name), owner) == 'ren'


@pytest.mark.parametrize('is_copied', [False, True])
def test_where_the_machine_has_none_that_of_the_package_is_used(
    is_copied: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tests of PostgreSQL were skipped there; and its user may be kept out of our folders."""
    monkeypatch.setattr(programs, '_of_the_machine', lambda: None)
    if is_copied:
        monkeypatch.setattr(programs, '_may_run', lambda *_: False)
    with started_server() as server:
        assert asked(server.url('postgres'), 'SHOW server_version').startswith('18.')


# The network.


def test_a_network_that_is_cut_resets_what_is_there_and_what_comes(
    url: str, network: Proxy
) -> None:
    connection = psycopg2.connect(url.replace('+psycopg2', ''))
    assert answer_of(connection) == '1'
    network.cut()
    with pytest.raises(psycopg2.OperationalError, match=r'reset|closed'):
        answer_of(connection)
    with pytest.raises(psycopg2.OperationalError, match=r'reset|closed'):
        asked(url)
    network.heal()
    assert asked(url) == ANSWERS


def test_a_blackhole_swallows_both_ways_until_it_is_healed(
    url: str, network: Proxy, server: Server
) -> None:
    connection = psycopg2.connect(url.replace('+psycopg2', ''), async_=False)
    own = f'SELECT count(*) FROM pg_stat_activity WHERE pid = {connection.info.backend_pid}'
    network.blackhole()
    before_mono_s = time.monotonic()
    with pytest.raises(psycopg2.OperationalError, match='timeout'):
        asked(url)
    assert time.monotonic() - before_mono_s > SOON_S
    assert asked(server.url('postgres'), own) == '1'
    network.heal()
    assert asked(url) == ANSWERS
    until_mono_s = time.monotonic() + 10.0
    while asked(server.url('postgres'), own) == '1':
        assert time.monotonic() < until_mono_s, 'the server keeps what nobody hears of'
    connection.close()


# The disk.


@pytest.fixture
def disk() -> Iterator[SmallDisk]:
    with small_disk(100) as made:
        yield made


def test_a_full_disk_is_told_by_the_server_until_there_is_space(disk: SmallDisk) -> None:
    with started_server(disk.folder) as server:
        server.run('CREATE TABLE rows (text text)')
        disk.fill()
        with pytest.raises(sa.exc.OperationalError, match=r'No space left|terminat'):
            server.run("INSERT INTO rows SELECT repeat('x', 1900) FROM generate_series(1, 9999)")
        disk.free()
        if not server.processes():
            server.start()
        server.run("INSERT INTO rows VALUES ('y')")


# The pooler.


def test_pgbouncer_lends_one_connection_to_several_clients(server: Server) -> None:
    with pgbouncer(server, 'transaction', 'options') as port:
        url = server.tcp_url('postgres', 'ren', port=port).replace('+psycopg2', '')
        connections = [psycopg2.connect(url, options='-c lock_timeout=7') for _ in range(3)]
        servers = set()
        for each in connections:
            servers.add(answer_of(each, 'SELECT pg_backend_pid()'))
            assert answer_of(each, 'SHOW lock_timeout') == '0'
            each.commit()
            each.close()
    assert len(servers) == 1


def test_pgbouncer_refuses_settings_that_it_was_not_told_to_ignore(server: Server) -> None:
    with pgbouncer(server, 'transaction') as port:
        url = server.tcp_url('postgres', 'ren', port=port).replace('+psycopg2', '')
        with pytest.raises(psycopg2.OperationalError, match='unsupported startup parameter'):
            psycopg2.connect(url, options='-c lock_timeout=7')
