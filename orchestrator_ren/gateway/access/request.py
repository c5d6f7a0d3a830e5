"""What of a request decides whether it is let in."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from orchestrator_ren.errors import GatewayError
from orchestrator_ren.gateway.access.asgi import Scope
from orchestrator_ren.key import PREFIX

READS = frozenset({'GET', 'HEAD', 'OPTIONS'})
"""Methods that change nothing."""

STOPS = re.compile(r'(?:/robots(?:/\w*)+)?/(?:stop|e-stop)', re.ASCII)
"""Addresses that stop a robot; a namespace may have several parts."""

SECRET = re.compile(rf'{PREFIX}[A-Za-z0-9_-]{{40,}}', re.ASCII)
"""A key, or nearly all of one."""

LONGEST = 200
"""Characters of a path in a log line."""


class Request:
    """An HTTP request, or the begin of a WebSocket.

    Args:
        scope: Of ASGI.

    Attributes:
        is_websocket: Whether it is to become one.
        method: Of HTTP; GET for a WebSocket.
        path: Decoded, without the query.
        is_secure: Whether it came by TLS to this process.
        address: Of who asks; empty where it is not known.
        caller_name: Whose key it has, once that is known.
    """

    def __init__(self, scope: Scope) -> None:
        self.is_websocket = scope['type'] == 'websocket'
        self.method = 'GET' if self.is_websocket else str(scope['method'])
        self.path = str(scope['path'])
        self.is_secure = scope.get('scheme') in ('https', 'wss')
        self.address = str((scope.get('client') or ('',))[0])
        self.server: tuple[str, int | None] = tuple(scope.get('server') or ('', None))
        self.caller_name = ''
        self._headers = scope['headers']
        raw = scope.get('raw_path') or self.path.encode('utf-8', 'replace')
        self._url = b'%b?%b' % (raw, scope.get('query_string') or b'')

    @property
    def is_write(self) -> bool:
        """Whether it may change something."""
        return self.method not in READS

    @property
    def is_stop(self) -> bool:
        """Whether it stops a robot: nothing but the lack of a key keeps that back."""
        return self.method == 'POST' and STOPS.fullmatch(self.path) is not None

    @property
    def has_body(self) -> bool:
        """Whether something follows its headers."""
        lengths = self.values('content-length')
        return bool(self.values('transfer-encoding')) or any(each != '0' for each in lengths)

    @property
    def shown_path(self) -> str:
        """The path for logs: in one line, not too long, and without a key."""
        return quote(SECRET.sub(f'{PREFIX}...', self.path), safe="/:@!$&'()*+,;=~")[:LONGEST]

    def values(self, name: str) -> list[str]:
        """Return all values of a header."""
        wanted = name.encode('ascii')
        return [bytes(value).decode('latin-1') for key, value in self._headers if key == wanted]

    def value(self, name: str) -> str | None:
        """Return the value of a header that is to be there once; None if it is not there.

        Raises:
            GatewayError: It is there more than once.
        """
        found = self.values(name)
        if len(found) > 1:
            raise GatewayError(detail=f'the header {name} is there {len(found)} times')
        return found[0].strip() if found else None

    def check_url(self) -> None:
        """Let it pass, unless a key is in its URL.

        Raises:
            GatewayError: One is: whoever reads a log or a history has it.
        """
        if SECRET.search(unquote(self._url.decode('latin-1'))):
            detail = (
                'a key is in the URL, where logs and histories keep it; replace that key (ren key'
                ' remove, ren key add), and send the new one as Authorization: Bearer KEY'
            )
            raise GatewayError(detail=detail)
