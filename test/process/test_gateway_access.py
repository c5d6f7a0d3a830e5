"""The guard of the gateway before a real server: what a client on the wire is told."""

import asyncio
import http.client
import json
import os
import socket
import struct
import threading
import time
from contextlib import closing
from datetime import datetime, timezone
from ipaddress import ip_address

import pytest

from orchestrator_ren.gateway.access import Access, Hosts, KeyRing, body, guarded
from orchestrator_ren.key import Role
from orchestrator_ren.key_file import KeyFile

uvicorn = pytest.importorskip('uvicorn')

from orchestrator_ren.gateway import connection as module
from orchestrator_ren.gateway.connection import Connection


async def answer(scope, _receive, send, error) -> None:
    content = json.dumps({'code': error.code, 'path': scope['path']}).encode()
    length = (b'content-length', str(len(content)).encode())
    await send({'type': 'http.response.start', 'status': 400, 'headers': [length]})
    await send({'type': 'http.response.body', 'body': content})


async def app(scope, receive, send) -> None:
    """Answer with the size of the body; echo a WebSocket; count for ever on /events."""
    if scope['type'] == 'websocket':
        await receive()
        await send({'type': 'websocket.accept'})
        while (message := await receive())['type'] == 'websocket.receive':
            await send({'type': 'websocket.send', 'text': message['text']})
        return
    if scope['type'] != 'http':
        return
    size = len((await receive())['body'])
    content = b'{"size": %d}' % size
    await send({'type': 'http.response.start', 'status': 200, 'headers': []})
    while scope['path'] == '/events':
        await send({'type': 'http.response.body', 'body': b'data\n', 'more_body': True})
        await asyncio.sleep(0.05)
    await send({'type': 'http.response.body', 'body': content})


class Server:
    """uvicorn in a thread, with the guard before the application."""

    def __init__(self, folder) -> None:
        self.file = KeyFile(folder / 'http.keys')
        now = datetime.now(timezone.utc)
        self.key = self.file.add('anna', Role.OPERATOR, None, now)
        self.logged: list[tuple[str, str, str, int, float]] = []
        ring = KeyRing(self.file, time.monotonic, lambda _: None)
        ring.load()
        access = Access(Hosts('127.0.0.1'), ring, answer, lambda *line: self.logged.append(line))
        config = uvicorn.Config(
            guarded(app, access),
            http=Connection,
            port=0,
            lifespan='off',
            proxy_headers=False,
            server_header=False,
            access_log=False,
            log_config=None,
        )
        self._server = uvicorn.Server(config)
        self._socket = socket.create_server(('127.0.0.1', 0))
        self.port = self._socket.getsockname()[1]
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self) -> None:
        asyncio.run(self._server.serve([self._socket]))

    def close(self) -> None:
        self._server.should_exit = self._server.force_exit = True
        self._thread.join(10.0)
        self._socket.close()

    def ask(self, method, path, content=None, **headers):
        """Return status, JSON and headers."""
        bearer = {'Authorization': f'Bearer {self.key}', 'Content-Type': 'application/json'}
        named = {key.replace('_', '-'): value for key, value in headers.items()}
        with closing(http.client.HTTPConnection('127.0.0.1', self.port, timeout=10)) as client:
            client.request(method, path, content, bearer | named)
            found = client.getresponse()
            return found.status, json.loads(found.read()), found.headers

    def connected(self) -> socket.socket:
        return socket.create_connection(('127.0.0.1', self.port), 10.0)

    def head(self, line: str, *more: str) -> bytes:
        key = f'Authorization: Bearer {self.key}'
        return '\r\n'.join([line, 'Host: localhost', key, *more, '', '']).encode()


@pytest.fixture
def server(tmp_path):
    made = Server(tmp_path)
    with closing(made):
        yield made


def heard(connection: socket.socket) -> bytes:
    """Return all until the other side closes."""
    found = b''
    while part := connection.recv(65_536):
        found += part
    return found


def test_who_has_a_key_is_served_and_logged_by_name(server):
    status, told, headers = server.ask('POST', '/ticket', b'{"a": 1}')
    assert (status, told) == (200, {'size': 8})
    assert headers['X-Content-Type-Options'] == 'nosniff'
    assert headers['Server'] is None
    assert server.logged[0][:4] == ('anna', 'POST', '/ticket', 200)


def test_the_name_of_a_stranger_is_refused_on_the_wire(server):
    assert server.ask('GET', '/', Host='evil.example')[1]['code'] == 820
    with server.connected() as connection:
        connection.sendall(b'GET / HTTP/1.0\r\n\r\n')
        assert b'"code": 820' in heard(connection)


@pytest.mark.parametrize(
    'sent',
    [
        b'\x16\x03\x01\x02\x00\x01' + b'\x00' * 100,
        b'GET / HTTP/1.1\r\n\r\n',
        b'GET / HTTP/1.1\r\nHost: localhost\r\nHost: localhost\r\n\r\n',
        b'GET /\xe4 HTTP/1.1\r\nHost: localhost\r\n\r\n',
        b'POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: -5\r\n\r\n',
        b'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: gzip, chunked\r\n\r\n',
    ],
)
def test_what_is_no_http_is_a_problem_as_everything_else_is(server, sent):
    """It was answered as plain text."""
    with server.connected() as connection:
        connection.sendall(sent)
        head, _, content = heard(connection).partition(b'\r\n\r\n')
    assert head.startswith(b'HTTP/1.1 400 ')
    assert b'Content-Type: application/problem+json' in head
    assert json.loads(content)['code'] == 815
    assert server.ask('GET', '/')[0] == 200


@pytest.mark.parametrize('size', [body.MOST_BYTES + 1, 600_000, 5_000_000])
def test_who_sends_too_much_hears_why(server, size):
    """A connection that is closed while it sends takes the answer with it."""
    if size < body.MOST_DROPPED_BYTES:
        status, told, headers = server.ask('POST', '/ticket', b'x' * size)
        assert (status, told['code'], headers['Connection']) == (400, 817, 'close')
    else:
        with server.connected() as connection:
            kind = 'Content-Type: application/json'
            connection.sendall(server.head('POST /x HTTP/1.1', kind, f'Content-Length: {size}'))
            connection.sendall(b'x' * (body.MOST_DROPPED_BYTES + 1))
            assert b'"code": 817' in heard(connection)


def test_a_body_in_chunks_without_end_is_counted_while_it_comes(server):
    with server.connected() as connection:
        kind, chunked = 'Content-Type: application/json', 'Transfer-Encoding: chunked'
        connection.sendall(server.head('POST /ticket HTTP/1.1', kind, chunked))
        part = b'10000\r\n' + b'x' * 65_536 + b'\r\n'
        connection.sendall(part * (body.MOST_DROPPED_BYTES // 65_536))
        connection.sendall(b'1\r\nx\r\n')
        assert b'"code": 817' in heard(connection)


def test_who_sends_a_body_drop_by_drop_is_given_up_and_others_are_served(server, monkeypatch):
    monkeypatch.setattr(body, 'DEADLINE_S', 0.5)
    with server.connected() as connection:
        kind, length = 'Content-Type: application/json', 'Content-Length: 100'
        connection.sendall(server.head('POST /ticket HTTP/1.1', kind, length) + b'{')
        assert server.ask('GET', '/')[0] == 200
        assert b'"code": 815' in heard(connection)


def test_a_refused_sender_of_a_body_loses_the_connection(server):
    with server.connected() as connection:
        lines = ('Origin: http://evil', 'Content-Length: 1000000')
        connection.sendall(server.head('POST /ticket HTTP/1.1', *lines) + b'{')
        assert b'"code": 821' in heard(connection)


HANDSHAKE = (
    'Upgrade: websocket', 'Connection: Upgrade', 'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
)  # fmt: skip


def text_frame(text: bytes) -> bytes:
    mask = os.urandom(4)
    masked = bytes(byte ^ mask[place % 4] for place, byte in enumerate(text))
    return bytes([0x81, 0x80 | len(text)]) + mask + masked


def begun(connection: socket.socket) -> bytes:
    """Return the head of the answer."""
    found = b''
    while b'\r\n\r\n' not in found:
        found += connection.recv(1)
    return found


@pytest.mark.parametrize('origin', ['http://evil.example', 'null'])
def test_a_websocket_of_another_page_gets_403(server, origin):
    with server.connected() as connection:
        connection.sendall(server.head('GET /live HTTP/1.1', *HANDSHAKE, f'Origin: {origin}'))
        assert begun(connection).startswith(b'HTTP/1.1 403')


def test_a_websocket_ends_with_its_key(server):
    with server.connected() as connection:
        origin = f'Origin: http://localhost:{server.port}'
        head = server.head('GET /live HTTP/1.1', *HANDSHAKE, origin)
        connection.sendall(head.replace(b'localhost\r\n', b'localhost:%d\r\n' % server.port, 1))
        assert begun(connection).startswith(b'HTTP/1.1 101')
        connection.sendall(text_frame(b'hello'))
        assert connection.recv(7) == b'\x81\x05hello'
        server.file.remove('anna')
        until_mono_s = time.monotonic() + 1.0
        frame = b'\x81'
        while frame[0] == 0x81:
            assert time.monotonic() < until_mono_s
            connection.sendall(text_frame(b'hello'))
            frame = connection.recv(7)
        assert frame[0] == 0x88
        assert struct.unpack('!H', frame[2:4])[0] == 4401


def test_a_stream_ends_with_its_key(server):
    with server.connected() as connection:
        connection.sendall(server.head('GET /events HTTP/1.1', 'Connection: close'))
        assert begun(connection).startswith(b'HTTP/1.1 200')
        server.file.remove('anna')
        removed_mono_s = time.monotonic()
        heard(connection)
        assert time.monotonic() - removed_mono_s < 1.0
    assert server.ask('GET', '/')[1]['code'] == 811


def test_a_key_in_a_url_is_in_no_answer_and_no_log(server, caplog):
    status, told, _ = server.ask('GET', f'/ticket/{server.key}?key={server.key}')
    assert (status, told['code']) == (400, 810)
    assert server.key not in f'{told}{server.logged}{caplog.text}'


@pytest.mark.parametrize('begin', [b'', b'POST /stop HTTP/1.1\r\nHost: loc'])
def test_who_does_not_come_to_ask_loses_the_connection(tmp_path, monkeypatch, begin):
    """As many of them as uvicorn takes kept everybody out for ever, who wanted to stop too."""
    monkeypatch.setattr(module, 'HEAD_S', 0.3)
    with closing(Server(tmp_path)) as server:
        before = [server.connected() for _ in range(10)]
        for each in before:
            each.sendall(begin)
        assert server.ask('POST', '/stop')[0] == 200
        assert [heard(each) for each in before] == [b''] * 10
        [each.close() for each in before]


def test_who_begins_a_second_request_and_does_not_end_it_loses_the_connection(
    tmp_path, monkeypatch
):
    monkeypatch.setattr(module, 'HEAD_S', 0.2)
    with closing(Server(tmp_path)) as server, server.connected() as connection:
        connection.sendall(server.head('GET / HTTP/1.1'))
        assert begun(connection).startswith(b'HTTP/1.1 200')
        connection.sendall(b'GET / HTTP/1.1\r\nHost: loc')
        heard(connection)


def test_a_stream_and_a_websocket_go_on_as_long_as_they_like(tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'HEAD_S', 0.1)
    with (
        closing(Server(tmp_path)) as server,
        server.connected() as stream,
        server.connected() as socket_,
    ):
        stream.sendall(server.head('GET /events HTTP/1.1'))
        socket_.sendall(server.head('GET /live HTTP/1.1', *HANDSHAKE))
        begun(stream)
        begun(socket_)
        until_mono_s = time.monotonic() + 5 * module.HEAD_S
        while time.monotonic() < until_mono_s:
            assert b'data' in stream.recv(65_536)
            socket_.sendall(text_frame(b'hello'))
            assert socket_.recv(7) == b'\x81\x05hello'


def test_one_address_does_not_take_all_connections(tmp_path, monkeypatch):
    monkeypatch.setattr(module, 'MOST_OF_ADDRESS', 3)
    monkeypatch.setattr(module, 'ip_address', lambda _: ip_address('192.0.2.1'))
    with closing(Server(tmp_path)) as server:
        some = [server.connected() for _ in range(3)]
        for each in some:
            each.sendall(server.head('GET / HTTP/1.1'))
            begun(each)
        with server.connected() as one_too_many:
            assert heard(one_too_many) == b''
        some.pop().close()
        with server.connected() as connection:
            connection.sendall(server.head('GET / HTTP/1.1'))
            assert begun(connection).startswith(b'HTTP/1.1 200')
        [each.close() for each in some]
