"""The page that Prometheus reads, `/metrics`, in a thread of its own."""

from __future__ import annotations

import io
import ipaddress
import socket
import threading
import time
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from socketserver import TCPServer
from typing import Any

from prometheus_client import CONTENT_TYPE_LATEST

from orchestrator_ren.errors import ConfigurationError

PATH = '/metrics'

KEPT_S = 0.5
"""How long the text is kept [s]: who reads it more often takes no time from the robot."""

REQUEST_S = 2.0
"""How long somebody may take to ask, and to take the answer [s]; the next one waits so long."""

END_S = 0.5
"""How long an answer under way is waited for at the end [s]."""


def checked_address(host: str, field: str) -> str:
    """Return the host as it is, where it is an address: a name would have to be asked for.

    Raises:
        ConfigurationError: It is none; give one, such as 127.0.0.1.
    """
    try:
        ipaddress.ip_address(host)
    except ValueError:
        limit = 'an IP address of this machine: 127.0.0.1, or 0.0.0.0 for all'
        raise ConfigurationError(field=field, value=repr(host), limit=limit) from None
    return host


class _Server(TCPServer):
    """No `HTTPServer`: that asks the network for its own name, however long it takes."""

    allow_reuse_address = True

    def __init__(self, host: str, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.address_family = socket.AF_INET6 if ':' in host else socket.AF_INET
        super().__init__((host, port), handler)

    def handle_error(self, *_args: Any) -> None:
        """Keep still: somebody has gone away."""


class MetricsPage:
    """Answers one request after the other. Nothing that goes wrong with it reaches the robot.

    Args:
        render: Returns the text; called in the page's thread.
        host: IP address to listen on.
        port: 0 = there is no page.

    Attributes:
        trouble: Why there is none though one is wanted; empty = none is, or it is there.
    """

    def __init__(self, render: Callable[[], bytes], host: str, port: int) -> None:
        self.trouble = ''
        self._render = render
        self._host = host
        self._port = port
        self._server: _Server | None = None
        self._thread: threading.Thread | None = None
        self._is_closed = False
        self._text = b''
        self._rendered_at_mono_s = float('-inf')

    @property
    def words(self) -> str:
        """Where it is, or that it is off."""
        if self._port == 0:
            return 'off'
        return self.trouble or f'http://{self._host}:{self._port}{PATH}'

    def start(self) -> None:
        """Listen from now on, if a page is wanted and the port is free."""
        if self._port == 0:
            return
        try:
            self._server = _Server(self._host, self._port, _handler_type(self._current_text))
        except OSError as error:
            self.trouble = f'no metrics on {self._host}:{self._port}: {error}'
            return
        self._thread = threading.Thread(target=self._serve, name='metrics page', daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no longer."""
        if self._server is None or self._thread is None:
            return
        self._is_closed = True
        self._server.socket.shutdown(socket.SHUT_RDWR)  # ends the wait for somebody to come
        self._thread.join(END_S)
        self._server.server_close()

    # In the thread.

    def _serve(self) -> None:
        assert self._server is not None
        while not self._is_closed:
            self._server.handle_request()

    def _current_text(self) -> bytes:
        now_mono_s = time.monotonic()
        if now_mono_s - self._rendered_at_mono_s > KEPT_S:
            self._text, self._rendered_at_mono_s = self._render(), now_mono_s
        return self._text


class _Hurried(io.RawIOBase):
    """Reads from a connection for `REQUEST_S` in all: a time limit is for each piece only."""

    def __init__(self, connection: socket.socket) -> None:
        self._connection = connection
        self._until_mono_s = time.monotonic() + REQUEST_S

    def readable(self) -> bool:
        """It is."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Read what has come.

        Raises:
            TimeoutError: The time is over.
        """
        rest_s = self._until_mono_s - time.monotonic()
        if rest_s <= 0.0:
            raise TimeoutError
        self._connection.settimeout(rest_s)
        return self._connection.recv_into(buffer)


def _handler_type(current_text: Callable[[], bytes]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        """Answers one request."""

        timeout = REQUEST_S

        def setup(self) -> None:
            """Give him so long in all, however small the pieces are that he sends."""
            super().setup()
            self.rfile.close()
            self.rfile = io.BufferedReader(_Hurried(self.connection))

        def do_GET(self) -> None:
            """Send the page."""
            if self.path.partition('?')[0] != PATH:
                self.send_error(HTTPStatus.NOT_FOUND, f'the page is {PATH}')
                return
            text = current_text()
            self.send_response(HTTPStatus.OK)
            self.send_header('Content-Type', CONTENT_TYPE_LATEST)
            self.send_header('Content-Length', str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *_args: Any) -> None:
            """Keep still: who asks each second would fill the log."""

    return Handler
