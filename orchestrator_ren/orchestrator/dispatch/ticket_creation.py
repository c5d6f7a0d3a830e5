"""Creates tickets: checked, stored, and taken into the queue where that is wanted."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import replace
from functools import partial

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.commands.request import (
    MAX_COMMAND_CHARACTERS,
    TicketRequest,
    ticket_from_request,
)
from orchestrator_ren.errors import StopUnrecorded, StoreConflict, StoreError
from orchestrator_ren.orchestrator.dispatch.auto_dispatch import AutoDispatch
from orchestrator_ren.orchestrator.dispatch.queue_loader import QueueLoader
from orchestrator_ren.orchestrator.dispatch.ticket_queueing import TicketQueueing
from orchestrator_ren.orchestrator.execution.command_checks import CommandChecks
from orchestrator_ren.orchestrator.execution.stop_tickets import StopTickets
from orchestrator_ren.orchestrator.shutdown import Shutdown
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.tickets import lifecycle
from orchestrator_ren.tickets.event import Actor, Event
from orchestrator_ren.tickets.ticket import Status, Ticket, new_ticket_id

ID_TRIES = 5
"""New ids tried when one is taken: 32 random bits a day meet now and then."""


class TicketCreation:
    """From a request to a ticket on disk.

    It cannot move the robot wrongly: a stop that is to be executed by itself stops it before the
    ticket is written, and nothing else reaches it from here.

    Args:
        keeper: Of the store.
        registry: The commands.
        checks: Ask those whose code is not ours.
        automatic: Takes new tickets in.
        queueing: Lets those of before wait.
        loader: Told which tickets are of this run.
        stops: Which tickets are stops.
        shutdown: Refuses all.
        announce: Called with each event, once it is on disk.
    """

    def __init__(
        self,
        keeper: StoreKeeper,
        registry: CommandRegistry,
        checks: CommandChecks,
        automatic: AutoDispatch,
        queueing: TicketQueueing,
        loader: QueueLoader,
        stops: StopTickets,
        shutdown: Shutdown,
        announce: Callable[[Event], None],
    ) -> None:
        self._keeper = keeper
        self._store = keeper.store
        self._registry = registry
        self._checks = checks
        self._automatic = automatic
        self._queueing = queueing
        self._loader = loader
        self._stops = stops
        self._shutdown = shutdown
        self._announce = announce

    async def create(self, wanted: TicketRequest) -> tuple[Ticket, bool]:
        """Return the ticket, and whether it is new: the same `request_id` gives the earlier one.

        Raises:
            ServiceStopping: The orchestrator shuts down.
            ContractError: The request breaks the contract.
            CommandUnresponsive: Its command did not answer in time.
            StopUnrecorded: The robot was stopped, but the store cannot record the ticket.
            StoreTimeout: The store hangs; whether it is stored, the same `request_id` tells later.
            StoreError: It is not stored.
        """
        self._shutdown.refuse()
        is_stop = self._automatic.stops_at_once(wanted)
        stopped = self._stops.stop_first() if is_stop else []
        try:
            return await self._keeper.in_time(self._created(wanted, stopped))
        except StoreError as error:
            if is_stop:
                raise StopUnrecorded(reason=str(error)) from error
            raise

    async def _created(self, wanted: TicketRequest, stopped: list[str]) -> tuple[Ticket, bool]:
        is_mine = wanted.robot in ('', self._store.robot.name)
        takes = is_mine and self._automatic.takes(wanted)
        self._automatic.arriving += takes
        try:
            ticket, events = await self._stored(wanted)
        finally:
            self._automatic.arriving -= takes
        self._stops.learn(ticket)
        if not events:
            return await self._known(ticket, wanted), False
        self._stops.credit(ticket.id, stopped)
        for event in events:
            self._announce(event)
        return await self._automatic.take_in(ticket), True

    async def _known(self, ticket: Ticket, wanted: TicketRequest) -> Ticket:
        """Return the earlier ticket of a request, asked for if this one does."""
        is_mine = ticket.robot in ('', self._store.robot.name)
        if not (wanted.queue and is_mine and ticket.status is Status.PENDING):
            return ticket
        return await self._queueing.queue(
            ticket.id, force=False, dry_run=False, requested_by=wanted.requested_by
        )

    async def _stored(self, wanted: TicketRequest) -> tuple[Ticket, list[Event]]:
        """Check and store a ticket; in the store's thread where the command's code is ours."""
        ticket, name = None, wanted.command[:MAX_COMMAND_CHARACTERS]
        if self._checks.is_foreign(name):
            make = partial(self._made, wanted)
            ticket = await self._checks.in_its_thread(name, 'parse, needs, predict, kept', make)
        return await self._keeper.write(self._insert, wanted, ticket)

    def _insert(self, wanted: TicketRequest, made: Ticket | None) -> tuple[Ticket, list[Event]]:
        ticket = made or self._made(wanted)
        for tries_left in reversed(range(ID_TRIES)):
            try:
                self._loader.note_new(ticket.id)
                return self._written(ticket, wanted)
            except StoreConflict:
                if not tries_left:
                    raise
            id_ = new_ticket_id(ticket.created_at, secrets.randbits(32))
            ticket = replace(ticket, id=id_)
        raise AssertionError('unreachable')

    def _written(self, ticket: Ticket, wanted: TicketRequest) -> tuple[Ticket, list[Event]]:
        if not self._automatic.takes(wanted):
            stored, event = self._store.insert(ticket)
            return stored, [event] if event else []
        queued = lifecycle.enqueue(ticket, ticket.created_at, force=False)
        if wanted.queue:
            return self._store.insert_queued(ticket, queued, Actor.CLIENT, 'create_ticket')
        cause = 'dispatch is auto'
        return self._store.insert_queued(ticket, queued, Actor.DISPATCHER, cause)

    def _made(self, wanted: TicketRequest) -> Ticket:
        bits, robot = secrets.randbits(32), self._store.robot
        return ticket_from_request(wanted, self._registry, utc_now(), bits, robot)
