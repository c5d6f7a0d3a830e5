"""A pooler that keeps none of our settings is refused; one that is not there is not seen."""

from collections.abc import Iterator

import pytest

from orchestrator_ren.errors import StoreUrlInvalid
from orchestrator_ren.store.connector import Connector
from orchestrator_ren.store.engine import Role, errors_translated, parse
from orchestrator_ren.store.pooler import refuse_pooler

from ...postgres.pgbouncer import pgbouncer
from ...postgres.server import ADMINISTRATOR, Server
from .samples import OpenStore, on_every_database


def look(url: str, role: Role = Role.WRITER) -> None:
    connector = Connector(parse(url), role, 'full')
    try:
        with errors_translated(url), connector.begun() as connection:
            refuse_pooler(connection, 'the store')
    finally:
        connector.close()


@pytest.fixture(params=['transaction', 'session'])
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def pooled(server: Server, mode: str) -> Iterator[str]:
    """By PgBouncer, told to take our settings and to drop them."""
    with pgbouncer(server, mode, 'options') as port:
        yield server.tcp_url('postgres', ADMINISTRATOR, port=port)


@on_every_database
@pytest.mark.parametrize('role', Role)
def test_without_a_pooler_nothing_is_refused(url: str, role: Role) -> None:
    look(url, role)


@pytest.mark.parametrize('option', ['-c statement_timeout=9000', '-c statement_timeout=9s'])
def test_limits_in_the_url_are_ours_too(server: Server, option: str) -> None:
    look(f'{server.url("postgres")}&options={option.replace(" ", "%20").replace("=", "%3D")}')


def test_pgbouncer_that_drops_our_settings_is_refused(pooled: str) -> None:
    """In transaction mode a statement had no limit, and what one client set met another."""
    with pytest.raises(StoreUrlInvalid, match='connect to the server itself') as caught:
        look(pooled)
    assert 'statement_timeout is 0 ms, by default' in str(caught.value)


def test_limits_of_the_role_instead_are_not_enough(server: Server) -> None:
    """In transaction mode they would be kept, but nothing that lasts longer."""
    server.run(f'ALTER ROLE {ADMINISTRATOR} SET statement_timeout = 5000')
    try:
        with pgbouncer(server, 'transaction', 'options') as port:
            url = server.tcp_url('postgres', ADMINISTRATOR, port=port)
            with pytest.raises(StoreUrlInvalid, match='by user'):
                look(url)
    finally:
        server.run(f'ALTER ROLE {ADMINISTRATOR} RESET statement_timeout')


def test_pgbouncer_that_refuses_our_settings_is_told_with_what_to_do(
    server: Server, mode: str, open_store: OpenStore
) -> None:
    """It was 301, tried again for ever, with words that helped nobody."""
    with pgbouncer(server, mode) as port:
        url = server.tcp_url('postgres', ADMINISTRATOR, port=port)
        with pytest.raises(StoreUrlInvalid, match='connect to the server itself') as caught:
            open_store(url)
    assert 'unsupported startup parameter: options' in str(caught.value)
    assert caught.value.code == 309
