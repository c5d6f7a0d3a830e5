"""The web application with a robot that answers at once, asked without a network."""

import asyncio
import json
from dataclasses import dataclass, replace
from datetime import datetime, timezone
from typing import Any

import pytest

pytest.importorskip('fastapi')

from orchestrator_ren.client import answers
from orchestrator_ren.client.answers import (
    CommandInfo,
    EStop,
    EventPage,
    Fleet,
    Metric,
    QueueEntry,
    RobotStatus,
    TicketPage,
)
from orchestrator_ren.errors import NotAnswered, RobotUnknown, TicketNotFound
from orchestrator_ren.gateway.app import make_app
from orchestrator_ren.gateway.robots import Robot
from orchestrator_ren.telemetry.gateway_page import GatewayPage
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

AT = datetime(2026, 11, 27, 9, 0, tzinfo=timezone.utc)
TICKET = Ticket('tick-20261127-0000000a', 'drive', {'speed': 1.5}, AT, AT)
EVENT = Event(AT, EventType.TICKET_CREATED, Actor.CLIENT, TICKET.id, 'drive', number=1)
FLEET = Fleet(
    (
        answers.Robot('robot1', True, 'tower', 3, 7.5, AT, None, ('lift',)),
        answers.Robot('robot2', False, 'shed', 5, 0.0, AT, AT, (), (TICKET.id,), 2),
    ),
    4,
)
STATUS = RobotStatus(AT, 'READY', version='1.2.3', counts={Status.PENDING: 1})


class FakeClient:
    """Answers as a robot does; keeps what it was asked.

    Attributes:
        asked: Name and arguments of each call.
        error: Raised by each call; None = none.
        store_hangs: What only the store knows is not answered in time.
        seen: What the watch yields.
    """

    def __init__(self) -> None:
        self.asked: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.error: BaseException | None = None
        self.ticket = TICKET
        self.is_earlier = False
        self.store_hangs = False
        self.seen: asyncio.Queue[Any] | None = None

    def _note(self, name: str, *args: Any, **kwargs: Any) -> None:
        self.asked.append((name, args, kwargs))
        if self.error is not None:
            raise self.error

    async def create(self, *args: Any, on_earlier: Any, **kwargs: Any) -> Ticket:
        self._note('create', *args, **kwargs)
        if self.is_earlier:
            on_earlier()
        return self.ticket

    async def get(self, ticket_id: str) -> Ticket:
        self._note('get', ticket_id)
        if ticket_id != self.ticket.id:
            raise TicketNotFound(ticket_id=ticket_id)
        return self.ticket

    async def queue(self, ticket_id: str, **kwargs: Any) -> Ticket:
        self._note('queue', ticket_id, **kwargs)
        return replace(self.ticket, status=Status.QUEUED)

    async def cancel(self, *args: Any, **kwargs: Any) -> Ticket:
        self._note('cancel', *args, **kwargs)
        return replace(self.ticket, status=Status.CANCELLED)

    async def history(self, ticket_id: str) -> list[Event]:
        self._note('history', ticket_id)
        return [EVENT]

    async def find_page(self, **kwargs: Any) -> TicketPage:
        self._note('find_page', **kwargs)
        return TicketPage((self.ticket,), 7, True, 'next+page')

    async def last_number(self) -> int:
        self._note('last_number')
        return 40

    async def events_page(self, after: int, limit: int) -> EventPage:
        self._note('events_page', after, limit)
        return EventPage((EVENT,), 40)

    async def status(self, **_: Any) -> RobotStatus:
        self._note('status')
        return STATUS

    async def robots(self, *, timeout_s: float) -> Fleet:
        self._note('robots')
        if self.store_hangs:
            await asyncio.sleep(timeout_s)
            raise NotAnswered(name='list_robots', waited_s=timeout_s, detail='hangs')
        return FLEET

    async def declare_stopped(self, robot: str, requested_by: str) -> list[str]:
        self._note('declare_stopped', robot, requested_by)
        return [TICKET.id]

    async def metrics(self, **_: Any) -> dict[str, Metric]:
        self._note('metrics')
        return {
            'tickets.created': Metric('tickets.created', 'counter', 3.0),
            'execution.latency_ms': Metric(
                'execution.latency_ms', 'histogram', 9.0, 2, (1.0, float('inf')), (1, 1)
            ),
        }

    async def commands(self, name: str) -> list[CommandInfo]:
        self._note('commands', name)
        return [CommandInfo('drive', params_schema={'type': 'object'})]

    async def queue_entries(self, **kwargs: Any) -> list[QueueEntry]:
        self._note('queue_entries', **kwargs)
        return [QueueEntry(1, TICKET.id, 'drive', Priority.HIGH, 'why', AT, None, None, None)]

    async def stop(self) -> str:
        self._note('stop')
        return 'zero sent'

    async def press(self) -> EStop:
        self._note('press')
        return EStop('STOPPED', 'e_stop topic', True)

    async def reset(self, *, release: bool | None) -> EStop:
        self._note('reset', release=release)
        return EStop('FREE')

    async def e_stop_state(self) -> EStop:
        self._note('e_stop_state')
        return EStop('FREE')

    async def pause(self, **kwargs: Any) -> str:
        self._note('pause', **kwargs)
        return 'paused'

    async def resume(self, **kwargs: Any) -> str:
        self._note('resume', **kwargs)
        return 'goes on'

    async def watch(self, period_s: float, *, recent: int) -> Any:
        self._note('watch', period_s, recent=recent)
        self.seen = asyncio.Queue()
        while True:
            yield await self.seen.get()

    async def close(self) -> None:
        pass


class FakeRobots:
    """One robot, the default one, which is `robot1`."""

    def __init__(self) -> None:
        self.client = FakeClient()
        self.log: list[str] = []
        self.robot = Robot('robot1', self.client, self.log.append)

    async def namespaces(self) -> list[str]:
        return ['robot1']

    async def named(self, namespace: str) -> Robot:
        if namespace != 'robot1':
            raise RobotUnknown(robot=repr(namespace), known="'robot1'")
        return self.robot

    async def default(self) -> Robot:
        return self.robot


@dataclass
class Answer:
    """What came back."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


class Web:
    """Asks the application."""

    def __init__(self) -> None:
        self.robots = FakeRobots()
        self.client = self.robots.client
        self.log: list[str] = []
        self.app = make_app(self.robots, '1.2.3', 2, GatewayPage(), self.log.append)

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        return asyncio.run(self.asked(method, path, body, **more))

    async def asked(
        self,
        method: str,
        path: str,
        body: Any = None,
        more: Any = (),
        caller: Any = None,
        **headers: str,
    ) -> Answer:
        content = body if isinstance(body, bytes) else b''
        if body is not None and not isinstance(body, bytes):
            content = json.dumps(body).encode()
        path, _, query = path.partition('?')
        named = {'host': '127.0.0.1:8000', 'content-type': 'application/json', **headers}
        scope = {
            'type': 'http', 'asgi': {'version': '3.0'}, 'http_version': '1.1', 'method': method,
            'scheme': 'http', 'path': path, 'raw_path': path.encode(), 'root_path': '',
            'query_string': query.encode(), 'server': ('127.0.0.1', 8000),
            'client': ('127.0.0.1', 50000), 'state': {'caller': caller},
            'headers': [
                (name.replace('_', '-').encode(), value.encode()) for name, value in named.items()
            ]
            + list(more),
        }  # fmt: skip
        sent: list[dict[str, Any]] = []
        requests = [{'type': 'http.request', 'body': content, 'more_body': False}]

        async def receive() -> dict[str, Any]:
            return requests.pop() if requests else await asyncio.Future()

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        try:
            await self.app(scope, receive, send)
        except Exception:
            if not sent:  # Starlette raises on what it has answered with 500
                raise
        start = sent[0]
        return Answer(
            start['status'],
            {name.decode(): value.decode() for name, value in start['headers']},
            b''.join(each.get('body', b'') for each in sent[1:]),
        )


@pytest.fixture
def web() -> Web:
    return Web()
