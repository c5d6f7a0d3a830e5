"""For tests with the processes of a fleet; those of its store need no ROS."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def fleet(context: Any, domain_id: int, namespace: str, tmp_path: Path) -> Iterator[Any]:
    """A server, a network before it, and nothing that runs yet: a `FleetSystem`."""
    from ..postgres.proxy import proxy
    from ..postgres.server import started_server
    from .fleet_system import PASSWORD, USER, FleetSystem

    with started_server() as server, proxy(server.port) as network:
        server.make_user(USER, PASSWORD)
        made = FleetSystem(context, domain_id, namespace, tmp_path, server, network)
        yield made
        made.close()
