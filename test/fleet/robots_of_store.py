"""Robots that only have a store: they do what orchestrators do with it, at random moments."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timezone

import sqlalchemy as sa

from orchestrator_ren.errors import StoreConflict, StoreError
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.assignment import RobotIdentity
from orchestrator_ren.tickets.ending import DueEnd, cancelled
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Status, Ticket

PAUSE_S = 0.003
"""Longest pause between two steps of a robot [s]."""


def utc_now() -> datetime:
    return datetime.now(timezone.utc)


@dataclass
class Moves:
    """What the robots did, as a person beside them would see it.

    Attributes:
        under_way: For each ticket that is being done, which robots do it.
        done: How often each attempt of a ticket was begun.
        doubled: Tickets that two robots did at the same time.
        refused: How often a robot wanted to do what was not its any more, and could not.
    """

    under_way: dict[str, list[str]] = field(default_factory=dict)
    done: dict[tuple[str, int], int] = field(default_factory=dict)
    doubled: list[str] = field(default_factory=list)
    refused: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def begin(self, ticket: Ticket, robot: str) -> None:
        with self.lock:
            robots = self.under_way.setdefault(ticket.id, [])
            if any(each != robot for each in robots):
                self.doubled.append(ticket.id)
            robots.append(robot)
            key = ticket.id, ticket.attempt
            self.done[key] = self.done.get(key, 0) + 1

    def end(self, ticket: Ticket, robot: str) -> None:
        with self.lock:
            self.under_way[ticket.id].remove(robot)


class StoreRobot(threading.Thread):
    """One life of an orchestrator: from its start to its crash, or to the end of the run.

    Args:
        url: Of the store.
        name: Of the robot.
        capabilities: What it has.
        moves: Is told what it does.
        chance: Decides how long it pauses, and where it crashes.
        is_over: Set at the end of the run.
    """

    def __init__(
        self,
        url: str,
        name: str,
        capabilities: Sequence[str],
        moves: Moves,
        chance: random.Random,
        is_over: threading.Event,
    ) -> None:
        super().__init__(name=name, daemon=True)
        identity = RobotIdentity(name, tuple(capabilities), is_in_fleet=True)
        self.store = TicketStore(url, terms=LeaseTerms(identity))
        self.robot = identity
        self._moves = moves
        self._chance = chance
        self._is_over = is_over
        self._steps_left = chance.choice((7, 20, 60, 10**9))
        self._mine: dict[str, Ticket] = {}
        self._moving: Ticket | None = None
        self.failure: BaseException | None = None

    def run(self) -> None:
        try:
            self.store.open()
            self.store.recover(utc_now(), lambda _: RecoveryPolicy.FAIL)
            mine = TicketFilter(frozenset({Status.QUEUED}), robot=self.robot.name)
            self._mine = {each.id: each for each in self.store.page(mine, 1000).tickets}
            while not self._is_over.is_set():
                self._step(self._work)
        except _Crash:
            pass
        except StoreError:  # it was taken over, and ends
            self._moves.refused += 1
        except BaseException as error:
            self.failure = error
        finally:
            if self._moving is not None:  # the gate brings it to zero
                self._moves.end(self._moving, self.robot.name)
            self.store._database._let_go()  # as the system does for a killed process

    def _step(self, what: object) -> None:
        """Do something after a pause, unless it is the last moment of this life."""
        self._steps_left -= 1
        if self._steps_left < 0:
            raise _Crash
        time.sleep(self._chance.uniform(0.0, PAUSE_S))
        what()  # type: ignore[operator]

    def _work(self) -> None:
        self._step(self._accept)
        self._step(self._take)
        waiting = [each for each in self._mine.values() if each.status is Status.QUEUED]
        if waiting:
            self._execute(self._chance.choice(waiting))
        if self._chance.random() < 0.2:
            self._step(self._renew)

    def _renew(self) -> None:
        self.store.renew()

    def _accept(self) -> None:
        for ticket in self.store.fleet.accept(100):
            self._mine[ticket.id] = ticket

    def _take(self) -> None:
        found, _ = self.store.fleet.pool(0)
        able = [
            each.id for each in found if set(each.capabilities) <= set(self.robot.capabilities)
        ]
        taken = self.store.fleet.take(able[:20], utc_now())
        if taken is not None:
            self._mine[taken[0].id] = taken[0]

    def _execute(self, ticket: Ticket) -> None:
        """Start, move, end; as the orchestrator, it moves only after its start is on disk."""
        del self._mine[ticket.id]
        started = lifecycle.start(ticket, utc_now())
        try:
            self._step(lambda: self.store.change(ticket, started, Actor.DISPATCHER, 'its turn'))
            self._moves.begin(started, self.robot.name)
            self._moving = started
            ended = lifecycle.complete(started, utc_now(), {})
            self._step(lambda: self.store.change(started, ended, Actor.DISPATCHER))
        except StoreConflict:
            self._moves.refused += 1
        if self._moving is not None:
            self._moves.end(self._moving, self.robot.name)
            self._moving = None


class _Crash(BaseException):
    """A life ends, in the midst of whatever it does."""


def new_ticket(number: int, robot: str, capabilities: Sequence[str] = ()) -> Ticket:
    """Return a PENDING ticket; `robot` empty = for any."""
    at = utc_now()
    return Ticket(
        f'tick-20261127-{number:08x}',
        'drive',
        {},
        at,
        at,
        robot=robot,
        is_for_any=not robot,
        capabilities=tuple(capabilities),
        request_id=f'request-{number}',
    )


def create(store: TicketStore, ticket: Ticket) -> None:
    """Create a ticket that is asked for too."""
    queued = lifecycle.enqueue(ticket, ticket.created_at, force=False)
    store.insert_queued(ticket, queued, Actor.CLIENT, 'create_ticket')


def let_run_out(url: str, robot: str) -> None:
    """Let the lease of a robot be over, as time does after its orchestrator has died."""
    engine = sa.create_engine(url, future=True, poolclass=sa.pool.NullPool)
    with engine.begin() as connection:
        statement = sa.text('UPDATE robots SET leased_until = 1 WHERE name = :robot')
        connection.execute(statement, {'robot': robot})


def cancel(store: TicketStore, ticket_id: str) -> bool:
    """Cancel a ticket that nobody has taken yet; return whether that was possible."""
    before = store.get(ticket_id)
    if before.status is not Status.QUEUED or before.robot:
        return False
    (outcome,) = store.end([DueEnd(ticket_id, cancelled('by the test'), utc_now(), before)])
    return not isinstance(outcome, StoreConflict)
