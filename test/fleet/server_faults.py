"""The server of a fleet is away while all robots drive: what was begun goes on, and stops stop."""

import time
from collections.abc import Callable
from itertools import cycle

from ..process.crash.ledger import LOST, UNSAFE, Finding
from .fleet_client import OWN, FleetClient, FleetOrder
from .fleet_system import FleetSystem
from .robot_seen import STOPPED_WITHIN_S
from .tally import Tally

AWAY_S = {
    'stopped': 1.0,
    'server killed': 1.0,
    'server frozen': 6.0,
    'cut off': 1.0,
    'swallowed': 8.0,
}
"""How long it is away, by what happens [s]."""

KINDS = tuple(AWAY_S)

DRIVE_S, MARGIN_S = 3.0, 0.3
"""How long each robot drives meanwhile, and what is left of that at least [s]."""

ANSWER_S = 7.0
"""Within that each request is answered (docs/store.md) [s]."""


class ServerFaults:
    """Lets them happen; the server is there again afterwards.

    Attributes:
        findings: What was seen meanwhile and must not be.
    """

    def __init__(self, system: FleetSystem, client: FleetClient) -> None:
        self.findings: list[Finding] = []
        self._system = system
        self._client = client
        self._stops = cycle(['stop', 'e-stop'])

    def let_happen(self, kind: str, first: str, tally: Tally) -> None:
        """Of three idle robots the first one drives on, one is cancelled, and one is stopped."""
        system = self._system
        begin, end = self._trouble(kind)
        goes_on, cancelled, stopped = sorted(OWN, key=lambda each: (each < first, each))
        before_s = system.robots[goes_on].drove_s
        orders = {each: self._client.order(each, duration_s=DRIVE_S) for each in OWN}
        system.spin_until(lambda: all(map(self._is_under_way, orders.values())))
        self._client.work(*OWN)
        system.beside(begin)
        begun_at_mono_s = time.monotonic()
        moved_at_mono_s = min(each.moved[-1] for each in system.robots.values())
        assert begun_at_mono_s - moved_at_mono_s < MARGIN_S, 'a robot did not drive any more'
        self._cancel(orders[cancelled])
        self._stop(stopped)
        order, answer = self._client.begin_order(goes_on)
        system.spin_for(max(AWAY_S[kind], DRIVE_S + MARGIN_S))
        for robot in (cancelled, stopped):
            tally.zero_s.append(system.robots[robot].moved_after(begun_at_mono_s))
        self._judge(kind, system.robots[goes_on].drove_s - before_s, tally.zero_s[-2:])
        system.spin_until(lambda: answer.done() or time.monotonic() > begun_at_mono_s + ANSWER_S)
        self._note(order, answer)
        system.beside(end)

    def _is_under_way(self, order: FleetOrder) -> bool:
        return self._system.robots[order.asked].is_moved_by(order.ticket_id)

    def _cancel(self, order: FleetOrder) -> None:
        self._system.send(order.asked, 'cancel_ticket', ticket_id=order.ticket_id)

    def _stop(self, robot: str) -> None:
        if next(self._stops) == 'stop':
            self._system.send(robot, 'stop')
        else:
            self._system.robots[robot].press(True)

    def _judge(self, kind: str, drove_s: float, zero_s: list[float]) -> None:
        if drove_s < DRIVE_S - MARGIN_S:
            self.findings.append((UNSAFE, f'{kind}: it drove for {drove_s:.1f} s only'))
        if max(zero_s) > STOPPED_WITHIN_S:
            self.findings.append((UNSAFE, f'{kind}: zero after {zero_s} s'))

    def _note(self, order: FleetOrder, answer: object) -> None:
        if answer.done():
            self._client.hear(order, answer.result())
        else:
            self.findings.append((LOST, f'{order} was not answered within {ANSWER_S} s'))

    def _trouble(self, kind: str) -> tuple[Callable[[], None], Callable[[], None]]:
        server, network = self._system.server, self._system.network
        return {
            'stopped': (server.stop, server.start),
            'server killed': (server.kill, server.start),
            'server frozen': (server.freeze, server.thaw),
            'cut off': (network.cut, network.heal),
            'swallowed': (network.blackhole, network.heal),
        }[kind]
