"""The HTTP gateway as a process, beside a real robot: curl lines, live views, kills."""

import asyncio
import contextlib
import json
import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import urllib.error
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from geometry_msgs.msg import Twist

pytest.importorskip('uvicorn')
websockets = pytest.importorskip('websockets')

from .conftest import System
from .test_readme import blocks

CURL_LINES = [line for block in blocks('docs/http.md', 'sh') for line in block.splitlines()]
DRIVE = {'command': 'drive', 'params': {'speed': 0.5, 'duration_seconds': 0.5}}
LONG = {'command': 'drive', 'params': {'speed': 0.5, 'duration_seconds': 60}}


class Web(System):
    """A robot, the gateway, and an HTTP client."""

    def start_gateway(self, port: int = 0, **parameters) -> subprocess.Popen[bytes]:
        """Start it, and return once it answers."""
        before = self.log('http_gateway').count('http://') if hasattr(self, 'gateway') else 0
        self.gateway = self.start('http_gateway', port=port, **parameters)
        self.spin_until(lambda: self.log('http_gateway').count('http://') > before)
        self.url = re.findall(r'http://[\d.]+:\d+', self.log('http_gateway'))[-1]
        self.spin_until(lambda: self.ask('/status')[0] == 200)
        return self.gateway

    def ask(self, path, body=None, method=None, timeout_s=30.0, **headers):
        """Return status and JSON of an answer."""
        content = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            self.url + path,
            content,
            {'Content-Type': 'application/json', **headers},
            method=method,
        )
        try:
            with urllib.request.urlopen(request, timeout=timeout_s) as answer:
                return answer.status, json.loads(answer.read())
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    def post(self, path, body=None, **options):
        return self.ask(path, body, 'POST', **options)

    def drive_by_http(self, duration_s: float = 60) -> str:
        """Return the ticket of a drive that nobody waits for, once the robot moves."""
        params = {'speed': 0.5, 'duration_seconds': duration_s}
        body = {'command': 'drive', 'params': params, 'timeout_seconds': 2 * duration_s}
        status, ticket = self.post('/ticket', {**body, 'queue': True})
        assert (status, ticket['status']) == (201, 'queued')
        self.spin_until(lambda: self.speed_mps > 0.3)
        return ticket['id']

    def at_standstill(self) -> None:
        self.spin_until(lambda: abs(self.speed_mps) < 0.01 and self.cmd_vel[-1] == Twist())


@pytest.fixture(scope='module')
def web(context, domain_id, tmp_path_factory):
    made = Web(context, domain_id, 'http', tmp_path_factory.mktemp('http'))
    with closing(made):
        made.orchestrator, _ = made.start_robot('external')
        made.start_gateway()
        yield made


@pytest.fixture(autouse=True)
def clean(web):
    """What a test leaves behind, such as a latched e-stop, is not for the next one."""
    yield
    web.post('/stop')
    web.spin_until(lambda: reset(web))
    web.post('/queue/resume')


def reset(web):
    """Reset the e-stop; return what it is then, None while the robot does not stand yet."""
    status, told = web.post('/e-stop/reset', {'release': True})
    return told if status == 200 else None


def curl(web, line: str) -> str:
    words = shlex.split(line.replace('localhost:8000', web.url))
    done = subprocess.run(words, capture_output=True, text=True, timeout=30, check=True)
    return done.stdout


@pytest.mark.skipif(shutil.which('curl') is None, reason='curl is not installed')
def test_every_curl_line_of_the_page_works(web):
    """The seven requests of the web service that this replaces are the first ones."""
    ticket_id, answers = '', []
    for line in CURL_LINES:
        answers.append(json.loads(curl(web, line.replace('ID', ticket_id))))
        if 'id' in answers[-1]:
            ticket_id = answers[-1]['id']
        if '/cancel' in line and 'code' in answers[-1]:
            assert answers[-1]['code'] == 204, 'it has ended before'
            continue
        if '/e-stop/reset' in line:  # a button is there: this test's
            assert answers[-1].get('code') in (None, 506)
            web.spin_until(lambda: reset(web))
            continue
        assert 'code' not in answers[-1], f'{line}: {answers[-1]}'
    home, created, got, executed, listed, metrics, events = answers[:7]
    assert home['tickets']['total'] >= 0
    assert created['status'] == 'pending'
    assert got == created
    assert (executed['status'], executed['ticket_id']) == ('completed', created['id'])
    assert executed['execution_time_ms'] > 9000
    assert created['id'] in [each['id'] for each in listed['tickets']]
    assert metrics['metrics']['tickets.created']['value'] >= 1
    assert events['events'][-1]['type'] == 'execution_completed'


def test_stop_ends_a_drive_in_zero(web):
    ticket_id = web.drive_by_http()
    assert web.post('/stop') == (200, {'message': 'zero sent'})
    web.at_standstill()
    web.spin_until(lambda: web.ask(f'/ticket/{ticket_id}')[1]['status'] == 'cancelled')


def test_the_e_stop_is_pressed_shown_and_reset(web):
    web.drive_by_http()
    status, told = web.post('/e-stop')
    assert (status, told['is_latched'], told['state']) == (200, True, 'stopped')
    web.at_standstill()
    ticket_id = web.post('/ticket', DRIVE)[1]['id']
    status, told = web.post('/execute', {'ticket_id': ticket_id})
    assert (status, told['code']) == (409, 501)
    assert web.ask('/')[1]['status'] == 'stopped'
    told = web.spin_until(lambda: reset(web))
    assert told['state'] == 'free'
    web.spin_until(lambda: web.ask('/status')[1]['is_ready'])


def test_a_button_that_somebody_else_holds_is_not_released_by_a_reset(web):
    from std_msgs.msg import Bool

    web.e_stop.publish(Bool(data=True))
    web.spin_until(lambda: web.e_stop_states[-1].topic_active)
    status, told = web.post('/e-stop/reset')
    assert (status, told['code']) == (409, 506)
    status, told = web.post('/e-stop/reset', {'release': True})
    assert (status, told['state']) == (200, 'free')


def test_whoever_asks_to_execute_and_leaves_changes_nothing(web):
    ticket_id = web.post('/ticket', LONG)[1]['id']
    with pytest.raises(TimeoutError):
        web.post('/execute', {'ticket_id': ticket_id}, timeout_s=2.0)
    web.spin_until(lambda: web.speed_mps > 0.3)
    assert web.ask(f'/ticket/{ticket_id}')[1]['status'] == 'executing'
    assert web.post(f'/ticket/{ticket_id}/cancel')[0] == 200
    web.at_standstill()


def test_kills_of_the_gateway_during_a_drive_change_nothing_on_cmd_vel(web):
    """It has no part in motion; make test-long kills it 100 times."""
    ticket_id = web.drive_by_http(duration_s=600)
    web.spin_until(lambda: web.cmd_vel[-1].linear.x == 0.5)
    for _ in range(100 if os.environ.get('TEST_LONG') else 3):
        before = len(web.cmd_vel)
        web.gateway.kill()
        web.start_gateway()
        told = web.cmd_vel[before:]
        assert len(told) > 5
        assert {each.linear.x for each in told} == {0.5}
    assert web.ask(f'/ticket/{ticket_id}')[1]['status'] == 'executing'
    web.post('/stop')
    web.at_standstill()


def live(web, course, path='/live'):
    """Run a coroutine with an open WebSocket, while this thread spins."""

    async def opened():
        async with websockets.connect(web.url.replace('http', 'ws') + path) as socket:
            return await course(socket)

    async def spinning():
        running = asyncio.create_task(opened())
        while not running.done():
            web.executor.spin_once(timeout_sec=0.0)
            await asyncio.sleep(0.01)
        return running.result()

    return asyncio.run(asyncio.wait_for(spinning(), 30.0))


async def closed(socket) -> int:
    """Return why it was closed, once it is."""
    with contextlib.suppress(websockets.ConnectionClosed):
        while True:
            await socket.recv()
    return socket.close_code


async def until(socket, is_wanted):
    """Return the messages up to the first that is wanted."""
    seen = [json.loads(await socket.recv())]
    while not is_wanted(seen[-1]):
        seen.append(json.loads(await socket.recv()))
    return seen


def test_a_live_view_shows_a_drive_from_its_creation_to_its_end(web):
    async def course(socket):
        first = await until(socket, lambda each: each['type'] == 'snapshot')
        _, made = await asyncio.to_thread(web.post, '/ticket', {**DRIVE, 'queue': True})

        def is_end(message):
            event = message.get('event', {})
            return event.get('ticket_id') == made['id'] and event['status'] == 'completed'

        return first + await until(socket, is_end)

    seen = live(web, course)
    assert seen[0]['type'] == 'snapshot'
    told = [each['event'] for each in seen if each['type'] == 'event' and each['event']['number']]
    mine = [each['type'] for each in told if each['ticket_id'] == told[-1]['ticket_id']]
    assert mine == ['ticket_created', 'ticket_queued', 'execution_started', 'execution_completed']
    numbers = [each['number'] for each in told]
    assert numbers == [*range(numbers[0], numbers[0] + len(numbers))]
    ways = [each['progress'] for each in seen if each['type'] == 'progress']
    ways = [each for each in ways if each['ticket_id'] == told[-1]['ticket_id']]
    assert ways[-1]['distance_m'] > ways[0]['distance_m']
    assert ways[-1]['pose'] is not None


def test_what_is_no_text_closes_a_live_view_and_nothing_else(web):
    async def course(socket):
        await socket.recv()
        await socket.send(b'\x00\x01')
        return await closed(socket)

    assert live(web, course) == 1003
    assert web.ask('/status')[0] == 200


def test_what_is_no_text_as_the_first_thing_closes_it_too(web):
    """The view told on, for its cancellation was lost, and kept its seat until a ping failed."""

    async def course(socket):
        await socket.send(b'\x00\x01')
        return await closed(socket)

    assert [live(web, course) for _ in range(5)] == [1003] * 5
    assert 'Traceback' not in web.log('http_gateway')


def test_a_live_view_that_breaks_off_leaves_no_traceback(web):
    """Its close was sent to nobody, which was logged as a defect of the application."""

    async def course(socket):
        await socket.recv()
        socket.transport.abort()

    for _ in range(5):
        live(web, course)
    web.spin_for(2.0)
    assert 'Traceback' not in web.log('http_gateway')


def test_server_sent_events_tell_the_same(web):
    with urllib.request.urlopen(f'{web.url}/events', timeout=10.0) as stream:
        assert stream.headers['Content-Type'].startswith('text/event-stream')
        first = json.loads(stream.readline().removeprefix(b'data: '))
    assert first['type'] == 'snapshot'


def test_who_is_gone_without_a_word_is_known_to_be():
    """A laptop that had left the Wi-Fi kept its place at `/events` for a quarter of an hour."""
    from orchestrator_ren.gateway.node import VANISHED_MS, listening_socket

    with listening_socket('127.0.0.1', 0) as listener:
        asking = socket.create_connection(listener.getsockname())
        taken, _ = listener.accept()
        with asking, taken:
            found = taken.getsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT)
    assert found == VANISHED_MS


def test_one_more_than_may_follow_is_refused_until_another_goes(web):
    web.end(web.gateway, signal.SIGTERM)
    web.start_gateway(max_clients=1)

    async def course(socket):
        await socket.recv()
        code, told = await asyncio.to_thread(web.ask, '/events')
        async with websockets.connect(web.url.replace('http', 'ws') + '/live') as second:
            return code, told['code'], await closed(second)

    assert live(web, course) == (503, 822, 1013)
    web.spin_until(lambda: live(web, lambda socket: socket.recv()))
    web.end(web.gateway, signal.SIGTERM)
    web.start_gateway()


def test_it_ends_within_two_seconds_with_open_streams_and_says_goodbye(web):
    async def course(socket):
        await socket.recv()
        web.gateway.terminate()
        return await closed(socket)

    assert live(web, course) in (1001, 1012)
    web.spin_until(lambda: web.gateway.poll() is not None, 2.5)
    assert web.gateway.returncode == 0
    web.start_gateway()


def test_whoever_waits_for_a_ticket_at_the_end_of_the_gateway_hears_that_it_goes_on(web):
    """Each was answered with 500, and the log had a traceback of each."""
    ids = [web.post('/ticket', LONG)[1]['id'] for _ in range(5)]
    with ThreadPoolExecutor() as pool:
        waiting = [pool.submit(web.post, '/execute', {'ticket_id': each}) for each in ids]
        web.spin_until(lambda: web.speed_mps > 0.3)
        web.spin_for(1.0)
        assert web.end(web.gateway, signal.SIGTERM) == 0
        told = [(status, answer['code']) for status, answer in (each.result() for each in waiting)]
    assert told == [(503, 823)] * 5
    assert 'Traceback' not in web.log('http_gateway')
    web.start_gateway()
    found = [web.ask(f'/ticket/{each}')[1]['status'] for each in ids]
    assert sorted(found) == ['executing', *['queued'] * 4]
    for each in ids:
        assert web.post(f'/ticket/{each}/cancel')[0] == 200


def test_a_port_that_is_in_use_is_told_in_a_line(web):
    port = int(web.url.rpartition(':')[2])
    second = web.start('http_gateway', port=port)
    web.spin_until(lambda: second.poll() is not None)
    assert second.returncode == 1
    assert f'AddressUnusable 707: cannot listen on 127.0.0.1:{port}' in web.log('http_gateway')


def test_a_robot_that_falls_silent_is_told_to_be_and_comes_back(web):
    """Asked while it is frozen: 504 within the time, and nothing else is disturbed."""
    web.orchestrator.send_signal(signal.SIGSTOP)
    try:
        status, told = web.ask('/status')
        assert (status, told['code']) == (504, 801)
    finally:
        web.orchestrator.send_signal(signal.SIGCONT)
    web.spin_until(lambda: web.ask('/status')[0] == 200)


def test_openapi_and_robots(web):
    status, told = web.ask('/robots')
    assert [each['namespace'] for each in told['robots']] == ['http']
    assert web.ask('/robots/http/status')[0] == 200
    status, told = web.ask('/robots/other/status')
    assert (status, told['code']) == (404, 804)
    assert web.ask('/openapi.json')[1]['info']['title'] == 'Orchestrator-REN'


def test_the_page_names_no_line_that_is_not_run():
    assert len(CURL_LINES) > 15
    assert all(line.startswith('curl ') for line in CURL_LINES)
    text = Path(__file__).parents[2].joinpath('docs/http.md').read_text()
    assert text.count('localhost:8000/') == len(CURL_LINES)
