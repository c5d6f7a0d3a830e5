"""Where the gateway may listen."""

from __future__ import annotations

from ipaddress import ip_address

from orchestrator_ren.errors import AddressUnusable


def check_bind(host: str, port: int, has_keys: bool) -> None:
    """Let it listen where only this machine reaches it, and elsewhere with keys.

    Args:
        host: Name or address to listen on.
        port: TCP port, for the error.
        has_keys: Whether a file of keys is given.

    Raises:
        AddressUnusable: Anybody in the network could move the robot.
    """
    if not has_keys and not is_local(host):
        detail = (
            'others reach it there, and no keys are asked for; make one (ren key add NAME) and set'
            ' keys_file, or listen on 127.0.0.1'
        )
        raise AddressUnusable(host=host or 'all addresses', port=port, detail=detail)


def is_local(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return ip_address(host.strip('[]')).is_loopback
    except ValueError:
        return host.lower() == 'localhost'
