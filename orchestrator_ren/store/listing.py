"""Lists of tickets: the shortest way to a page, however many tickets there are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from functools import cache
from itertools import takewhile
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store import list_shape
from orchestrator_ren.store.list_shape import MAX_COUNTED, ListShape
from orchestrator_ren.store.rows import TICKET_COLUMNS, tickets_of_rows
from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import labels, tickets
from orchestrator_ren.store.tables import robots as robots_table
from orchestrator_ren.tickets.listing import Page, PageBudget, Position, TicketFilter
from orchestrator_ren.tickets.ticket import Status, Ticket

Counts = Mapping[tuple[str, Status], int]
"""The number of tickets of each command and status."""

READ_AT_ONCE = 128
"""Tickets read before it is looked whether they fill the page."""

_NAMES = sa.select(robots_table.c.name)

_TEXTS = tickets.c.params, tickets.c.metadata, tickets.c.result, tickets.c.error
_SIZE = sum((sa.func.length(sa.cast(each, sa.Text)) for each in _TEXTS), sa.literal(0))

_WITH_LABEL = Statement(
    sa.select(sa.func.count()).select_from(
        sa.select(labels.c.ticket_id)
        .where(labels.c.label == sa.bindparam('label'), labels.c.value == sa.bindparam('value'))
        .limit(MAX_COUNTED + 1)
        .subquery()
    )
)


def page(
    connection: sa.engine.Connection,
    wanted: TicketFilter,
    counts: Counts | None,
    limit: int,
    offset: int,
    after: Position | None,
) -> Page:
    """Return a page.

    Args:
        connection: To the store.
        wanted: What is on it.
        counts: The number of tickets of each kind, among those of the robot that is asked for;
            None = it is not known.
        limit: Most tickets on it.
        offset: How many to leave out before.
        after: Begin after this place.
    """
    rarest_first = sorted((_size(connection, each), each) for each in wanted.labels)
    is_by_label = bool(wanted.labels) and rarest_first[0][0] <= _size_by_columns(wanted, counts)
    shape = _shape(wanted, is_by_label)
    if wanted.updated_since is not None and not is_by_label:
        shape = replace(shape, is_by_update=_is_rare(connection, wanted.updated_since))
    robots = _robots(connection, wanted, shape)
    values = _values(wanted, [label for _, label in rarest_first], shape, robots)
    ids = _ids(connection, shape, values, limit + 1, offset, after)
    shown = _tickets(connection, ids[:limit])
    is_counted = wanted.labels or shape.has_from or shape.has_until or shape.has_updated
    if is_counted or counts is None:
        total, total_is_exact = _total(connection, shape, values)
    else:
        total, total_is_exact = _size_by_columns(wanted, counts), True
    token = Position.of(shown[-1]).to_token() if len(ids) > len(shown) else ''
    return Page(shown, total, total_is_exact, token)


def _size(connection: sa.engine.Connection, label: tuple[str, str]) -> int:
    """Return how many tickets have a label; `MAX_COUNTED` + 1 for more."""
    name, value = label
    ((size,),) = _WITH_LABEL.rows(connection, {'label': name, 'value': value})
    return int(size)


def _is_rare(connection: sa.engine.Connection, updated_since: datetime) -> bool:
    """Whether few tickets were changed since then."""
    ((size,),) = list_shape.updated().rows(connection, {'updated_since': updated_since})
    return int(size) <= MAX_COUNTED


def _size_by_columns(wanted: TicketFilter, counts: Counts | None) -> int:
    if counts is None:
        return MAX_COUNTED
    return sum(
        count
        for (command, status), count in counts.items()
        if wanted.command in ('', command) and status in (wanted.statuses or Status)
    )


def _robots(connection: sa.engine.Connection, wanted: TicketFilter, shape: ListShape) -> list[str]:
    """Return the robots that are each asked for on their own."""
    if wanted.robot is not None:
        return [wanted.robot]
    return ['', *connection.execute(_NAMES).scalars()] if shape.has_robot else ['']


def _shape(wanted: TicketFilter, is_by_label: bool) -> ListShape:
    is_by_columns = bool(wanted.command or wanted.statuses) or wanted.robot is not None
    return ListShape(
        is_by_label=is_by_label,
        has_status=is_by_label or is_by_columns,
        has_robot=wanted.robot is not None or (is_by_columns and not is_by_label),
        has_command=bool(wanted.command),
        looked_up=tuple(range(int(is_by_label), len(wanted.labels))),
        has_from=wanted.created_from is not None,
        has_until=wanted.created_until is not None,
        has_updated=wanted.updated_since is not None,
        is_oldest_first=wanted.is_oldest_first,
    )


def _values(
    wanted: TicketFilter,
    rarest_first: Sequence[tuple[str, str]],
    shape: ListShape,
    robots: Sequence[str],
) -> list[dict[str, Any]]:
    """Return the values of the list, for each robot and status that is asked for on its own."""
    values: dict[str, Any] = {
        'command': wanted.command,
        'created_from': wanted.created_from,
        'created_until': wanted.created_until,
        'updated_since': wanted.updated_since,
    }
    for number, (label, value) in enumerate(rarest_first):
        values |= {f'label_{number}': label, f'value_{number}': value}
    if not shape.has_status:
        return [{**values, 'robot': robot} for robot in robots]
    statuses = [status.value for status in wanted.statuses or Status]
    return [
        {**values, 'robot': robot, 'status': status} for robot in robots for status in statuses
    ]


def _ids(
    connection: sa.engine.Connection,
    shape: ListShape,
    values: Sequence[dict[str, Any]],
    limit: int,
    offset: int,
    after: Position | None,
) -> list[str]:
    """Return the ids of a page, in its order: the first of the first of each status."""
    place: dict[str, Any] = {'limit': limit, 'offset': offset}
    if len(values) > 1:
        place = {'limit': limit + offset, 'offset': 0}
    if after is not None:
        place |= {'after_at': after.created_at, 'after_id': after.ticket_id}
    statement = list_shape.keys(shape, after is not None)
    found = [row for each in values for row in statement.rows(connection, {**each, **place})]
    if len(values) > 1:
        found.sort(key=lambda row: (row[1], row[0]), reverse=not shape.is_oldest_first)
        found = found[offset : offset + limit]
    return [id_ for id_, _ in found]


def _tickets(connection: sa.engine.Connection, ids: Sequence[str]) -> list[Ticket]:
    """Return the tickets of these ids, in their order; fewer where they fill a page."""
    found: list[Ticket] = []
    budget = PageBudget()
    for start in range(0, len(ids), READ_AT_ONCE):
        some = ids[start : start + READ_AT_ONCE]
        values = {f'id_{place}': id_ for place, id_ in enumerate(some)}
        by_id = {row[0]: row for row in _of_ids(len(some)).rows(connection, values)}
        rows = list(takewhile(lambda row: budget.takes(row[-1]), (by_id[each] for each in some)))
        found += tickets_of_rows([row[:-1] for row in rows])
        if len(rows) < len(some):
            break
    return found


@cache
def _of_ids(count: int) -> Statement:
    """Return what reads so many tickets, each with the size of its texts."""
    ids: list[Any] = [sa.bindparam(f'id_{place}') for place in range(count)]
    return Statement(sa.select(*TICKET_COLUMNS, _SIZE).where(tickets.c.id.in_(ids)))


def _total(
    connection: sa.engine.Connection, shape: ListShape, values: Sequence[dict[str, Any]]
) -> tuple[int, bool]:
    """Return how many tickets match, and whether that is all of them."""
    total, is_exact = 0, True
    for each in values:
        ((looked_at, matching),) = list_shape.counts(shape).rows(connection, each)
        total += matching
        is_exact &= not shape.has_lookups or looked_at <= MAX_COUNTED
        if total > MAX_COUNTED:
            return MAX_COUNTED, False
    return total, is_exact
