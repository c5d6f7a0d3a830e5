"""What one caller, or eight, asks of an orchestrator, of a bare node and of a web service."""

from __future__ import annotations

import time
from collections import deque
from typing import Any

from processes import Bench
from systems import Client

from orchestrator_ren.srv import CreateTicket, GetTicket, ListTickets

CALLERS = 8
DRY_RUN = {'command': 'drive', 'params': '{speed: 1.0, duration_seconds: 2}', 'dry_run': True}
PAGE = 100


class Service:
    """A ROS service that is called from here."""

    def __init__(self, bench: Bench, namespace: str, type_: Any, name: str) -> None:
        self.name = name
        self._bench = bench
        self._request = type_.Request
        self._client = bench.node.create_client(type_, f'/{namespace}/{name}')
        bench.spin_until(self._client.service_is_ready, name)

    def ask(self, **request: Any) -> Any:
        """Return the answer.

        Raises:
            RuntimeError: It is a refusal.
        """
        return self._checked(self.answered(**request))

    def answered(self, **request: Any) -> Any:
        """Return the answer, whatever it is."""
        calling = self._client.call_async(self._request(**request))
        return self._bench.answer(calling, self.name)

    def took_s(self, **request: Any) -> float:
        """Return how long an answer takes."""
        began_s = time.perf_counter()
        self.ask(**request)
        return time.perf_counter() - began_s

    def rate(self, count: int, **request: Any) -> float:
        """Return how many calls a second are answered while eight are open."""
        began_s = time.perf_counter()
        under_way: deque[Any] = deque()
        for _ in range(count):
            if len(under_way) >= CALLERS:
                self._checked(self._bench.answer(under_way.popleft(), self.name))
            under_way.append(self._client.call_async(self._request(**request)))
        for each in under_way:
            self._checked(self._bench.answer(each, self.name))
        return count / (time.perf_counter() - began_s)

    def close(self) -> None:
        self._bench.node.destroy_client(self._client)

    def _checked(self, response: Any) -> Any:
        if not response.success:
            raise RuntimeError(f'{self.name} was refused: {response.message}')
        return response


class RosCalls:
    """The calls of an orchestrator, or of the bare node; its clients are there when needed only.

    Each client there is makes all others slower, for rclpy looks through all of them.
    """

    def __init__(self, bench: Bench, namespace: str) -> None:
        self._bench = bench
        self._namespace = namespace
        self._open: Any = None
        self._ticket_id = ''

    def create_s(self) -> float:
        return self._service(CreateTicket, 'create_ticket').took_s(**DRY_RUN)

    def creates_per_s(self, count: int) -> float:
        return self._service(CreateTicket, 'create_ticket').rate(count, **DRY_RUN)

    def get_s(self) -> float:
        if not self._ticket_id:
            created = self._service(CreateTicket, 'create_ticket').ask(**DRY_RUN)
            self._ticket_id = created.ticket.id
        return self._service(GetTicket, 'get_ticket').took_s(ticket_id=self._ticket_id)

    def list_s(self) -> float:
        return self._service(ListTickets, 'list_tickets').took_s(limit=PAGE)

    def execute_s(self) -> float:
        """Return how long a dry run takes, which was created before."""
        if not isinstance(self._open, Client):
            self.close()
            self._open = Client(self._bench, self._namespace)
        ticket_id = self._open.create(**DRY_RUN)
        began_s = time.perf_counter()
        self._open.execute(ticket_id)
        return time.perf_counter() - began_s

    def close(self) -> None:
        if self._open is not None:
            self._open.close()
            self._open = None

    def _service(self, type_: Any, name: str) -> Service:
        if not isinstance(self._open, Service) or self._open.name != name:
            self.close()
            self._open = Service(self._bench, self._namespace, type_, name)
        return self._open
