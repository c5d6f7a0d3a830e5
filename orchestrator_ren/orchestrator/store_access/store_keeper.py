"""The store as the node sees it: off the executor, opened and mended, endings never lost."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from rclpy.node import Node

from orchestrator_ren.errors import (
    EndingUnsaved,
    OrchestratorError,
    StoreDamaged,
    StoreInUse,
    StoreLockLost,
    StoreTimeout,
    StoreUnavailable,
)
from orchestrator_ren.orchestrator.store_access import patience
from orchestrator_ren.orchestrator.store_access.due_endings import DueEndings
from orchestrator_ren.orchestrator.store_access.patience import Patience
from orchestrator_ren.orchestrator.store_access.store_worker import StoreWorker
from orchestrator_ren.orchestrator.ticket_holders import TicketHolders
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.store.ticket_store import Change, TicketStore
from orchestrator_ren.tickets.ending import DueEnd
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.recovery import RecoveryPolicy
from orchestrator_ren.tickets.ticket import Ticket

ResultT = TypeVar('ResultT')


HANG_S = 1.0
"""A call that takes longer is told [s]: the store is down until it returns."""


class StoreKeeper:
    """Makes the calls to the store, and knows whether it works.

    A store that fails refuses new tickets and executions, and is tried again by each `tick`. How
    a ticket ended is kept until it could be written: none stays EXECUTING, or waits, for ever.
    A write that hangs has its outcome told to the coroutine that awaits it, however late: only who
    asked for it is answered before (`in_time`). So nothing is ever done twice, or half.

    Args:
        node: Its executor goes on with who waits.
        store: Called in two threads: one for what changes something, one for what only reads.
        policy_of: Returns the recovery policy of a command.
        holders: Who works on which ticket.
        tasks: Run the mending, and what goes on without who asked for it.
        on_event: Called with each event of what the keeper itself does, once it is on disk.
        on_trouble: Called when the store fails, or works again.
        renew_s: How often the lease of the robot is renewed, where the store has one [s].

    Attributes:
        store: As given; `write` and `read` call it.
        on_lost: Called when the robot is another orchestrator's, or was in between.
        on_rival: Called when another one has it, while this one wants to go on.
        on_return: Called when others may have changed waiting tickets of the robot.
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
        renew_s: float,
    ) -> None:
        self.on_rival: Callable[[StoreInUse], None] = lambda _: None
        self.on_return: Callable[[], None] = lambda: None
        self.on_lost: Callable[[StoreLockLost], None] = lambda _: None
        self.store = store
        self._renew_s = renew_s
        self._renewed_at_mono_s = 0.0
        self._node = node
        self._policy_of = policy_of
        self._holders = holders
        self._tasks = tasks
        self._on_event = on_event
        self._on_trouble = on_trouble
        self._writer = StoreWorker(node, 'store writer', store.shown_url, store.together)
        self._reader = StoreWorker(node, 'store reader', store.shown_url)
        self._patience = Patience(node, tasks)
        self._endings = DueEndings(node, tasks, store, self.write, holders, on_event)
        self._failure: OrchestratorError | None = None
        self._told: OrchestratorError | None = None
        self._is_mending = False

    def on_commit(self, hear: Callable[[float], None]) -> None:
        """Have `hear` called with the time that each commit took [s], in the writer's thread."""
        self._writer.on_made = hear

    @property
    def trouble(self) -> OrchestratorError | None:
        """Why the store cannot be used now; None when it can."""
        return self._failure or self._hang

    @property
    def _hang(self) -> StoreTimeout | None:
        hangs_s = max(self._writer.hangs_s, self._reader.hangs_s)
        return StoreTimeout(waited_s=hangs_s) if hangs_s > HANG_S else None

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
        """Return `function(*args)`, a call that changes something; its errors are raised here.

        Those that wait at once are in one commit: for what may be called `TicketStore.together`.
        """
        return await self._written(self._writer.join, function, *args)

    async def write_alone(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Do the same as `write`, in a commit of its own."""
        return await self._written(self._writer.call, function, *args)

    async def read(self, function: Callable[..., ResultT], *args: Any) -> ResultT:
        """Return `function(*args)`, a call that only reads; no slow write delays it."""
        self._refuse_if_closed()
        return await self._noticed(self._reader.call(function, *args))

    async def in_time(self, coroutine: Coroutine[Any, Any, ResultT]) -> ResultT:
        """Return what the coroutine returns, for somebody who wants an answer.

        Raises:
            StoreTimeout: The store hangs. The coroutine goes on to its end all the same.
        """
        return await self._patience.outcome(coroutine, patience.ANSWER_S)

    async def end(self, due: DueEnd) -> Ticket:
        """Write how a ticket ended; if that is impossible now, as soon as it is possible.

        Returns:
            The ticket after it; the event has been told.

        Raises:
            EndingUnsaved: It is not on disk yet; tell the client.
            StoreConflict: The ticket was ended or changed by somebody else.
        """
        try:
            return await self._patience.outcome(self._endings.written(due), patience.ENDING_S)
        except StoreUnavailable as error:
            status = due.ending.status.value
            raise EndingUnsaved(
                ticket_id=due.ticket_id, status=status, reason=str(error)
            ) from error

    def end_later(self, due: DueEnd) -> None:
        """Write how a ticket ended as soon as that is possible; its event tells when."""
        self._endings.take(due)

    async def open_again(self) -> list[Change]:
        """Open the store, after `open` has found that it is in use.

        Returns:
            What the clean-up after a crash changed.

        Raises:
            StoreInUse: Another orchestrator still has the robot.
            StoreError: It cannot be opened.
        """
        changes = await self._noticed(self._writer.call(self._open))
        self._notice(None)
        return changes

    def tick(self) -> None:
        """Answer who has waited long enough, and try to mend what fails; called now and then."""
        for each in (self._writer, self._reader, self._patience):
            each.tick()
        self._tell()
        is_due = time.monotonic() - self._renewed_at_mono_s >= self._renew_s
        is_wanted = self._failure is not None or len(self._endings)
        is_wanted = is_wanted or (self.store.is_remote and is_due)
        if is_wanted and self._hang is None and not self._is_mending:
            self._is_mending = True
            self._tasks.leave(self._mend())

    async def finish(self) -> None:
        """Try a last time to save what is not saved; what stays, a restart will find."""
        await self._endings.save()
        if len(self._endings):
            self._node.get_logger().error(f'{len(self._endings)} endings are not saved')

    def close(self) -> None:
        """End the threads and close the store."""
        self._reader.close(lambda: None)
        self._writer.close(self.store.close)

    async def _mend(self) -> None:
        try:
            is_damaged = isinstance(self._failure, StoreDamaged)
            if is_damaged or not self.store.is_open:  # perhaps another file is there by now
                changes = await self._noticed(self._writer.call(self._open))
                for _, event in changes:
                    self._on_event(event)
                self._notice(None)
            else:
                await self._renew()
            await self._endings.save()
        except StoreInUse as error:
            self._notice(error)
            self.on_rival(error)
        except OrchestratorError as error:
            self._notice(error)
        finally:
            self._is_mending = False

    async def _renew(self) -> None:
        asked_at_mono_s = time.monotonic()
        had_run_out = await self.write_alone(self.store.renew)
        self._renewed_at_mono_s = asked_at_mono_s
        if had_run_out:  # others may have taken or cancelled what waited
            await self.write_alone(self.store.count)  # amid no write: that would count twice
            self.on_return()

    def _open(self) -> list[Change]:
        self.store.close()
        self.store.open()
        try:
            return self.store.recover(utc_now(), self._policy_of, self._holders.alive_ids())
        except BaseException:
            self.store.close()
            raise

    def _refuse_if_closed(self) -> None:
        if not self.store.is_open and self._failure is not None:
            raise type(self._failure)(**self._failure.fields)

    async def _written(self, call: Callable[..., Awaitable[ResultT]], *args: Any) -> ResultT:
        self._refuse_if_closed()
        outcome = await self._noticed(call(*args))
        self._notice(None)
        return outcome

    async def _noticed(self, call: Awaitable[ResultT]) -> ResultT:
        try:
            return await call
        except StoreTimeout:  # it hangs, and is seen while it does
            raise
        except StoreUnavailable as error:
            if self._hang is None:
                self._notice(error)
            if isinstance(error, StoreLockLost):
                self.on_lost(error)
            raise

    def _notice(self, error: OrchestratorError | None) -> None:
        """Remember whether the store works."""
        self._failure = error
        self._tell()

    def _tell(self) -> None:
        """Tell whether the store works, once per change."""
        previous, self._told = self._told, self.trouble
        if type(previous) is type(self._told):
            return
        if self._told is None:
            self._node.get_logger().info(f'the ticket store {self.store.shown_url} works again')
        else:
            self._node.get_logger().error(f'{self._told} [{self._told.code}]')
        self._on_trouble()
