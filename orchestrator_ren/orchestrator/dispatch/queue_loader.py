"""Reads at the start what the store has waiting, and whether that may go on by itself."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.timer import Timer

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import OrchestratorError, TicketNotFound
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import WAITING, AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.store.fleet_store import POOL_PAGE
from orchestrator_ren.tickets import listing
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.ticket import Status, Ticket

LOADED_AT_ONCE = 1000
"""Tickets that one call of the store reads."""

LOAD_PERIOD_S = 0.02
"""How often it is looked whether the store is open, until the queue is read [s]."""


class QueueLoader:
    """Fills the queue once, after a start; nothing starts before.

    It cannot move the robot by surprise: where a motion was under way when the last run ended, or
    one waits from before this start, also for any robot, the queue is paused; also where somebody
    stayed for a ticket who is gone by now.

    Args:
        node: Owns the timer.
        keeper: Of the store.
        records: The tickets.
        registry: The commands.
        automatic: Lets tickets wait.
        dispatcher: Holds the queue.
        pause: Of the queue.
        stops: Which tickets are stops.
        holders: Who works on which ticket.
        tasks: Run what reads the store.
        shutdown: Nothing is read any more.
        on_loaded: Called when it has been read, or could not be.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        records: TicketRecords,
        registry: CommandRegistry,
        automatic: AutoDispatch,
        dispatcher: Dispatcher,
        pause: QueuePause,
        stops: StopTickets,
        holders: TicketHolders,
        tasks: Tasks,
        shutdown: Shutdown,
        on_loaded: Callable[[], None],
    ) -> None:
        self._node = node
        self._on_loaded = on_loaded
        self._keeper = keeper
        self._store = keeper.store
        self._records = records
        self._registry = registry
        self._automatic = automatic
        self._dispatcher = dispatcher
        self._pause = pause
        self._stops = stops
        self._holders = holders
        self._tasks = tasks
        self._shutdown = shutdown
        self._new: set[str] = set()
        self._crashed_ids: list[str] = []
        self._timer: Timer | None = None

    def start(self) -> None:
        """Read what waits in the store, as soon as it can be read."""
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self._node.create_timer(LOAD_PERIOD_S, self._on_timer, clock=steady)

    def note_new(self, ticket_id: str) -> None:
        """Remember a ticket of this run until the queue is read; call it from any thread."""
        if not self._dispatcher.is_loaded:
            self._new.add(ticket_id)

    def note_crashed(self, ticket_id: str) -> None:
        """Remember a ticket that was executing when the last run ended."""
        self._crashed_ids.append(ticket_id)

    async def load(self) -> None:
        """Take in what the store has waiting.

        Raises:
            StoreUnavailable: It cannot be read; call again.
        """
        reason = await self._pause.stored()
        await self._learn_stops()
        found = await self._load_waiting()
        is_for_any = await self._is_motion_for_any()
        has_crashed = await self._had_motion()
        if reason is PauseReason.NONE:
            has_motion = is_for_any or self._are_left(found.motion_ids)
            is_any = has_motion or self._automatic.is_enabled or self._store.robot.is_in_fleet
            if has_crashed and is_any:
                reason = PauseReason.CRASH
            elif has_motion:
                reason = PauseReason.RESTART
            elif self._are_left(found.awaited_ids):
                reason = PauseReason.LEFT
        if reason is not PauseReason.NONE and self._pause.reason is PauseReason.NONE:
            await self._pause.set(reason)
        self._dispatcher.is_loaded = True
        self._new.clear()
        self._dispatcher.decide()

    def _on_timer(self) -> None:
        assert self._timer is not None
        if self._keeper.is_usable:
            self._timer.cancel()
            self._tasks.run(self._load(self._timer))

    async def _load(self, timer: Timer) -> None:
        try:
            await self.load()
        except OrchestratorError as error:
            if not self._shutdown.has_begun:
                log = self._node.get_logger()
                log.error(f'the queue cannot be read, and is tried again: {error}')
                timer.reset()
        self._on_loaded()

    async def _load_waiting(self) -> _Found:
        """Take in what waits."""
        found = _Found()
        is_all = self._automatic.is_enabled
        statuses = WAITING if is_all else frozenset({Status.QUEUED})
        wanted = TicketFilter(statuses, robot=self._store.robot.name)
        token = ''
        ages = _Ages()
        while True:
            position = listing.position_of_token(token, 0)
            page = await self._keeper.read(self._store.page, wanted, LOADED_AT_ONCE, 0, position)
            for ticket in page.tickets:
                needs = await self._automatic.enqueue(ticket, ages.since_mono_s(ticket))
                found.note(ticket, needs)
            if not (token := page.next_token):
                return found

    def _are_left(self, ticket_ids: set[str]) -> bool:
        """Whether one of them is there though nobody has asked for it since this start."""
        execution = Holder.EXECUTION
        return any(not self._holders.has(each, execution) for each in ticket_ids - self._new)

    async def _is_motion_for_any(self) -> bool:
        """Whether something waits for any robot that this one could take, and that moves it."""
        robot, fleet, offset = self._store.robot, self._store.fleet, 0
        while robot.is_in_fleet:
            found, _ = await self._keeper.read(fleet.pool, offset)
            able = [each for each in found if robot.has_all(each.capabilities)]
            if any(self._registry.may_move(each.command) for each in able):
                return True
            offset += POOL_PAGE
            if len(found) < POOL_PAGE:
                break
        return False

    async def _learn_stops(self) -> None:
        """Know the stops of earlier runs too: who asks for one must not wait for the store."""
        for command in self._stops.commands:
            robot = self._store.robot.name
            wanted = TicketFilter(statuses=WAITING, command=command, robot=robot)
            page = await self._keeper.read(self._store.page, wanted, LOADED_AT_ONCE)
            for ticket in page.tickets:
                self._stops.learn(ticket)

    async def _had_motion(self) -> bool:
        try:
            commands = [(await self._records.find(each)).command for each in self._crashed_ids]
        except TicketNotFound:  # removed already: it may have been one
            return True
        return any(self._registry.may_move(each) for each in commands)


@dataclass
class _Found:
    """What waits.

    Attributes:
        motion_ids: Tickets that may move the robot.
        awaited_ids: Tickets that somebody stayed for.
    """

    motion_ids: set[str] = field(default_factory=set)
    awaited_ids: set[str] = field(default_factory=set)

    def note(self, ticket: Ticket, needs: Needs) -> None:
        """Remember a ticket with what it needs."""
        if needs.interlocked:
            self.motion_ids.add(ticket.id)
        if ticket.is_awaited and ticket.status is Status.QUEUED:
            self.awaited_ids.add(ticket.id)


class _Ages:
    """Since when tickets of earlier runs wait, by the clocks of now.

    The order is that of their times, also where those are later than it is now: the clock was set
    back, or is not set yet.
    """

    def __init__(self) -> None:
        self._now, self._now_mono_s = utc_now(), time.monotonic()

    def since_mono_s(self, ticket: Ticket) -> float:
        """Return since when the ticket waits [s]; to be asked for the newest one first."""
        asked_at = ticket.created_at if ticket.attempt <= 1 else ticket.updated_at
        self._now = max(self._now, ticket.created_at)
        return self._now_mono_s - max(0.0, (self._now - asked_at).total_seconds())
