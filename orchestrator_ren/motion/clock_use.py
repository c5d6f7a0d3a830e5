"""Whether simulated time can be used at all, while nothing moves."""

from __future__ import annotations

import math

from orchestrator_ren.errors import ClockUnusable

CLOCK_STANDS_S = 2.0
"""How long simulated time may not change, while nothing moves [s]; slow ones come in steps."""


class ClockUse:
    """Tells why a motion must not begin by a clock; to be asked at least once a second."""

    def __init__(self) -> None:
        self._now_ns = 0
        self._changed_at_mono_s = -math.inf

    def trouble(self, now_ns: int, now_mono_s: float) -> ClockUnusable | None:
        """Return why simulated time cannot be used; None when it can.

        Args:
            now_ns: Simulated time, 0 before it has begun [ns].
            now_mono_s: Steady time [s].
        """
        if now_ns == 0:
            return ClockUnusable(detail='has not begun: no /clock is heard')
        if now_ns != self._now_ns:
            self._now_ns, self._changed_at_mono_s = now_ns, now_mono_s
        stood_s = now_mono_s - self._changed_at_mono_s
        if stood_s > CLOCK_STANDS_S:
            return ClockUnusable(detail=f'stands for {stood_s:.1f} s')
        return None
