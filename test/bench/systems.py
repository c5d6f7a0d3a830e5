"""The orchestrator with its gate, as the benches of the node start it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from processes import Bench
from rclpy.action import ActionClient

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.srv import CreateTicket, GetStatus

DRIVE = {'command': 'drive', 'params': '{speed: 0.1, duration_seconds: 600}'}


class System(NamedTuple):
    """Processes that belong together; the logs are those of orchestrator and gate."""

    bench: Bench
    namespace: str
    logs: tuple[Path, Path]


@contextmanager
def system(
    folder: Path, name: str, program: str = 'orchestrator', **parameters: str
) -> Iterator[System]:
    """Start orchestrator and gate in a namespace, and wait until they are ready."""
    with closing(Bench(folder)) as bench:
        url = store_url(folder, name)
        logs = (
            bench.start(name, program, gate='external', store_url=url, **parameters),
            bench.start(name, 'cmd_vel_gate'),
        )
        status = bench.node.create_client(GetStatus, f'/{name}/get_status')
        bench.spin_until(status.service_is_ready, 'get_status')
        bench.spin_until(lambda: _is_ready(bench, status), 'READY')
        bench.node.destroy_client(status)
        yield System(bench, name, logs)


def store_url(folder: Path, name: str) -> str:
    return f'sqlite:///{folder}/{name}.db'


def _is_ready(bench: Bench, status: Any) -> bool:
    return bench.answer(status.call_async(GetStatus.Request()), 'get_status').success


class Client:
    """Creates and executes tickets of an orchestrator, or of who is called like one."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        self._bench = bench
        self._create = bench.node.create_client(CreateTicket, f'/{namespace}/create_ticket')
        self._action = ActionClient(bench.node, ExecuteTicket, f'/{namespace}/execute_ticket')
        bench.spin_until(self._create.service_is_ready, 'create_ticket')
        bench.spin_until(self._action.server_is_ready, 'execute_ticket')

    def create(self, **request: Any) -> str:
        """Create a ticket and return its id."""
        creating = self._create.call_async(CreateTicket.Request(**request))
        response = self._bench.answer(creating, 'create_ticket')
        if not response.success:
            raise RuntimeError(f'create_ticket was refused: {response.message}')
        return response.ticket.id

    def send(self, ticket_id: str) -> Any:
        """Send the goal to execute a ticket, and return it."""
        sending = self._action.send_goal_async(ExecuteTicket.Goal(ticket_id=ticket_id))
        return self._bench.answer(sending, 'execute_ticket')

    def execute(self, ticket_id: str) -> None:
        """Execute a ticket to its end.

        Raises:
            RuntimeError: It did not succeed.
        """
        ending = self.send(ticket_id).get_result_async()
        result = self._bench.answer(ending, 'the result').result
        if not result.success:
            raise RuntimeError(f'an execution failed: {result.message}')

    def close(self) -> None:
        self._bench.node.destroy_client(self._create)
        self._action.destroy()
