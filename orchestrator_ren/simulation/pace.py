"""Keeps simulated time in step with wall time, and says so when it cannot."""

from __future__ import annotations

MAX_LAG_S = 0.1
REPORT_PERIOD_S = 5.0


class Pace:
    """Decides when the next step of a simulation is due.

    A simulation that falls behind, because the machine is slow or the process was frozen, catches
    up at most `MAX_LAG_S` of wall time; the rest is given up. Readings are monotonic wall time.
    """

    def __init__(self, real_time_factor: float, step_s: float) -> None:
        """Prepare a pace; it begins with the first call of `is_step_due`.

        Args:
            real_time_factor: simulated seconds per second of wall time [> 0].
            step_s: simulated time of one step [s, > 0].
        """
        self.real_time_factor = real_time_factor
        self._step_wall_s = step_s / real_time_factor
        self._next_mono_s: float | None = None
        self._report_mono_s = 0.0
        self._steps = 0

    @property
    def poll_period_s(self) -> float:
        """How often to ask: twice per step, so that a late caller can catch up [s]."""
        return self._step_wall_s / 2

    def is_step_due(self, now_mono_s: float) -> bool:
        """Tell whether to make a step now; a yes counts as made.

        Args:
            now_mono_s: wall time, monotonic [s].
        """
        if self._next_mono_s is None:
            self._next_mono_s = self._report_mono_s = now_mono_s
        # A caller that asks on time but a little early is not sent away for half a step.
        if now_mono_s < self._next_mono_s - self._step_wall_s / 4:
            return False
        self._next_mono_s = max(self._next_mono_s, now_mono_s - MAX_LAG_S) + self._step_wall_s
        self._steps += 1
        return True

    def reached_factor(self, now_mono_s: float) -> float | None:
        """Return the real-time factor reached since the last report, or None between reports.

        Args:
            now_mono_s: wall time, monotonic [s].
        """
        elapsed_s = now_mono_s - self._report_mono_s
        if elapsed_s < REPORT_PERIOD_S:
            return None
        reached = self._steps * self._step_wall_s * self.real_time_factor / elapsed_s
        self._report_mono_s, self._steps = now_mono_s, 0
        return reached
