"""The names by which the gateway may be asked.

A page of a stranger can have its own name lead to a robot's localhost (DNS rebinding), and is
then of the same origin as the robot: the name in Host is what gives it away.
"""

from __future__ import annotations

from collections.abc import Iterable

from orchestrator_ren.errors import ConfigurationError, HostUnknown
from orchestrator_ren.gateway.access.authority import Authority, authority_of, is_address
from orchestrator_ren.gateway.access.request import Request

LOCAL = ('127.0.0.1', 'localhost', '::1')
ANY = ('', '0.0.0.0', '::')
"""Addresses to listen on that mean all of the machine: nobody is asked by them."""

LONGEST = 100
"""Characters of a wrong host that are shown."""


class Hosts:
    """The allowed ones.

    Besides those given: the local ones, and the IP address at which a request came in, which no
    name of a stranger can be.

    Args:
        bind_host: Where the gateway listens.
        allowed: More names; a port in them does not count.

    Raises:
        ConfigurationError: One of them is no name of a host.
    """

    def __init__(self, bind_host: str, allowed: Iterable[str] = ()) -> None:
        bound = () if bind_host in ANY else (bind_host,)
        self._hosts = {*LOCAL, *(_host(each) for each in (*bound, *allowed))}

    def check(self, request: Request) -> Authority:
        """Return whom the request means.

        Raises:
            HostUnknown: Not us; or it says so not at all, or twice.
        """
        named = request.values('host')
        found = authority_of(named[0].strip()) if len(named) == 1 else None
        if found is None or not (found.host in self._hosts or _is_ours(found.host, request)):
            told = ', '.join(named)[:LONGEST] or 'missing'
            raise HostUnknown(host=told, allowed=', '.join(sorted(self._hosts)))
        return found


def _is_ours(host: str, request: Request) -> bool:
    return is_address(host) and host == request.server[0]


def _host(text: str) -> str:
    """Return the host of an entry, which may be an IPv6 address without brackets."""
    word = text.strip()
    found = authority_of(f'[{word}]' if word.count(':') > 1 and '[' not in word else word)
    if found is None:
        limit = 'names of hosts such as robot1.local, with commas between them'
        raise ConfigurationError(field='allowed_hosts', value=repr(text), limit=limit)
    return found.host
