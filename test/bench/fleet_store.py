"""How fast many orchestrators create and take tickets of one store, beside the bare driver."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

from figures import percentile
from fleet_crew import Crew, crew
from fleet_server import Server

TOGETHER = 8
MAX_TICKETS = 1_000
"""That a robot creates in a row."""

NAME = 33
PERIOD_S = 0.05
"""Between two creates of which somebody else is told [s]."""

CREATE, CREATE_TOGETHER, CLAIM = 'create', f'create, {TOGETHER} wait', 'take, start, end'
KINDS = 'store', 'bare'

_numbers = count()


@dataclass
class Figures:
    """What was measured of an operation, in all rounds.

    Attributes:
        rates: Tickets a second, of each round.
        took_s: How long each create, or take, took.
    """

    rates: list[float] = field(default_factory=list)
    took_s: list[float] = field(default_factory=list)

    def words(self) -> list[str]:
        figures = (
            percentile(self.rates, 50),
            *(1e3 * percentile(self.took_s, each) for each in (50, 99)),
        )
        return [f'{figures[0]:>9,.0f}', *(f'{each:>9.2f}' for each in figures[1:])]


Measured = dict[tuple[str, str], Figures]
"""By kind of robot and operation."""

HEADING = (
    f'{"store of many robots":<{NAME}}{"per s":>9}{"p50 ms":>9}{"p99 ms":>9}'
    f'{"bare /s":>9}{"p50 ms":>9}{"p99 ms":>9}{"rate /":>8}'
)


def print_store(_: Path, server: Server, options: argparse.Namespace) -> None:
    """Measure and print, round by round in turns with the bare driver."""
    print(f'\n{HEADING}')
    with _files(options.folder) as url_of:
        _print_rows('SQLite, 1', _measured(1, url_of, options))
    for number in options.crews:
        name = 'PostgreSQL, 1' if number == 1 else f'{number} at once'
        _print_rows(name, _measured(number, lambda: server.url(server.make_database()), options))
    took_s = told_s(server, options.told)
    p50_ms, p99_ms = (1e3 * percentile(took_s, each) for each in (50, 99))
    print(f'{"one creates, another takes":<{NAME + 9}}{p50_ms:>9.2f}{p99_ms:>9.2f}', flush=True)


@contextmanager
def _files(folder: Path) -> Iterator[Callable[[], str]]:
    paths: list[Path] = []

    def url_of() -> str:
        paths.append(folder / f'fleet-{next(_numbers)}.db')
        return f'sqlite:///{paths[-1]}'

    yield url_of
    for path in paths:
        for each in folder.glob(f'{path.name}*'):
            each.unlink()


def _print_rows(name: str, measured: Measured) -> None:
    for operation in (CREATE, CREATE_TOGETHER, CLAIM):
        ours, bare = (measured[kind, operation] for kind in KINDS)
        ratio = percentile(ours.rates, 50) / percentile(bare.rates, 50)
        words = f'{"".join([*ours.words(), *bare.words()])}{ratio:>8.2f}'
        print(f'{f"{name}: {operation}":<{NAME}}{words}', flush=True)


def _measured(robots: int, url_of: Callable[[], str], options: argparse.Namespace) -> Measured:
    found: Measured = {}
    with crew('store', robots) as ours, crew('bare', robots) as bare:
        crews = dict(zip(KINDS, (ours, bare), strict=True))
        for kind, each in crews.items():  # what is done for the first time takes longer
            _measure({}, kind, each, url_of(), robots)
        for _ in range(options.rounds):
            for kind, each in crews.items():
                _measure(found, kind, each, url_of(), options.tickets)
    return found


def _measure(found: Measured, kind: str, robots: Crew, url: str, tickets: int) -> None:
    """Create so many one by one, as many together, and take all of them."""
    for robot in robots.robots:  # the first of them makes the tables
        robot.ask('open', url=url)
    share = min(MAX_TICKETS, max(TOGETHER, tickets // len(robots.robots)))
    for name, together in ((CREATE, 1), (CREATE_TOGETHER, TOGETHER)):
        _give(robots, share)
        _add(found, (kind, name), robots.at_once('create', together=together))
    _add(found, (kind, CLAIM), robots.at_once('claim'))
    robots.each('close')


def _give(robots: Crew, share: int) -> None:
    for robot in robots.robots:
        robot.ask('tickets', first=MAX_TICKETS * next(_numbers), count=share)


def _add(found: Measured, key: tuple[str, str], measured: tuple[float, list[float]]) -> None:
    took_s, each_s = measured
    figures = found.setdefault(key, Figures())
    figures.rates.append(len(each_s) / took_s)
    figures.took_s += each_s


def told_s(server: Server, tickets: int) -> list[float]:
    """Return how long it takes from a create for any until another robot has taken it [s]."""
    url = server.url(server.make_database())
    with crew('store', 2) as both:
        one, other = both.robots
        for robot in both.robots:
            robot.ask('open', url=url)
        one.ask('tickets', first=MAX_TICKETS * next(_numbers), count=tickets)
        other.tell('take_when_told', count=tickets)
        asked_at_mono_s = one.ask('create_now_and_then', period_s=PERIOD_S)
        taken_at_mono_s: list[float] = other.answer()['answer']
        both.each('close')
    return [taken - asked for asked, taken in zip(asked_at_mono_s, taken_at_mono_s, strict=True)]
