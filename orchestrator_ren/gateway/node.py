"""The node of the gateway: ROS on the process's main thread, the web server in another."""

from __future__ import annotations

import asyncio
import socket
import threading
import time
from importlib.metadata import version
from typing import Any

import uvicorn

from orchestrator_ren.errors import AddressUnusable, InternalError, shown
from orchestrator_ren.gateway.access import (
    Access,
    Hosts,
    KeyRing,
    check_bind,
    check_certificate,
    guarded,
)
from orchestrator_ren.gateway.app import answer, make_app
from orchestrator_ren.gateway.connection import Connection
from orchestrator_ren.gateway.parameters import PARAMETERS
from orchestrator_ren.gateway.robots import Robots
from orchestrator_ren.gateway.routes.pages import OPEN_PATHS, for_browsers
from orchestrator_ren.key_file import KeyFile
from orchestrator_ren.location import keys_file
from orchestrator_ren.ros.parameters import declare
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.telemetry.gateway_page import GatewayPage

BACKLOG = 128
"""Connections that wait to be taken."""

CONNECTIONS = 256
"""Most at once; more are answered 503."""

HEADERS_BYTES = 16_384
"""Longest header of a request."""

FRAME_BYTES = 4096
"""Longest that a client of the WebSocket may say."""

PING_S = 10.0
"""Between two pings of a WebSocket, and how long the answer may take [s]."""

VANISHED_MS = 9000
"""How long nothing of what was sent may be acknowledged [ms]: with a tick each 10 s, a client that
is gone without a word is known to be within 20 s."""

CLOSE_S = 1
"""How long open requests are waited for at the end [s]."""

JOIN_S = 1.9
"""How long the end of the server is waited for [s]; the process has 2 s."""


class HttpGateway(ProcessNode):
    """Answers HTTP by asking robots as any client does; it has no part in motion.

    Parameters:
        See `gateway/parameters.py`.
    """

    def __init__(self, **node_args: Any) -> None:
        super().__init__('http_gateway', **node_args)
        self.settings = declare(self, PARAMETERS)
        self._page = GatewayPage()
        self._robots = Robots(self, self.settings.robot)
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen from now on.

        Raises:
            AddressUnusable: The port is in use, or the address is not of this machine.
        """
        settings = self.settings
        ring = self._key_ring()
        check_bind(settings.host, settings.port, has_keys=ring is not None)
        if settings.tls_cert or settings.tls_key:
            check_certificate(settings.tls_cert, settings.tls_key)
        hosts = Hosts(settings.host, filter(None, settings.allowed_hosts.split(',')))
        listener = listening_socket(settings.host, settings.port)
        app = make_app(
            self._robots,
            version('orchestrator_ren'),
            settings.max_clients,
            self._page,
            self.get_logger().error,
        )
        access = Access(
            hosts,
            ring,
            answer,
            self._log_request,
            OPEN_PATHS,
            most_hz=settings.max_requests_hz,
        )
        config = uvicorn.Config(
            for_browsers(guarded(app, access)),
            http=Connection,
            proxy_headers=False,  # nobody's word on where a request comes from
            ssl_certfile=settings.tls_cert or None,
            ssl_keyfile=settings.tls_key or None,
            log_config=None,
            access_log=False,
            server_header=False,
            lifespan='off',
            backlog=BACKLOG,
            limit_concurrency=CONNECTIONS,
            h11_max_incomplete_event_size=HEADERS_BYTES,
            ws_max_size=FRAME_BYTES,
            ws_ping_interval=PING_S,
            ws_ping_timeout=PING_S,
            timeout_graceful_shutdown=CLOSE_S,
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._serve, args=(listener,), name='web server', daemon=True
        )
        host, port = listener.getsockname()[:2]
        scheme = 'https' if settings.tls_cert else 'http'
        self.get_logger().info(f'{scheme}://{host}:{port}')
        self._thread.start()

    def begin_stop(self) -> None:
        """Take no more requests, and let those go who follow."""
        if self._server is not None:
            self._server.should_exit = True

    async def finish_stop(self) -> None:
        """Wait until the server has ended."""
        if self._thread is not None:
            self._thread.join(JOIN_S)

    def _key_ring(self) -> KeyRing | None:
        """Return the keys; None where no file of them is given, or there by default.

        Raises:
            KeyFileInvalid: The file cannot be used.
        """
        file = KeyFile(self.settings.keys_file or keys_file())
        if not self.settings.keys_file and not file.exists():
            return None
        ring = KeyRing(file, time.monotonic, self.get_logger().error)
        ring.load()
        return ring

    def _log_request(
        self, caller: str, method: str, path: str, status: int, took_ms: float
    ) -> None:
        """Keep what was asked: what only looks, and may, where somebody wants to see that."""
        self._page.count(method, status)
        logger, who = self.get_logger(), caller or '-'
        tell = logger.debug if method == 'GET' and status < 400 else logger.info
        tell(f'{who} {method} {path} {status} {took_ms:.1f} ms')

    def _serve(self, listener: socket.socket) -> None:
        try:
            asyncio.run(self._served(listener))
        except BaseException as error:
            self.fatal = InternalError(detail=shown(error))

    async def _served(self, listener: socket.socket) -> None:
        assert self._server is not None
        serving = asyncio.create_task(self._server.serve(sockets=[listener]))
        while not self._server.should_exit and not serving.done():
            await asyncio.sleep(0.05)
        await self._robots.let_go()
        await serving
        await self._robots.close()


def listening_socket(host: str, port: int) -> socket.socket:
    """Return a socket that listens there.

    Raises:
        AddressUnusable: It cannot.
    """
    family = socket.AF_INET6 if ':' in host else socket.AF_INET
    # Said to be TCP, or asyncio leaves Nagle's algorithm on: 40 ms for each later request.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    # Connections have it from here: who is gone without a word keeps no seat, of SSE either.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, VANISHED_MS)
    try:
        listener.bind((host, port))
        listener.listen(BACKLOG)
    except (OSError, OverflowError) as error:
        listener.close()
        raise AddressUnusable(host=host, port=port, detail=shown(error)) from error
    return listener
