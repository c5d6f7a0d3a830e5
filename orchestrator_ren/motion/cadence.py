"""How often samples come, and how much time a base may have had between two of them."""

from __future__ import annotations

from collections import deque

REMEMBERED = 9
"""Intervals that are looked at: one message that is late weighs little, and a stream that has
become slow is known within two seconds."""

LONGEST_S = 0.5
"""What an interval counts at most where the time of a step is judged [s]: a silence does not
excuse a jump long after it."""

FASTEST_PACE = 100.0
"""A simulator's seconds per second at most: the limit of sim_robot."""

FIRST_STAMP_S = 0.2
"""Between two stamps at most, while their pace is not known [s]."""


class Cadence:
    """Remembers when the last few samples came in, and when they say they were taken.

    Where this process, or the network, was held up, several samples come at once: each of them is
    given the mean interval, which a bunch does not change. Stamps count as a clock where they grow
    from sample to sample, so that a simulator may be faster than time.
    """

    def __init__(self) -> None:
        self._received_mono_s = self._stamp_s = 0.0
        self._received_s: deque[float] = deque(maxlen=REMEMBERED)
        self._stamped_s: deque[float] = deque(maxlen=REMEMBERED)

    def begin(self, received_mono_s: float, stamp_s: float) -> None:
        """Take the first sample."""
        self._received_mono_s, self._stamp_s = received_mono_s, stamp_s

    def add(self, received_mono_s: float, stamp_s: float) -> float:
        """Take the next sample; return the longest time a base may have had since the last [s].

        Args:
            received_mono_s: When it came in, on the steady clock [s].
            stamp_s: When it was taken, by its own clock [s]; 0 = not known.
        """
        received_s = received_mono_s - self._received_mono_s
        has_grown = 0.0 < self._stamp_s < stamp_s
        stamped_s = stamp_s - self._stamp_s if has_grown else 0.0
        self._received_mono_s, self._stamp_s = received_mono_s, stamp_s
        pace = self._pace()
        self._received_s.append(received_s)
        self._stamped_s.append(stamped_s)
        counted_s = [min(each, LONGEST_S) for each in self._received_s]
        elapsed_s = max(min(received_s, 2.0 * LONGEST_S), sum(counted_s) / len(counted_s))
        if pace is None:
            return max(elapsed_s, min(stamped_s, FIRST_STAMP_S))
        return pace * elapsed_s

    def interval_s(self, *, by_stamps: bool = False) -> float:
        """Return the mean interval [s]; 0 before the second sample.

        The longest one does not count, where there are others: it may be our own stall.

        Args:
            by_stamps: The samples' own clock counts, where that shows more of them a second.
        """
        received_s = _mean_without_longest_s(self._received_s)
        if by_stamps and self._stamped_s and min(self._stamped_s) > 0.0:
            return min(received_s, _mean_without_longest_s(self._stamped_s))
        return received_s

    def _pace(self) -> float | None:
        """Return how many stamped seconds pass in one [>= 1]; None = not known yet."""
        if len(self._received_s) < 2:
            return None
        if min(self._stamped_s) <= 0.0:
            return 1.0
        steady_s = max(sum(self._received_s), 1e-6)
        return min(max(1.0, sum(self._stamped_s) / steady_s), FASTEST_PACE)


def _mean_without_longest_s(intervals_s: deque[float]) -> float:
    if len(intervals_s) < 2:
        return sum(intervals_s)
    return (sum(intervals_s) - max(intervals_s)) / (len(intervals_s) - 1)
