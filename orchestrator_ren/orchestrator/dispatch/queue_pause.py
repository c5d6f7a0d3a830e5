"""Whether the queue is paused, and why: over restarts, and told to everybody."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.node import Node

from orchestrator_ren.errors import OrchestratorError, SafetyError, printable
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.tickets.pause import PauseReason

MARK = 'pause'
"""Its name in the store."""


class QueuePause:
    """The pause of the queue.

    It cannot move the robot by surprise: where tickets start that nobody stays for, whatever
    stopped the robot, or kept it from moving, pauses the queue, and only `resume_queue` lets it go
    on, which is refused meanwhile.

    Args:
        node: For the log.
        keeper: Of the store, which keeps the reason.
        tasks: Runs what writes it.
        shutdown: Nothing pauses by itself any more.
        is_automatic: Whether all tickets start without being asked.
        starts_by_itself: Whether tickets may start that nobody stays for.
        check_safe: Raises SafetyError while nothing may move.

    Attributes:
        reason: Why nothing starts from the queue.
        on_change: Called when the queue is paused or goes on.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        tasks: Tasks,
        shutdown: Shutdown,
        is_automatic: bool,
        starts_by_itself: Callable[[], bool],
        check_safe: Callable[[], None],
    ) -> None:
        self.reason = PauseReason.NONE
        self.on_change: Callable[[], None] = lambda: None
        self._log = node.get_logger()
        self._keeper = keeper
        self._store = keeper.store
        self._tasks = tasks
        self._shutdown = shutdown
        self._is_automatic = is_automatic
        self._starts_by_itself = starts_by_itself
        self._check_safe = check_safe
        self._passed_over = PauseReason.NONE
        self._is_unsaved = False
        self._is_saving = False

    @property
    def notice(self) -> str:
        """Why new tickets do not start, for those who create some; empty = they do."""
        return f'the queue is paused: {self.reason.text}' if self.reason else ''

    @property
    def lets_awaited_start(self) -> bool:
        """Whether it keeps only those waiting that nobody stays for."""
        return not self._is_automatic and self.reason.is_made_by_itself

    async def stored(self) -> PauseReason:
        """Return the reason that the last run has left in the store.

        Raises:
            StoreUnavailable: It cannot be read; call again.
        """
        return PauseReason(await self._keeper.read(self._store.mark, MARK))

    async def ask(self, reason: PauseReason, requested_by: str) -> None:
        """Do the same as `set`, for somebody who wants an answer.

        Raises:
            StoreTimeout: The store hangs; it is done, but not on disk yet.
        """
        await self._keeper.in_time(self.set(reason, requested_by))

    async def set(self, reason: PauseReason, requested_by: str = '') -> None:
        """Pause the queue, or let it go on (NONE): at once, and over restarts.

        Raises:
            SafetyError: It must stay paused: a reset of the e-stop would else move the robot.
            StoreUnavailable: It is not on disk. It is paused, but would not be after a restart.
        """
        if reason is PauseReason.NONE and self._starts():
            self._check_safe()
        before = self.reason
        self._take(reason, requested_by)
        self._is_unsaved = True
        try:
            await self._keeper.write(self._store.set_mark, MARK, reason.value)
            self._is_unsaved = reason is not self.reason
        except OrchestratorError:
            if self.reason is PauseReason.NONE:
                self._take(before)
            raise

    def set_by_itself(self, reason: PauseReason) -> None:
        """Pause the queue, where tickets would else start that nobody stays for."""
        if self.reason is not PauseReason.NONE or self._shutdown.has_begun:
            return
        if not self._starts():
            self.pass_over(reason)
            return
        self._take(reason)
        self._tasks.run(self._keep(reason))

    def pass_over(self, reason: PauseReason) -> None:
        """Remember what is no reason for a pause as long as nothing waits that may move."""
        self._passed_over = reason

    def look(self) -> None:
        """Something waits that may move: pause the queue where that was not needed before."""
        reason, self._passed_over = self._passed_over, PauseReason.NONE
        if reason is PauseReason.NONE:
            return
        try:
            self._check_safe()
        except SafetyError:
            self.set_by_itself(reason)

    def tick(self) -> None:
        """Write a pause again that could not be written; called now and then."""
        is_lost = self._is_unsaved and not self._is_saving and self.reason
        if is_lost and self._keeper.is_usable and not self._shutdown.has_begun:
            self._tasks.run(self._keep(self.reason))

    def _starts(self) -> bool:
        return self._is_automatic or self._starts_by_itself()

    def _take(self, reason: PauseReason, requested_by: str = '') -> None:
        if reason is not self.reason:
            done = f'the queue is paused: {reason.text}' if reason else 'the queue goes on'
            by = f' (asked for by {printable(requested_by)})' if requested_by else ''
            self._log.info(f'{done}{by}')
        self.reason = reason
        self.on_change()

    async def _keep(self, reason: PauseReason) -> None:
        self._is_saving = True
        try:
            await self.set(reason)
        except OrchestratorError as error:
            self._log.error(f'the pause would not survive a restart yet: {error}')
        finally:
            self._is_saving = False
