"""The ticket store: every change of a ticket and its event are one transaction on disk."""

from __future__ import annotations

import contextlib
import dataclasses
import fcntl
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any

import sqlalchemy as sa

from orchestrator_ren.errors import (
    Interrupted,
    RequestIdConflict,
    StoreConflict,
    StoreInUse,
    StoreTooNew,
    StoreUnavailable,
    TicketNotFound,
)
from orchestrator_ren.store.tables import SCHEMA_VERSION, events, meta, metadata, tickets
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, Event, EventType, event_of_change
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket

BUSY_TIMEOUT_S = 5.0
"""How long a locked SQLite file is waited for [s]."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Page:
    """Some of the tickets that match a query, newest first, and how many match in all."""

    tickets: list[Ticket]
    total: int


class TicketStore:
    """Tickets in a database; calls block, and come from one thread at a time.

    Attributes:
        url: SQLAlchemy URL of the database.
        term: Fencing number of this opening; grows with each.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.term = 0
        self._engine: sa.engine.Engine | None = None
        self._lock_file: IO[str] | None = None

    def open(self) -> None:
        """Open the database, making file and tables where there are none, and take a new term.

        Raises:
            StoreUnavailable: It cannot be opened; the message has the reason.
            StoreInUse: Another orchestrator works on it.
            StoreTooNew: A newer version of this package wrote it.
        """
        try:
            with _translated_errors(self.url):
                self._open_file()
                self._engine = _engine_for(self.url)
                self._prepare_tables()
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Close the database; may be called twice."""
        if self._engine is not None:
            self._engine.dispose()
            self._engine = None
        if self._lock_file is not None:
            self._lock_file.close()
            self._lock_file = None

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
        with self._transaction() as connection:
            earlier = self._find(connection, tickets.c.request_id, ticket.request_id or None)
            if earlier is not None:
                if earlier.same_request(ticket):
                    return earlier, None
                raise RequestIdConflict(request_id=ticket.request_id, ticket_id=earlier.id)
            if self._find(connection, tickets.c.id, ticket.id) is not None:
                raise StoreConflict(ticket_id=ticket.id)
            connection.execute(sa.insert(tickets).values(term=self.term, **_row(ticket)))
            connection.execute(sa.insert(events).values(**_event_row(event)))
        return ticket, event

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket.

        Raises:
            TicketNotFound: No ticket has this id.
        """
        with self._transaction() as connection:
            found = self._find(connection, tickets.c.id, ticket_id)
        if found is None:
            raise TicketNotFound(ticket_id=ticket_id)
        return found

    def list(self, status: Status | None, limit: int, offset: int) -> Page:
        """Return a page of the tickets with that status (None = any), newest first."""
        matches = sa.true() if status is None else tickets.c.status == status.value
        page = (sa.select(tickets).where(matches)
                .order_by(tickets.c.created_at.desc(), tickets.c.id.desc())
                .limit(limit).offset(offset))
        count = sa.select(sa.func.count()).select_from(tickets).where(matches)
        with self._transaction() as connection:
            found = [_ticket(row) for row in connection.execute(page)]
            return Page(found, connection.execute(count).scalar_one())

    def change(self, before: Ticket, after: Ticket, actor: Actor) -> Event:
        """Write a step of a ticket's life and its event, if the stored ticket is still `before`.

        Raises:
            StoreConflict: It is not; read it again and decide again.
        """
        event = event_of_change(before, after, actor)
        with self._transaction() as connection:
            self._write_change(connection, before, after, event)
        return event

    def recover(self, now: datetime) -> list[tuple[Ticket, Event]]:
        """Fail the tickets that an earlier run left EXECUTING; return them with their events."""
        recovered = []
        with self._transaction() as connection:
            left = connection.execute(
                sa.select(tickets).where(tickets.c.status == Status.EXECUTING.value)).all()
            for before in map(_ticket, left):
                after = lifecycle.fail(before, now, Interrupted(ticket_id=before.id))
                event = event_of_change(before, after, Actor.RECOVERY)
                self._write_change(connection, before, after, event)
                recovered.append((after, event))
        return recovered

    def count_by_status(self) -> dict[Status, int]:
        """Return the number of tickets in each status."""
        query = sa.select(tickets.c.status, sa.func.count()).group_by(tickets.c.status)
        with self._transaction() as connection:
            found = dict(tuple(row) for row in connection.execute(query))
        return {status: found.get(status.value, 0) for status in Status}

    def history(self, ticket_id: str) -> list[Event]:
        """Return the events of a ticket, oldest first."""
        query = (sa.select(events, tickets.c.command).join(tickets)
                 .where(events.c.ticket_id == ticket_id).order_by(events.c.number))
        with self._transaction() as connection:
            return [_event(row) for row in connection.execute(query)]

    def _open_file(self) -> None:
        """Make the folder of an SQLite file, and keep other orchestrators away from it."""
        path = sa.engine.make_url(self.url).database
        if not self.url.startswith('sqlite') or path in (None, '', ':memory:'):
            return
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock_file = Path(f'{path}.lock').open('w')  # noqa: SIM115 (held until close)
        try:
            fcntl.flock(self._lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise StoreInUse(url=self.url) from None

    def _prepare_tables(self) -> None:
        assert self._engine is not None
        schema = sa.select(meta.c.value).where(meta.c.name == 'schema')
        if sa.inspect(self._engine).has_table('meta'):
            with self._engine.connect() as connection:
                found = connection.execute(schema).scalar_one()
            if found > SCHEMA_VERSION:
                raise StoreTooNew(url=self.url, found=found, known=SCHEMA_VERSION)
        metadata.create_all(self._engine)
        with self._transaction() as connection:
            if connection.execute(schema).first() is None:
                connection.execute(sa.insert(meta), [
                    {'name': 'schema', 'value': SCHEMA_VERSION}, {'name': 'term', 'value': 0}])
            term = meta.c.name == 'term'
            connection.execute(sa.update(meta).where(term).values(value=meta.c.value + 1))
            self.term = connection.execute(sa.select(meta.c.value).where(term)).scalar_one()

    @contextlib.contextmanager
    def _transaction(self) -> Iterator[sa.engine.Connection]:
        with _translated_errors(self.url):
            if self._engine is None:
                raise StoreUnavailable(url=self.url, reason='it is not open')
            with self._engine.begin() as connection:
                yield connection

    def _find(self, connection: sa.engine.Connection, column: Any, value: Any) -> Ticket | None:
        if value is None:
            return None
        row = connection.execute(sa.select(tickets).where(column == value)).first()
        return None if row is None else _ticket(row)

    def _write_change(self, connection: sa.engine.Connection, before: Ticket, after: Ticket,
                      event: Event) -> None:
        lifecycle.check_transition(before, after.status)
        unchanged = sa.and_(
            tickets.c.id == before.id,
            tickets.c.status == before.status.value,
            tickets.c.attempt == before.attempt,
            tickets.c.term <= self.term,
        )
        written = connection.execute(
            sa.update(tickets).where(unchanged).values(term=self.term, **_row(after)))
        if written.rowcount != 1:
            raise StoreConflict(ticket_id=before.id)
        connection.execute(sa.insert(events).values(**_event_row(event)))


def _engine_for(url: str) -> sa.engine.Engine:
    """Return an engine that keeps one connection, used by one thread at a time."""
    if not url.startswith('sqlite'):
        return sa.create_engine(url, future=True, pool_pre_ping=True)
    engine = sa.create_engine(
        url, future=True, poolclass=sa.pool.StaticPool,
        connect_args={'check_same_thread': False, 'timeout': BUSY_TIMEOUT_S})

    @sa.event.listens_for(engine, 'connect')
    def _set_pragmas(connection: Any, _record: Any) -> None:
        for pragma in ('journal_mode = WAL', 'synchronous = FULL', 'foreign_keys = ON'):
            connection.execute(f'PRAGMA {pragma}')

    return engine


@contextlib.contextmanager
def _translated_errors(url: str) -> Iterator[None]:
    try:
        yield
    except sa.exc.SQLAlchemyError as error:
        _log.debug('store error', exc_info=True)
        reason = str(getattr(error, 'orig', None) or error).splitlines()[0]
        raise StoreUnavailable(url=url, reason=reason) from error
    except (OSError, ImportError) as error:
        raise StoreUnavailable(url=url, reason=str(error)) from error


def _row(ticket: Ticket) -> dict[str, Any]:
    row = dataclasses.asdict(ticket)
    row['status'] = ticket.status.value
    row['priority'] = ticket.priority.value
    row['request_id'] = ticket.request_id or None
    return row


def _ticket(row: Any) -> Ticket:
    values = dict(row._mapping)
    del values['term']
    values['status'] = Status(values['status'])
    values['priority'] = Priority(values['priority'])
    values['request_id'] = values['request_id'] or ''
    return Ticket(**values)


def _event_row(event: Event) -> dict[str, Any]:
    row = dataclasses.asdict(event)
    del row['command']
    row['type'], row['actor'] = event.type.value, event.actor.value
    row['status'] = event.status.value if event.status else None
    row['previous_status'] = event.previous_status.value if event.previous_status else None
    return row


def _event(row: Any) -> Event:
    values = dict(row._mapping)
    del values['number']
    previous = values['previous_status']
    values['previous_status'] = Status(previous) if previous else None
    values['status'] = Status(values['status'])
    values['type'], values['actor'] = EventType(values['type']), Actor(values['actor'])
    return Event(**values)
