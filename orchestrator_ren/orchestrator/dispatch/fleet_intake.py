"""Takes in what others have given to this robot, and what is for any robot."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime

from rclpy.node import Node

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import OrchestratorError, StoreError
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import WAITING, AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.store.fleet_store import POOL_PAGE, TRIED
from orchestrator_ren.tickets.ending import failed
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Status, Ticket

LOOK_S = 5.0
"""How often it is looked though nobody has told of anything [s]."""

ACCEPTED_AT_ONCE = 200


class FleetIntake:
    """Looks when it is told to, when a ticket has ended, and each `LOOK_S`.

    A ticket for any is taken when nothing else is to be done and the robot is able to: one at a
    time, so that it waits where it would not start. Who takes one is decided by the database.

    It cannot move the robot wrongly: what is taken in waits in the queue, and is checked like all
    that does. A paused queue takes nothing.

    Args:
        node: For the log.
        keeper: Of the store.
        registry: The commands.
        automatic: Lets tickets wait.
        dispatcher: Holds the queue.
        pause: Of the queue.
        holders: Who works on which ticket.
        tasks: Run what reads the store.
        shutdown: Nothing is taken in any more.
        announce: Called with each event, once it is on disk.

    Attributes:
        trouble: Returns why nothing could move; None = it could.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        registry: CommandRegistry,
        automatic: AutoDispatch,
        dispatcher: Dispatcher,
        pause: QueuePause,
        holders: TicketHolders,
        tasks: Tasks,
        shutdown: Shutdown,
        announce: Callable[[Event], None],
    ) -> None:
        self.trouble: Callable[[], OrchestratorError | None] = lambda: None
        self._log = node.get_logger()
        self._keeper = keeper
        self._robot = keeper.store.robot
        self._fleet = keeper.store.fleet
        self._registry = registry
        self._automatic = automatic
        self._dispatcher = dispatcher
        self._pause = pause
        self._holders = holders
        self._tasks = tasks
        self._shutdown = shutdown
        self._announce = announce
        self._next_at_mono_s = 0.0
        self._is_looking = False
        self._is_asked = False

    def tick(self) -> None:
        """Look if it is time to; called now and then."""
        if time.monotonic() >= self._next_at_mono_s:
            self.look()

    def look(self) -> None:
        """Look what there is, soon."""
        if not self._robot.is_in_fleet or self._shutdown.has_begun:
            return
        self._is_asked = True
        if not self._is_looking:
            self._is_looking = True
            self._tasks.leave(self._look())

    async def _look(self) -> None:
        try:
            while self._is_asked and not self._shutdown.has_begun:
                self._is_asked = False
                self._next_at_mono_s = time.monotonic() + LOOK_S
                if self._dispatcher.is_loaded and self._keeper.is_usable:
                    await self._accept()
                    await self._take_one()
        except StoreError as error:  # it is told by the keeper
            self._log.debug(f'nothing was taken in: {error}')
        finally:
            self._is_looking = False

    async def _accept(self) -> None:
        if not await self._keeper.read(self._fleet.has_given):
            return
        given = await self._keeper.write_alone(self._fleet.accept, ACCEPTED_AT_ONCE)
        self._is_asked |= len(given) == ACCEPTED_AT_ONCE
        waits = WAITING if self._automatic.is_enabled else {Status.QUEUED}
        for ticket in given:
            if ticket.status in waits:
                await self._automatic.enqueue(ticket)
            elif ticket.status.is_final:
                self._dispatcher.remove(ticket.id)
        self._automatic.decide()

    async def _take_one(self) -> None:
        """Take the next ticket for any that this robot can do."""
        offset = 0
        while self._is_free:
            found, now = await self._keeper.read(self._fleet.pool, offset)
            able = [each for each in found if await self._fits(each, now)]
            if able and await self._took_one_of(able[:TRIED]):
                return
            offset += POOL_PAGE
            if len(found) < POOL_PAGE:
                return

    async def _took_one_of(self, able: list[Ticket]) -> bool:
        ids = [each.id for each in able]
        taken = await self._keeper.write_alone(self._fleet.take, ids, utc_now())
        if taken is None:
            return False
        ticket, event = taken
        self._announce(event)
        await self._automatic.enqueue(ticket)
        self._automatic.decide()
        return True

    @property
    def _is_free(self) -> bool:
        """Whether this robot would start a ticket now."""
        is_busy = any(self._holders.of(each) for each in (Holder.INTAKE, Holder.EXECUTION))
        is_idle = self._dispatcher.is_idle and not is_busy
        return is_idle and not self._pause.reason and self.trouble() is None

    async def _fits(self, ticket: Ticket, now: datetime) -> bool:
        """Whether this robot can do the ticket now; one whose deadline has passed ends.

        What counts for all is the time of the database. Where the clock here says something else,
        the ticket is left to others: here it would fail, or wait for long.
        """
        schedule, here = ticket.schedule, utc_now()
        if missed := schedule.missed(now.timestamp()):
            await self._automatic.end_unstarted(ticket.id, failed(missed))
            return False
        is_due = schedule.not_before is None or schedule.not_before <= min(now, here)
        is_in_time = schedule.missed(here.timestamp()) is None
        is_able = self._robot.has_all(ticket.capabilities)
        return is_due and is_in_time and is_able and self._registry.has(ticket.command)
