"""Reads at the start what the store has waiting, and whether that may go on by itself."""

from __future__ import annotations

from collections.abc import Collection

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.errors import TicketNotFound
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import WAITING, AutoDispatch
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.tickets import listing
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.pause import PauseReason

LOADED_AT_ONCE = 1000


class QueueLoader:
    """Fills the queue once, after a start; nothing starts before.

    It cannot move the robot by surprise: where a motion was under way when the last run ended, or
    one waits from before this start, the queue is paused.

    Args:
        keeper: Of the store.
        records: The tickets.
        registry: The commands.
        automatic: Lets tickets wait.
        dispatcher: Holds the queue.
        pause: Of the queue.
    """

    def __init__(
        self,
        keeper: StoreKeeper,
        records: TicketRecords,
        registry: CommandRegistry,
        automatic: AutoDispatch,
        dispatcher: Dispatcher,
        pause: QueuePause,
    ) -> None:
        self._keeper = keeper
        self._records = records
        self._registry = registry
        self._automatic = automatic
        self._dispatcher = dispatcher
        self._pause = pause
        self._new: set[str] = set()

    def note_new(self, ticket_id: str) -> None:
        """Remember a ticket of this run until the queue is read; call it from any thread."""
        if not self._dispatcher.is_loaded:
            self._new.add(ticket_id)

    async def load(self, crashed_ids: Collection[str]) -> None:
        """Take in what the store has waiting.

        Args:
            crashed_ids: Tickets that were executing when the last run ended.

        Raises:
            StoreUnavailable: It cannot be read; call again.
        """
        reason = await self._pause.stored()
        if self._automatic.is_enabled:
            has_motion = await self._load_waiting()
            if reason is PauseReason.NONE and await self._had_motion(crashed_ids):
                reason = PauseReason.CRASH
            elif reason is PauseReason.NONE and has_motion:
                reason = PauseReason.RESTART
        if reason is not PauseReason.NONE and self._pause.reason is PauseReason.NONE:
            await self._pause.set(reason)
        self._dispatcher.is_loaded = True
        self._new.clear()
        self._dispatcher.decide()

    async def _load_waiting(self) -> bool:
        """Take in what waits; return whether some of it is of before this start and may move."""
        has_motion = False
        wanted = TicketFilter(statuses=WAITING)
        token = ''
        while True:
            position = listing.position_of_token(token, 0)
            pages = self._keeper.store.page
            page = await self._keeper.read(pages, wanted, LOADED_AT_ONCE, 0, position)
            for ticket in page.tickets:
                needs = self._automatic.enqueue(ticket)
                has_motion |= needs.interlocked and ticket.id not in self._new
            if not (token := page.next_token):
                return has_motion

    async def _had_motion(self, ticket_ids: Collection[str]) -> bool:
        try:
            commands = [(await self._records.find(each)).command for each in ticket_ids]
        except TicketNotFound:  # removed already: it may have been one
            return True
        return any(self._registry.may_move(each) for each in commands)
