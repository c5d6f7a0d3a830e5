"""The task of a running command: what it returns or raises, or that it does not end."""

from __future__ import annotations

import time
from collections.abc import Callable, Coroutine
from typing import Any

from orchestrator_ren.errors import CancelTimeout, contained
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.tasks import Tasks

CANCEL_LIMIT_S = 4.0
"""How long a command may take to end once it was interrupted [s]; then it is abandoned."""


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
        self, command: str, running: Coroutine[Any, Any, Any], check: Callable[[], None]
    ) -> Any:
        """Return what the command returns, or raise what it raises.

        Args:
            command: Its name.
            running: The command.
            check: Raises what keeps it from beginning.

        Raises:
            CancelTimeout: It was interrupted, and did not end within `CANCEL_LIMIT_S`. It runs on,
                but can neither move the robot nor tell anything any more.
        """
        self._end, self._command = Future(), command
        self._tasks.leave(_outcome_to(self._end, running, check))
        result, error = await self._end
        if error is not None:
            raise error
        return result

    def abandon_if_late(self) -> None:
        """Leave a command behind that does not end."""
        late_s = time.monotonic() - self._interrupt.at_mono_s
        ending = self._interrupt.ending
        if self._end is None or self._end.done() or ending is None or late_s < CANCEL_LIMIT_S:
            return
        error = CancelTimeout(command=self._command, limit_s=CANCEL_LIMIT_S, reason=ending.reason)
        self._end.set_result((None, error))


async def _outcome_to(
    end: Future, running: Coroutine[Any, Any, Any], check: Callable[[], None]
) -> None:
    """Run the command; what it raises must not reach the executor, which would raise it again.

    Args:
        end: Gets the result and the error.
        running: The command.
        check: Raises what keeps it from beginning, with nothing between that and its first line.
    """
    try:
        check()
        outcome = await running, None
    except BaseException as error:  # `sys.exit` in a plug-in ends its ticket, not the process
        outcome = None, contained(error)
    finally:
        running.close()
    if not end.done():
        end.set_result(outcome)
