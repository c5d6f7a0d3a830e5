"""Callers of the web service, as its users are: one connection each, kept open."""

from __future__ import annotations

import json
import time
from collections import deque
from http.client import HTTPConnection
from importlib.util import find_spec
from typing import Any

from calling import CALLERS, PAGE
from processes import Bench

NEEDED = ('fastapi', 'uvicorn')
DRY_RUN = {
    'command': 'drive',
    'params': {'speed': 1.0, 'duration_seconds': 2},
    'dry_run': True,
}
HEADERS = {'Content-Type': 'application/json'}
TIMEOUT_S = 20.0


def missing() -> list[str]:
    """Return what the service needs and is not installed."""
    return [each for each in NEEDED if find_spec(each) is None]


class WebCalls:
    """The calls of the web service."""

    def __init__(self, bench: Bench) -> None:
        log = bench.start('web', 'web_service')
        bench.spin_until(lambda: log.read_text().endswith('\n'), 'the web service')
        port = int(log.read_text().splitlines()[0])
        self._connections = deque(
            HTTPConnection('127.0.0.1', port, timeout=TIMEOUT_S) for _ in range(CALLERS)
        )
        self._ticket_id = self._asked('POST', '/ticket', DRY_RUN)['id']

    def create_s(self) -> float:
        return self._took_s('POST', '/ticket', DRY_RUN)

    def creates_per_s(self, count: int) -> float:
        """Return how many calls a second are answered while eight are open."""
        began_s = time.perf_counter()
        under_way: deque[HTTPConnection] = deque()
        for number in range(count):
            connection = self._connections[number % CALLERS]
            if len(under_way) >= CALLERS:
                _answer(under_way.popleft())
            _send(connection, 'POST', '/ticket', DRY_RUN)
            under_way.append(connection)
        for each in under_way:
            _answer(each)
        return count / (time.perf_counter() - began_s)

    def get_s(self) -> float:
        return self._took_s('GET', f'/ticket/{self._ticket_id}')

    def list_s(self) -> float:
        return self._took_s('GET', f'/tickets?limit={PAGE}')

    def execute_s(self) -> float:
        """Return how long a dry run takes, which was created before."""
        ticket_id = self._asked('POST', '/ticket', DRY_RUN)['id']
        return self._took_s('POST', '/execute', {'ticket_id': ticket_id})

    def close(self) -> None:
        for each in self._connections:
            each.close()

    def _took_s(self, method: str, path: str, body: Any = None) -> float:
        began_s = time.perf_counter()
        self._asked(method, path, body)
        return time.perf_counter() - began_s

    def _asked(self, method: str, path: str, body: Any = None) -> Any:
        _send(self._connections[0], method, path, body)
        return _answer(self._connections[0])


def _send(connection: HTTPConnection, method: str, path: str, body: Any = None) -> None:
    content = None if body is None else json.dumps(body).encode()
    connection.request(method, path, content, HEADERS if content else {})


def _answer(connection: HTTPConnection) -> Any:
    response = connection.getresponse()
    content = response.read()
    if response.status != 200:
        raise RuntimeError(f'the web service: {response.status} {content.decode()}')
    return json.loads(content)
