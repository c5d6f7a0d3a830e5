"""ROS domains that nobody else on this machine is in."""

import os
import socket
from pathlib import Path

LAST = 101
"""Above, the ports of a domain overlap those that Linux hands out to anyone."""

_claims: list[socket.socket] = []


def claim_domain() -> int:
    """Return a domain that is this process's own for as long as it lives.

    A name of a socket marks it: it goes with the process, however that ends, and it holds for
    the same network namespace as the ports of the middleware. So no two workers have one domain,
    nor do two runs of the tests; and who does not know of the mark is seen by their ports.
    """
    for step in range(LAST):
        domain_id = 1 + (os.getpid() + step) % LAST
        claim = socket.socket(socket.AF_UNIX)
        try:
            claim.bind(f'\0orchestrator_ren_tests_{domain_id}')
        except OSError:
            claim.close()
            continue
        if _is_in_use(domain_id):
            claim.close()
            continue
        _claims.append(claim)
        return domain_id
    raise RuntimeError(f'all ROS domains up to {LAST} are in use on this machine')


def _is_in_use(domain_id: int) -> bool:
    """Whether a participant listens for others in the domain."""
    port = f':{7400 + 250 * domain_id:04X}'
    lines = [line for name in ('udp', 'udp6') for line in _lines(Path('/proc/net', name))]
    return any(line.split()[1].endswith(port) for line in lines[1:] if line.strip())


def _lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []
