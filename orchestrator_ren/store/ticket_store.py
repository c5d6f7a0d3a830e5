"""The ticket store: every change of a ticket and its event are one transaction on disk."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime
from functools import partial

import sqlalchemy as sa

from orchestrator_ren.errors import StoreConflict, TicketError
from orchestrator_ren.store import (
    event_log,
    listing,
    marks,
    pruning,
    robot_rows,
    ticket_record,
)
from orchestrator_ren.store.database import Database
from orchestrator_ren.store.engine import SYNCHRONOUS, StoreUrl
from orchestrator_ren.store.fleet_store import FleetStore, tell_robot
from orchestrator_ren.store.lease import LeaseTerms
from orchestrator_ren.store.rows import TICKET_COLUMNS, tickets_of_rows
from orchestrator_ren.store.tables import tickets
from orchestrator_ren.store.ticket_counts import TicketCounts
from orchestrator_ren.store.writer import Writer
from orchestrator_ren.tickets.ending import DueEnd
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.listing import Page, Position, TicketFilter
from orchestrator_ren.tickets.recovery import RecoveryPolicy, recovered
from orchestrator_ren.tickets.run_clock import Old
from orchestrator_ren.tickets.ticket import Status, Ticket

Change = tuple[Ticket, Event]
"""A ticket after a step, and the event of the step."""

_KIND = tickets.c.command, tickets.c.status
_COUNT_BY_KIND = sa.select(*_KIND, sa.func.count()).group_by(*_KIND)


class TicketStore:
    """Tickets in a database; calls block.

    Calls that change something come from one thread at a time, those that only read (`get`,
    `page`, `history`, `events_after`) from another. Each raises StoreUnavailable when the database
    fails; nothing was changed then. `insert`, `insert_queued`, `change`, `end` and `set_mark` may
    be called `together`.

    Attributes:
        robot: Who it is for.
        fleet: What several robots of the store do to each other's tickets.

    Args:
        url: SQLAlchemy URL of the database.
        synchronous: See `engine.SYNCHRONOUS`; of SQLite only.
        terms: Which robot it is for, and how that is held.
    """

    def __init__(
        self, url: StoreUrl, synchronous: str = SYNCHRONOUS, terms: LeaseTerms | None = None
    ) -> None:
        self._database = Database(url, synchronous, terms)
        self.robot = (terms or LeaseTerms()).robot
        self._counts = TicketCounts()
        self.fleet = FleetStore(self._database, lambda: self.writer, self._count_change)

    @property
    def url(self) -> StoreUrl:
        """The URL as given."""
        return self._database.url

    @property
    def shown_url(self) -> str:
        """The URL without its password."""
        return self._database.shown_url

    @property
    def term(self) -> int:
        """Fencing number of this opening; 0 before it."""
        return self._database.lease.term

    @property
    def writer(self) -> Writer:
        """Who writes."""
        return Writer(self.robot.name, self.term)

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
            StoreInUse: Another orchestrator works on it or, on a server, has this robot.
            StoreTooNew: A newer version of this package wrote it.
        """
        self._database.open()
        try:
            self.count()
        except BaseException:
            self.close()
            raise

    def count(self) -> None:
        """Count the robot's tickets anew: others may have changed some."""
        mine = sa.and_(tickets.c.robot == self.robot.name, tickets.c.term > 0)
        with self._database.snapshot(is_long=True) as connection:
            found = connection.execute(_COUNT_BY_KIND.where(mine)).all()
        self._counts.reset({(row[0], Status(row[1])): row[2] for row in found})

    def close(self) -> None:
        """Close the database; may be called twice."""
        self._database.close()

    def renew(self) -> bool:
        """Keep the robot, and raise StoreUnavailable if that is impossible.

        Returns:
            Whether tickets may be others than is known: the lease had run out, and somebody else
            may have changed some, or of a commit it was not known whether it was made.

        Raises:
            StoreLockLost: Another orchestrator has taken the robot over; the store is closed.
        """
        with self._database.transaction() as connection:
            had_run_out = self._database.lease.renew(connection)
        was_in_doubt, self._database.is_in_doubt = self._database.is_in_doubt, False
        return had_run_out or was_in_doubt

    def count_by_status(self) -> dict[Status, int]:
        """Return the number of tickets in each status; may be called from any thread."""
        return self._counts.by_status()

    # What changes something.

    def together(self) -> AbstractContextManager[None]:
        """Commit what is called inside at once, at the end; see `Database.together`."""
        return self._database.together()

    def insert(self, ticket: Ticket) -> tuple[Ticket, Event | None]:
        """Store a new ticket and the event of its creation.

        Returns:
            The ticket as stored and its event; the earlier ticket and None when its `request_id`
            was used before for the same content.

        Raises:
            RequestIdConflict: The `request_id` was used before for other content.
            StoreConflict: The id is taken; call again with another one.
        """
        with self._database.transaction() as connection:
            return self._insert(connection, ticket)

    def insert_queued(
        self, ticket: Ticket, queued: Ticket, actor: Actor, cause: str
    ) -> tuple[Ticket, list[Event]]:
        """Do the same as `insert` with a ticket that is asked for too.

        Args:
            ticket: PENDING.
            queued: The same, QUEUED.
            actor: Who asks for it.
            cause: How, in a sentence.

        Returns:
            The ticket as stored and its events: none for an earlier one.
        """
        with self._database.transaction() as connection:
            stored, created = self._insert(connection, ticket)
            if created is None:
                return stored, []
            by = ticket.requested_by
            return queued, [created, self._change(connection, ticket, queued, actor, cause, by)]

    def change(
        self,
        before: Ticket,
        after: Ticket,
        actor: Actor,
        cause: str = '',
        requested_by: str = '',
    ) -> Event:
        """Write a step of a ticket's life and its event, if the stored ticket is still `before`.

        Args:
            before: The ticket as read.
            after: The same after the step.
            actor: Who caused it.
            cause: Why, in a sentence, where the ticket itself does not tell.
            requested_by: Who asked for it; empty = nobody, or not told.

        Raises:
            StoreConflict: It is not; read it again and decide again.
        """
        with self._database.transaction() as connection:
            return self._change(connection, before, after, actor, cause, requested_by)

    def end(self, due: Sequence[DueEnd]) -> list[Change | StoreConflict]:
        """Write how tickets ended, all in one transaction.

        Returns:
            For each the ticket after it and its event, or why it stays as it is: it was ended or
            changed by somebody else, or removed.
        """
        with self._database.transaction() as connection:
            return [self._end(connection, each) for each in due]

    def set_mark(self, name: str, value: int) -> None:
        """Remember a number that belongs to no ticket, under a name of at most 32 characters."""
        with self._database.transaction() as connection:
            marks.write(connection, self.robot.name, name, value)

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
        is_mine = tickets.c.robot == self.robot.name
        is_left = sa.and_(is_mine, tickets.c.status == Status.EXECUTING.value)
        changes: list[Change] = []
        with self._database.transaction(is_long=True) as connection:
            left = connection.execute(sa.select(*TICKET_COLUMNS).where(is_left)).all()
            for before in tickets_of_rows(left):
                if before.id in alive:
                    continue
                for after in recovered(before, policy_of(before.command), now):
                    cause = 'the recovery policy of the command'
                    event = self._change(connection, before, after, Actor.RECOVERY, cause)
                    changes.append((after, event))
                    before = after
        return changes

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
            kinds = pruning.prune(connection, self.robot.name, old, surplus, limit)
            self._database.once_committed(partial(self._counts.remove, kinds))
        return len(kinds)

    # What only reads.

    def get(self, ticket_id: str) -> Ticket:
        """Return the ticket.

        Raises:
            TicketNotFound: No ticket has this id.
        """
        with self._database.snapshot() as connection:
            return ticket_record.get(connection, ticket_id)

    def mark(self, name: str) -> int:
        """Return the number remembered under that name; 0 = none."""
        with self._database.snapshot() as connection:
            return marks.read(connection, self.robot.name, name)

    def page(
        self, wanted: TicketFilter, limit: int, offset: int = 0, after: Position | None = None
    ) -> Page:
        """Return a page of the tickets that match, in the order that is wanted.

        Args:
            wanted: What they have.
            limit: Most tickets on the page.
            offset: How many to leave out before; takes the longer, the more it is.
            after: Begin after this place, in any depth as quick as at the top.

        Raises:
            RobotNotInStore: The store has no robot whose tickets are wanted.
        """
        is_all = wanted.robot is None and not self.is_remote
        is_counted = is_all or wanted.robot == self.robot.name
        counts = self._counts.by_kind() if is_counted else None
        with self._database.snapshot() as connection:
            if wanted.robot not in (None, '', self.robot.name):
                robot_rows.check_there(connection, wanted.robot)
            return listing.page(connection, wanted, counts, limit, offset, after)

    def history(self, ticket_id: str, limit: int, offset: int = 0) -> tuple[list[Event], int]:
        """Return events of a ticket, oldest first, and how many it has in all.

        They are fewer than `limit` where they fill a page.

        Raises:
            TicketNotFound: No ticket has this id.
        """
        with self._database.snapshot() as connection:
            return ticket_record.history(connection, ticket_id, limit, offset)

    def events_after(self, number: int, limit: int) -> tuple[list[Event], int]:
        """Return what the robot did after a number, oldest first, and the last number.

        They are fewer than `limit` where they fill a page.
        """
        with self._database.snapshot() as connection:
            return event_log.events_after(connection, self.robot.name, number, limit)

    def _insert(
        self, connection: sa.engine.Connection, ticket: Ticket
    ) -> tuple[Ticket, Event | None]:
        is_others = ticket.robot not in ('', self.robot.name)
        if is_others:
            robot_rows.check_able(connection, ticket)
        stored, event = ticket_record.insert(connection, ticket, self.writer)
        if is_others and event is not None:
            tell_robot(connection, ticket)
        if event is not None:
            self._count_change(None, ticket)
        return stored, event

    def _change(
        self,
        connection: sa.engine.Connection,
        before: Ticket,
        after: Ticket,
        actor: Actor,
        cause: str,
        requested_by: str = '',
    ) -> Event:
        write = partial(
            ticket_record.change,
            connection, before, after, actor, cause, self.writer, requested_by,
        )  # fmt: skip
        try:
            event = write()
        except StoreConflict:
            if not self.fleet.notice(connection, before.id):
                raise
            event = write()
        self._count_change(before, after)
        if not after.robot:
            tell_robot(connection, after)
        return event

    def _count_change(self, before: Ticket | None, after: Ticket | None) -> None:
        mine = [
            each if each is not None and each.robot == self.robot.name else None
            for each in (before, after)
        ]
        self._database.once_committed(partial(self._counts.change, *mine))

    def _end(self, connection: sa.engine.Connection, due: DueEnd) -> Change | StoreConflict:
        try:
            before = due.before or ticket_record.get(connection, due.ticket_id)
            after = due.ending.apply(before, due.at, due.result)
            after = replace(after, robot=after.robot or self.robot.name)
        except TicketError:
            return StoreConflict(ticket_id=due.ticket_id)
        try:
            ending = due.ending
            by = ending.requested_by
            return after, self._change(connection, before, after, ending.actor, '', by)
        except StoreConflict as error:
            written = ticket_record.written_event(connection, after)
            if written is not None:
                return after, written
            started = ticket_record.started_since(connection, before)
            return (
                error if started is None else self._end(connection, replace(due, before=started))
            )
