"""How fast the store is with few and many tickets, beside raw sqlite3 doing the same.

What raw sqlite3 does are the very statements that the store sent in the call just before, on a
copy of its file: of a call that writes, its writes only. So noise of the machine hits both, and
their ratio says more than either. Lists are measured in turn, some calls of each at a time.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import sqlite3
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from datetime import datetime, timezone
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import filling
import sqlalchemy as sa
from disk import disk_line
from raw_sqlite import Recorder, raw_connection, replayed_s
from store_lists import ListAsked, lists
from store_series import HEADING, PARTS, Series, timed_s
from store_yardsticks import (
    CREATE,
    CREATE_IN_EMPTY,
    CREATE_TOGETHER,
    CROWD,
    START,
    yardstick_lines,
)

from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import Position
from orchestrator_ren.tickets.run_clock import Old
from orchestrator_ren.tickets.ticket import Status, Ticket

SIZES = (0, 10_000, 100_000, 1_000_000)
ROUNDS = 1000
MAX_OPENINGS = 20

PRUNED = 20
"""Tickets that a call of prune removes."""

MAX_VERIFIED = 10_000
"""Tickets of each store whose history is checked."""


class Bench:
    """The operations, on `store` with `size` tickets; `raw` has the same, `empty` has none."""

    def __init__(
        self,
        size: int,
        rounds: int,
        store: TicketStore,
        empty: TicketStore,
        raw: sqlite3.Connection,
        recorder: Recorder,
    ) -> None:
        self._size = size
        self._rounds = rounds
        self._store = store
        self._empty = empty
        self._raw = raw
        self._recorder = recorder
        self._chance = random.Random(size)
        self._now = filling.created_at(size + rounds)

    def run(self) -> list[Series]:
        """Measure all; what only reads comes first, while there are exactly `size` tickets."""
        pages = self._lists()
        created = self._new_tickets(self._size, self._rounds)
        crowd = self._new_tickets(self._size + self._rounds, max(self._rounds, CROWD))
        return [
            self._open(),
            *pages,
            *self._create(created),
            self._create_together(crowd),
            *self._lives(created),
            self._measured(f'prune {PRUNED}', (self._prune for _ in created[::PRUNED])),
        ]

    def _new_tickets(self, first: int, count: int) -> list[Ticket]:
        return [filling.new_ticket(first + number, self._chance) for number in range(count)]

    def _measured(self, name: str, calls: Iterable[Callable[[], Any]]) -> Series:
        series = Series(name)
        self._add(series, calls)
        return series

    def _add(self, series: Series, calls: Iterable[Callable[[], Any]]) -> None:
        for call in calls:
            self._recorder.statements.clear()
            series.took_s.append(timed_s(call))
            series.raw_s.append(replayed_s(self._raw, self._recorder.statements))

    def _lists(self) -> list[Series]:
        """Measure the lists in turn, in as many parts as a series has."""
        asked = lists(self._size, self._chance)
        found = [Series(each.name) for each in asked]
        for _ in range(PARTS):
            for each, series in zip(asked, found, strict=True):
                self._add(series, self._pages(each, -(-self._rounds // PARTS)))
        return found

    def _open(self) -> Series:
        series = Series('open')
        for _ in range(min(self._rounds, MAX_OPENINGS)):
            self._store.close()
            series.took_s.append(timed_s(self._store.open))
        return series

    def _pages(self, asked: ListAsked, count: int) -> Iterator[Callable[[], Any]]:
        for _ in range(count):
            middle = filling.created_at(self._size * self._chance.uniform(0.4, 0.6))
            after = Position(middle, '') if asked.is_deep else None
            yield partial(self._store.page, asked.wanted(), asked.limit, after=after)

    def _create(self, tickets: Iterable[Ticket]) -> list[Series]:
        """Create each ticket in both stores in turn: the clock of the machine varies."""
        in_empty = Series(CREATE_IN_EMPTY)

        def calls() -> Iterator[Callable[[], Any]]:
            for ticket in tickets:
                yield partial(self._store.insert, ticket)
                in_empty.took_s.append(timed_s(partial(self._empty.insert, ticket)))

        return [self._measured(CREATE, calls()), in_empty]

    def _create_together(self, tickets: list[Ticket]) -> Series:
        """Create as many at once as wait, in one commit."""
        series = Series(CREATE_TOGETHER, tickets=CROWD)
        batches = [tickets[at : at + CROWD] for at in range(0, len(tickets) - CROWD + 1, CROWD)]
        self._add(series, (partial(self._insert_together, batch) for batch in batches))
        return series

    def _insert_together(self, tickets: list[Ticket]) -> None:
        with self._store.together():
            for ticket in tickets:
                self._store.insert(ticket)

    def _lives(self, created: list[Ticket]) -> Iterator[Series]:
        """Take all tickets to one status after the other."""
        way = {'enqueue': Status.QUEUED, START: Status.EXECUTING, 'complete': Status.COMPLETED}
        tickets = created
        for name, status in way.items():
            steps = [(each, filling.stepped(each, status, self._now)) for each in tickets]
            yield self._measured(name, (partial(self._change, *step) for step in steps))
            tickets = [after for _, after in steps]

    def _change(self, before: Ticket, after: Ticket) -> None:
        self._store.change(before, after, Actor.DISPATCHER, 'the benchmark')

    def _prune(self) -> None:
        removed = self._store.prune(Old(0, filling.FIRST_AT), keep=0, limit=PRUNED)
        assert removed > 0, 'no ticket has ended'


def measured(base: Path, size: int, rounds: int) -> list[Series]:
    """Return the figures with `size` tickets; `base` is the file that has them, and stays so."""
    recorder = Recorder()
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(dir=base.parent)))
        path, raw_path = copied(base, folder / 'store.db'), copied(base, folder / 'raw.db')
        store, empty = TicketStore(url_of(path)), TicketStore(url_of(folder / 'empty.db'))
        stack.enter_context(recorder.listening())
        for each in (store, empty):
            each.open()
            stack.callback(each.close)
        raw = stack.enter_context(closing(raw_connection(raw_path)))
        found = Bench(size, rounds, store, empty, raw, recorder).run()
        for each in (path, raw_path):
            check(each)
    return found


def url_of(path: Path) -> str:
    return f'sqlite:///{path}'


def copied(source: Path, target: Path) -> Path:
    """Copy a file and wait for the disk, which else would write it during the measurement."""
    shutil.copyfile(source, target)
    with target.open('rb') as file:
        os.fsync(file.fileno())
    return target


def check(path: Path) -> None:
    """Raise if the history of a ticket is not sound; checks the first of them only."""
    for verdict in islice(verify(url_of(path)), MAX_VERIFIED):
        if verdict.problem:
            raise RuntimeError(f'{path.name}: {verdict.ticket_id}: {verdict.problem}')


def machine_lines(folder: Path) -> list[str]:
    """Return what the figures depend on."""
    return [
        f'{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC',
        f'{os.cpu_count()} cores, Python {platform.python_version()},'
        f' SQLite {sqlite3.sqlite_version}, SQLAlchemy {sa.__version__}',
        f'{folder}: {disk_line(folder)}',
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or '').splitlines()[0])
    parser.add_argument('--sizes', default=','.join(map(str, SIZES)), help='tickets, with commas')
    parser.add_argument('--rounds', type=int, default=ROUNDS, help='calls of each operation')
    parser.add_argument('--folder', type=Path, help='on the disk to measure; default: temporary')
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(dir=arguments.folder) as folder:
        bench(Path(folder), sorted(map(int, arguments.sizes.split(','))), arguments.rounds)


def bench(folder: Path, sizes: list[int], rounds: int) -> None:
    """Measure with each size in turn and print the figures."""
    print(*machine_lines(folder), sep='\n')
    base = folder / 'base.db'
    store = TicketStore(url_of(base))
    store.open()
    store.close()
    present, figures = 0, []
    for size in sizes:
        filled_s = timed_s(partial(filling.fill, base, present, size))
        present = size
        check(base)
        print(f'\n{size:,} tickets, {base.stat().st_size / 1e6:,.0f} MB,', end=' ')
        print(f'filled in {filled_s:.0f} s; {disk_line(folder)}')
        print(HEADING)
        figures = measured(base, size, rounds)
        for series in figures:
            print(series.line(), flush=True)
    print('', *yardstick_lines(sizes[-1], figures), sep='\n')


if __name__ == '__main__':
    main()
