"""The time of one attempt: how long its command has run, and whether that is too long."""

from __future__ import annotations

from orchestrator_ren.errors import ExecutionTimeout


class AttemptClock:
    """Counts from the start of the command.

    Args:
        timeout_s: How long it may run [s].
        now_s: Time that durations are measured in, simulated where there is any [s].
        stood_s: Steady time in which simulated time stood so far (`ClockWatch.stood_s`) [s].

    Attributes:
        now_s: As read last [s].
    """

    def __init__(self, timeout_s: float, now_s: float, stood_s: float) -> None:
        self.now_s = now_s
        self._timeout_s = timeout_s
        self._elapsed_s = 0.0
        self._ticked_at_s = now_s
        self._stood_before_s = stood_s

    def read(self, now_s: float) -> None:
        """Take the time [s]."""
        self._elapsed_s += now_s - self.now_s
        self.now_s = now_s

    def step_s(self) -> float:
        """Return the time since the last call, or the start [s, >= 0]."""
        step_s = max(0.0, self.now_s - self._ticked_at_s)
        self._ticked_at_s = self.now_s
        return step_s

    def timeout(self, stood_s: float) -> ExecutionTimeout | None:
        """Return the error once its time is over; while simulated time stands, steady time counts.

        Args:
            stood_s: Steady time in which simulated time stood so far [s].
        """
        standing_s = max(0.0, stood_s - self._stood_before_s)
        if self._elapsed_s + standing_s > self._timeout_s:
            return ExecutionTimeout(timeout_s=self._timeout_s)
        return None
