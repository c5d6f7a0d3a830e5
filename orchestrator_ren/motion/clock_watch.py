"""Whether simulated time can be believed: what passed of it, beside the steady clock."""

from __future__ import annotations

import math

from orchestrator_ren.errors import ClockUnusable

STANDS_S = 1.0
"""Simulated time that has not changed for longer, by the steady clock, stands [s]."""

STEADY_SHARE = 2.0
FLOOR_S = 1.0
"""A step of simulated time is a jump when it is longer than `FLOOR_S` [s], plus `STEADY_SHARE`
times what the steady time since the last step lets expect, and the steps before fell short of.
With looks 0.05 s apart, the smallest jump that is found is about 1.2 s at a real time factor of 1,
2.5 s at 10 and 20 s at 100."""

LEARN_S = 0.5
"""How fast the real time factor is learned [s]."""

SETTLE_S = 0.1
"""As long as simulated time was seen for less, its factor is not known [s]."""

HIGHEST_FACTOR = 100.0
"""Assumed as long as none is known: after the first look, and after a jump."""

SLOW_STEPS = 3.0
"""A clock that comes in slow steps stands only after so many times the last one."""


class ClockWatch:
    """Tells steps of simulated time from jumps, and how long it has stood.

    Simulators may be slower or faster than time, change that smoothly, pause, and come in steps;
    and whoever watches may have stood still himself: what simulated time then makes at once is as
    much as steady time lets expect. Without simulated time it is fed with steady time twice.

    Attributes:
        elapsed_s: Simulated time that has passed, without jumps [s].
        jump: What was wrong with it last, in words; whoever has told that empties it.
    """

    def __init__(self) -> None:
        self.elapsed_s = 0.0
        self.jump = ''
        self._now_s = 0.0
        self._changed_mono_s = -math.inf
        self._last_step_mono_s = 0.0
        self._stood_s = 0.0
        self._seen_s = self._seen_mono_s = self._short_s = 0.0

    @property
    def is_settled(self) -> bool:
        """Whether it is known how fast simulated time is; until then small jumps pass."""
        return self._seen_mono_s >= SETTLE_S

    def look(self, now_s: float, now_mono_s: float) -> None:
        """Take simulated time, 0 before it has begun, and steady time [s]."""
        step_s, step_mono_s = now_s - self._now_s, self.standing_s(now_mono_s)
        if step_s == 0.0 and step_mono_s < math.inf:
            return
        if step_mono_s < math.inf:
            # The first step of all is from 0 to whatever a simulator begins with.
            passed_s = self._passed(step_s, step_mono_s) if self._now_s > 0.0 else 0.0
            self._count_stand(passed_s, step_mono_s)
        self._now_s, self._changed_mono_s = now_s, now_mono_s

    def standing_s(self, now_mono_s: float) -> float:
        """Return how long simulated time has not changed [s]."""
        return max(0.0, now_mono_s - self._changed_mono_s)

    def trouble(self, now_mono_s: float) -> ClockUnusable | None:
        """Return why no motion may go on: simulated time stands."""
        standing_s = self.standing_s(now_mono_s)
        if standing_s <= STANDS_S:
            return None
        return ClockUnusable(detail=f'stood still for {standing_s:.1f} s')

    def stood_s(self, now_mono_s: float) -> float:
        """Return the steady time in which simulated time stood, in all so far [s].

        Pauses count once they are longer than `STANDS_S`.
        """
        standing_s = self.standing_s(now_mono_s)
        return self._stood_s + (standing_s if self._stands(standing_s) else 0.0)

    def _stands(self, standing_s: float) -> bool:
        return STANDS_S < standing_s < math.inf and (
            standing_s > SLOW_STEPS * self._last_step_mono_s
        )

    def _count_stand(self, passed_s: float, step_mono_s: float) -> None:
        if self._stands(step_mono_s):  # not where it is only told late that it went on
            self._stood_s += max(0.0, step_mono_s - passed_s)
        self._last_step_mono_s = step_mono_s

    def _passed(self, step_s: float, step_mono_s: float) -> float:
        """Return the time that has passed in a step; none in a jump."""
        expected_s = self._factor() * step_mono_s
        if step_s < 0.0:
            return self._jumped(f'jumped back by {-step_s:.1f} s')
        if step_s > FLOOR_S + STEADY_SHARE * (expected_s + self._short_s):
            return self._jumped(f'jumped ahead by {step_s:.1f} s')
        self._learn(step_s, step_mono_s)
        self.elapsed_s += step_s
        return step_s

    def _jumped(self, words: str) -> float:
        self.jump = words
        self._seen_s = self._seen_mono_s = self._short_s = 0.0  # whoever jumps may be another
        return 0.0

    def _factor(self) -> float:
        return self._seen_s / self._seen_mono_s if self.is_settled else HIGHEST_FACTOR

    def _learn(self, step_s: float, step_mono_s: float) -> None:
        kept = math.exp(-step_mono_s / LEARN_S)
        if self.is_settled:
            short_s = self._short_s * kept + self._factor() * step_mono_s - step_s
            self._short_s = min(max(0.0, short_s), self._factor() * STANDS_S)
        self._seen_s = self._seen_s * kept + step_s
        self._seen_mono_s = self._seen_mono_s * kept + step_mono_s
