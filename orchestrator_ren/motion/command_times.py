"""How regularly commands come to the gate, and how old they are: for people, not for safety."""

from __future__ import annotations

WINDOW_S = 1.0
"""What is told is the worst of the last one to two of these [s]."""


class CommandTimes:
    """Keeps the longest period and the highest age of the last seconds."""

    def __init__(self) -> None:
        self._stream = ''
        self._taken_at_mono_s = 0.0
        self._window = -1
        self._now = self._before = (0.0, 0.0)

    def add(self, stream: str, age_s: float, now_mono_s: float) -> None:
        """Note a command.

        Args:
            stream: That it belongs to; a period is between two of the same.
            age_s: Since it was decided, by the clock of who sent it [s].
            now_mono_s: When it was taken [s].
        """
        is_next = stream == self._stream
        period_s = now_mono_s - self._taken_at_mono_s if is_next else 0.0
        self._stream, self._taken_at_mono_s = stream, now_mono_s
        self._turn(now_mono_s)
        self._now = max(self._now[0], period_s), max(self._now[1], age_s)

    def worst_s(self, now_mono_s: float) -> tuple[float, float]:
        """Return the longest period and the highest age [s]; zeros where no command came."""
        self._turn(now_mono_s)
        return max(self._now[0], self._before[0]), max(self._now[1], self._before[1])

    def _turn(self, now_mono_s: float) -> None:
        """Begin a new window, if it is time."""
        window = int(now_mono_s / WINDOW_S)
        if window != self._window:
            self._before = self._now if window == self._window + 1 else (0.0, 0.0)
            self._window, self._now = window, (0.0, 0.0)
