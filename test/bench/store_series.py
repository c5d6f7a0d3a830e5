"""What an operation of the store took, call by call, and how that is told."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from figures import percentile

PARTS = 5
"""Of a series, each from another time: what hits the machine during one is not the store's."""


@dataclass
class Series:
    """What an operation took, call by call [s].

    Attributes:
        name: Of the operation.
        tickets: With how many of them a call deals.
        took_s: For each call.
        raw_s: The same of raw sqlite3; empty where there is none.
    """

    name: str
    tickets: int = 1
    took_s: list[float] = field(default_factory=list)
    raw_s: list[float] = field(default_factory=list)

    @property
    def p50_ms(self) -> float:
        return percentile_ms(self.took_s, 50)

    @property
    def p99_ms(self) -> float:
        return percentile_ms(self.took_s, 99)

    @property
    def usual_p99_ms(self) -> float:
        """The p99 of a part in whose time nothing else has hit the machine: the median part's."""
        size = -(-len(self.took_s) // PARTS)
        parts = [self.took_s[at : at + size] for at in range(0, len(self.took_s), size)]
        return statistics.median(percentile_ms(part, 99) for part in parts)

    @property
    def rate(self) -> float:
        """Tickets in a second, at the median."""
        return self.tickets * 1000 / self.p50_ms

    @property
    def ratio(self) -> float:
        """To raw sqlite3, at the median."""
        return self.p50_ms / percentile_ms(self.raw_s, 50)

    def line(self) -> str:
        calls, rate = len(self.took_s), self.tickets * len(self.took_s) / sum(self.took_s)
        text = f'{self.name:<26}{calls:>6}{self.p50_ms:>10.3f}{self.p99_ms:>10.3f}{rate:>8,.0f}'
        if not self.raw_s:
            return f'{text}{"-":>10}{"-":>10}{"-":>8}'
        raw_p50_ms, raw_p99_ms = (percentile_ms(self.raw_s, percent) for percent in (50, 99))
        return f'{text}{raw_p50_ms:>10.3f}{raw_p99_ms:>10.3f}{self.ratio:>8.2f}'


HEADING = (
    f'{"":26}{"calls":>6}{"p50 ms":>10}{"p99 ms":>10}{"per s":>8}'
    f'{"raw p50":>10}{"raw p99":>10}{"ratio":>8}'
)


def percentile_ms(took_s: list[float], percent: int) -> float:
    """Return the time that so many percent of the calls did not exceed [ms]."""
    return percentile(took_s, percent) * 1000


def timed_s(call: Callable[[], Any]) -> float:
    """Return how long a call takes [s]."""
    began_s = time.perf_counter()
    call()
    return time.perf_counter() - began_s
