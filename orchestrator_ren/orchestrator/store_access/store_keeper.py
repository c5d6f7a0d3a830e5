"""The store as the node sees it: off the executor, opened and mended, endings never lost."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import (
    EndingUnsaved,
    OrchestratorError,
    StoreConflict,
    StoreDamaged,
    StoreUnavailable,
)
from orchestrator_ren.orchestrator.store_access.store_worker import StoreWorker
from orchestrator_ren.orchestrator.ticket_holders import Holder, TicketHolders
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.store.ticket_store import Change, TicketStore
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Ticket

ResultT = TypeVar('ResultT')


@dataclass(frozen=True)
class _Ending:
    """The last step of an execution, not on disk yet."""

    before: Ticket
    after: Ticket
    actor: Actor


class StoreKeeper:
    """Makes the calls to the store, and knows whether it works.

    A store that fails refuses new tickets and executions, and is tried again by each `tick`. How
    an execution ended is kept until it could be written: no ticket stays EXECUTING for ever.

    Args:
        node: Its executor goes on with who waits.
        store: Called in two threads: one for what changes something, one for what only reads.
        policy_of: Returns the recovery policy of a command.
        holders: Who works on which ticket.
        tasks: Run the mending.
        on_event: Called with each event of what the keeper itself does, once it is on disk.
        on_trouble: Called when the store fails, or works again.

    Attributes:
        store: As given; `write` and `read` call it.
        trouble: Why the store cannot be used now; None when it can.
    """

    def __init__(
        self,
        node: Node,
        store: TicketStore,
        policy_of: Callable[[str], RecoveryPolicy],
        holders: TicketHolders,
        tasks: Tasks,
        on_event: Callable[[Event], None],
        on_trouble: Callable[[], None],
    ) -> None:
        self.store = store
        self.trouble: OrchestratorError | None = None
        self._node = node
        self._policy_of = policy_of
        self._holders = holders
        self._tasks = tasks
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._writer = StoreWorker(node, 'store writer', store.shown_url)
        self._reader = StoreWorker(node, 'store reader', store.shown_url)
        self._unsaved: dict[str, _Ending] = holders.of(Holder.UNSAVED_END)
        self._is_mending = False

    @property
    def is_usable(self) -> bool:
        """Whether the store is open, and works as far as is known."""
        return self.store.is_open and self.trouble is None

    def open(self) -> list[Change]:
        """Open the store and clean up after a crash; a store that fails is tried again later.

        Returns:
            What the clean-up changed.

        Raises:
            StoreInUse: Another orchestrator works on it; this one must not run.
            StoreTooNew: A newer version of this package wrote it; this one must not run.
        """
        try:
            return self._open()
        except StoreUnavailable as error:
            self._notice(error)
            return []

    async def write(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, a call that changes something; its errors are raised here."""
        self._refuse_if_closed()
        outcome = await self._noticed(self._writer.call(function, *args))
        self._notice(None)
        return outcome

    async def read(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, a call that only reads; no slow write delays it."""
        self._refuse_if_closed()
        return await self._noticed(self._reader.call(function, *args))

    async def write_ending(self, before: Ticket, after: Ticket, actor: Actor) -> Event:
        """Write how an execution ended; if that is impossible now, as soon as it is possible.

        Raises:
            EndingUnsaved: It is not on disk yet; tell the client.
        """
        try:
            return await self.write(self.store.change, before, after, actor)
        except StoreUnavailable as error:
            self._unsaved[after.id] = _Ending(before, after, actor)
            raise EndingUnsaved(
                ticket_id=after.id, status=after.status.value, reason=str(error)
            ) from error

    def tick(self) -> None:
        """Try to mend what fails; called now and then."""
        if (self.trouble is None and not self._unsaved) or self._is_mending:
            return
        self._is_mending = True
        self._tasks.leave(self._mend())

    async def finish(self) -> None:
        """Try a last time to save what is not saved; what stays, a restart will find."""
        try:
            await self._save_endings()
        except StoreUnavailable as error:
            self._node.get_logger().error(f'{len(self._unsaved)} endings are not saved: {error}')

    def close(self) -> None:
        """End the threads and close the store."""
        self._reader.close(lambda: None)
        self._writer.close(self.store.close)

    async def _mend(self) -> None:
        try:
            is_damaged = isinstance(self.trouble, StoreDamaged)
            if is_damaged or not self.store.is_open:  # perhaps another file is there by now
                for _, event in await self._noticed(self._writer.call(self._open)):
                    self._on_event(event)
                self._notice(None)
            else:
                await self.write(self.store.probe)
            await self._save_endings()
        except OrchestratorError as error:
            self._notice(error)
        finally:
            self._is_mending = False

    async def _save_endings(self) -> None:
        for ticket_id, ending in list(self._unsaved.items()):
            before, after, actor = ending.before, ending.after, ending.actor
            try:
                event = await self.write(self.store.change, before, after, actor)
            except StoreConflict as error:  # written after all, or changed by hand
                self._node.get_logger().warning(str(error))
                event = None
            del self._unsaved[ticket_id]
            if event is not None:
                self._on_event(event)

    def _open(self) -> list[Change]:
        self.store.close()
        self.store.open()
        try:
            return self.store.recover(utc_now(), self._policy_of, self._holders.alive_ids())
        except BaseException:
            self.store.close()
            raise

    def _refuse_if_closed(self) -> None:
        if not self.store.is_open and self.trouble is not None:
            raise type(self.trouble)(**self.trouble.fields)

    async def _noticed(self, call: Awaitable[ResultT]) -> ResultT:
        try:
            return await call
        except StoreUnavailable as error:
            self._notice(error)
            raise

    def _notice(self, error: OrchestratorError | None) -> None:
        """Remember whether the store works; told in the log once per change."""
        previous, self.trouble = self.trouble, error
        if type(previous) is type(error):
            return
        if error is None:
            self._node.get_logger().info(f'the ticket store {self.store.shown_url} works again')
        else:
            self._node.get_logger().error(f'{error} [{error.code}]')
        self._on_trouble()
