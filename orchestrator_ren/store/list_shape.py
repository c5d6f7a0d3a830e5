"""What a list asks for, and the statements for it, written so that an index gives each page."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import labels, tickets

MAX_COUNTED = 1000
"""Tickets looked at for the total of a filter by metadata or time of creation; then "at least"."""


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
    """

    is_by_label: bool
    has_status: bool
    has_command: bool
    looked_up: tuple[int, ...]
    has_from: bool
    has_until: bool

    @property
    def has_lookups(self) -> bool:
        """Whether the index cannot tell all."""
        return bool(self.looked_up) or (self.is_by_label and self.has_command)


@cache
def keys(shape: ListShape, is_next: bool) -> Statement:
    """Return what gives id and microseconds of creation of the tickets on a page, newest first.

    Args:
        shape: Of the list.
        is_next: Whether the page begins after a place.
    """
    id_, created_at = _key(shape)
    older = [
        # Implied by the second condition, and the one that an index can use.
        created_at <= sa.bindparam('after_at'),
        sa.or_(
            created_at < sa.bindparam('after_at'),
            sa.and_(created_at == sa.bindparam('after_at'), id_ < sa.bindparam('after_id')),
        ),
    ]
    return Statement(
        sa.select(id_, sa.type_coerce(created_at, sa.BigInteger))
        .where(*_along(shape), *_lookups(shape, id_), *(older if is_next else ()))
        .order_by(created_at.desc(), id_.desc())
        .limit(sa.bindparam('limit'))
        .offset(sa.bindparam('offset'))
    )


@cache
def counts(shape: ListShape) -> Statement:
    """Return what counts the newest keys that the index has, and those of them that match."""
    id_, created_at = _key(shape)
    newest = (
        sa.select(id_.label('id'))
        .where(*_along(shape))
        .order_by(created_at.desc(), id_.desc())
        .limit(MAX_COUNTED + 1)
        .subquery()
    )
    matches = sa.and_(sa.true(), *_lookups(shape, newest.c.id))
    matching = sa.func.count(sa.case((matches, 1))) if shape.has_lookups else sa.func.count()
    return Statement(sa.select(sa.func.count(), matching).select_from(newest))


def _key(shape: ListShape) -> tuple[Any, Any]:
    if shape.is_by_label:
        return labels.c.ticket_id, labels.c.created_at
    return tickets.c.id, tickets.c.created_at


def _along(shape: ListShape) -> list[Any]:
    """Return the conditions that the index tells."""
    table = labels if shape.is_by_label else tickets
    conditions = _has(labels, 0) if shape.is_by_label else []
    if shape.has_status:
        conditions.append(table.c.status == sa.bindparam('status'))
    if shape.has_command and not shape.is_by_label:
        conditions.append(tickets.c.command == sa.bindparam('command'))
    if shape.has_from:
        conditions.append(table.c.created_at >= sa.bindparam('created_from'))
    if shape.has_until:
        conditions.append(table.c.created_at < sa.bindparam('created_until'))
    return conditions


def _lookups(shape: ListShape, id_: Any) -> list[Any]:
    """Return the conditions that are looked up for the ticket of an id."""
    conditions = []
    for number in shape.looked_up:
        other = labels.alias()
        conditions.append(sa.exists().where(other.c.ticket_id == id_, *_has(other, number)))
    if shape.is_by_label and shape.has_command:
        ticket = tickets.alias()
        is_of_command = ticket.c.command == sa.bindparam('command')
        conditions.append(sa.exists().where(ticket.c.id == id_, is_of_command))
    return conditions


def _has(table: Any, number: int) -> list[Any]:
    return [
        table.c.label == sa.bindparam(f'label_{number}'),
        table.c.value == sa.bindparam(f'value_{number}'),
    ]
