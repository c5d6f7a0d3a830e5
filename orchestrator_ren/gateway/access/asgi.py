"""The words of ASGI. Source: asgi.readthedocs.io, HTTP & WebSocket message format 2.3."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]


def with_more_headers(message: Message, more: dict[str, str]) -> Message:
    """Return the begin of an answer with headers added; those it has stay as they are."""
    headers = list(message.get('headers', ()))
    there = {bytes(name).lower() for name, _ in headers}
    headers += [
        (name.encode('ascii'), value.encode('latin-1'))
        for name, value in more.items()
        if name.encode('ascii') not in there
    ]
    return {**message, 'headers': headers}


async def send_json(send: Send, value: Any, headers: dict[str, str] | None = None) -> None:
    """Answer 200 with a JSON value."""
    body = json.dumps(value).encode()
    more = {'content-type': 'application/json', 'content-length': str(len(body))}
    start: Message = {'type': 'http.response.start', 'status': 200}
    await send(with_more_headers(start, more | (headers or {})))
    await send({'type': 'http.response.body', 'body': body})
