"""Rows of what is asked: create, get, list, execute, by one caller or eight, of three sides."""

from __future__ import annotations

import argparse
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from bench_store import raw_connection
from calling import CALLERS, RosCalls
from figures import BARE, OURS, ROUNDS, WEB, Limit, Row, in_turns
from systems import system
from web_client import WebCalls, missing

Sides = dict[str, RosCalls | WebCalls]

ONE_ROW = 'INSERT INTO rows (content) VALUES (?)', ('x' * 700,)
COMMIT = 'commit'

RATE_BEFORE = 150.0
"""Tickets a second that eight callers had created before writes shared commits."""


@contextmanager
def sides(folder: Path, options: argparse.Namespace, name: str) -> Iterator[Sides]:
    """Start what is to be asked: ours, and unless it is alone, a bare node and a web service."""
    with system(folder, name) as (bench, namespace, _):
        found: Sides = {OURS: RosCalls(bench, namespace)}
        if not options.only_ours:
            bench.start('bare', 'bare_node')
            found[BARE] = RosCalls(bench, 'bare')
            if not missing():
                found[WEB] = WebCalls(bench)
        try:
            yield found
        finally:
            for each in found.values():
                each.close()


def creates(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure create_ticket, beside the bare call and a commit of raw sqlite3."""
    with sides(folder, options, 'create') as found, _raw(folder / 'raw.db') as raw:
        steps = {name: each.create_s for name, each in found.items()}
        if BARE in steps:
            steps[COMMIT] = lambda: _committed_s(raw)
        rounds = _in_ms(in_turns(steps, options.calls // ROUNDS))
    bare = zip(rounds.get(BARE, ()), rounds.pop(COMMIT, ()), strict=True)
    rounds[BARE] = [call + commit for call, commit in bare]
    limits = Limit(1.5, of=BARE), Limit(1.0, of=WEB)
    return [Row('create_ticket, p50', 'ms', rounds, limits, beside='(bare + commit)')]


def callers(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure how many tickets a second eight callers have created."""
    with sides(folder, options, 'callers') as found:
        rounds: dict[str, list[float]] = {name: [] for name in found}
        for _ in range(ROUNDS):
            for name, each in found.items():
                rounds[name].append(each.creates_per_s(options.calls))
    limit = Limit(5.0 * RATE_BEFORE, is_least=True)
    return [Row(f'create_ticket, {CALLERS} callers', '/s', rounds, (limit,))]


def gets(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure get_ticket."""
    with sides(folder, options, 'get') as found:
        return [_row('get_ticket, p50', found, 'get_s', options.calls)]


def lists(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure a page of list_tickets, of as many tickets as it holds."""
    with sides(folder, options, 'list') as found:
        for each in found.values():
            each.creates_per_s(2 * CALLERS if options.calls < 100 else 200)
        return [_row('list_tickets, p50', found, 'list_s', options.calls // 2)]


def executes(folder: Path, options: argparse.Namespace) -> list[Row]:
    """Measure the execution of a dry run, from the goal to its result."""
    with sides(folder, options, 'execute') as found:
        return [_row('execute a dry run, p50', found, 'execute_s', options.calls // 2)]


def _row(name: str, found: Sides, step: str, calls: int) -> Row:
    steps = {side: getattr(each, step) for side, each in found.items()}
    return Row(name, 'ms', _in_ms(in_turns(steps, max(1, calls // ROUNDS))))


def _in_ms(rounds: dict[str, list[float]]) -> dict[str, list[float]]:
    return {side: [1e3 * each for each in values] for side, values in rounds.items()}


@contextmanager
def _raw(path: Path) -> Iterator[sqlite3.Connection]:
    with closing(raw_connection(path)) as raw:
        raw.execute('CREATE TABLE rows (content TEXT)')
        yield raw


def _committed_s(raw: sqlite3.Connection) -> float:
    began_s = time.perf_counter()
    raw.execute('BEGIN IMMEDIATE')
    raw.execute(*ONE_ROW)
    raw.execute('COMMIT')
    return time.perf_counter() - began_s
