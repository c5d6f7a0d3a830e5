"""A client that creates, executes and cancels tickets, and writes down what it is told."""

import random
from typing import Any

from orchestrator_ren.srv import CancelTicket, CreateTicket

from ...node.conftest import Base
from .crash_system import CrashSystem
from .ledger import FINAL, LOST, Finding, Ledger, Order
from .recorder import Recorder

FINISHED = 204
SHORT_S, LONG_S = 0.2, 5.0
"""How long drives take [s]."""


class BusyClient:
    """Every method raises KilledError when the orchestrator dies meanwhile.

    Attributes:
        ledger: What it asked for and was told.
        recorder: What it saw of the robot.
        findings: What it was told and must not be.
    """

    def __init__(self, system: CrashSystem, rng: random.Random) -> None:
        self.ledger = Ledger()
        self.recorder = Recorder(system.client)
        self.findings: list[Finding] = []
        self._system = system
        self._rng = rng
        self._base = Base(system.client)
        self._results: dict[str, Any] = {}

    def work(self) -> None:
        """Create tickets, let one drive, another wait, and perhaps stop or cancel them."""
        self._create_drive(SHORT_S)
        first, second = self._two_open_drives()
        stop = self._create('stop')
        self._execute_until_moving(first)
        self._execute(second)
        match self._rng.choice(['go on', 'cancel first', 'cancel second', 'stop']):
            case 'cancel first':
                self._cancel(first)
            case 'cancel second':
                self._cancel(second)
            case 'stop':
                self._execute(stop)
        self._await_results()

    def cancel_what_rolls_on(self) -> None:
        """Cancel a drive on a base that does not stop, until the orchestrator is dead."""
        order = self._create_drive(LONG_S)
        self._execute_until_moving(order)
        self._base.is_stuck_moving = True
        self._cancel(order)
        self._await_results()

    def mourn(self) -> None:
        """Write down what was told last; the rest will not be told any more."""
        self._base.is_stuck_moving = False
        self._note_results()
        self._results.clear()

    def send(self, order: Order) -> bool:
        """Send the create; return whether the ticket was made by it."""
        response = self._system.call(CreateTicket, 'create_ticket', **order.request)
        assert response.success, response.message
        order.ticket_id = response.ticket.id
        self.ledger.note(response.ticket)
        return response.created

    def execute_again(self, ticket_id: str) -> Any:
        """Execute a ticket that has ended, without force; return the result."""
        result = self._system.execute(ticket_id)
        self._system.pursue(result.done)
        return result.result().result

    def end_all(self) -> None:
        """Execute what is QUEUED, and cancel what was never executed."""
        for order in self.ledger.open():
            if order.status == 'PENDING':
                self._cancel(order)
            else:
                self._execute(order)
        self._await_results()

    def _create_drive(self, duration_s: float) -> Order:
        return self._create('drive', speed=0.1, direction=0.0, duration_seconds=duration_s)

    def _create(self, command: str, **params: Any) -> Order:
        order = self.ledger.new_order(command, params, priority=self._rng.randint(1, 4))
        assert self.send(order), f'{order} was there before'
        return order

    def _two_open_drives(self) -> tuple[Order, Order]:
        """Return the oldest ones: what a kill interrupted before it started comes first."""
        while len(found := self.ledger.open('drive')) < 2:
            self._create_drive(SHORT_S)
        return found[0], found[1]

    def _execute_until_moving(self, order: Order) -> None:
        moved_at_mono_s = self.recorder.moved_at_mono_s
        self._execute(order)
        result = self._results[order.ticket_id]
        self._system.pursue(
            lambda: result.done() or self.recorder.moved_at_mono_s > moved_at_mono_s
        )

    def _execute(self, order: Order) -> None:
        self._results[order.ticket_id] = self._system.execute(order.ticket_id)

    def _cancel(self, order: Order) -> None:
        response = self._system.call(CancelTicket, 'cancel_ticket', ticket_id=order.ticket_id)
        assert response.error_code in (0, FINISHED), response.message
        if response.success:
            self.ledger.note(response.ticket)

    def _await_results(self) -> None:
        self._system.pursue(lambda: all(each.done() for each in self._results.values()))
        self._note_results()

    def _note_results(self) -> None:
        for ticket_id, future in list(self._results.items()):
            if not future.done():
                continue
            del self._results[ticket_id]
            result = future.result().result
            if result.ticket.id != ticket_id or result.ticket.status not in FINAL:
                self.findings.append((LOST, f'{ticket_id} could not be executed: {result}'))
            else:
                self.ledger.note(result.ticket)
