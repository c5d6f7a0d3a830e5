"""The page's cookie: no script reads it, no other site sends it."""

from __future__ import annotations

from orchestrator_ren.gateway.access.request import Request

NAME = 'ren_session'


def session_id_of(request: Request) -> str:
    """Return the id in the request's cookie; empty if it has none."""
    name = _name(request)
    for header in request.values('cookie'):
        for pair in header.split(';'):
            key, _, value = pair.strip().partition('=')
            if key == name:
                return value
    return ''


def cookie_with(session_id: str, request: Request) -> str:
    """Return a Set-Cookie that keeps the id until the browser ends; empty: that forgets it.

    Secure where the page was loaded by TLS, which may end in a proxy before this process.
    """
    origins = request.values('origin')
    is_secure = request.is_secure or any(each.startswith('https://') for each in origins)
    parts = [f'{_name(request)}={session_id}', 'HttpOnly', 'SameSite=Strict', 'Path=/']
    if is_secure:
        parts.append('Secure')
    if not session_id:
        parts.append('Max-Age=0')
    return '; '.join(parts)


def _name(request: Request) -> str:
    """Return the cookie's name: a browser has one jar for all ports of a machine."""
    port = request.server[1]
    return f'{NAME}_{port}' if port else NAME
