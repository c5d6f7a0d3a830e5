"""Figures of a bench: rounds of ours and of what stands beside it, and the limits held to."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

OURS, BARE, WEB = 'ours', 'bare', 'web'
SIDES = (OURS, BARE, WEB)
ROUNDS = 5

MAX_LOAD_PER_CORE = 0.5
"""Above it, figures of this machine say little."""

NAME = 40
NOT_MEASURED = '-'


def percentile(values: Sequence[float], percent: int) -> float:
    """Return the value that so many percent of them do not exceed."""
    return sorted(values)[-(-len(values) * percent // 100) - 1]


def in_turns(
    steps: Mapping[str, Callable[[], float]], calls: int, rounds: int = ROUNDS
) -> dict[str, list[float]]:
    """Take the steps in turns, `calls` times a round; return the median of each round."""
    found: dict[str, list[float]] = {side: [] for side in steps}
    for _ in range(rounds):
        took: dict[str, list[float]] = {side: [] for side in steps}
        for _ in range(calls):
            for side, step in steps.items():
                took[side].append(step())
        for side, each in took.items():
            found[side].append(percentile(each, 50))
    return found


def in_rounds(values: Sequence[float], rounds: int = ROUNDS) -> list[Sequence[float]]:
    """Return the values in so many pieces of the same length; what is over goes into the last."""
    length = max(1, len(values) // rounds)
    count = min(rounds, len(values))
    ends = [length * number for number in range(1, count)]
    return [values[begin:end] for begin, end in zip([0, *ends], [*ends, len(values)], strict=True)]


@dataclass(frozen=True)
class Limit:
    """What a figure of ours must keep.

    Attributes:
        value: In the row's unit; or, with `of`, so many times that side's figure.
        of: A side.
        is_least: Whether it must not be less, rather than not more.
    """

    value: float
    of: str = ''
    is_least: bool = False


@dataclass(frozen=True)
class Row:
    """What was measured of each side, round by round.

    Attributes:
        name: What it is.
        unit: Of all figures.
        rounds: The figure of each round, by side.
        limits: What is wanted of ours.
        is_worst: Whether the largest of the rounds counts, rather than their median.
        beside: What the bare side is, where it is no bare node.
    """

    name: str
    unit: str
    rounds: Mapping[str, Sequence[float]]
    limits: tuple[Limit, ...] = ()
    is_worst: bool = False
    beside: str = BARE

    def value(self, side: str) -> float | None:
        """Return the figure of a side; None where it was not measured."""
        rounds = self.rounds.get(side)
        if not rounds:
            return None
        return max(rounds) if self.is_worst else percentile(rounds, 50)

    def ratio(self, side: str) -> float | None:
        """Return how many times the figure of a side ours is."""
        ours, other = self.value(OURS), self.value(side)
        return ours / other if ours is not None and other else None

    def noise(self) -> float | None:
        """Return how far the rounds of the bare side are apart, as a share of their median."""
        rounds = self.rounds.get(BARE, ())
        middle = percentile(rounds, 50) if len(rounds) > 1 else 0.0
        return (max(rounds) - min(rounds)) / middle if middle else None

    def line(self) -> str:
        """Return the figures of all sides."""
        figures = [self.value(side) for side in SIDES]
        ratios = [self.ratio(side) for side in SIDES[1:]]
        noise = self.noise()
        return (
            f'{self.name:<{NAME}}{self.unit:<7}'
            + ''.join(f'{_text(each):>10}' for each in (*figures, *ratios))
            + f'{NOT_MEASURED if noise is None else f"{noise:.0%}":>8}'
        )

    def verdicts(self) -> list[str]:
        """Return a line for each limit."""
        return [self._verdict(each) for each in self.limits]

    def _verdict(self, limit: Limit) -> str:
        sign = '>=' if limit.is_least else '<='
        ours, other = self.value(OURS), self.value(limit.of) if limit.of else 1.0
        beside = self.beside if limit.of == BARE else limit.of
        words = f'{sign} {limit.value:g} {f"x {beside}" if limit.of else self.unit}'
        begin = f'{self.name:<{NAME}}{words:<24}{_text(ours):>10} {self.unit:<7}'
        if ours is None or other is None:
            return f'{begin}{NOT_MEASURED:>8}    not measured'
        ratio = ours / (other if limit.of else limit.value) if other and limit.value else 1.0
        bound = limit.value * other
        is_met = ours >= bound if limit.is_least else ours <= bound
        return f'{begin}{ratio:>8.2f} x  {"met" if is_met else "NOT MET"}'


HEADING = (
    f'{"":{NAME + 7}}{OURS:>10}{BARE:>10}{WEB:>10}{"/ bare":>10}{"/ web":>10}{"noise":>8}\n'
    f'{"":{NAME + 7}}(medians of rounds in turns; noise: how far those of bare are apart)'
)


def _text(value: float | None) -> str:
    return NOT_MEASURED if value is None else f'{value:,.2f}'


def load_lines(load_average: float, cores: int) -> list[str]:
    """Return how busy the machine is, with a warning where that is too much."""
    per_core = load_average / cores
    line = f'load average {load_average:.2f}, {per_core:.2f} per core'
    if per_core <= MAX_LOAD_PER_CORE:
        return [line]
    return [line, f'WARNING: others are at work here (> {MAX_LOAD_PER_CORE} per core)']
