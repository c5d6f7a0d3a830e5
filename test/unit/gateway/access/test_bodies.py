"""The body of a request: its type, its size, its time."""

import asyncio

import pytest

from orchestrator_ren.gateway.access import body as module

from .harness import JSON

MOST = module.MOST_BYTES
CHUNKED = ('transfer-encoding', 'chunked')


def chunk(content: bytes, is_more: bool = True) -> dict:
    return {'type': 'http.request', 'body': content, 'more_body': is_more}


def test_the_application_gets_the_body_as_one_whatever_it_came_in(open_gateway) -> None:
    answer = open_gateway.ask(
        'POST',
        '/ticket',
        JSON,
        CHUNKED,
        incoming=[chunk(b'{"a"'), chunk(b''), chunk(b':1}', False)],
    )
    assert answer.status == 200
    assert open_gateway.bodies == [b'{"a":1}']


def test_behind_the_body_the_application_hears_of_the_end(open_gateway) -> None:
    heard = []

    async def app(_scope, receive, _send) -> None:
        heard.extend([await receive(), await receive()])

    open_gateway.app = app
    open_gateway.ask('POST', '/ticket', body={'a': 1})
    assert heard == [chunk(b'{"a": 1}', False), {'type': 'http.disconnect'}]


@pytest.mark.parametrize(
    'given',
    [
        'text/plain',
        'application/x-www-form-urlencoded',
        'multipart/form-data',
        '',
        None,
        'application/jsonx',
        'text/json',
        'application/json, text/plain',
    ],
)
def test_a_body_that_is_not_said_to_be_json_is_refused(open_gateway, given) -> None:
    """Such requests a page of others may send without asking first."""
    for path in ('/ticket', '/login', '/stop'):
        answer = open_gateway.ask('POST', path, ('content-type', given), ('content-length', '2'))
        assert answer.code == 816
        assert answer.header('connection') == 'close'
    assert open_gateway.ask('POST', '/ticket', CHUNKED).code == 816
    assert open_gateway.seen == []


@pytest.mark.parametrize('given', ['application/json', 'Application/JSON; charset=utf-8'])
def test_json_is_json_in_any_case(open_gateway, given) -> None:
    answer = open_gateway.ask('POST', '/x', ('content-type', given), ('content-length', '2'))
    assert answer.status == 200


@pytest.mark.parametrize('length', [None, '0'])
def test_without_a_body_no_type_is_needed(open_gateway, length) -> None:
    for kind in (None, 'application/x-www-form-urlencoded'):
        headers = (('content-length', length), ('content-type', kind))
        assert open_gateway.ask('POST', '/stop', *headers).status == 200


def test_a_body_as_large_as_allowed_is_taken_and_a_byte_more_is_not(open_gateway) -> None:
    half = MOST // 2
    for last, code in ((half, None), (half + 1, 817)):
        parts = [chunk(b'x' * half), chunk(b'x' * last, False)]
        answer = open_gateway.ask('POST', '/ticket', JSON, CHUNKED, incoming=parts)
        assert answer.json.get('code') == code
    assert [len(each) for each in open_gateway.bodies] == [MOST]


def test_of_a_body_without_end_only_so_much_is_taken_in(open_gateway) -> None:
    taken = []

    class Endless:
        def __iter__(self):
            for number in range(10_000):
                taken.append(number)
                yield chunk(b'x' * 65_536)

    parts = iter(Endless())
    headers = [(b'host', b'localhost'), (b'content-type', b'application/json')]
    scope = open_gateway._scope('/ticket', ()) | {'type': 'http', 'method': 'POST'}
    scope['headers'] = [*headers, (b'transfer-encoding', b'chunked')]
    sent = []

    async def receive():
        return next(parts)

    async def send(message) -> None:
        sent.append(message)

    asyncio.run(open_gateway.guarded(scope, receive, send))
    assert b'"code": 817' in sent[1]['body']
    assert (b'connection', b'close') in sent[0]['headers']
    assert len(taken) == module.MOST_DROPPED_BYTES // 65_536 + 1


def test_a_body_that_does_not_come_to_its_end_is_given_up(open_gateway, monkeypatch) -> None:
    monkeypatch.setattr(module, 'DEADLINE_S', 0.05)
    parts = [chunk(b'{'), asyncio.sleep(3600)]
    answer = open_gateway.ask('POST', '/ticket', JSON, CHUNKED, incoming=parts)
    assert answer.code == 815
    assert 'not there after 0.05 s' in answer.json['detail']
    assert open_gateway.seen == []


def test_a_sender_who_goes_away_disturbs_nobody(open_gateway) -> None:
    answer = open_gateway.ask('POST', '/ticket', JSON, CHUNKED, incoming=[chunk(b'{')])
    assert answer.code == 815
    assert open_gateway.seen == []


def test_the_body_of_who_is_not_let_in_is_not_read(gateway) -> None:
    """Strangers cannot fill the memory."""

    async def never() -> None:
        raise AssertionError('read')

    waiting = never()
    answer = gateway.ask('POST', '/ticket', JSON, CHUNKED, incoming=[waiting])
    waiting.close()
    assert answer.code == 811
    assert answer.header('connection') == 'close'
