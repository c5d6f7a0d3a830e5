"""How fast the store is with few and many tickets, beside raw sqlite3 doing the same.

What raw sqlite3 does are the very statements that the store sent in the call just before, on a
copy of its file: of a call that writes, its writes only. So noise of the machine hits both, and
their ratio says more than either.
"""

from __future__ import annotations

import argparse
import os
import platform
import random
import shutil
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import filling
import sqlalchemy as sa

from orchestrator_ren.store.engine import CACHE_KIB, CONNECT_ARGUMENTS
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.store.verification import verify
from orchestrator_ren.tickets.event import Actor
from orchestrator_ren.tickets.listing import DEFAULT_LIMIT, Position, TicketFilter, labels_of
from orchestrator_ren.tickets.run_clock import Old
from orchestrator_ren.tickets.ticket import Status, Ticket

SIZES = (0, 10_000, 100_000, 1_000_000)
ROUNDS = 1000
MAX_OPENINGS = 20

MAX_S = 20.0
"""What of an operation's rounds would take longer is left out, of those that only read [s]."""

PRUNED = 20
"""Tickets that a call of prune removes."""

DISK_ROUNDS = 200
MAX_VERIFIED = 10_000
"""Tickets of each store whose history is checked."""

READ_P99_MS = 5.0
CREATE_RATIO = 1.2

CREATE = 'create'
CREATE_IN_EMPTY = 'create in an empty store'
START = 'start'
FIRST_PAGE = 'page, first 100'

Labels = tuple[tuple[str, str], ...]


@dataclass
class Series:
    """What an operation took, call by call [s]; `raw_s` is empty where there is nothing raw."""

    name: str
    took_s: list[float] = field(default_factory=list)
    raw_s: list[float] = field(default_factory=list)

    @property
    def p50_ms(self) -> float:
        return percentile_ms(self.took_s, 50)

    @property
    def p99_ms(self) -> float:
        return percentile_ms(self.took_s, 99)

    def line(self) -> str:
        calls, rate = len(self.took_s), len(self.took_s) / sum(self.took_s)
        text = f'{self.name:<26}{calls:>6}{self.p50_ms:>10.3f}{self.p99_ms:>10.3f}{rate:>8,.0f}'
        if not self.raw_s:
            return f'{text}{"-":>10}{"-":>10}{"-":>8}'
        raw_p50_ms, raw_p99_ms = (percentile_ms(self.raw_s, percent) for percent in (50, 99))
        return f'{text}{raw_p50_ms:>10.3f}{raw_p99_ms:>10.3f}{self.p50_ms / raw_p50_ms:>8.2f}'


HEADING = (
    f'{"":26}{"calls":>6}{"p50 ms":>10}{"p99 ms":>10}{"per s":>8}'
    f'{"raw p50":>10}{"raw p99":>10}{"ratio":>8}'
)


def percentile_ms(took_s: list[float], percent: int) -> float:
    """Return the time that so many percent of the calls did not exceed [ms]."""
    return sorted(took_s)[-(-len(took_s) * percent // 100) - 1] * 1000


Sent = tuple[str, Any, bool]
"""A statement, its values, and whether those are of several rows."""


class Recorder:
    """The statements that the driver is sent while it listens."""

    def __init__(self) -> None:
        self.statements: list[Sent] = []

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Have all connections that are made inside recorded."""
        statements = self.statements

        class Cursor(sqlite3.Cursor):
            def execute(self, sql: str, values: Any = ()) -> Any:
                statements.append((sql, values, False))
                return super().execute(sql, values)

            def executemany(self, sql: str, values: Any) -> Any:
                statements.append((sql, values, True))
                return super().executemany(sql, values)

        class Connection(sqlite3.Connection):
            def cursor(self, factory: Any = Cursor) -> Any:
                return super().cursor(factory)

        arguments = CONNECT_ARGUMENTS['sqlite']
        CONNECT_ARGUMENTS['sqlite'] = {**arguments, 'factory': Connection}
        yield
        CONNECT_ARGUMENTS['sqlite'] = arguments


def raw_connection(path: Path) -> sqlite3.Connection:
    """Return a connection as the store has it for writing."""
    connection = sqlite3.connect(path, isolation_level=None)
    for pragma in (
        'journal_mode = WAL',
        'synchronous = FULL',
        f'cache_size = -{CACHE_KIB}',
        'foreign_keys = ON',
    ):
        connection.execute(f'PRAGMA {pragma}').fetchall()
    return connection


def replayed_s(connection: sqlite3.Connection, statements: list[Sent]) -> float:
    """Return how long raw sqlite3 takes for a recorded transaction [s]."""
    if statements[0][0] == 'BEGIN IMMEDIATE':
        statements = [each for each in statements if not each[0].startswith('SELECT')]
    began_s = time.perf_counter()
    for sql, values, many in statements:
        if many:
            connection.executemany(sql, values)
        else:
            connection.execute(sql, values).fetchall()
    connection.execute('COMMIT')
    return time.perf_counter() - began_s


@dataclass(frozen=True)
class ListAsked:
    """A list that clients ask for.

    Attributes:
        wanted: Returns its filter, a different one each time.
        limit: Most tickets on the page.
        is_deep: Whether it begins in the middle of the tickets instead of at the newest.
    """

    name: str
    wanted: Callable[[], TicketFilter]
    limit: int = DEFAULT_LIMIT
    is_deep: bool = False


def lists(size: int, chance: random.Random) -> list[ListAsked]:
    """Return the lists to measure with a store of `size` tickets."""

    def any_ticket() -> int:
        return chance.randrange(max(size, 1))

    def status() -> frozenset[Status]:
        return frozenset({chance.choice(list(Status))})

    def operator() -> Labels:
        return labels_of({'operator': chance.choice(filling.OPERATORS)})

    def session() -> Labels:
        return labels_of({'session_id': any_ticket() // filling.TICKETS_A_SESSION})

    def week() -> TicketFilter:
        begin = filling.created_at(any_ticket())
        return TicketFilter(created_from=begin, created_until=begin + timedelta(days=7))

    return [
        ListAsked(FIRST_PAGE, TicketFilter),
        ListAsked('page, first 10', TicketFilter, limit=10),
        ListAsked('page, from the middle on', TicketFilter, is_deep=True),
        ListAsked('page of a status', lambda: TicketFilter(status())),
        ListAsked('page of scan, a status', lambda: TicketFilter(status(), 'scan')),
        ListAsked('page of an operator', lambda: TicketFilter(labels=operator())),
        ListAsked('page of a session', lambda: TicketFilter(labels=session())),
        ListAsked(
            'page of operator, session', lambda: TicketFilter(labels=operator() + session())
        ),
        ListAsked('page of operator, status', lambda: TicketFilter(status(), labels=operator())),
        ListAsked('page of a week', week),
    ]


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
        pages = [
            self._measured(each.name, self._pages(each))
            for each in lists(self._size, self._chance)
        ]
        created = [
            filling.new_ticket(self._size + number, self._chance) for number in range(self._rounds)
        ]
        return [
            self._open(),
            *pages,
            *self._create(created),
            *self._lives(created),
            self._measured(f'prune {PRUNED}', (self._prune for _ in created[::PRUNED])),
        ]

    def _measured(self, name: str, calls: Iterable[Callable[[], Any]]) -> Series:
        series = Series(name)
        for call in calls:
            self._recorder.statements.clear()
            series.took_s.append(timed_s(call))
            series.raw_s.append(replayed_s(self._raw, self._recorder.statements))
        return series

    def _open(self) -> Series:
        series = Series('open')
        for _ in range(min(self._rounds, MAX_OPENINGS)):
            self._store.close()
            series.took_s.append(timed_s(self._store.open))
        return series

    def _pages(self, asked: ListAsked) -> Iterator[Callable[[], Any]]:
        end_mono_s = time.monotonic() + MAX_S
        for _ in range(self._rounds):
            if time.monotonic() > end_mono_s:
                return
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


def timed_s(call: Callable[[], Any]) -> float:
    """Return how long a call takes [s]."""
    began_s = time.perf_counter()
    call()
    return time.perf_counter() - began_s


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


def disk_line(folder: Path) -> str:
    """Return how long the disk takes for a commit without a database."""
    took_s = []
    with tempfile.TemporaryFile(dir=folder, buffering=0) as file:
        for _ in range(DISK_ROUNDS):
            file.write(bytes(4096))
            took_s.append(timed_s(partial(os.fdatasync, file.fileno())))
    p50_ms, p99_ms = (percentile_ms(took_s, percent) for percent in (50, 99))
    return f'disk commit (4 KiB, fdatasync): p50 {p50_ms:.3f} ms, p99 {p99_ms:.3f} ms'


def machine_lines(folder: Path) -> list[str]:
    """Return what the figures depend on."""
    return [
        f'{datetime.now(timezone.utc):%Y-%m-%d %H:%M} UTC',
        f'{os.cpu_count()} cores, Python {platform.python_version()},'
        f' SQLite {sqlite3.sqlite_version}, SQLAlchemy {sa.__version__}',
        f'{folder}: {disk_line(folder)}',
    ]


def yardstick_lines(size: int, figures: list[Series]) -> list[str]:
    """Return what was wanted of the largest store, and whether it was met."""
    by_name = {series.name: series for series in figures}
    lines = [f'yardsticks, {size:,} tickets']
    for name in [name for name in by_name if name.startswith('page')] + [START]:
        is_met = by_name[name].p99_ms <= READ_P99_MS
        lines.append(
            f'{name:<26}{by_name[name].p99_ms:>10.3f} ms p99'
            f'{f"<= {READ_P99_MS:g} ms":>12}  {"met" if is_met else "MISSED"}'
        )
    ratio = by_name[CREATE].p50_ms / by_name[CREATE_IN_EMPTY].p50_ms
    lines.append(
        f'{CREATE:<26}{ratio:>10.3f} of empty'
        f'{f"<= {CREATE_RATIO:g}":>9}  {"met" if ratio <= CREATE_RATIO else "MISSED"}'
    )
    return lines


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
