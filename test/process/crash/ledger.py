"""What a client asked for and was told; what it finds later has to agree."""

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

FINAL = ('COMPLETED', 'FAILED', 'CANCELLED')

LOST = 'lost'
DUPLICATED = 'duplicated'
EXECUTED_TWICE = 'executed twice'
STUCK = 'stuck'
UNSAFE = 'unsafe'
KINDS = (LOST, DUPLICATED, EXECUTED_TWICE, STUCK, UNSAFE)

Finding = tuple[str, str]
"""What is wrong: one of `KINDS`, and a sentence."""


@dataclass
class Order:
    """One ticket wanted by the client.

    Attributes:
        request_id: Also in the metadata, so that lists of tickets show it.
        params: As the ticket will have them, defaults filled in.
        ticket_id: As acknowledged; empty = not yet.
        status: Of the ticket, as seen last.
        told_end: Status, attempt and error code the client was told as the end; None = not yet.
        is_settled: Its history was checked after its end.
    """

    request_id: str
    command: str
    params: dict[str, Any]
    priority: int
    ticket_id: str = ''
    status: str = ''
    told_end: tuple[str, int, int] | None = None
    is_settled: bool = False

    @property
    def request(self) -> dict[str, Any]:
        return {
            'command': self.command,
            'params': json.dumps(self.params),
            'priority': self.priority,
            'timeout_seconds': 30.0,
            'metadata': json.dumps({'order': self.request_id}),
            'request_id': self.request_id,
        }

    def is_met_by(self, ticket: Any) -> bool:
        """Whether the ticket has the content asked for."""
        return (
            ticket.id,
            ticket.command,
            json.loads(ticket.params),
            ticket.priority,
            ticket.timeout_seconds,
        ) == (self.ticket_id, self.command, self.params, self.priority, 30.0)


@dataclass
class Ledger:
    """All orders of a client, by their request ids."""

    orders: dict[str, Order] = field(default_factory=dict)

    def new_order(self, command: str, params: dict[str, Any], priority: int) -> Order:
        order = Order(f'order-{len(self.orders)}', command, params, priority)
        self.orders[order.request_id] = order
        return order

    def of_ticket(self, ticket_id: str) -> Order:
        return next(each for each in self.orders.values() if each.ticket_id == ticket_id)

    def unanswered(self) -> list[Order]:
        return [each for each in self.orders.values() if not each.ticket_id]

    def open(self, command: str = '') -> list[Order]:
        """Return the orders whose ticket is there and has not ended, oldest first."""
        return [
            each
            for each in self.orders.values()
            if command in ('', each.command) and each.ticket_id and each.status not in FINAL
        ]

    def note(self, ticket: Any) -> None:
        """Remember what the client was told of a ticket."""
        order = self.of_ticket(ticket.id)
        order.status = ticket.status
        if ticket.status in FINAL and order.told_end is None:
            order.told_end = _end_of(ticket)

    def compare(self, tickets: list[Any]) -> Iterator[Finding]:
        """Yield where all tickets of the store, none of them executing, differ from the orders."""
        by_id = {each.id: each for each in tickets}
        if len(by_id) != len(tickets):
            yield DUPLICATED, 'a ticket is listed twice'
        wanted = Counter(json.loads(each.metadata).get('order') for each in tickets)
        for request_id, count in wanted.items():
            if count > 1 or request_id not in self.orders:
                yield DUPLICATED, f'{count} tickets of the request {request_id!r}'
        for order in self.orders.values():
            ticket = by_id.get(order.ticket_id)
            if ticket is None:
                if order.ticket_id:
                    yield LOST, f'{order} was acknowledged, and is not there'
            elif not order.is_met_by(ticket):
                yield LOST, f'{order} has other content: {ticket}'
            elif order.told_end not in (None, _end_of(ticket)):
                yield LOST, f'{order} was told to have ended, but is {ticket}'
        for ticket in tickets:
            if ticket.status == 'EXECUTING':
                yield STUCK, f'{ticket} is executed by nobody'
            if ticket.attempt > 1:
                yield EXECUTED_TWICE, f'nobody asked twice: {ticket}'


def check_history(ticket: Any, events: Iterable[Any], streams: Iterable[str]) -> Iterator[Finding]:
    """Yield what is wrong with the history of a ticket, whose velocities came as `streams`."""
    events = list(events)
    if [each.step for each in events] != list(range(1, len(events) + 1)):
        yield LOST, f'events of {ticket.id} are missing'
    if events and events[-1].status != ticket.status:
        yield LOST, f'{ticket.id} is {ticket.status}, its last event tells {events[-1].status}'
    starts = Counter(each.attempt for each in events if each.status == 'EXECUTING')
    if any(count > 1 for count in starts.values()):
        yield EXECUTED_TWICE, f'{ticket.id} was started {starts}'
    yield from (
        (UNSAFE, f'{stream} moved the robot before its execution was on disk')
        for stream in streams
        if stream.startswith(f'{ticket.id}#') and int(stream.partition('#')[2]) not in starts
    )


def _end_of(ticket: Any) -> tuple[str, int, int]:
    return ticket.status, ticket.attempt, ticket.error_code
