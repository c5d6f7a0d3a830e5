"""Whether somebody who has a robot keeps silent, or could not be heard."""

from __future__ import annotations

from collections.abc import Hashable

CHANCES = 2
"""So many renewals could have been made, and were not."""


class Silence:
    """Looks at a lease again and again, for who would take the robot over.

    A lease can only be renewed while the database answers: after a time in which it did not, its
    holder is given the time for some renewals to come back. Else who waits for his robot may be
    the first, and end his motion, though all were away.

    Args:
        renewal_s: Between two renewals [s].
    """

    def __init__(self, renewal_s: float) -> None:
        self._renewal_s = renewal_s
        self._lease: Hashable = None
        self._since_mono_s = self._seen_at_mono_s = 0.0

    def lasts(self, lease: Hashable, now_mono_s: float) -> bool:
        """Note that the database shows this lease; return whether its holder had his chances.

        Args:
            lease: Another one after each renewal.
            now_mono_s: When it is seen.
        """
        is_unbroken = now_mono_s - self._seen_at_mono_s <= self._renewal_s
        if lease != self._lease or not is_unbroken:
            self._lease, self._since_mono_s = lease, now_mono_s
        self._seen_at_mono_s = now_mono_s
        return now_mono_s - self._since_mono_s >= CHANCES * self._renewal_s
