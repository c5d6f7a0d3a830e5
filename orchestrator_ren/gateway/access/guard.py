"""All that a request must pass before the application sees it."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import partial

from orchestrator_ren.errors import (
    KeyExpired,
    KeyMissing,
    OrchestratorError,
    TooManyRequests,
)
from orchestrator_ren.gateway.access.asgi import (
    App,
    Message,
    Receive,
    Scope,
    Send,
    with_more_headers,
)
from orchestrator_ren.gateway.access.body import replayed, whole_body
from orchestrator_ren.gateway.access.doorkeeper import Doorkeeper
from orchestrator_ren.gateway.access.hosts import Hosts
from orchestrator_ren.gateway.access.key_ring import KeyRing
from orchestrator_ren.gateway.access.origin import check_origin
from orchestrator_ren.gateway.access.rate import Rate, network_of
from orchestrator_ren.gateway.access.reply import UNAUTHORISED, Log, Reply
from orchestrator_ren.gateway.access.request import Request
from orchestrator_ren.gateway.access.roles import SESSION_PATHS, Roles
from orchestrator_ren.gateway.access.session_routes import SessionRoutes
from orchestrator_ren.gateway.access.sessions import Sessions
from orchestrator_ren.key import Caller

FORBIDDEN, TOO_MANY = 4403, 4429
CLOSE_CODES: dict[type[OrchestratorError], int] = {
    KeyMissing: UNAUTHORISED,
    KeyExpired: UNAUTHORISED,
    TooManyRequests: TOO_MANY,
}
"""Of a WebSocket that is refused; others get `FORBIDDEN`."""

Answer = Callable[[Scope, Receive, Send, OrchestratorError], Awaitable[None]]
"""Tells an error over HTTP."""


def _utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass(frozen=True)
class Access:
    """How access is guarded.

    Attributes:
        hosts: Names by which the gateway may be asked.
        ring: The keys; None = none is needed.
        answer: Tells an error over HTTP.
        log: Told of each request.
        open_paths: For anybody without a key, to be read: the page's files.
        clock: Monotonic [s].
        now: UTC.
        most_hz: Requests of each in the long run [1/s].
    """

    hosts: Hosts
    ring: KeyRing | None
    answer: Answer
    log: Log
    open_paths: Sequence[str] = ()
    clock: Callable[[], float] = time.monotonic
    now: Callable[[], datetime] = _utc_now
    most_hz: float = 50.0


def guarded(app: App, access: Access) -> App:
    """Return the application behind its guard; it finds the `Caller` in scope['state']."""
    return Guard(app, access)


class Guard:
    """Looks at a request, from the cheap to the dear: host, origin, URL, key, rate, role, body."""

    def __init__(self, app: App, access: Access) -> None:
        self._app = app
        self._access = access
        sessions = Sessions(access.clock)
        self._doorkeeper = Doorkeeper(access.ring, sessions, access.now)
        self._routes = SessionRoutes(self._doorkeeper, sessions)
        self._roles = Roles(access.open_paths)
        self._rate = Rate(access.clock, access.most_hz)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope['type'] not in ('http', 'websocket'):
            return await self._app(scope, receive, send)
        request = Request(scope)
        reply = Reply(request, send, self._access.log, self._access.clock)
        try:
            caller = self._let_in(request)
            body = await whole_body(request, receive) if request.has_body else b''
            if request.path in SESSION_PATHS and not request.is_websocket:
                return await self._routes.answer(request, body, caller, reply.send)
        except OrchestratorError as error:
            return await self._refuse(request, scope, receive, reply, error)
        if request.has_body:
            receive = replayed(body, receive)
        if caller is not None and not request.is_stop:
            reply.ends_unless(partial(self._doorkeeper.counts_on, request))
        try:
            await self._app(_with(scope, caller), receive, reply.send)
        finally:
            reply.tell(500)  # unless it has answered
        return None

    def _let_in(self, request: Request) -> Caller | None:
        """Return who asks; None where nobody needs to be known."""
        host = self._access.hosts.check(request)
        check_origin(request, host)
        request.check_url()
        shown = self._doorkeeper.shown(request)
        request.caller_name = shown.key.name if shown.key else ''
        if not request.is_stop:
            name = request.caller_name
            self._rate.take(f"'{name}'" if name else network_of(request.address))
        return self._doorkeeper.admitted(request, shown, self._roles.needed(request))

    async def _refuse(
        self,
        request: Request,
        scope: Scope,
        receive: Receive,
        reply: Reply,
        error: OrchestratorError,
    ) -> None:
        if request.is_websocket:
            await receive()  # that it wants to connect
            code = CLOSE_CODES.get(type(error), FORBIDDEN)
            reason = str(error).encode()[:120].decode(errors='ignore')
            return await reply.send({'type': 'websocket.close', 'code': code, 'reason': reason})
        send = _closing(reply.send) if request.has_body else reply.send
        shown = {**scope, 'path': request.shown_path}
        return await self._access.answer(shown, receive, send, error)


def _with(scope: Scope, caller: Caller | None) -> Scope:
    return {**scope, 'state': {**scope.get('state', {}), 'caller': caller}}


def _closing(send: Send) -> Send:
    """Return a `send` that ends the connection: nobody reads the rest of the body."""

    async def send_and_close(message: Message) -> None:
        if message['type'] == 'http.response.start':
            message = with_more_headers(message, {'connection': 'close'})
        await send(message)

    return send_and_close
