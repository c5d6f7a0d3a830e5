"""Lists of tickets, written so that an index gives each page, however many tickets there are."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store.rows import ticket_of_row
from orchestrator_ren.store.tables import labels, tickets
from orchestrator_ren.tickets.listing import Page, PageBudget, Position, TicketFilter
from orchestrator_ren.tickets.ticket import Status, Ticket

READ_AT_ONCE = 128
"""Tickets read before it is looked whether they fill the page."""

_TEXTS = tickets.c.params, tickets.c.metadata, tickets.c.result, tickets.c.error
_WITH_SIZE = sa.select(
    *tickets.c, sum((sa.func.length(sa.cast(each, sa.Text)) for each in _TEXTS), sa.literal(0))
)

MAX_COUNTED = 1000
"""Tickets looked at for the total of a filter by metadata or time of creation; then "at least"."""


def page(
    connection: sa.engine.Connection,
    wanted: TicketFilter,
    counts: Mapping[tuple[str, Status], int],
    limit: int,
    offset: int,
    after: Position | None,
) -> Page:
    """Return a page; `counts` has the number of tickets of each command and status."""
    source = _source(connection, wanted, counts)
    ids = _ids(connection, source, limit + 1, offset, after)
    shown = _tickets(connection, ids[:limit])
    total, total_is_exact = _total(connection, wanted, source, counts)
    token = Position.of(shown[-1]).to_token() if len(ids) > len(shown) else ''
    return Page(shown, total, total_is_exact, token)


def _tickets(connection: sa.engine.Connection, ids: Sequence[str]) -> list[Ticket]:
    """Return the tickets of these ids, in their order; fewer where they fill a page."""
    found: list[Ticket] = []
    budget = PageBudget()
    for start in range(0, len(ids), READ_AT_ONCE):
        some = ids[start : start + READ_AT_ONCE]
        rows = connection.execute(_WITH_SIZE.where(tickets.c.id.in_(some))).all()
        by_id = {row.id: row for row in rows}
        for each in some:
            *row, text_bytes = by_id[each]
            if not budget.takes(text_bytes):
                return found
            found.append(ticket_of_row(row))
    return found


@dataclass(frozen=True)
class _Source:
    """Where the keys of a list come from, in the order of an index, for each of `parameters`.

    Within one status an index has the tickets by age, over several it has not: then each status
    is asked for on its own. `lookups` are what the index cannot tell: each returns a condition
    on the id of a ticket.
    """

    created_at: Any
    id: Any
    conditions: list[Any]
    parameters: Sequence[dict[str, str]] = ({},)
    lookups: Sequence[Callable[[Any], Any]] = ()


def _source(
    connection: sa.engine.Connection,
    wanted: TicketFilter,
    counts: Mapping[tuple[str, Status], int],
) -> _Source:
    """Return the shortest way: along the rarest label, or along the columns."""
    sized = sorted((_size(connection, each), each) for each in wanted.labels)
    if sized and sized[0][0] <= _size_by_columns(wanted, counts):
        source = _by_labels(wanted, [label for _, label in sized])
    else:
        source = _by_columns(wanted)
    if wanted.created_from is not None:
        source.conditions.append(source.created_at >= wanted.created_from)
    if wanted.created_until is not None:
        source.conditions.append(source.created_at < wanted.created_until)
    return source


def _size(connection: sa.engine.Connection, label: tuple[str, str]) -> int:
    """Return how many tickets have a label; `MAX_COUNTED` + 1 for more."""
    ids = sa.select(labels.c.ticket_id).where(*_has(labels, label)).limit(MAX_COUNTED + 1)
    count = sa.select(sa.func.count()).select_from(ids.subquery())
    return int(connection.execute(count).scalar_one())


def _size_by_columns(wanted: TicketFilter, counts: Mapping[tuple[str, Status], int]) -> int:
    return sum(
        count
        for (command, status), count in counts.items()
        if wanted.command in ('', command) and status in (wanted.statuses or Status)
    )


def _has(table: Any, label: tuple[str, str]) -> list[Any]:
    return [table.c.label == label[0], table.c.value == label[1]]


def _with_label(label: tuple[str, str]) -> Callable[[Any], Any]:
    other = labels.alias()
    return lambda id_: sa.exists().where(other.c.ticket_id == id_, *_has(other, label))


def _by_columns(wanted: TicketFilter) -> _Source:
    age = tickets.c.created_at, tickets.c.id
    lookups = [_with_label(each) for each in wanted.labels]
    if not wanted.command and not wanted.statuses:
        return _Source(*age, [], lookups=lookups)
    conditions: list[Any] = [tickets.c.status == sa.bindparam('status')]
    if wanted.command:
        conditions.append(tickets.c.command == wanted.command)
    each = [{'status': status.value} for status in wanted.statuses or Status]
    return _Source(*age, conditions, each, lookups)


def _by_labels(wanted: TicketFilter, rarest_first: list[tuple[str, str]]) -> _Source:
    rarest, *others = rarest_first
    lookups = [_with_label(each) for each in others]
    columns = []
    other = tickets.alias()
    if wanted.command:
        columns.append(other.c.command == wanted.command)
    if wanted.statuses:
        columns.append(other.c.status.in_([each.value for each in wanted.statuses]))
    if columns:
        lookups.append(lambda id_: sa.exists().where(other.c.id == id_, *columns))
    conditions = _has(labels, rarest)
    return _Source(labels.c.created_at, labels.c.ticket_id, conditions, lookups=lookups)


def _ids(
    connection: sa.engine.Connection,
    source: _Source,
    limit: int,
    offset: int,
    after: Position | None,
) -> list[str]:
    """Return the ids of a page, newest first: the newest of the newest of each part."""
    created_at, id_ = source.created_at, source.id
    conditions = [*source.conditions, *(condition(id_) for condition in source.lookups)]
    query = (
        sa.select(id_.label('id'), created_at.label('created_at'))
        .where(*conditions, *_older(created_at, id_, after))
        .order_by(created_at.desc(), id_.desc())
    )
    if source.parameters == ({},):
        return [each.id for each in connection.execute(query.limit(limit).offset(offset))]
    newest: list[Any] = []
    for parameters in source.parameters:
        newest += connection.execute(query.limit(limit + offset), parameters)
    newest.sort(key=lambda each: (each.created_at, each.id), reverse=True)
    return [each.id for each in newest[offset : offset + limit]]


def _older(created_at: Any, id_: Any, after: Position | None) -> list[Any]:
    if after is None:
        return []
    same_age = sa.and_(created_at == after.created_at, id_ < after.ticket_id)
    # The first condition is implied by the second, and the one that an index can use.
    return [created_at <= after.created_at, sa.or_(created_at < after.created_at, same_age)]


def _total(
    connection: sa.engine.Connection,
    wanted: TicketFilter,
    source: _Source,
    counts: Mapping[tuple[str, Status], int],
) -> tuple[int, bool]:
    """Return how many tickets match, and whether that is all of them."""
    if not wanted.labels and wanted.created_from is None and wanted.created_until is None:
        return _size_by_columns(wanted, counts), True
    keys = sa.select(source.id.label('id')).where(*source.conditions)
    newest = (
        keys.order_by(source.created_at.desc(), source.id.desc()).limit(MAX_COUNTED + 1).subquery()
    )
    looked_at = sa.select(sa.func.count()).select_from(newest)
    matching = looked_at.where(*(condition(newest.c.id) for condition in source.lookups))
    total, is_exact = 0, True
    for parameters in source.parameters:
        total += connection.execute(matching, parameters).scalar_one()
        if source.lookups:
            is_exact &= connection.execute(looked_at, parameters).scalar_one() <= MAX_COUNTED
    return min(total, MAX_COUNTED), is_exact and total <= MAX_COUNTED
