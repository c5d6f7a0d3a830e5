"""What happens, as it happens: a WebSocket, and server-sent events, from one source."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator

from fastapi import APIRouter, Request, WebSocket
from starlette.responses import Response, StreamingResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocketDisconnect, WebSocketState

from orchestrator_ren.errors import TooManyListeners
from orchestrator_ren.gateway.asked import TheRobot
from orchestrator_ren.gateway.feed import Feed
from orchestrator_ren.gateway.follower import Follower

TICK_S = 10.0
"""Longest silence [s]: who hears nothing for longer has lost the gateway."""

SEND_S = 10.0
"""How long a client may take to take something [s]."""

GOING_AWAY, UNSUPPORTED, TRY_AGAIN = 1001, 1003, 1013
"""Codes of RFC 6455."""

router = APIRouter(tags=['live'])


class Seats:
    """How many may follow at once.

    Args:
        most: So many.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._taken = 0

    @contextlib.contextmanager
    def taken(self) -> Iterator[None]:
        """Take one.

        Raises:
            TooManyListeners: There is none left.
        """
        if self._taken >= self._most:
            raise TooManyListeners(limit=self._most)
        self._taken += 1
        try:
            yield
        finally:
            self._taken -= 1


@router.websocket('/live')
async def live(socket: WebSocket, robot: TheRobot) -> None:
    """Tell what is so now, then what changes. What the client says is not listened to."""
    seats: Seats = socket.app.state.seats
    try:
        with seats.taken():
            await socket.accept()
            await _live(socket, robot.feed)
    except TooManyListeners as error:
        await socket.accept()
        await socket.close(TRY_AGAIN, str(error))


async def _live(socket: WebSocket, feed: Feed) -> None:
    async with feed.followed() as follower:
        telling = asyncio.create_task(_tell(socket, follower))
        listening = asyncio.create_task(_listen(socket))
        done, left = await asyncio.wait({telling, listening}, return_when=asyncio.FIRST_COMPLETED)
        for each in left:
            each.cancel()
        await asyncio.gather(*left, return_exceptions=True)
        codes = [each.result() for each in done if each.exception() is None]
    if socket.application_state is WebSocketState.CONNECTED:
        with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it has gone meanwhile
            await socket.close(codes[0] if codes and codes[0] else GOING_AWAY)


async def _tell(socket: WebSocket, follower: Follower) -> int:
    """Tell until the client is gone, or too slow; return why it is closed."""
    while not follower.is_closed:
        for text in await follower.texts(TICK_S):
            async with asyncio.timeout(SEND_S):
                await socket.send_text(text)
        if follower.is_too_slow:
            return TRY_AGAIN
    return GOING_AWAY


async def _listen(socket: WebSocket) -> int:
    """Return why it is closed once the client has gone, or says what nobody can read."""
    while True:
        message = await socket.receive()
        if message['type'] == 'websocket.disconnect':
            return 0
        if message.get('text') is None:
            return UNSUPPORTED


@router.get('/events', responses={200: {'content': {'text/event-stream': {}}}})
async def events(request: Request, robot: TheRobot) -> Response:
    """Tell what is so now, then what changes, as server-sent events."""
    return _Events(request.app.state.seats, robot.feed)


class _Events(StreamingResponse):
    """Has a seat as long as it goes on, also where its client goes before the first word."""

    def __init__(self, seats: Seats, feed: Feed) -> None:
        headers = {'X-Accel-Buffering': 'no'}  # nginx would keep it until there is more
        super().__init__(_stream(feed), media_type='text/event-stream', headers=headers)
        self._seats = seats

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer.

        Raises:
            TooManyListeners: There is no seat left.
        """
        with self._seats.taken():
            await super().__call__(scope, receive, send)


async def _stream(feed: Feed) -> AsyncIterator[str]:
    async with feed.followed() as follower:
        while not (follower.is_closed or follower.is_too_slow):
            for text in await follower.texts(TICK_S):
                yield f'data: {text}\n\n'
