"""Does the store still hold what was written? Each history is chained, and gives its ticket."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.errors import StoreTooNew, StoreUnavailable
from orchestrator_ren.store import schema
from orchestrator_ren.store.chain import chained_hash
from orchestrator_ren.store.engine import (
    Role,
    StoreUrl,
    errors_translated,
    file_of,
    make_engine,
    parse,
    shown,
)
from orchestrator_ren.store.rows import (
    TICKET_COLUMNS,
    event_of_row,
    rows_of_labels,
    tickets_of_rows,
)
from orchestrator_ren.store.tables import REVISION, events, labels, tickets
from orchestrator_ren.tickets.history import HistoryBrokenError, replay
from orchestrator_ren.tickets.ticket import Ticket

BATCH = 500
"""Tickets read at a time."""

UNREADABLE = (AttributeError, KeyError, OverflowError, TypeError, ValueError)
"""What rows raise that nobody of us wrote."""


@dataclass(frozen=True)
class Verdict:
    """What was found of one ticket; `problem` is empty when all is well."""

    ticket_id: str
    events: int
    problem: str


def verify(url: StoreUrl) -> Iterator[Verdict]:
    """Yield a verdict on each ticket of a store; reads only, also while an orchestrator runs.

    Raises:
        StoreUnavailable: It cannot be read, or is older than this version and was not migrated.
        StoreTooNew: A newer version of this package wrote it.
    """
    with errors_translated(url):
        engine = make_engine(_existing(parse(url)), Role.AUDITOR, 'full')
        try:
            with engine.begin() as connection:
                _check_schema(connection, url)
                yield from _verdicts(connection)
        finally:
            engine.dispose()


def _existing(url: sa.engine.URL) -> sa.engine.URL:
    """Return the URL; raise FileNotFoundError for an SQLite file that reading would create."""
    if file_of(url):
        Path(file_of(url)).stat()
    return url


def _check_schema(connection: sa.engine.Connection, url: StoreUrl) -> None:
    found = schema.revision_of(connection)
    if not schema.is_known(found):
        raise StoreTooNew(url=shown(url), found=found, known=REVISION)
    if found != REVISION:
        reason = 'it has no tickets of this version; an orchestrator has to open it first'
        raise StoreUnavailable(url=shown(url), reason=reason)


def _verdicts(connection: sa.engine.Connection) -> Iterator[Verdict]:
    last = ''
    while ids := _next_ids(connection, last):
        last = ids[-1]
        try:
            yield from list(_verdicts_on(connection, ids))
        except UNREADABLE:
            yield from (_verdict_on_one(connection, ticket_id) for ticket_id in ids)
    for ticket_id, name in _orphans(connection).items():
        yield Verdict(ticket_id, 0, f'there are {name} of it, but no ticket')


def _orphans(connection: sa.engine.Connection) -> dict[str, str]:
    """Return of which ids there are labels or events, but no ticket."""
    found: dict[str, str] = {}
    for table in (labels, events):
        with_ticket = sa.exists().where(tickets.c.id == table.c.ticket_id)
        ids = sa.select(table.c.ticket_id).where(~with_ticket).distinct()
        found.update((row.ticket_id, table.name) for row in connection.execute(ids))
    return found


def _next_ids(connection: sa.engine.Connection, last: str) -> list[str]:
    query = sa.select(tickets.c.id).where(tickets.c.id > last).order_by(tickets.c.id)
    return list(connection.execute(query.limit(BATCH)).scalars())


def _verdicts_on(connection: sa.engine.Connection, ids: list[str]) -> Iterator[Verdict]:
    histories = _by_ticket(connection, events, events.c.step, ids)
    found_labels = _by_ticket(connection, labels, labels.c.label, ids)
    query = sa.select(*TICKET_COLUMNS).where(tickets.c.id.in_(ids)).order_by(tickets.c.id)
    for row in connection.execute(query).all():
        mine = histories.get(row.id, [])
        yield Verdict(row.id, len(mine), _problem(row, mine, found_labels.get(row.id, [])))


def _verdict_on_one(connection: sa.engine.Connection, ticket_id: str) -> Verdict:
    try:
        return next(_verdicts_on(connection, [ticket_id]))
    except UNREADABLE as error:
        return Verdict(ticket_id, 0, f'it cannot be read: {error!r}')


def _by_ticket(
    connection: sa.engine.Connection, table: sa.Table, order: Any, ids: list[str]
) -> dict[str, list[Any]]:
    query = sa.select(table).where(table.c.ticket_id.in_(ids))
    rows = connection.execute(query.order_by(table.c.ticket_id, order)).all()
    return {id_: list(group) for id_, group in groupby(rows, key=attrgetter('ticket_id'))}


def _problem(row: Any, history: list[Any], found_labels: list[Any]) -> str:
    """Return the first thing that is wrong with a ticket; empty when nothing is."""
    previous = ''
    numbers: dict[str, int] = {}
    for place, event in enumerate(history, start=1):
        if event.step != place:
            return f'event {place} is missing'
        if event.hash != chained_hash(previous, event._mapping):
            return f'event {place} was edited'
        if event.number <= numbers.get(event.robot, 0):
            return f'event {place} is not numbered after those before it'
        previous, numbers[event.robot] = event.hash, event.number
    try:
        (ticket,) = tickets_of_rows([row])
        told = replay([event_of_row(event, ticket.command) for event in history])
    except HistoryBrokenError as error:
        return str(error)
    except UNREADABLE as error:
        return f'it cannot be read: {error!r}'
    return _difference(ticket, told) or _misfit(ticket, found_labels)


def _difference(stored: Ticket, told: Ticket) -> str:
    for field in fields(Ticket):
        is_value, told_value = getattr(stored, field.name), getattr(told, field.name)
        if is_value != told_value:
            return f'{field.name} is {is_value!r}, but its history tells {told_value!r}'
    return ''


def _misfit(ticket: Ticket, found_labels: list[Any]) -> str:
    """Return the first label by which lists would find, or miss, the ticket wrongly."""
    wanted = {row['label']: row for row in rows_of_labels(ticket)}
    found = {row.label: dict(row._mapping) for row in found_labels}
    for label in wanted | found:
        if found.get(label) != wanted.get(label):
            return f'label {label} is not as the ticket has it'
    return ''
