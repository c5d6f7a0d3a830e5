"""Whom a request means, and which page has sent it."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import ConfigurationError
from orchestrator_ren.gateway.access import Hosts
from orchestrator_ren.gateway.access.authority import (
    Authority,
    authority_of,
    is_address,
    origin_of,
)

from .harness import Gateway

OURS = [
    '127.0.0.1',
    '127.0.0.1:8000',
    'localhost',
    'LOCALHOST:9',
    '[::1]',
    '[::1]:8000',
    '[0:0:0:0:0:0:0:1]',
]
STRANGERS = [
    'evil.example',
    'evil.example:8000',
    '127.0.0.1.evil.example',
    'localhost.evil',
    'a@127.0.0.1',
    '127.0.0.1@evil',
    '127.1',
    '0.0.0.0',
    '[::2]',
    '::1',
    '[::1',
    '',
    'localhost:99999',
    'localhost:0',
    'localhost:x',
    'localhost/x',
    'localhost.',
    'localhost localhost',
    '127.0.0.1, evil',
    '\x00',
    '192.168.1.7',
    '２',
]


@pytest.mark.parametrize('host', OURS)
def test_local_names_are_ours_whatever_the_port(open_gateway, host) -> None:
    assert open_gateway.ask('GET', '/', ('host', host)).status == 200


@pytest.mark.parametrize('host', STRANGERS)
@pytest.mark.parametrize('path', ['/', '/stop', '/session'])
def test_a_name_of_strangers_is_refused(open_gateway, host, path) -> None:
    """A page whose own name leads to 127.0.0.1 was of the same origin as the robot."""
    answer = open_gateway.ask('POST', path, ('host', host.encode().decode('latin-1')))
    assert answer.code == 820
    assert 'allowed are: 127.0.0.1, ::1, localhost' in answer.json['detail']
    assert open_gateway.seen == []


def test_no_host_and_two_hosts_are_refused(open_gateway) -> None:
    assert 'missing' in open_gateway.ask('GET', '/', ('host', None)).json['detail']
    twice = open_gateway.ask('GET', '/', ('host', 'localhost'), ('host', 'localhost'))
    assert twice.code == 820
    assert open_gateway.connect('/live', ('host', 'evil')).messages[0]['code'] == 4403


def test_names_that_are_given_and_the_address_that_was_reached_are_ours(tmp_path) -> None:
    gateway = Gateway(
        tmp_path, False, '0.0.0.0', allowed=('Robot1.local', 'robot2:80', 'fe80::1', '[fe80::2]')
    )
    for host in ('robot1.local:8000', 'ROBOT2', '[fe80::1]', '[fe80::2]:1'):
        assert gateway.ask('GET', '/', ('host', host)).status == 200
    reached = gateway.ask('GET', '/', ('host', '10.0.0.5:8000'), server=('10.0.0.5', 8000))
    assert reached.status == 200
    assert gateway.ask('GET', '/', ('host', '10.0.0.5:8000')).code == 820
    assert gateway.ask('GET', '/', ('host', 'robot9'), server=('robot9', 80)).code == 820
    assert gateway.ask('GET', '/', ('host', '0.0.0.0')).code == 820
    assert gateway.ask('GET', '/', server=None).status == 200


def test_the_host_that_is_listened_on_is_ours(tmp_path) -> None:
    gateway = Gateway(tmp_path, False, 'robot1')
    assert gateway.ask('GET', '/', ('host', 'robot1:8000')).status == 200


@pytest.mark.parametrize('name', ['', 'a b', 'http://robot', '*', 'robot/x'])
def test_a_name_that_is_none_is_refused_at_the_start(name) -> None:
    with pytest.raises(ConfigurationError, match='allowed_hosts is'):
        Hosts('127.0.0.1', [name])


OTHERS = [
    'http://evil.example',
    'null',
    'http://127.0.0.1',
    'http://127.0.0.1:8001',
    'file://',
    'http://localhost:8000',
    'http://127.0.0.1:8000.evil',
    'http://a@127.0.0.1:8000',
    '',
    'ws://127.0.0.1:8000',
    'http://127.0.0.1:8000/x',
    'HTTP://127.0.0.1:8000',
]


@pytest.mark.parametrize('origin', OTHERS)
@pytest.mark.parametrize('path', ['/ticket', '/stop', '/login', '/logout'])
def test_what_another_page_writes_is_refused(open_gateway, origin, path) -> None:
    answer = open_gateway.ask('POST', path, ('origin', origin))
    assert answer.code == 821
    assert open_gateway.seen == []


@pytest.mark.parametrize('origin', OTHERS)
def test_a_websocket_of_another_page_is_refused(open_gateway, origin) -> None:
    """No browser asks before it opens one: CORS does not reach them."""
    assert open_gateway.connect('/live', ('origin', origin)).messages[0]['code'] == 4403


def test_our_own_page_and_who_is_no_page_may_write(open_gateway) -> None:
    for origin in (None, 'http://127.0.0.1:8000', 'https://127.0.0.1:8000'):
        assert open_gateway.ask('POST', '/ticket', ('origin', origin)).status == 200


def test_two_origins_are_none(open_gateway) -> None:
    ours = ('origin', 'http://127.0.0.1:8000')
    assert open_gateway.ask('POST', '/ticket', ours, ours).code == 821


def test_to_read_is_nothing_that_another_page_could_see(open_gateway) -> None:
    assert open_gateway.ask('GET', '/', ('origin', 'http://evil.example')).status == 200


@pytest.mark.parametrize(
    ('host', 'origin', 'scheme', 'is_ours'),
    [
        ('localhost', 'http://localhost', 'http', True),
        ('localhost:80', 'http://localhost', 'http', True),
        ('localhost', 'http://localhost:80', 'http', True),
        ('localhost', 'https://localhost', 'http', True),
        ('localhost:443', 'https://localhost', 'https', True),
        ('localhost', 'https://localhost:443', 'https', True),
        ('localhost', 'http://localhost', 'https', False),
        ('localhost', 'http://localhost:443', 'http', False),
        ('[::1]:8000', 'http://[::1]:8000', 'http', True),
    ],
)
def test_a_port_that_is_left_out_is_that_of_the_scheme(
    open_gateway, host, origin, scheme, is_ours
) -> None:
    headers = (('host', host), ('origin', origin))
    answer = open_gateway.ask('POST', '/ticket', *headers, scheme=scheme)
    assert (answer.status == 200) is is_ours


def test_what_a_proxy_says_is_not_believed(open_gateway) -> None:
    said = (('x-forwarded-host', 'evil'), ('x-forwarded-proto', 'https'))
    evil = ('origin', 'https://evil')
    assert open_gateway.ask('POST', '/ticket', *said, evil).code == 821
    assert open_gateway.ask('GET', '/', ('host', 'evil'), ('x-forwarded-host', 'x')).code == 820


@pytest.mark.parametrize('site', ['cross-site', 'same-site', 'nonsense', ''])
def test_a_browser_that_says_another_site_is_believed(open_gateway, site) -> None:
    for path in ('/ticket', '/stop'):
        assert open_gateway.ask('POST', path, ('sec-fetch-site', site)).code == 821
    assert open_gateway.ask('GET', '/', ('sec-fetch-site', site)).status == 200
    for own in ('same-origin', 'none'):
        assert open_gateway.ask('POST', '/ticket', ('sec-fetch-site', own)).status == 200


@given(st.text() | st.from_regex(r'[\[\]a-z0-9:.@/%-]*', fullmatch=True))
def test_whatever_a_header_says_it_is_a_host_or_none(text) -> None:
    for found in (authority_of(text), getattr(origin_of('http://' + text), 'authority', None)):
        if found is not None:
            shown = f'[{found.host}]' if ':' in found.host else found.host
            again = authority_of(f'{shown}:{found.port}' if found.port else shown)
            assert again == found
            assert not set(found.host) & set('@/[]% ')


@given(st.ip_addresses(), st.none() | st.integers(1, 65_535))
def test_addresses_are_the_same_in_all_their_forms(address, port) -> None:
    texts = [str(address), address.exploded, address.exploded.upper()]
    texts = [f'[{each}]' for each in texts] if address.version == 6 else texts
    found = {authority_of(f'{each}:{port}' if port else each) for each in texts}
    assert found == {Authority(str(address), port)}
    assert is_address(str(address))
