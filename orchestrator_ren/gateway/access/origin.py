"""Only the gateway's own page may write; whoever is no page says no Origin."""

from __future__ import annotations

from orchestrator_ren.errors import OriginRefused
from orchestrator_ren.gateway.access.authority import Authority, origin_of
from orchestrator_ren.gateway.access.request import Request

OWN_SITE = (None, 'same-origin', 'none')
"""What a browser says in Sec-Fetch-Site of our page, and of what people type."""

LONGEST = 100
"""Characters of a wrong origin that are shown."""


def check_origin(request: Request, host: Authority) -> None:
    """Let a write or a WebSocket pass that no other page has sent.

    What a proxy says of its client is not believed: the page's scheme may be https where this
    process is asked by http, for TLS may end before it.

    Args:
        request: Any; one that only reads passes, as a page of others cannot see the answer.
        host: Whom it means.

    Raises:
        OriginRefused: Another page has sent it.
    """
    if not (request.is_write or request.is_websocket):
        return
    named, site = request.values('origin'), request.values('sec-fetch-site')
    shown_host = f'{host.host}:{host.port}' if host.port else host.host
    if len(site) > 1 or (site and site[0].strip() not in OWN_SITE):
        told = ', '.join([*named, f'Sec-Fetch-Site: {site[0]}'])[:LONGEST]
        raise OriginRefused(origin=told, host=shown_host)
    if not named:
        return
    origin = origin_of(named[0].strip()) if len(named) == 1 else None
    is_ours = origin is not None and origin.is_at(host)
    if not is_ours or (request.is_secure and origin is not None and origin.scheme != 'https'):
        raise OriginRefused(origin=', '.join(named)[:LONGEST], host=shown_host)
