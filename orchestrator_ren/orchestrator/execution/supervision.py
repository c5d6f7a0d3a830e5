"""The task of a running command: what it returns or raises, or that it does not end."""

from __future__ import annotations

import inspect
import time
from collections.abc import Callable
from typing import Any

from rclpy.logging import get_logger

from orchestrator_ren.commands import handed_over
from orchestrator_ren.commands.command import Interruption
from orchestrator_ren.errors import CancelTimeout, InternalError
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.tasks import Tasks

CANCEL_LIMIT_S = 4.0
"""How long a command may take to end once it was interrupted [s]; then it is abandoned."""

_log = get_logger('orchestrator')


class Supervision:
    """Runs one command in a task of its own.

    Args:
        tasks: Run it; nobody waits there for one that does not end.
        interrupt: Whether it is to end.
    """

    def __init__(self, tasks: Tasks, interrupt: Interrupt) -> None:
        self._tasks = tasks
        self._interrupt = interrupt
        self._command = ''
        self._end: Future | None = None

    async def outcome(
        self, command: str, run: Callable[[], Any], check: Callable[[], None]
    ) -> Any:
        """Return what the command returns, or raise what it raises.

        Args:
            command: Its name.
            run: Returns the coroutine of the command.
            check: Raises what keeps it from beginning.

        Raises:
            CancelTimeout: It was interrupted, and did not end within `CANCEL_LIMIT_S`. It runs on,
                but can neither move the robot nor tell anything any more.
        """
        self._end, self._command = Future(), command
        self._tasks.leave(_outcome_to(self._end, command, run, check))
        return await self._end.outcome()

    def abandon_if_late(self) -> None:
        """Leave a command behind that does not end."""
        late_s = time.monotonic() - self._interrupt.at_mono_s
        ending = self._interrupt.ending
        if self._end is None or self._end.done() or ending is None or late_s < CANCEL_LIMIT_S:
            return
        error = CancelTimeout(command=self._command, limit_s=CANCEL_LIMIT_S, reason=ending.reason)
        self._end.settle(None, error)


async def _outcome_to(
    end: Future, command: str, run: Callable[[], Any], check: Callable[[], None]
) -> None:
    """Run the command; what it raises must not reach the executor, which would raise it again.

    Args:
        end: Gets the result and the error.
        command: Its name.
        run: Returns the coroutine of the command.
        check: Raises what keeps it from beginning, with nothing between that and its first line.
    """
    try:
        check()
        running = run()
        if not inspect.iscoroutine(running):
            raise InternalError(detail=f'run of {command} returned no coroutine')
        outcome = await running, None
    except GeneratorExit:  # the process ends
        raise
    except Interruption as ended:  # not by itself
        outcome = None, ended
    except BaseException as error:  # `sys.exit` in a plug-in ends its ticket, not the process
        known = handed_over.error_of(error)
        if isinstance(known, InternalError):
            _log.error(f'command {command} raised\n{handed_over.traceback_of(error)}')
        outcome = None, known
    end.settle(*outcome)
