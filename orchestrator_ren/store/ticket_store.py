"""The ticket store: every change of a ticket and its event are one transaction on disk."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from orchestrator_ren.errors import (
    RequestIdConflict,
    StoreConflict,
    TicketError,
    TicketNotFound,
)
from orchestrator_ren.store import listing, pruning
from orchestrator_ren.store.chain import chained_hash
from orchestrator_ren.store.database import Database
from orchestrator_ren.store.engine import SYNCHRONOUS, StoreUrl
from orchestrator_ren.store.rows import (
    event_of_row,
    row_of_change,
    row_of_event,
    row_of_ticket,
    rows_of_labels,
    ticket_of_row,
)
from orchestrator_ren.store.tables import events, labels, meta, tickets
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.ending import DueEnd
from orchestrator_ren.tickets.event import Actor, Event, event_of_change
from orchestrator_ren.tickets.listing import Page, PageBudget, Position, TicketFilter
from orchestrator_ren.tickets.recovery import RecoveryPolicy, recovered
from orchestrator_ren.tickets.run_clock import Old
from orchestrator_ren.tickets.ticket import Status, Ticket

Change = tuple[Ticket, Event]
"""A ticket after a step, and the event of the step."""


@dataclass(frozen=True)
class _Step:
    before: Ticket
    after: Ticket
    event: Event
    is_new: bool = True


class TicketStore:
    """Tickets in a database; calls block.

    Calls that change something come from one thread at a time, those that only read (`get`,
    `page`, `history`) from another. Each raises StoreUnavailable when the database fails; nothing
    was changed then.

    Args:
        url: SQLAlchemy URL of the database.
        synchronous: See `engine.SYNCHRONOUS`; of SQLite only.
    """

    def __init__(self, url: StoreUrl, synchronous: str = SYNCHRONOUS) -> None:
        self._database = Database(url, synchronous)
        self._counts: Counter[tuple[str, Status]] = Counter()
        self._counting = threading.Lock()

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return self._database.shown_url

    @property
    def term(self) -> int:
        """Fencing number of this opening; 0 before it."""
        return self._database.term

    @property
    def is_open(self) -> bool:
        """Whether it can be used."""
        return self._database.is_open

    @property
    def is_remote(self) -> bool:
        """Whether it is on a server, which may go while nobody asks it anything."""
        return self._database.is_remote

    def open(self) -> None:
        """Open the database, making file and tables where there are none, and take a new term.

        Raises:
            StoreUnavailable: It cannot be opened; the message has the reason.
            StoreInUse: Another orchestrator works on it.
            StoreTooNew: A newer version of this package wrote it.
        """
        self._database.open()
        by_kind = sa.select(tickets.c.command, tickets.c.status, sa.func.count()).group_by(
            tickets.c.command, tickets.c.status
        )
        try:
            with self._database.snapshot(is_long=True) as connection:
                found = connection.execute(by_kind).all()
                counts = Counter({(row[0], Status(row[1])): row[2] for row in found})
        except BaseException:
            self.close()
            raise
        with self._counting:
            self._counts = counts

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._database.close()

    def probe(self) -> None:
        """Commit something that changes nothing; raises StoreUnavailable if that is impossible."""
        unchanged = sa.update(meta).where(meta.c.name == 'term').values(value=self.term)
        with self._database.transaction() as connection:
            connection.execute(unchanged)

    def check(self) -> None:
        """Look whether the server is there, and nobody else has the store; raise if not."""
        with self._database.transaction() as connection:
            connection.execute(sa.select(meta.c.value).limit(1))

    def count_by_status(self) -> dict[Status, int]:
        """Return the number of tickets in each status; may be called from any thread."""
        counts = dict.fromkeys(Status, 0)
        with self._counting:
            for (_, status), count in self._counts.items():
                counts[status] += count
        return counts

    # What changes something.

    def insert(self, ticket: Ticket) -> tuple[Ticket, Event | None]:
        """Store a new ticket and the event of its creation.

        Returns:
            The ticket as stored and its event; the earlier ticket and None when its `request_id`
            was used before for the same content.

        Raises:
            RequestIdConflict: The `request_id` was used before for other content.
            StoreConflict: The id is taken; call again with another one.
        """
        event = replace(event_of_change(None, ticket, Actor.CLIENT, 'create_ticket'), step=1)
        with self._database.transaction() as connection:
            earlier = self._find(connection, tickets.c.request_id, ticket.request_id or None)
            if earlier is not None:
                if earlier.same_request(ticket):
                    return earlier, None
                raise RequestIdConflict(request_id=ticket.request_id, ticket_id=earlier.id)
            if self._find(connection, tickets.c.id, ticket.id) is not None:
                raise StoreConflict(ticket_id=ticket.id)
            connection.execute(sa.insert(tickets), {**row_of_ticket(ticket), 'term': self.term})
            self._write_event(connection, event, '')
            rows = rows_of_labels(ticket)
            if rows:
                connection.execute(sa.insert(labels), rows)
        self._count(None, ticket)
        return ticket, event

    def change(self, before: Ticket, after: Ticket, actor: Actor, cause: str = '') -> Event:
        """Write a step of a ticket's life and its event, if the stored ticket is still `before`.

        Args:
            before: The ticket as read.
            after: The same after the step.
            actor: Who caused it.
            cause: Why, in a sentence, where the ticket itself does not tell.

        Raises:
            StoreConflict: It is not; read it again and decide again.
        """
        with self._database.transaction() as connection:
            event = self._write_change(connection, before, after, actor, cause)
        self._count(before, after)
        return event

    def end(self, due: Sequence[DueEnd]) -> list[Change | StoreConflict]:
        """Write how tickets ended, all in one transaction.

        Returns:
            For each the ticket after it and its event, or why it stays as it is: it was ended or
            changed by somebody else, or removed.
        """
        with self._database.transaction() as connection:
            found = [self._end(connection, each) for each in due]
        for step in found:
            if isinstance(step, _Step) and step.is_new:
                self._count(step.before, step.after)
        return [(each.after, each.event) if isinstance(each, _Step) else each for each in found]

    def set_mark(self, name: str, value: int) -> None:
        """Remember a number that belongs to no ticket, under a name of at most 32 characters."""
        mine = meta.c.name == name
        with self._database.transaction() as connection:
            written = connection.execute(sa.update(meta).where(mine).values(value=value))
            if not written.rowcount:
                connection.execute(sa.insert(meta), {'name': name, 'value': value})

    def recover(
        self,
        now: datetime,
        policy_of: Callable[[str], RecoveryPolicy],
        alive: Collection[str] = (),
    ) -> list[Change]:
        """End the attempts that an earlier run left EXECUTING, as the commands' policies say.

        Args:
            now: Aware UTC.
            policy_of: Returns the policy of the command of that name.
            alive: Tickets that this run executes, when the store is opened again.

        Returns:
            The tickets after each step, with its event.
        """
        left = sa.select(tickets).where(tickets.c.status == Status.EXECUTING.value)
        changes: list[tuple[Ticket, Ticket, Event]] = []
        with self._database.transaction(is_long=True) as connection:
            for before in map(ticket_of_row, connection.execute(left).all()):
                if before.id in alive:
                    continue
                for after in recovered(before, policy_of(before.command), now):
                    cause = 'the recovery policy of the command'
                    event = self._write_change(connection, before, after, Actor.RECOVERY, cause)
                    changes.append((before, after, event))
                    before = after
        for before, after, _ in changes:
            self._count(before, after)
        return [(after, event) for _, after, event in changes]

    def prune(self, old: Old, keep: int, limit: int) -> int:
        """Remove finished tickets with all that belongs to them, oldest end first.

        Args:
            old: Which are old enough to go.
            keep: Of the others, the newest ones that may stay; the rest is removed too.
            limit: Most tickets removed by this call: it holds the store meanwhile.

        Returns:
            How many were removed; less than `limit` when there are no more.
        """
        counts = self.count_by_status()
        surplus = sum(count for status, count in counts.items() if status.is_final) - keep
        with self._database.transaction() as connection:
            doomed = pruning.doomed(connection, old, surplus, limit)
            ids = [row.id for row in doomed]
            for column in (labels.c.ticket_id, events.c.ticket_id, tickets.c.id):
                connection.execute(sa.delete(column.table).where(column.in_(ids)))
        with self._counting:
            self._counts.subtract((row.command, Status(row.status)) for row in doomed)
        return len(doomed)

    # What only reads.

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket.

        Raises:
            TicketNotFound: No ticket has this id.
        """
        with self._database.snapshot() as connection:
            return self._get(connection, ticket_id)

    def mark(self, name: str) -> int:
        """Return the number remembered under that name; 0 = none."""
        with self._database.snapshot() as connection:
            found = connection.execute(sa.select(meta.c.value).where(meta.c.name == name))
            return int(found.scalar() or 0)

    def page(
        self, wanted: TicketFilter, limit: int, offset: int = 0, after: Position | None = None
    ) -> Page:
        """Return a page of the tickets that match, newest first.

        Args:
            wanted: What they have.
            limit: Most tickets on the page.
            offset: How many to leave out before; takes the longer, the more it is.
            after: Begin after this place, in any depth as quick as at the top.
        """
        with self._counting:
            counts = dict(self._counts)
        with self._database.snapshot() as connection:
            return listing.page(connection, wanted, counts, limit, offset, after)

    def history(self, ticket_id: str, limit: int, offset: int = 0) -> tuple[list[Event], int]:
        """Return events of a ticket, oldest first, and how many it has in all.

        They are fewer than `limit` where they fill a page.

        Raises:
            TicketNotFound: No ticket has this id.
        """
        mine = events.c.ticket_id == ticket_id
        query = sa.select(events).where(mine).order_by(events.c.step).limit(limit).offset(offset)
        with self._database.snapshot() as connection:
            command = self._get(connection, ticket_id).command
            found, budget, rows = [], PageBudget(), connection.execute(query)
            for row in rows:
                if not budget.takes(len(row.details) + len(row.message)):
                    break
                found.append(event_of_row(row, command))
            rows.close()
            total = connection.execute(sa.select(sa.func.max(events.c.step)).where(mine)).scalar()
            return found, total or 0

    def _get(self, connection: sa.engine.Connection, ticket_id: str) -> Ticket:
        found = self._find(connection, tickets.c.id, ticket_id)
        if found is None:
            raise TicketNotFound(ticket_id=ticket_id[:64])
        return found

    def _find(self, connection: sa.engine.Connection, column: Any, value: Any) -> Ticket | None:
        if value is None:
            return None
        row = connection.execute(sa.select(tickets).where(column == value)).first()
        return None if row is None else ticket_of_row(row)

    def _write_change(
        self,
        connection: sa.engine.Connection,
        before: Ticket,
        after: Ticket,
        actor: Actor,
        cause: str,
    ) -> Event:
        lifecycle.check_transition(before, after.status)
        unchanged = sa.and_(
            tickets.c.id == before.id,
            tickets.c.status == before.status.value,
            tickets.c.attempt == before.attempt,
            tickets.c.term <= self.term,
        )
        values = {'term': self.term, **row_of_change(before, after)}
        written = connection.execute(sa.update(tickets).where(unchanged).values(values))
        if written.rowcount != 1:
            raise StoreConflict(ticket_id=before.id)
        latest = (
            sa.select(events.c.step, events.c.hash)
            .where(events.c.ticket_id == before.id)
            .order_by(events.c.step.desc())
            .limit(1)
        )
        step, hash_ = connection.execute(latest).one()
        event = replace(event_of_change(before, after, actor, cause), step=step + 1)
        self._write_event(connection, event, hash_)
        return event

    def _end(self, connection: sa.engine.Connection, due: DueEnd) -> _Step | StoreConflict:
        try:
            before = due.before or self._get(connection, due.ticket_id)
            after = due.ending.apply(before, due.at, due.result)
        except TicketError:
            return StoreConflict(ticket_id=due.ticket_id)
        try:
            event = self._write_change(connection, before, after, due.ending.actor, '')
            return _Step(before, after, event)
        except StoreConflict as error:
            event_written = self._event_of(connection, after)
            return error if event_written is None else _Step(before, after, event_written, False)

    def _event_of(self, connection: sa.engine.Connection, after: Ticket) -> Event | None:
        """Return the event of a step, if its commit reached the disk though not its answer."""
        stored = self._find(connection, tickets.c.id, after.id)
        if stored is None or (stored.attempt, stored.updated_at) != (
            after.attempt,
            after.updated_at,
        ):
            return None
        mine = events.c.ticket_id == after.id
        latest = sa.select(events).where(mine).order_by(events.c.step.desc()).limit(1)
        return event_of_row(connection.execute(latest).one(), after.command)

    def _write_event(self, connection: sa.engine.Connection, event: Event, previous: str) -> None:
        row = row_of_event(event)
        row['hash'] = chained_hash(previous, row)
        connection.execute(sa.insert(events), row)

    def _count(self, before: Ticket | None, after: Ticket) -> None:
        with self._counting:
            if before is not None:
                self._counts[before.command, before.status] -= 1
            self._counts[after.command, after.status] += 1
