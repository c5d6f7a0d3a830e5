"""A network between a client and a server that can be cut, and lose all that is sent."""

import contextlib
import select
import socket
import struct
import threading
from collections.abc import Iterator

RESET = struct.pack('ii', 1, 0)
"""As SO_LINGER: to close is to reset (RST)."""

PERIOD_S = 0.02
"""How long a connection may wait for its first bytes to be looked for [s]."""


class Proxy:
    """Forwards what comes in on its port, until it is told otherwise.

    Args:
        target_port: Of the server, on 127.0.0.1.

    Attributes:
        port: Its own.
    """

    def __init__(self, target_port: int) -> None:
        self._target_port = target_port
        self._listener = socket.create_server(('127.0.0.1', 0))
        self.port: int = self._listener.getsockname()[1]
        self._lock = threading.Lock()
        self._peers: dict[socket.socket, socket.socket] = {}
        self._lost: list[socket.socket] = []
        self._is_cut = self._is_blackhole = self._is_over = False
        self._waker, self._woken = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def cut(self) -> None:
        """Reset all connections, and each new one."""
        with self._lock:
            self._is_cut = True
            for each in [*self._peers, *self._lost]:
                _reset(each)
            self._peers.clear()
            self._lost.clear()

    def blackhole(self) -> None:
        """Take what both sides send, forward nothing, and leave new connections without answer."""
        with self._lock:
            self._is_blackhole = True

    def heal(self) -> None:
        """Forward new connections.

        Of those that lost something the server's ends are reset, as the server would have given
        them up by then; the clients hear no more of them.
        """
        with self._lock:
            if self._is_blackhole:
                clients = [each for each in self._peers if each.getsockname()[1] == self.port]
                for each in clients:
                    _reset(self._peers.pop(each))
                self._peers.clear()
                self._lost += clients
            self._is_cut = self._is_blackhole = False

    def close(self) -> None:
        """Reset all, and end."""
        self.cut()
        self._is_over = True
        self._waker.send(b'x')
        self._thread.join()
        for each in (self._listener, self._waker, self._woken):
            each.close()

    def _run(self) -> None:
        while not self._is_over:
            with self._lock:
                watched = [self._listener, self._woken, *self._peers, *self._lost]
            for each in _ready(watched):
                with self._lock:
                    self._handle(each)

    def _handle(self, ready: socket.socket) -> None:
        if ready is self._listener:
            self._accept()
        elif ready in self._peers or ready in self._lost:
            self._pass_on(ready)

    def _accept(self) -> None:
        client, _ = self._listener.accept()
        if self._is_cut:
            _reset(client)
        elif self._is_blackhole:
            self._lost.append(client)
        else:
            self._join(client)

    def _join(self, client: socket.socket) -> None:
        try:
            server = socket.create_connection(('127.0.0.1', self._target_port))
        except OSError:
            _reset(client)
            return
        self._peers |= {client: server, server: client}

    def _pass_on(self, source: socket.socket) -> None:
        try:
            data = source.recv(65536)
            if data and not self._is_blackhole and source in self._peers:
                self._peers[source].sendall(data)
        except OSError:
            data = b''
        if not data:
            self._end(source)

    def _end(self, source: socket.socket) -> None:
        source.close()
        if source in self._lost:
            self._lost.remove(source)
            return
        peer = self._peers.pop(source)
        del self._peers[peer]
        if self._is_blackhole:
            self._lost.append(peer)  # it does not hear of that either
        else:
            peer.close()


@contextlib.contextmanager
def proxy(target_port: int) -> Iterator[Proxy]:
    """Put one before a port of this machine."""
    made = Proxy(target_port)
    try:
        yield made
    finally:
        made.close()


def _ready(watched: list[socket.socket]) -> list[socket.socket]:
    """Return those that have something to read; none if one is closed meanwhile."""
    try:
        return select.select(watched, [], [], PERIOD_S)[0]
    except (OSError, ValueError):
        return []


def _reset(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    connection.close()
