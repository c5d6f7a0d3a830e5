"""Headers, the access log, and streams that end with the key."""

import pytest

from orchestrator_ren.gateway.access.reply import HEADERS


@pytest.mark.parametrize('path', ['/', '/session', '/nothing', '/static/x.js'])
def test_every_answer_has_the_headers_that_keep_other_pages_off(gateway, path) -> None:
    for headers in ([], [gateway.bearer('viewer')], [('host', 'evil')]):
        answer = gateway.ask('GET', path, *headers)
        assert {name: answer.header(name) for name in HEADERS} == HEADERS
    policy = answer.header('content-security-policy')
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert 'unsafe' not in policy


def test_nothing_is_kept_by_a_browser_that_does_not_say_so_itself(gateway) -> None:
    answer = gateway.ask('GET', '/', gateway.bearer('viewer'))
    assert answer.header('cache-control') == 'no-store'


def test_what_the_application_says_itself_stays(open_gateway) -> None:
    async def app(_scope, _receive, send) -> None:
        own = [(b'content-security-policy', b'own'), (b'Cache-Control', b'max-age=1')]
        await send({'type': 'http.response.start', 'status': 200, 'headers': own})

    open_gateway.app = app
    answer = open_gateway.ask('GET', '/docs')
    assert answer.header('content-security-policy') == 'own'
    names = [name.lower() for name, _ in answer.messages[0]['headers']]
    assert names.count(b'cache-control') == 1


def test_a_line_for_each_request_says_who_what_and_how_it_went(gateway) -> None:
    gateway.ask('GET', '/tickets?limit=3', gateway.bearer('viewer'))
    gateway.ask('POST', '/ticket', gateway.bearer('viewer'))
    gateway.ask('POST', '/ticket')
    assert [each[:4] for each in gateway.logged] == [
        ('viewer', 'GET', '/tickets', 200),
        ('viewer', 'POST', '/ticket', 400),
        ('', 'POST', '/ticket', 400),
    ]
    assert all(each[4] == 0.0 for each in gateway.logged)


@pytest.mark.parametrize(
    ('path', 'shown'),
    [
        ('/a\nb\r\x00\x1b[31m', '/a%0Ab%0D%00%1B%5B31m'),
        ('/ä\u2028 ', '/%C3%A4%E2%80%A8%20'),
        ('/%0a', '/%250a'),
        ('/' + 'x' * 500, '/' + 'x' * 199),
    ],
)
def test_a_path_in_the_log_is_one_short_line(open_gateway, path, shown) -> None:
    open_gateway.ask('GET', '/', path=path)
    assert open_gateway.logged[0][2] == shown


def test_an_application_that_fails_is_logged_as_500(open_gateway) -> None:
    async def app(_scope, _receive, _send) -> None:
        raise RuntimeError('broken')

    open_gateway.app = app
    with pytest.raises(RuntimeError):
        open_gateway.ask('GET', '/')
    assert open_gateway.logged[0][3] == 500


async def stream(_scope, receive, send) -> None:
    """Send three parts, asking for the next one before each."""
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    for number in range(3):
        await receive()
        await send({'type': 'http.response.body', 'body': b'%d' % number, 'more_body': True})
    await send({'type': 'http.response.body', 'body': b'end'})


async def chat(_scope, receive, send) -> None:
    await receive()
    await send({'type': 'websocket.accept'})
    for number in range(3):
        await receive()
        await send({'type': 'websocket.send', 'text': str(number)})
    await send({'type': 'websocket.close', 'code': 1000})


def removing(gateway, name='viewer'):
    """Return what is received, with the key removed before the second part."""

    async def remove():
        gateway.file.remove(name)
        gateway.mono_s += 1.0
        return {'type': 'http.request'}

    return [{'type': 'http.request'}, remove()]


def test_a_stream_ends_when_its_key_is_removed(gateway) -> None:
    gateway.app = stream
    answer = gateway.ask('GET', '/events', gateway.bearer('viewer'), incoming=removing(gateway))
    assert answer.body == b'0'
    assert answer.messages[-1] == {'type': 'http.response.body', 'body': b'', 'more_body': False}
    assert len(answer.messages) == 3


def test_a_stream_whose_key_stays_comes_to_its_own_end(gateway) -> None:
    gateway.app = stream
    answer = gateway.ask('GET', '/events', gateway.bearer('viewer'))
    assert answer.body == b'012end'
    answer = gateway.ask('GET', '/static/large')
    assert answer.body == b'012end'


def test_a_stop_is_answered_whatever_becomes_of_the_key(gateway) -> None:
    gateway.app = stream
    answer = gateway.ask('POST', '/stop', gateway.bearer('viewer'), incoming=removing(gateway))
    assert answer.body == b'012end'


def test_a_websocket_is_closed_when_its_key_is_removed(gateway) -> None:
    gateway.app = chat
    scope = gateway._scope('/live', [gateway.bearer('viewer')]) | {'type': 'websocket'}
    messages = gateway._run(scope, [{'type': 'websocket.connect'}, *removing(gateway)]).messages
    assert [each['type'].partition('.')[2] for each in messages] == ['accept', 'send', 'close']
    assert messages[-1]['code'] == 4401
    assert gateway.logged == [('viewer', 'WEBSOCKET', '/live', 101, 0.0)]


def test_a_websocket_that_is_refused_is_closed_before_it_begins(gateway) -> None:
    for headers, code in (([], 4401), ([('host', 'evil')], 4403)):
        [message] = gateway.connect('/live', *headers).messages
        assert (message['type'], message['code']) == ('websocket.close', code)
        assert 0 < len(message['reason'].encode()) <= 123
    assert gateway.connect('/live', gateway.bearer('viewer')).messages == []
    assert gateway.connect('/session').messages[0]['code'] == 4401
    assert [each[3] for each in gateway.logged][:2] == [403, 403]


def test_the_life_of_the_server_is_none_of_our_business(gateway) -> None:
    gateway._run({'type': 'lifespan'}, [])
    assert gateway.seen == [{'type': 'lifespan'}]
    assert gateway.logged == []
