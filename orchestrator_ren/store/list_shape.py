"""What a list asks for, and the statements for it, written so that an index gives each page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import labels, tickets

MAX_COUNTED = 1000
"""Tickets looked at for the total of a filter by metadata or times; then "at least"."""


@dataclass(frozen=True)
class ListShape:
    """A list but for its values: lists of one shape share statements that are compiled once.

    Within one status an index has the tickets by age, over several it has not: then each status
    is asked for on its own. What the index cannot tell is looked up for each of its keys.

    Attributes:
        is_by_label: It goes along the label of the number 0; else along the columns of tickets.
        has_status: Whether one status is asked for.
        has_command: Whether one command is.
        looked_up: Numbers of the labels that are looked up.
        has_from: Whether a first time of creation is asked for.
        has_until: Whether a last one is.
        has_updated: Whether a first time of the last change is.
        is_by_update: It goes along the last changes, of which there are few.
        is_oldest_first: Else the newest is.
        has_robot: Whether one robot is asked for; where one status is, always.
    """

    is_by_label: bool
    has_status: bool
    has_command: bool
    looked_up: tuple[int, ...]
    has_from: bool
    has_until: bool
    has_updated: bool = False
    is_by_update: bool = False
    is_oldest_first: bool = False
    has_robot: bool = False

    @property
    def has_lookups(self) -> bool:
        """Whether the index cannot tell all."""
        has_others = self.looked_up or (self.has_updated and not self.is_by_update)
        is_of_column = self.has_command or self.has_robot
        return bool(has_others) or (self.is_by_label and is_of_column)


@cache
def keys(shape: ListShape, is_next: bool) -> Statement:
    """Return what gives id and microseconds of creation of the tickets on a page, in its order.

    Args:
        shape: Of the list.
        is_next: Whether the page begins after a place.
    """
    source = _source(shape)
    id_, created_at = _key(source)
    return Statement(
        sa.select(id_, sa.type_coerce(created_at, sa.BigInteger))
        .where(
            *_along(shape, source),
            *_lookups(shape, source, id_),
            *(_after(shape, id_, created_at) if is_next else ()),
        )
        .order_by(*_order(shape, id_, created_at))
        .limit(sa.bindparam('limit'))
        .offset(sa.bindparam('offset'))
    )


@cache
def counts(shape: ListShape) -> Statement:
    """Return what counts the first keys that the index has, and those of them that match."""
    source = _source(shape)
    id_, created_at = _key(source)
    first = (
        sa.select(id_.label('id'))
        .where(*_along(shape, source))
        .order_by(*_order(shape, id_, created_at))
        .limit(MAX_COUNTED + 1)
        .subquery()
    )
    matches = sa.and_(sa.true(), *_lookups(shape, None, first.c.id))
    matching = sa.func.count(sa.case((matches, 1))) if shape.has_lookups else sa.func.count()
    return Statement(sa.select(sa.func.count(), matching).select_from(first))


@cache
def updated() -> Statement:
    """Return what counts the tickets changed since a time; `MAX_COUNTED` + 1 for more."""
    return Statement(sa.select(sa.func.count()).select_from(_changed()))


def _changed() -> Any:
    """Return the few tickets that were changed since a time; of more, only some."""
    names = 'id', 'created_at', 'status', 'command', 'robot'
    columns = [tickets.c[name] for name in names]
    return (
        sa.select(*columns)
        .where(_is_updated(tickets))
        .order_by(tickets.c.updated_at)
        .limit(MAX_COUNTED + 1)
        .subquery()
    )


def _source(shape: ListShape) -> Any:
    if shape.is_by_label:
        return labels
    return _changed() if shape.is_by_update else tickets


def _key(source: Any) -> tuple[Any, Any]:
    return source.c.ticket_id if source is labels else source.c.id, source.c.created_at


def _order(shape: ListShape, id_: Any, created_at: Any) -> tuple[Any, Any]:
    if shape.is_oldest_first:
        return created_at, id_
    return created_at.desc(), id_.desc()


def _after(shape: ListShape, id_: Any, created_at: Any) -> list[Any]:
    """Return the conditions of what comes after a place."""
    at: Any = sa.bindparam('after_at')
    after_id: Any = sa.bindparam('after_id')
    # The first is implied by the second, and the one that an index can use.
    if shape.is_oldest_first:
        follows = sa.or_(created_at > at, sa.and_(created_at == at, id_ > after_id))
        return [created_at >= at, follows]
    follows = sa.or_(created_at < at, sa.and_(created_at == at, id_ < after_id))
    return [created_at <= at, follows]


def _along(shape: ListShape, source: Any) -> list[Any]:
    """Return the conditions that the index tells."""
    conditions = _has(source, 0) if shape.is_by_label else []
    if shape.has_status:
        conditions.append(source.c.status == sa.bindparam('status'))
    if shape.has_command and not shape.is_by_label:
        conditions.append(source.c.command == sa.bindparam('command'))
    if shape.has_robot and not shape.is_by_label:
        conditions.append(source.c.robot == sa.bindparam('robot'))
    if shape.has_from:
        conditions.append(source.c.created_at >= sa.bindparam('created_from'))
    if shape.has_until:
        conditions.append(source.c.created_at < sa.bindparam('created_until'))
    return conditions


def _lookups(shape: ListShape, source: Any, id_: Any) -> list[Any]:
    """Return the conditions that are looked up for the ticket of an id.

    Args:
        shape: Of the list.
        source: Where the key is from, if all of its columns are there.
        id_: Of the ticket.
    """
    conditions = []
    for number in shape.looked_up:
        other = labels.alias()
        conditions.append(sa.exists().where(other.c.ticket_id == id_, *_has(other, number)))
    ticket = tickets.alias()
    of_ticket = []
    if shape.is_by_label and shape.has_command:
        of_ticket.append(ticket.c.command == sa.bindparam('command'))
    if shape.is_by_label and shape.has_robot:
        of_ticket.append(ticket.c.robot == sa.bindparam('robot'))
    if shape.has_updated and not shape.is_by_update:
        if source is tickets:
            conditions.append(_is_updated(tickets))
        else:
            of_ticket.append(_is_updated(ticket))
    if of_ticket:
        conditions.append(sa.exists().where(ticket.c.id == id_, *of_ticket))
    return conditions


def _is_updated(table: Any) -> Any:
    return table.c.updated_at >= sa.bindparam('updated_since')


def _has(table: Any, number: int) -> list[Any]:
    return [
        table.c.label == sa.bindparam(f'label_{number}'),
        table.c.value == sa.bindparam(f'value_{number}'),
    ]
