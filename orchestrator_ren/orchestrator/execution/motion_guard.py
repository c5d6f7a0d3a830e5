"""What ends motions from outside: the gate's word, and whoever stops the robot."""

from __future__ import annotations

from collections.abc import Callable

from orchestrator_ren.errors import MotionStopped, OrchestratorError
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.tickets.ending import cancelled, failed
from orchestrator_ren.tickets.pause import PauseReason


class MotionGuard:
    """Ends what moves, and lets nothing start by itself in the same moment.

    It can only stop the robot.

    Args:
        executions: Those under way.
        pause: Pauses a queue that would go on by itself.
    """

    def __init__(self, executions: Executions, pause: Callable[[PauseReason], None]) -> None:
        self._executions = executions
        self._pause = pause

    def stop(self, reason: str) -> list[str]:
        """Stop the robot now and cancel the tickets that move it; return their ids."""
        self._pause(PauseReason.STOPPED)
        return self._executions.interrupt_moving(cancelled(reason))

    def on_motion_ended(self, stream: str, error: OrchestratorError) -> None:
        """End the motion that the gate has ended; an empty stream is every motion."""
        ending = failed(error)
        if isinstance(error, MotionStopped):
            ending = cancelled(str(error))
            self._pause(PauseReason.STOPPED)
        self._executions.interrupt_moving(ending, stream)

    def on_unsafe(self, error: OrchestratorError) -> None:
        """End what must not go on; and what would start by itself waits for somebody to say so."""
        self._executions.interrupt_interlocked(error)
        self._pause(PauseReason.UNSAFE)
