"""Opens the store at the start, and waits as long as another orchestrator has the robot."""

from __future__ import annotations

from collections.abc import Callable

from rclpy.clock import Clock, ClockType

from orchestrator_ren.errors import StoreError, StoreInUse, StoreUnavailable
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros.process import ProcessNode
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.store.ticket_store import Change

TRY_S = 0.5
"""How often it is looked whether the robot is free [s]."""


class Opening:
    """From the start of the process to the moment from which it has the robot.

    It cannot move the robot wrongly: before that moment nothing is sent to the gate, and from then
    on the gate follows no orchestrator of an older term.

    Args:
        node: Ends, should it not get the robot.
        keeper: Of the store.
        tasks: Run the looks.
        is_standby: Whether to wait until the other orchestrator ends, or is gone. Else it is only
            waited for one that is not heard of any more: its lease may last a little.
        on_open: Called with what the clean-up changed, once the robot is this orchestrator's, or
            the store fails, which tells everybody.

    Attributes:
        rival: Who has the robot; None = it is not waited for.
    """

    def __init__(
        self,
        node: ProcessNode,
        keeper: StoreKeeper,
        tasks: Tasks,
        is_standby: bool,
        on_open: Callable[[list[Change]], None],
    ) -> None:
        self.rival: StoreError | None = None
        self._node = node
        self._keeper = keeper
        self._tasks = tasks
        self._is_standby = is_standby
        self._on_open = on_open
        self._is_looking = False

    def begin(self) -> None:
        """Open the store, now or as soon as the robot is free.

        Raises:
            StoreInUse: Another orchestrator has the robot, and it is not waited for.
            StoreTooNew: A newer version of this package wrote it; this one must not run.
        """
        try:
            recovered = self._keeper.open()
        except StoreInUse as error:
            if not (self._is_standby or 'lease' in error.fields):
                raise
            self._wait(error)
            return
        if self._is_standby and self._keeper.trouble is not None:
            self._wait(StoreError(detail=f'it is not known yet: {self._keeper.trouble}'))
        else:
            self._on_open(recovered)

    def _wait(self, rival: StoreError) -> None:
        self.rival = rival
        self._node.get_logger().info(f'waits for the robot: {rival}')
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        self._timer = self._node.create_timer(TRY_S, self._look, clock=steady)

    def _look(self) -> None:
        if not self._is_looking:
            self._is_looking = True
            self._tasks.leave(self._try())

    async def _try(self) -> None:
        try:
            recovered = await self._keeper.open_again()
        except StoreInUse as error:
            self._see(error)
        except StoreUnavailable:  # the keeper has told so
            pass
        except StoreError as error:
            self._node.fatal = error
        else:
            self._timer.cancel()
            self.rival = None
            self._node.get_logger().info('has the robot')
            self._on_open(recovered)
        finally:
            self._is_looking = False

    def _see(self, found: StoreInUse) -> None:
        """Give up where somebody who is not to be waited for has shown that he lives."""
        assert self.rival is not None
        before, self.rival = self.rival, found
        if not self._is_standby and _lease(found) != _lease(before):
            self._node.fatal = found


def _lease(error: StoreError) -> object:
    """Return what changes with each renewal of who has the robot."""
    fields = error.fields
    return fields.get('lease')
