"""An answer on its way out: its headers, its log line, and its end where the key ends."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_ren.gateway.access.asgi import Message, Send, with_more_headers
from orchestrator_ren.gateway.access.request import Request

# What a page may load and run: what is shipped here, and nothing that is written into it.
POLICY = (
    "default-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:;"
    " object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    'x-content-type-options': 'nosniff',
    'referrer-policy': 'no-referrer',
    'x-frame-options': 'DENY',
    'content-security-policy': POLICY,
    'cross-origin-resource-policy': 'same-origin',
    'cross-origin-opener-policy': 'same-origin',
    'cache-control': 'no-store',
}
"""Of every answer that does not have its own."""

UNAUTHORISED = 4401
"""Close code of a WebSocket whose key has ended."""

Log = Callable[[str, str, str, int, float], None]
"""Told the name of who asks, method, path, status, and the time until it was known [ms]."""


class Reply:
    """The answer to one request; `send` is for the application.

    Args:
        request: What is answered.
        send: Of the server.
        log: Told once of each request, as soon as its status is known.
        clock: Monotonic [s].
    """

    def __init__(self, request: Request, send: Send, log: Log, clock: Callable[[], float]) -> None:
        self._request = request
        self._send = send
        self._log = log
        self._clock = clock
        self._began_mono_s = clock()
        self._is_told = False
        self._is_cut = False
        self._counts_on: Callable[[], bool] | None = None

    def ends_unless(self, counts_on: Callable[[], bool]) -> None:
        """Tell nothing more of a stream once whoever asked for it does not count any more."""
        self._counts_on = counts_on

    async def send(self, message: Message) -> None:
        """Pass a message on; of a stream whose key has ended, its end instead."""
        kind = message['type']
        if kind == 'http.response.start':
            message = with_more_headers(message, HEADERS)
            self.tell(message['status'])
        elif kind == 'websocket.accept':
            self.tell(101)
        elif kind == 'websocket.close':
            self.tell(403)
        is_stream = kind == 'websocket.send' or message.get('more_body')
        if self._is_cut:
            return
        if is_stream and self._counts_on is not None and not self._counts_on():
            self._is_cut = True
            message = _end_of(kind)
        await self._send(message)

    def tell(self, status: int) -> None:
        """Have it logged, the first time."""
        if self._is_told:
            return
        self._is_told = True
        request = self._request
        method = 'WEBSOCKET' if request.is_websocket else request.method[:20]
        took_ms = (self._clock() - self._began_mono_s) * 1000.0
        self._log(request.caller_name, method, request.shown_path, status, took_ms)


def _end_of(kind: str) -> Message:
    if kind == 'websocket.send':
        return {'type': 'websocket.close', 'code': UNAUTHORISED, 'reason': 'the key has ended'}
    return {'type': 'http.response.body', 'body': b'', 'more_body': False}
