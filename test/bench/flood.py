"""Floods one orchestrator: argument 1 says with what.

It begins a long drive first. `ready` is printed once all is prepared; each line of the standard
input then begins the flood once more, and `done` is printed when it is over. The program ends with
the standard input.
"""

from __future__ import annotations

import json
import sys
import time
from array import array
from collections.abc import Callable, Iterable
from functools import partial
from typing import Any

import rclpy
from builtin_interfaces.msg import Time
from nav_msgs.srv import GetMap
from rclpy.action import ActionClient
from rclpy.executors import SingleThreadedExecutor
from rclpy.task import Future

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.msg import Ticket
from orchestrator_ren.srv import (
    ChangeQueue,
    CreateTicket,
    GetQueue,
    GetStatus,
    GetTicket,
    ListTickets,
)

AT_ONCE = 8
"""Requests under way: a client of the middleware's default keeps 10 answers."""

GOALS = 1000
SCANS = 4000
PAGE_TICKETS = 900
PAGE_BYTES = 60_000
QUEUED = 5_000
MAPS = 3
MAP_CELLS = 2000 * 2000

DRIVE = '{speed: 0.1, duration_seconds: 1}'
LONG_DRIVE = '{speed: 0.5, duration_seconds: 900}'
CALM_S = 10.0


class Flood:
    """The client of one orchestrator."""

    def __init__(self) -> None:
        node = rclpy.create_node('flood')
        self._executor = SingleThreadedExecutor()
        self._executor.add_node(node)
        self._node = node
        self._clients: dict[str, Any] = {}
        self._action = ActionClient(node, ExecuteTicket, 'execute_ticket')
        self._ids: list[str] = []

    def wait(self, condition: Callable[[], bool]) -> None:
        while not condition():
            self._executor.spin_once(timeout_sec=0.1)

    def call(self, service: type, name: str, **fields: Any) -> Any:
        (answer,) = self.calls(service, name, [fields])
        return answer

    def calls(self, service: type, name: str, requests: Iterable[dict[str, Any]]) -> list[Any]:
        """Return the answers, a few requests being under way at a time."""
        if name not in self._clients:
            self._clients[name] = self._node.create_client(service, name)
            self.wait(self._clients[name].service_is_ready)
        client = self._clients[name]
        return self._in_turn(client.call_async(service.Request(**each)) for each in requests)

    def create(self, count: int, **fields: Any) -> list[str]:
        """Return the ids of new tickets.

        Raises:
            RuntimeError: One was refused.
        """
        answers = self.calls(CreateTicket, 'create_ticket', [fields] * count)
        if refused := [each.message for each in answers if not each.success]:
            raise RuntimeError(f'{len(refused)} of {count} refused: {refused[0]}')
        return [each.ticket.id for each in answers]

    def execute(self, ids: Iterable[str]) -> None:
        """Ask for the execution of tickets; nobody waits for their results."""
        self.wait(self._action.server_is_ready)
        self._in_turn(
            self._action.send_goal_async(ExecuteTicket.Goal(ticket_id=each)) for each in ids
        )

    def _in_turn(self, sent: Iterable[Future]) -> list[Any]:
        under_way: list[Future] = []
        answers = []
        for each in sent:
            under_way.append(each)
            if len(under_way) >= AT_ONCE:
                self.wait(under_way[0].done)
                answers.append(under_way.pop(0).result())
        for each in under_way:
            self.wait(each.done)
            answers.append(each.result())
        return answers

    def drive(self) -> None:
        """Begin a long drive, as soon as the robot can."""
        self.wait(lambda: self.call(GetStatus, 'get_status').success)
        self.execute(self.create(1, command='drive', params=LONG_DRIVE, timeout_seconds=1000.0))

    # Each kind of flood: what is prepared, and what is done then.

    def calm(self) -> None:
        """Nothing happens."""
        self._pass_time(CALM_S)

    def prepare_goals(self) -> None:
        """So many goals wait for the base."""
        self._ids = self.create(GOALS - 1, command='drive', params=DRIVE)

    def goals(self) -> None:
        self.execute(self._ids)
        self._pass_time(5.0)

    def prepare_paused_goals(self) -> None:
        """So many goals that no e-stop ends wait in a paused queue."""
        self.call(ChangeQueue, 'pause_queue')
        self.execute(self.create(GOALS, command='scan', params='{}'))

    def prepare_resume(self) -> None:
        """So many scans wait in a paused queue, which is resumed."""
        self.call(ChangeQueue, 'pause_queue')
        self.create(SCANS, command='scan', params='{}', priority=Ticket.LOW)

    def resume(self) -> None:
        self.call(ChangeQueue, 'resume_queue')
        self.wait(lambda: self.call(GetQueue, 'get_queue', limit=1).total == 0)

    def prepare_page(self) -> None:
        """A page of 54 MB is asked for."""
        metadata = json.dumps({'note': 'x' * PAGE_BYTES})
        self.create(PAGE_TICKETS, command='drive', params=DRIVE, metadata=metadata)

    def page(self) -> None:
        """All of it, page by page."""
        token, found = '', 0
        while True:
            page = self.call(ListTickets, 'list_tickets', limit=1000, page_token=token)
            found, token = found + len(page.tickets), page.next_page_token
            if not token:
                break
        if found < PAGE_TICKETS:
            raise RuntimeError(f'{found} tickets listed')

    def prepare_map(self) -> None:
        """A forwarded call is answered with a map that no ticket keeps."""
        cells = array('b', bytes(MAP_CELLS))

        def answer(_request: Any, response: Any) -> Any:
            response.map.data = cells
            return response

        self._node.create_service(GetMap, 'map', answer)
        self._ids = self.create(MAPS, command='map')

    def map(self) -> None:
        """One after the other."""
        for each in self._ids:
            self.execute([each])
            self.wait(partial(self._has_failed, each))

    def _has_failed(self, ticket_id: str) -> bool:
        return bool(self.call(GetTicket, 'get_ticket', ticket_id=ticket_id).ticket.error_code)

    def prepare_queue(self) -> None:
        """The longest page of a long queue is asked for again and again."""
        self.call(ChangeQueue, 'pause_queue')
        self.create(QUEUED, command='scan', params='{}', not_before=_tomorrow())

    def queue(self) -> None:
        self.calls(GetQueue, 'get_queue', [{'limit': 1000}] * 20)

    def _pass_time(self, duration_s: float) -> None:
        until_mono_s = time.monotonic() + duration_s
        self.wait(lambda: time.monotonic() > until_mono_s)


def _tomorrow() -> Any:
    return Time(sec=int(time.time()) + 86_400)


def main() -> None:
    kind = sys.argv[1]
    rclpy.init(args=sys.argv[2:])
    flood = Flood()
    if kind != 'paused_goals':
        flood.drive()
    getattr(flood, f'prepare_{kind}', lambda: None)()
    print('ready', flush=True)
    for _ in sys.stdin:
        getattr(flood, kind)()
        print('done', flush=True)


if __name__ == '__main__':
    main()
