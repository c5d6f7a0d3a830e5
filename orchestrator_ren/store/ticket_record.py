"""What is on disk of one ticket, within a transaction: its row, its labels and its events."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from operator import attrgetter

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from orchestrator_ren.errors import RequestIdConflict, StoreConflict, TicketNotFound
from orchestrator_ren.store.chain import chained_hash
from orchestrator_ren.store.event_log import NEWEST, REMOVED, last_number
from orchestrator_ren.store.rows import (
    TICKET_COLUMNS,
    event_of_row,
    row_of_change,
    row_of_event,
    row_of_ticket,
    rows_of_labels,
    tickets_of_rows,
)
from orchestrator_ren.store.statement import Statement
from orchestrator_ren.store.tables import events, labels, tickets
from orchestrator_ren.store.writer import Writer
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, Event, event_of_change
from orchestrator_ren.tickets.listing import PageBudget
from orchestrator_ren.tickets.ticket import Status, Ticket


def _insertion(table: sa.Table) -> Statement:
    return Statement(sa.insert(table).inline(), table.columns.keys())


_INSERT_LABELS, _INSERT_EVENT = map(_insertion, (labels, events))

_INSERT_TICKET = {
    False: _insertion(tickets),
    # Elsewhere there is no other who could write meanwhile.
    True: Statement(
        postgresql.insert(tickets).on_conflict_do_nothing().inline(), tickets.columns.keys()
    ),
}

_BY_ID = Statement(sa.select(*TICKET_COLUMNS).where(tickets.c.id == sa.bindparam('id')))

_BY_ID_OR_REQUEST = Statement(
    sa.select(*TICKET_COLUMNS).where(
        sa.or_(
            tickets.c.id == sa.bindparam('id'), tickets.c.request_id == sa.bindparam('request_id')
        )
    )
)

_LATEST_EVENT = Statement(
    sa.select(events.c.step, events.c.hash, NEWEST, REMOVED)
    .where(events.c.ticket_id == sa.bindparam('id'))
    .order_by(events.c.step.desc())
    .limit(1)
)

_SET_STATUS_OF_LABELS = Statement(
    sa.update(labels).where(labels.c.ticket_id == sa.bindparam('id')), ['status']
)


@cache
def _update(names: tuple[str, ...]) -> Statement:
    """Return what sets these columns of a ticket that is as it was read, and noticed."""
    is_unchanged = sa.and_(
        tickets.c.id == sa.bindparam('id_before'),
        tickets.c.status == sa.bindparam('status_before'),
        tickets.c.attempt == sa.bindparam('attempt_before'),
        tickets.c.robot == sa.bindparam('robot_before'),
        tickets.c.term >= sa.bindparam('least_term'),
    )
    return Statement(sa.update(tickets).where(is_unchanged), names)


def get(connection: sa.engine.Connection, ticket_id: str) -> Ticket:
    """Return the ticket of that id.

    Raises:
        TicketNotFound: There is none.
    """
    found = tickets_of_rows(_BY_ID.rows(connection, {'id': ticket_id}))
    if not found:
        raise TicketNotFound(ticket_id=ticket_id[:64])
    return found[0]


def insert(
    connection: sa.engine.Connection, ticket: Ticket, writer: Writer
) -> tuple[Ticket, Event | None]:
    """Write a new ticket; return it and its event, or the earlier one of the same request.

    Raises:
        RequestIdConflict: The `request_id` was used before for other content.
        StoreConflict: The id is taken.
    """
    row = {**row_of_ticket(ticket), 'term': writer.term_of(ticket)}
    found = tickets_of_rows(_BY_ID_OR_REQUEST.rows(connection, row))
    for earlier in found:
        if ticket.request_id and earlier.request_id == ticket.request_id:
            if earlier.same_request(ticket):
                return earlier, None
            raise RequestIdConflict(request_id=ticket.request_id, ticket_id=earlier.id)
    if found:
        raise StoreConflict(ticket_id=ticket.id)
    if not _INSERT_TICKET[connection.dialect.name == 'postgresql'].run(connection, row):
        return insert(connection, ticket, writer)  # another robot's orchestrator was faster
    event = event_of_change(None, ticket, Actor.CLIENT, 'create_ticket')
    if ticket.robot == writer.robot:  # which is the event's: told once, it can be renamed
        del event.details['robot']
    number = last_number(connection, writer.robot) + 1
    event = replace(event, step=1, number=number, robot=writer.robot)
    _insert_event(connection, event, '')
    found_labels = rows_of_labels(ticket)
    if found_labels:
        _INSERT_LABELS.run_each(connection, found_labels)
    return ticket, event


def change(
    connection: sa.engine.Connection,
    before: Ticket,
    after: Ticket,
    actor: Actor,
    cause: str,
    writer: Writer,
    requested_by: str = '',
) -> Event:
    """Write a step of a ticket's life; return its event.

    Raises:
        StoreConflict: The ticket is no longer as it was read; or it is one that others have given
            this robot, and that it has yet to notice.
    """
    if not before.is_taken_by(after):
        lifecycle.check_transition(before, after.status)
    values = {'term': writer.term_of(after), **row_of_change(before, after)}
    read = {
        'id_before': before.id,
        'status_before': before.status.value,
        'attempt_before': before.attempt,
        'robot_before': before.robot,
        'least_term': min(1, writer.term_of(before)),
    }
    if _update(tuple(values)).run(connection, {**values, **read}) != 1:
        raise StoreConflict(ticket_id=before.id)
    if before.metadata:
        _SET_STATUS_OF_LABELS.run(connection, {'id': before.id, 'status': after.status.value})
    latest = {'id': before.id, 'robot': writer.robot}
    ((step, hash_, *numbers),) = _LATEST_EVENT.rows(connection, latest)
    event = event_of_change(before, after, actor, cause, requested_by)
    event = replace(event, step=step + 1, number=max(numbers) + 1, robot=writer.robot)
    _insert_event(connection, event, hash_)
    return event


def written_event(connection: sa.engine.Connection, after: Ticket) -> Event | None:
    """Return the event of a step, if its commit reached the disk though not its answer."""
    found = tickets_of_rows(_BY_ID.rows(connection, {'id': after.id}))
    place = attrgetter('status', 'attempt', 'updated_at')
    if not found or place(found[0]) != place(after):
        return None
    mine = events.c.ticket_id == after.id
    latest = sa.select(events).where(mine).order_by(events.c.step.desc()).limit(1)
    return event_of_row(connection.execute(latest).one(), after.command)


def started_since(connection: sa.engine.Connection, before: Ticket) -> Ticket | None:
    """Return the ticket if its start is on disk after all; None = it is not."""
    found = tickets_of_rows(_BY_ID.rows(connection, {'id': before.id}))
    started = [each for each in found if each.status is Status.EXECUTING]
    is_its = bool(started) and started[0].attempt == before.attempt
    is_same = is_its and started[0].robot == before.robot and before.status is Status.QUEUED
    return started[0] if is_same else None


def history(
    connection: sa.engine.Connection, ticket_id: str, limit: int, offset: int
) -> tuple[list[Event], int]:
    """Return events of a ticket, oldest first, and how many it has in all.

    Raises:
        TicketNotFound: There is none of that id.
    """
    command = get(connection, ticket_id).command
    mine = events.c.ticket_id == ticket_id
    query = sa.select(events).where(mine).order_by(events.c.step).limit(limit).offset(offset)
    found, budget, rows = [], PageBudget(), connection.execute(query)
    for row in rows:
        if not budget.takes(len(row.details) + len(row.message)):
            break
        found.append(event_of_row(row, command))
    rows.close()
    total = connection.execute(sa.select(sa.func.max(events.c.step)).where(mine)).scalar()
    return found, total or 0


def _insert_event(connection: sa.engine.Connection, event: Event, previous: str) -> None:
    row = row_of_event(event)
    row['hash'] = chained_hash(previous, row)
    _INSERT_EVENT.run(connection, row)
