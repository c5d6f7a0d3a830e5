"""A client that gives a fleet work, and writes down what it asked for and was told."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..process.crash.ledger import LOST, Finding, Ledger, Order
from .fleet_system import CAPABILITIES, FleetSystem

SHORT_S = 0.2
STORE_ERRORS = range(300, 320)
FINISHED = 204
ELSEWHERE = 214
MOST_WAIT_S = 2.0
PAGE = 1000
LOOK_S = 0.2

OWN = {'r1': 'camera', 'r2': 'fork', 'r3': 'arm'}
"""What only this robot has."""


@dataclass
class FleetOrder(Order):
    """One ticket wanted.

    Attributes:
        asked: The robot that is asked for it.
        robot: Whose it is to be: empty = of the one that is asked; `any`; or a name.
        capabilities: What the robot must have.
        times: When it may start, and must have ended.
    """

    asked: str = ''
    robot: str = ''
    capabilities: list[str] = field(default_factory=list)
    times: dict[str, Any] = field(default_factory=dict)

    @property
    def request(self) -> dict[str, Any]:
        more = {'robot': self.robot, 'capabilities': self.capabilities, 'queue': True}
        return {**super().request, **more, **self.times}

    def is_met_by(self, ticket: Any) -> bool:
        """Whether it has what was asked for, and is of a robot that may do it."""
        wanted = {self.robot or self.asked} if self.robot != 'any' else {'', *CAPABILITIES}
        has = set(CAPABILITIES.get(ticket.robot, '').split(','))
        is_able = not ticket.robot or set(self.capabilities) <= has
        return super().is_met_by(ticket) and ticket.robot in wanted and is_able


class FleetClient:
    """Asks any robot for work for any.

    Args:
        system: The robots.
        chance: Decides what is asked for.
        lister: The robot that is asked what there is.

    Attributes:
        ledger: What it asked for and was told.
        findings: What it was told and must not be.
        sent_again: How many orders went out more than once, and how many of these were there.
    """

    def __init__(self, system: FleetSystem, chance: random.Random, lister: str = 'r3') -> None:
        self.ledger = Ledger()
        self.findings: list[Finding] = []
        self.sent_again = self.found = 0
        self._system = system
        self._chance = chance
        self._lister = lister

    def work(self, *asked: str) -> None:
        """Give work of all kinds by the robots that may be asked."""
        one, other = (self._chance.choice(asked) for _ in range(2))
        self.order(one, 'any')
        self.order(other, 'any', [self._chance.choice(['lift', 'arm', 'camera'])])
        self.order(one, self._chance.choice(list(CAPABILITIES)))
        cancelled = self.order(other, self._chance.choice(['', 'any']))
        if self._chance.random() < 0.5:
            self.cancel(cancelled)

    def order(
        self,
        asked: str,
        robot: str = '',
        capabilities: list[str] | None = None,
        duration_s: float = SHORT_S,
        is_wanted: Callable[[], bool] = lambda: True,
        **times: Any,
    ) -> FleetOrder:
        """Ask for a drive; whether that was answered, while it was wanted, is in the ledger."""
        order = self._new_order(asked, robot, capabilities or [], duration_s)
        order.times = times
        self.send(order, is_wanted=is_wanted)
        return order

    def begin_order(self, asked: str) -> tuple[FleetOrder, Any]:
        """Ask for a drive once; return the future of the answer too, for `hear`."""
        order = self._new_order(asked, '', [], SHORT_S)
        return order, self._system.send(asked, 'create_ticket', **order.request)

    def _new_order(
        self, asked: str, robot: str, capabilities: list[str], duration_s: float
    ) -> FleetOrder:
        order = FleetOrder(
            f'order-{len(self.ledger.orders)}',
            'drive',
            {'speed': 0.1, 'direction': 0.0, 'duration_seconds': duration_s},
            self._chance.randint(1, 4),
            asked=asked,
            robot=robot,
            capabilities=capabilities,
        )
        self.ledger.orders[order.request_id] = order
        return order

    def send(
        self,
        order: FleetOrder,
        wait_s: float = MOST_WAIT_S,
        is_wanted: Callable[[], bool] = lambda: True,
    ) -> bool | None:
        """Return whether the ticket was made by it; None = nobody answered, or could."""
        response = self._system.ask(
            order.asked, 'create_ticket', wait_s, is_wanted, **order.request
        )
        return None if response is None else self.hear(order, response)

    def hear(self, order: FleetOrder, response: Any) -> bool | None:
        """Write down what was answered; return whether the ticket was made by it."""
        if not response.success:
            if response.error_code not in STORE_ERRORS:
                self.findings.append((LOST, f'{order} was refused: {response.message}'))
            return None
        order.ticket_id = response.ticket.id
        self.ledger.note(response.ticket)
        return bool(response.created)

    def send_unanswered(self) -> None:
        """Ask again for what was not answered."""
        for order in self.ledger.unanswered():
            is_made = self.send(order, 10.0)
            self.sent_again += 1
            self.found += is_made is False
            if is_made is None:
                self.findings.append((LOST, f'{order} is not answered though all is well'))

    def cancel(self, order: FleetOrder) -> None:
        """Ask for an end; whoever does something with it already may refuse that."""
        if not order.ticket_id:
            return
        response = self._system.ask(
            order.asked, 'cancel_ticket', MOST_WAIT_S, ticket_id=order.ticket_id
        )
        if response is None or response.error_code in STORE_ERRORS:
            return
        if response.error_code not in (0, FINISHED, ELSEWHERE):
            self.findings.append((LOST, f'{order} cannot be cancelled: {response.message}'))
        if response.success:
            self.ledger.note(response.ticket)

    def have_ended(self, orders: Sequence[FleetOrder]) -> bool:
        """Whether the end of each was announced."""
        robots = self._system.robots.values()
        return all(any(each.ticket_id in robot.ends for robot in robots) for each in orders)

    def await_all_ended(self) -> None:
        """Wait until the store has no ticket that has not ended."""
        active = {'statuses': ['PENDING', 'QUEUED', 'EXECUTING'], 'robot': '*'}

        def is_none_left() -> bool:
            page = self._system.ask(self._lister, 'list_tickets', **active)
            if page is not None and page.success and not page.tickets:
                return True
            self._system.spin_for(LOOK_S)
            return False

        self._system.spin_until(is_none_left)

    def tickets(self) -> list[Any]:
        """Return all tickets of the store."""
        found: list[Any] = []
        token = ''
        while not found or token:
            page = self._system.ask(
                self._lister, 'list_tickets', robot='*', limit=PAGE, page_token=token
            )
            assert page.success, page.message
            found += page.tickets
            token = page.next_page_token
        return found

    def history(self, ticket_id: str) -> list[Any]:
        response = self._system.ask(self._lister, 'get_history', ticket_id=ticket_id)
        assert response.success, response.message
        return list(response.events)
