"""The ticket store: every change of a ticket and its event are one transaction on disk."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.errors import Interrupted, RequestIdConflict, StoreConflict, TicketNotFound
from orchestrator_ren.store.database import Database
from orchestrator_ren.store.rows import event_of_row, row_of_event, row_of_ticket, ticket_of_row
from orchestrator_ren.store.tables import events, tickets
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, Event, event_of_change
from orchestrator_ren.tickets.ticket import Status, Ticket


@dataclass(frozen=True)
class Page:
    """Some of the tickets that match a query, newest first, and how many match in all."""

    tickets: list[Ticket]
    total: int


class TicketStore:
    """Tickets in a database; calls block, and come from one thread at a time.

    Each call raises StoreUnavailable when the database fails; nothing was changed then.

    Args:
        url: SQLAlchemy URL of the database.
    """

    def __init__(self, url: str) -> None:
        self._database = Database(url)

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return self._database.shown_url

    @property
    def term(self) -> int:
        """Fencing number of this opening; 0 before it."""
        return self._database.term

    def open(self) -> None:
        """Open the database, making file and tables where there are none, and take a new term.

        Raises:
            StoreUnavailable: It cannot be opened; the message has the reason.
            StoreInUse: Another orchestrator works on it.
            StoreTooNew: A newer version of this package wrote it.
        """
        self._database.open()

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._database.close()

    def insert(self, ticket: Ticket) -> tuple[Ticket, Event | None]:
        """Store a new ticket and the event of its creation.

        Returns:
            The ticket as stored and its event; the earlier ticket and None when its `request_id`
            was used before for the same content.

        Raises:
            RequestIdConflict: The `request_id` was used before for other content.
            StoreConflict: The id is taken; call again with another one.
        """
        event = event_of_change(None, ticket, Actor.CLIENT)
        with self._database.transaction() as connection:
            earlier = self._find(connection, tickets.c.request_id, ticket.request_id or None)
            if earlier is not None:
                if earlier.same_request(ticket):
                    return earlier, None
                raise RequestIdConflict(request_id=ticket.request_id, ticket_id=earlier.id)
            if self._find(connection, tickets.c.id, ticket.id) is not None:
                raise StoreConflict(ticket_id=ticket.id)
            connection.execute(sa.insert(tickets).values(term=self.term, **row_of_ticket(ticket)))
            connection.execute(sa.insert(events).values(**row_of_event(event)))
        return ticket, event

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket.

        Raises:
            TicketNotFound: No ticket has this id.
        """
        with self._database.transaction() as connection:
            found = self._find(connection, tickets.c.id, ticket_id)
        if found is None:
            raise TicketNotFound(ticket_id=ticket_id[:64])
        return found

    def page(self, status: Status | None, limit: int, offset: int) -> Page:
        """Return a page of the tickets with that status (None = any), newest first."""
        matches = sa.true() if status is None else tickets.c.status == status.value
        page = (
            sa.select(tickets)
            .where(matches)
            .order_by(tickets.c.created_at.desc(), tickets.c.id.desc())
            .limit(limit)
            .offset(offset)
        )
        count = sa.select(sa.func.count()).select_from(tickets).where(matches)
        with self._database.transaction() as connection:
            found = [ticket_of_row(row) for row in connection.execute(page)]
            return Page(found, connection.execute(count).scalar_one())

    def change(self, before: Ticket, after: Ticket, actor: Actor) -> Event:
        """Write a step of a ticket's life and its event, if the stored ticket is still `before`.

        Raises:
            StoreConflict: It is not; read it again and decide again.
        """
        event = event_of_change(before, after, actor)
        with self._database.transaction() as connection:
            self._write_change(connection, before, after, event)
        return event

    def recover(self, now: datetime) -> list[tuple[Ticket, Event]]:
        """Fail the tickets that an earlier run left EXECUTING; return them with their events."""
        recovered = []
        with self._database.transaction() as connection:
            left = connection.execute(
                sa.select(tickets).where(tickets.c.status == Status.EXECUTING.value)
            ).all()
            for before in map(ticket_of_row, left):
                after = lifecycle.fail(before, now, Interrupted(ticket_id=before.id))
                event = event_of_change(before, after, Actor.RECOVERY)
                self._write_change(connection, before, after, event)
                recovered.append((after, event))
        return recovered

    def count_by_status(self) -> dict[Status, int]:
        """Return the number of tickets in each status."""
        query = sa.select(tickets.c.status, sa.func.count()).group_by(tickets.c.status)
        with self._database.transaction() as connection:
            found = dict(tuple(row) for row in connection.execute(query))
        return {status: found.get(status.value, 0) for status in Status}

    def history(self, ticket_id: str) -> list[Event]:
        """Return the events of a ticket, oldest first."""
        query = (
            sa.select(events, tickets.c.command)
            .join(tickets)
            .where(events.c.ticket_id == ticket_id)
            .order_by(events.c.number)
        )
        with self._database.transaction() as connection:
            return [event_of_row(row) for row in connection.execute(query)]

    def _find(self, connection: sa.engine.Connection, column: Any, value: Any) -> Ticket | None:
        if value is None:
            return None
        row = connection.execute(sa.select(tickets).where(column == value)).first()
        return None if row is None else ticket_of_row(row)

    def _write_change(
        self, connection: sa.engine.Connection, before: Ticket, after: Ticket, event: Event
    ) -> None:
        lifecycle.check_transition(before, after.status)
        unchanged = sa.and_(
            tickets.c.id == before.id,
            tickets.c.status == before.status.value,
            tickets.c.attempt == before.attempt,
            tickets.c.term <= self.term,
        )
        written = connection.execute(
            sa.update(tickets).where(unchanged).values(term=self.term, **row_of_ticket(after))
        )
        if written.rowcount != 1:
            raise StoreConflict(ticket_id=before.id)
        connection.execute(sa.insert(events).values(**row_of_event(event)))
