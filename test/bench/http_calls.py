"""An HTTP client of the gateway, as its users are: a connection, kept open."""

from __future__ import annotations

import contextlib
import json
import re
import socket
import threading
import time
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from processes import Bench

DRY_RUN = {
    'command': 'drive',
    'params': {'speed': 1.0, 'duration_seconds': 2},
    'dry_run': True,
}
HEADERS = {'Content-Type': 'application/json'}
TIMEOUT_S = 20.0


def start_gateway(bench: Bench, namespace: str) -> tuple[Path, int]:
    """Start it for the robot of the namespace; return its log and its port."""
    log = bench.start(namespace, 'http_gateway', port='0', max_requests_hz='10000.0')
    bench.spin_until(lambda: 'http://' in log.read_text(), 'the gateway')
    return log, int(re.findall(r'http://[\d.]+:(\d+)', log.read_text())[-1])


class HttpCalls:
    """Asks the gateway, one request after the other."""

    def __init__(self, port: int) -> None:
        self._connection = HTTPConnection('127.0.0.1', port, timeout=TIMEOUT_S)

    def create_s(self) -> float:
        """Return how long a creation takes."""
        began_s = time.perf_counter()
        self.ask('POST', '/ticket', DRY_RUN)
        return time.perf_counter() - began_s

    def ask(self, method: str, path: str, body: Any = None) -> Any:
        """Return the answer.

        Raises:
            RuntimeError: It is a problem.
        """
        content = None if body is None else json.dumps(body).encode()
        self._connection.request(method, path, content, HEADERS if content else {})
        response = self._connection.getresponse()
        text = response.read()
        if response.status >= 300:
            raise RuntimeError(f'{method} {path}: {response.status} {text.decode()}')
        return json.loads(text)

    def in_background(self, method: str, path: str) -> threading.Thread:
        """Ask while this thread goes on."""
        thread = threading.Thread(target=self.ask, args=(method, path), daemon=True)
        thread.start()
        return thread


class Followers:
    """Clients that follow live, and read all that they are told."""

    def __init__(self, port: int, count: int) -> None:
        self._sockets = [self._opened(port) for _ in range(count)]
        self._is_over = False
        self.messages = 0
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    @staticmethod
    def _opened(port: int) -> socket.socket:
        made = socket.create_connection(('127.0.0.1', port))
        made.sendall(b'GET /events HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n')
        made.setblocking(False)
        return made

    def _read(self) -> None:
        while not self._is_over:
            for each in self._sockets:
                with contextlib.suppress(BlockingIOError):
                    self.messages += each.recv(1 << 16).count(b'data: ')
            time.sleep(0.05)

    def close(self) -> None:
        """Follow no longer."""
        self._is_over = True
        self._thread.join()
        for each in self._sockets:
            each.close()
