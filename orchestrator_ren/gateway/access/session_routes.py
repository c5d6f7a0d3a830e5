"""`POST /login`, `POST /logout`, `GET /session`: how the page gets in, and who it is."""

from __future__ import annotations

import json
from typing import Any

from orchestrator_ren.errors import BodyUnreadable, KeyMissing, MethodWrong
from orchestrator_ren.gateway.access.asgi import Send, send_json
from orchestrator_ren.gateway.access.cookie import cookie_with, session_id_of
from orchestrator_ren.gateway.access.doorkeeper import NOBODY, Doorkeeper
from orchestrator_ren.gateway.access.request import Request
from orchestrator_ren.gateway.access.roles import LOGIN, LOGOUT, SESSION
from orchestrator_ren.gateway.access.sessions import Sessions
from orchestrator_ren.key import Caller

METHODS = {LOGIN: 'POST', LOGOUT: 'POST', SESSION: 'GET'}


class SessionRoutes:
    """Answers them.

    Args:
        doorkeeper: Knows keys.
        sessions: Begun and ended here.
    """

    def __init__(self, doorkeeper: Doorkeeper, sessions: Sessions) -> None:
        self._doorkeeper = doorkeeper
        self._sessions = sessions

    async def answer(
        self, request: Request, body: bytes, caller: Caller | None, send: Send
    ) -> None:
        """Answer.

        Args:
            request: To one of these addresses.
            body: All of it.
            caller: Who asks, if that is known.
            send: Takes the answer.

        Raises:
            MethodWrong: It takes another method.
            BodyUnreadable: There is no key in it.
            KeyMissing: Nobody has that key.
            KeyExpired: It has expired.
        """
        if request.method != METHODS[request.path]:
            allowed = METHODS[request.path]
            raise MethodWrong(path=request.path, method=request.method, allowed=allowed)
        headers: dict[str, str] = {}
        if request.path == LOGIN and self._doorkeeper.needs_keys:
            caller, headers = self._login(request, body)
        if request.path == LOGOUT:
            self._sessions.end(session_id_of(request))
            caller, headers = None, {'set-cookie': cookie_with('', request)}
        await send_json(send, self._told(caller), headers)

    def _login(self, request: Request, body: bytes) -> tuple[Caller, dict[str, str]]:
        shown = self._doorkeeper.of_text(_key_in(body))
        caller = self._doorkeeper.signed_in(shown)
        if shown.key is None or caller is None:
            fields = {'role': 'viewer', 'detail': shown.trouble}
            raise KeyMissing(method=request.method, path=request.path, **fields)
        self._sessions.end(session_id_of(request))
        request.caller_name = caller.name
        session_id = self._sessions.begin(shown.key.digest)
        return caller, {'set-cookie': cookie_with(session_id, request)}

    def _told(self, caller: Caller | None) -> dict[str, Any]:
        """Return who the page is; `needs_key` says that it must ask for one."""
        if caller is None and self._doorkeeper.needs_keys:
            return {'name': '', 'role': None, 'needs_key': True}
        caller = caller or NOBODY
        return {'name': caller.name, 'role': caller.role.name.lower(), 'needs_key': False}


def _key_in(body: bytes) -> str:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError) as error:
        raise BodyUnreadable(detail='it is no JSON') from error
    key = found.get('key') if isinstance(found, dict) else None
    if not isinstance(key, str):
        raise BodyUnreadable(detail='it has no key; send {"key": "ren_..."}')
    return key
