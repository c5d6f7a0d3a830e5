"""Orchestrators of a fleet that are killed or frozen; others have their robots afterwards."""

import time
from typing import Any

from ..process.crash.ledger import UNSAFE, Finding
from .fleet_client import OWN, FleetClient, FleetOrder
from .fleet_system import LEASE_S, FleetSystem, Life
from .tally import Tally

STEPS = ('take', 'start', 'end')
KILLS = (
    *(f'{when} commit of a {step}' for step in STEPS for when in ('before', 'after')),
    'drive',
)
"""Points of `fleet_orchestrator.py`."""

IDLE = 'idle'
RECOVERIES = ('before commit of a recovery', 'after commit of a recovery')
FROZEN = 'frozen'
KINDS = (*KILLS, IDLE, *RECOVERIES, FROZEN)

GUARDED = 'r1'
"""The robot that has a standby, and a gate of its own."""

LONG_S = 20.0
MOVING_PASSINGS = 5
WORK_S = 30.0
"""A kill that has not come by then does not come [s]."""

CALM_S = 1.0
"""How long nothing may move by itself after a frozen one goes on [s]."""


class OrchestratorFaults:
    """Lets them happen; each leaves all robots with an orchestrator, and one with a standby.

    Attributes:
        findings: What was seen meanwhile and must not be.
    """

    def __init__(self, system: FleetSystem, client: FleetClient) -> None:
        self.findings: list[Finding] = []
        self._system = system
        self._client = client
        self._standby: Life
        self._ended_at_mono_s = 0.0

    def bring_up(self) -> None:
        """Start all robots, one of them with a standby."""
        system = self._system
        for name in OWN:
            system.add_robot(name)
        system.start_gate(GUARDED)
        for name in OWN:
            system.lives[name] = self._started(name, 'r1-a' if name == GUARDED else name)
        system.spin_until(lambda: all(each.began_at_mono_s for each in system.robots.values()))
        self._start_standby('r1-b')

    def let_happen(self, kind: str, robot: str, tally: Tally) -> None:
        """Let one of `KINDS` happen."""
        self._client.work(*OWN)
        if kind == FROZEN:
            self._freeze(robot, tally)
        elif kind in RECOVERIES:
            self._kill_in_recovery(kind, robot)
        else:
            self._kill(kind, robot)
            self._replace(robot, tally)

    def replace_dead(self, tally: Tally) -> None:
        """See to it that there is a standby again, if it has taken over while all were away."""
        dead = self._system.lives[GUARDED]
        if dead.is_over:
            tally.unneeded += 1
            self._system.lives[GUARDED] = self._standby
            self._start_standby(dead.machine.name)

    def _kill(self, kind: str, robot: str) -> None:
        life, seen = self._system.lives[robot], self._system.robots[robot]
        if kind == IDLE:
            self._client.await_all_ended()
            life.kill()
        else:
            life.kill_at(kind, MOVING_PASSINGS if kind == 'drive' else 1)
            self._work_until_dead(life, robot)
        self._ended_at_mono_s = time.monotonic()
        seen.expect_quiet(self._ended_at_mono_s)

    def _work_until_dead(self, life: Life, robot: str) -> None:
        other = next(each for each in OWN if each != robot)
        until_mono_s = time.monotonic() + WORK_S
        while not life.is_over:
            assert time.monotonic() < until_mono_s, 'the kill never came'
            orders = [
                self._client.order(other, 'any', [OWN[robot]]),
                self._client.order(robot, is_wanted=lambda: not life.is_over),
            ]
            self._system.spin_until(
                lambda orders=orders: life.is_over or self._client.have_ended(orders)
            )

    def _replace(self, robot: str, tally: Tally) -> None:
        """Let another orchestrator have the robot, and note how long that takes."""
        system, seen = self._system, self._system.robots[robot]
        dead, term = system.lives[robot], seen.begun_term
        is_guarded = robot == GUARDED
        system.lives[robot] = self._standby if is_guarded else self._started(robot, robot)
        system.spin_until(lambda: seen.begun_term > term)
        if is_guarded:
            tally.takeover_s.append(seen.began_at_mono_s[seen.begun_term] - self._ended_at_mono_s)
        else:
            began_at_mono_s = system.lives[robot].began_at_mono_s
            tally.restart_s.append(seen.began_at_mono_s[seen.begun_term] - began_at_mono_s)
        if is_guarded and dead.is_over:
            self._start_standby(dead.machine.name)

    def _kill_in_recovery(self, kind: str, robot: str) -> None:
        """Kill one in the midst of a drive, and the next one while it cleans up."""
        system, seen = self._system, self._system.robots[robot]
        if robot == GUARDED:
            self._standby.kill_at(kind)
        self._kill('drive', robot)
        dead, term = system.lives[robot], seen.begun_term
        second = self._standby if robot == GUARDED else self._started(robot, robot)
        second.kill_at(kind)
        system.spin_until(lambda: second.is_over)
        system.lives[robot] = self._started(robot, second.machine.name)
        system.spin_until(lambda: seen.begun_term > term)
        if robot == GUARDED:
            self._start_standby(dead.machine.name)

    def _freeze(self, robot: str, tally: Tally) -> None:
        """Stop one for longer than its lease in the midst of a drive, and let it go on."""
        system, seen = self._system, self._system.robots[robot]
        life, order = system.lives[robot], self._client.order(robot, duration_s=LONG_S)
        system.spin_until(lambda: seen.is_moved_by(order.ticket_id))
        life.freeze()
        self._ended_at_mono_s = time.monotonic()
        seen.expect_quiet(self._ended_at_mono_s, in_flight=int(robot != GUARDED))
        self._client.work(*(each for each in OWN if each != robot))
        if robot == GUARDED:
            self._replace(robot, tally)
            seen.expect_quiet(time.monotonic())
            life.thaw()
            system.spin_until(lambda: life.is_over)
            self._start_standby(life.machine.name)
        else:
            system.spin_for(LEASE_S + 1.0 + self._ended_at_mono_s - time.monotonic())
            self._look_for_unreachable(robot, order)
            life.thaw()
            system.spin_until(lambda: self._client.have_ended([order]))
        system.spin_for(CALM_S)

    def _look_for_unreachable(self, robot: str, order: FleetOrder) -> None:
        other = next(each for each in OWN if each != robot)
        told = self._system.ask(other, 'list_robots')
        found = next(each for each in told.robots if each.name == robot)
        if found.is_alive or list(found.executing_ids) != [order.ticket_id]:
            self.findings.append((UNSAFE, f'told of a frozen robot: {found}'))

    def _started(self, robot: str, machine: str, **parameters: Any) -> Life:
        gate = 'external' if robot == GUARDED else 'in_process'
        return self._system.start(robot, machine, gate=gate, **parameters)

    def _start_standby(self, machine: str) -> None:
        self._standby = self._started(GUARDED, machine, standby=True)
        self._system.spin_until(lambda: 'waits for the robot' in self._standby.log)
