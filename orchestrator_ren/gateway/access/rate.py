"""How many requests are taken from each: a bucket of tokens that fills steadily."""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Callable
from ipaddress import IPv6Address, ip_network

from orchestrator_ren.errors import TooManyRequests

BURST_S = 2.0
"""Requests at once, as so many seconds bring them [s]."""

MOST = 4096
"""Of whom it is remembered; who has not asked for longest is forgotten first."""


class Rate:
    """Counts requests.

    Args:
        clock: Monotonic [s].
        most_hz: Requests in the long run [1/s].
    """

    def __init__(self, clock: Callable[[], float], most_hz: float) -> None:
        self._clock = clock
        self._most_hz = most_hz
        self._burst = BURST_S * most_hz
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, who: str) -> None:
        """Count a request.

        Raises:
            TooManyRequests: There were too many.
        """
        now_mono_s = self._clock()
        tokens, at_mono_s = self._buckets.pop(who, (self._burst, now_mono_s))
        tokens = min(self._burst, tokens + (now_mono_s - at_mono_s) * self._most_hz)
        self._buckets[who] = (tokens - 1.0 if tokens >= 1.0 else tokens, now_mono_s)
        if len(self._buckets) > MOST:
            self._buckets.popitem(last=False)
        if tokens < 1.0:
            wait_s = math.ceil((1.0 - tokens) / self._most_hz)
            raise TooManyRequests(limit=f'{self._most_hz:g}', who=who, wait_s=wait_s)


def network_of(address: str) -> str:
    """Return whom an address stands for: of IPv6, a household or a machine has a whole /64."""
    try:
        found = IPv6Address(address.partition('%')[0])
    except ValueError:
        return address or 'an unknown address'
    return str(found.ipv4_mapped or ip_network((found, 64), strict=False))
