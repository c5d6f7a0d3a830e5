"""Faults, one after the other, under a client that is busy; and what is found after each."""

import random
import time
from collections import Counter
from typing import Any

from orchestrator_ren.msg import OrchestratorStatus

from ..process.crash.ledger import DUPLICATED, EXECUTED_TWICE, KINDS, STUCK, Finding, check_history
from . import orchestrator_faults, server_faults
from .fleet_client import FleetClient
from .fleet_system import FleetSystem
from .orchestrator_faults import OrchestratorFaults
from .server_faults import ServerFaults
from .tally import Tally, shown

RESET_AGAIN_S = 0.3


class FleetRun:
    """A client, the faults it lived through, and what was found after them.

    Attributes:
        findings: What must not be.
        tallies: By kind of fault.
    """

    def __init__(self, system: FleetSystem, seed: int) -> None:
        self._system = system
        self._client = FleetClient(system, random.Random(seed))
        self._orchestrators = OrchestratorFaults(system, self._client)
        self._server = ServerFaults(system, self._client)
        self.findings: list[Finding] = []
        self._failed: Counter[int] = Counter()
        self.tallies = {
            kind: Tally() for kind in (*orchestrator_faults.KINDS, *server_faults.KINDS)
        }

    @property
    def takeover_s(self) -> list[float]:
        return [each for tally in self.tallies.values() for each in tally.takeover_s]

    @property
    def ticket_ids(self) -> list[str]:
        return [each.ticket_id for each in self._client.ledger.orders.values()]

    def bring_up(self) -> None:
        """Start the fleet."""
        self._orchestrators.bring_up()
        self._heal()

    def let_happen(self, kind: str, robot: str) -> None:
        """Let something happen amid work, heal what is left of it, and look what was lost."""
        tally = self.tallies[kind]
        tally.faults += 1
        self._orchestrators.replace_dead(tally)  # taken over since it was looked last
        is_of_server = kind in server_faults.KINDS
        if is_of_server:  # all are to drive at the same moment, whatever has paused one meanwhile
            self._client.await_all_ended()
            self._heal()
        part = self._server if is_of_server else self._orchestrators
        part.let_happen(kind, robot, tally)
        healing_at_mono_s = time.monotonic()
        self._orchestrators.replace_dead(tally)
        self._heal()
        tally.back_s.append(time.monotonic() - healing_at_mono_s)
        self._client.send_unanswered()
        self._client.await_all_ended()
        self._audit(f'{kind} {robot}')

    def summary(self) -> str:
        found = Counter(kind for kind, _ in self.findings)
        faults = sum(each.faults for each in self.tallies.values())
        counts = ', '.join(f'{found[kind]} {kind}' for kind in KINDS)
        client = self._client
        return '\n'.join(
            [
                *(f'{name:28} {tally}' for name, tally in self.tallies.items() if tally.faults),
                f'{faults} faults, {len(self.ticket_ids)} tickets: {counts};'
                f' sent again {client.sent_again}, of these found {client.found};'
                f' failed by code {dict(sorted((+self._failed).items()))};'
                f' takeover {shown(self.takeover_s)}',
            ]
        )

    # What follows a fault.

    def _heal(self) -> None:
        """Do what an operator does, until all robots go on."""
        for name in self._system.robots:
            self._heal_robot(name)

    def _heal_robot(self, name: str) -> None:
        seen, heard = self._system.robots[name], len(self._system.robots[name].statuses)
        asked_at_mono_s = 0.0
        seen.press(False)

        def goes_on() -> bool:
            nonlocal asked_at_mono_s
            is_due = time.monotonic() - asked_at_mono_s > RESET_AGAIN_S
            status = seen.status
            if is_due and status.state == OrchestratorStatus.STOPPED:
                asked_at_mono_s = time.monotonic()
                self._system.send(name, 'reset_e_stop')
            elif is_due and status.state == OrchestratorStatus.READY and status.pause_reason:
                asked_at_mono_s = time.monotonic()
                seen.end_quiet()
                self._system.send(name, 'resume_queue')
            is_well = status.state == OrchestratorStatus.READY and not status.pause_reason
            return len(seen.statuses) > heard and is_well

        self._system.spin_until(goes_on)
        seen.end_quiet()

    def _audit(self, after: str) -> None:
        """Compare what is there with what was asked for, told and seen."""
        robots = self._system.robots.values()
        tickets = self._client.tickets()
        found = list(self._client.ledger.compare(tickets))
        for seen in robots:
            found += seen.findings()
        for ticket in tickets:
            found += self._check(ticket)
        for part in (self._orchestrators, self._server, self._client):
            found += part.findings
            part.findings.clear()
        self.findings += found
        assert not found, f'after {after}: {found}'

    def _check(self, ticket: Any) -> list[Finding]:
        """Return what is wrong with a ticket that was not looked at since its end."""
        order = self._client.ledger.of_ticket(ticket.id)
        if order.is_settled:
            return []
        robots = self._system.robots.values()
        streams = [each for seen in robots for each in seen.terms_of_stream]
        events = self._client.history(ticket.id)
        found = list(check_history(ticket, events, streams))
        ends = [
            each
            for each in events
            if each.type.startswith('execution_') and each.status != 'EXECUTING'
        ]
        if len(ends) != 1:
            found.append((STUCK, f'{ticket.id} ended {len(ends)} times'))
        movers = {
            (seen.name, term)
            for seen in robots
            for stream, terms in seen.terms_of_stream.items()
            for term in terms
            if stream.startswith(f'{ticket.id}#')
        }
        if len(movers) > 1 or {name for name, _ in movers} - {ticket.robot}:
            found.append((EXECUTED_TWICE, f'{ticket.id} of {ticket.robot} was moved by {movers}'))
        told = {end for seen in robots for end in seen.ends.get(ticket.id, ())}
        if told - {(ticket.status, ticket.attempt, ticket.error_code)}:
            found.append((DUPLICATED, f'{ticket.id} was told to have ended as {told}: {ticket}'))
        self._client.ledger.note(ticket)
        self._failed[ticket.error_code] += bool(ticket.error_code)
        order.is_settled = order.told_end is not None
        return found
