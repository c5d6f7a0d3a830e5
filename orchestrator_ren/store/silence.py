"""Whether somebody who has a robot keeps silent, or could not be heard."""

from __future__ import annotations

from collections.abc import Hashable

CHANCES = 2
"""So many renewals could have been made, and were not."""

SWALLOWED_S = 2.0
"""A look that was lost is not answered before that: `answer_limit.PING_S` [s]."""

ANSWER_S = 7.0
"""So long a holder may yet wait for what he had asked when it was lost (docs/store.md), though the
database answers others again [s]."""


class Silence:
    """Looks at a lease again and again, for who would take the robot over.

    A lease can only be renewed while the database answers: after a time in which it did not, its
    holder is given the time for some renewals to come back, and for longer where he may still wait
    for an answer that was lost. Else who waits for his robot may be the first, and end his motion,
    though all were away.

    Args:
        renewal_s: Between two renewals [s].
    """

    def __init__(self, renewal_s: float) -> None:
        self._renewal_s = renewal_s
        self._lease: Hashable = None
        self._lasts_from_mono_s = 0.0
        self._seen_at_mono_s: float | None = None

    def lasts(self, lease: Hashable, now_mono_s: float) -> bool:
        """Note that the database shows this lease; return whether its holder had his chances.

        Args:
            lease: Another one after each renewal.
            now_mono_s: When it is seen.
        """
        seen_at_mono_s, self._seen_at_mono_s = self._seen_at_mono_s, now_mono_s
        unseen_s = 0.0 if seen_at_mono_s is None else now_mono_s - seen_at_mono_s
        is_another = lease != self._lease
        if is_another:
            self._lease, self._lasts_from_mono_s = lease, 0.0
        if is_another or unseen_s > self._renewal_s:
            was_lost = unseen_s > max(self._renewal_s, SWALLOWED_S)
            grace_s = CHANCES * self._renewal_s + (ANSWER_S if was_lost else 0.0)
            self._lasts_from_mono_s = max(self._lasts_from_mono_s, now_mono_s + grace_s)
        return now_mono_s >= self._lasts_from_mono_s
