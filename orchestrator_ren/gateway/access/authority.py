"""Host and port, as the headers Host and Origin have them. Source: RFC 9110 7.2, RFC 6454 7."""

from __future__ import annotations

import re
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

AUTHORITY = re.compile(r'(\[[0-9a-f:.]{2,45}\]|[a-z0-9_.-]{1,253})(?::(\d{1,5}))?', re.ASCII)
PORTS = {'http': 80, 'https': 443}


@dataclass(frozen=True)
class Authority:
    """Whom a URL means.

    Attributes:
        host: In lower case; an IPv6 address in its shortest form, without brackets.
        port: None where it is that of the scheme.
    """

    host: str
    port: int | None = None


@dataclass(frozen=True)
class Origin:
    """Where a page comes from.

    Attributes:
        scheme: http or https.
        authority: Host and port.
    """

    scheme: str
    authority: Authority

    def is_at(self, host: Authority) -> bool:
        """Whether it is what Host names; a port that is left out is that of the scheme."""
        default = PORTS[self.scheme]
        mine = self.authority
        return (mine.host, mine.port or default) == (host.host, host.port or default)


def authority_of(text: str) -> Authority | None:
    """Return what a text such as `robot:8000` or `[::1]` names; None if it names nothing."""
    found = AUTHORITY.fullmatch(text.lower())
    if found is None:
        return None
    host, port = found[1], int(found[2]) if found[2] else None
    if port is not None and not 0 < port < 65_536:
        return None
    if not host.startswith('['):
        return Authority(host, port)
    try:
        return Authority(str(IPv6Address(host[1:-1])), port)
    except ValueError:
        return None


def origin_of(text: str) -> Origin | None:
    """Return the origin that a text such as `http://robot:8000` names; None for `null`."""
    scheme, separator, rest = text.partition('://')
    authority = authority_of(rest)
    if not separator or scheme not in PORTS or authority is None:
        return None
    return Origin(scheme, authority)


def is_address(host: str) -> bool:
    """Whether it is an IP address, and no name."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True
