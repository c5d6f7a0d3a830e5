"""The executable `http_gateway`: its command line, and what is missing where it cannot run."""

from __future__ import annotations

import sys

from orchestrator_ren.errors import LibraryMissing
from orchestrator_ren.ros.loading import begin_loading

DESCRIPTION = 'HTTP, WebSocket and a page for people, on top of tickets.'


def main() -> int:
    """Run the gateway in a process of its own."""
    begin_loading()
    from orchestrator_ren.gateway.parameters import PARAMETERS
    from orchestrator_ren.ros.beginning import tell
    from orchestrator_ren.ros.program import Program

    try:
        from orchestrator_ren.gateway.node import HttpGateway
    except ModuleNotFoundError as error:
        if error.name not in ('fastapi', 'starlette', 'uvicorn'):
            raise
        command = 'sudo apt install python3-fastapi python3-uvicorn'
        tell(LibraryMissing(library=error.name, command=command))
        return 1
    return Program('http_gateway', DESCRIPTION, PARAMETERS).run(lambda: [HttpGateway()])


if __name__ == '__main__':
    sys.exit(main())
