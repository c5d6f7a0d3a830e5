"""The body of a request: JSON, not too large, and there in time, before anybody works on it."""

from __future__ import annotations

import asyncio

from orchestrator_ren.errors import BodyTooLarge, BodyUnreadable, MediaTypeWrong
from orchestrator_ren.gateway.access.asgi import Message, Receive
from orchestrator_ren.gateway.access.request import Request

MOST_BYTES = 256 * 1024
"""Of a body."""

MOST_DROPPED_BYTES = 1024 * 1024
"""How much of a body that is too large is taken in, so that the sender hears the answer."""

DEADLINE_S = 10.0
"""In which all of it must have come [s]."""

JSON = 'application/json'
LONGEST = 100
"""Characters of a wrong type that are shown."""


async def whole_body(request: Request, receive: Receive) -> bytes:
    """Return the body, as soon as all of it is there.

    Not left to the application: FastAPI takes what `receive` raises for broken JSON.

    Raises:
        MediaTypeWrong: It is not said to be JSON.
        BodyTooLarge: It is.
        BodyUnreadable: It did not come in time, or the sender went away.
    """
    given = request.value('content-type') or ''
    if given.partition(';')[0].strip().lower() != JSON:
        raise MediaTypeWrong(given=given[:LONGEST])
    try:
        async with asyncio.timeout(DEADLINE_S):
            return await _read(receive)
    except TimeoutError as error:
        raise BodyUnreadable(detail=f'it was not there after {DEADLINE_S:g} s') from error


def replayed(body: bytes, receive: Receive) -> Receive:
    """Return a `receive` that has the body first, and then what comes."""
    left = [body]

    async def receive_again() -> Message:
        if left:
            return {'type': 'http.request', 'body': left.pop(), 'more_body': False}
        return await receive()

    return receive_again


async def _read(receive: Receive) -> bytes:
    chunks, count, is_more = [], 0, True
    while is_more and count <= MOST_DROPPED_BYTES:
        message = await receive()
        if message['type'] != 'http.request':
            raise BodyUnreadable(detail='the sender went away')
        chunk = message.get('body', b'')
        count += len(chunk)
        if count <= MOST_BYTES:
            chunks.append(chunk)
        is_more = message.get('more_body', False)
    if count > MOST_BYTES:
        raise BodyTooLarge(limit=MOST_BYTES)
    return b''.join(chunks)
