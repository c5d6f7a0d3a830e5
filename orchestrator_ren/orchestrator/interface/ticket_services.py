"""The services that create, read, list and cancel tickets, and the health check."""

from __future__ import annotations

import functools
import secrets
import traceback
from collections.abc import Awaitable, Callable
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from orchestrator_ren.commands.registry import CommandRegistry
from orchestrator_ren.commands.request import TicketRequest, ticket_from_request
from orchestrator_ren.errors import (
    InternalError,
    OrchestratorError,
    StopUnrecorded,
    StoreConflict,
    StoreError,
    TicketFinished,
)
from orchestrator_ren.msg import OrchestratorStatus
from orchestrator_ren.orchestrator.execution.runner import TicketRunner
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.srv import (
    CancelTicket,
    CreateTicket,
    GetHistory,
    GetStatus,
    GetTicket,
    ListTickets,
)
from orchestrator_ren.tickets import listing
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.listing import TicketFilter
from orchestrator_ren.tickets.object_text import parse_object
from orchestrator_ren.tickets.ticket import Ticket

ID_TRIES = 5
"""New ids tried when one is taken: 32 random bits a day meet now and then."""

Handler = Callable[[Any, Any, Any], Awaitable[None]]


def answered(handler: Handler) -> Callable[[Any, Any, Any], Awaitable[Any]]:
    """Wrap a service handler, so that every request is answered, with a code if it failed."""

    @functools.wraps(handler)
    async def wrapped(self: Any, request: Any, response: Any) -> Any:
        try:
            response.success = True
            await handler(self, request, response)
        except OrchestratorError as error:
            conversions.refuse(response, error)
        except Exception as error:
            self._node.get_logger().error(f'{handler.__name__} failed\n{traceback.format_exc()}')
            conversions.refuse(response, InternalError(detail=repr(error)))
        return response

    return wrapped


class TicketServices:
    """Answers every request; each handler is parse, call the domain, reply.

    Args:
        node: Owns the services.
        keeper: Of the store where tickets are kept.
        registry: The commands.
        runner: Cancels what runs.
        health: Returns the status, and why nothing can move (None = it can).
        on_event: Called with each event, once it is on disk.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        registry: CommandRegistry,
        runner: TicketRunner,
        health: Callable[[], tuple[OrchestratorStatus, OrchestratorError | None]],
        on_event: Callable[[Event], None],
    ) -> None:
        self._node = node
        self._keeper = keeper
        self._store = keeper.store
        self._registry = registry
        self._runner = runner
        self._health = health
        self._on_event = on_event
        group = ReentrantCallbackGroup()  # a handler that awaits the store blocks no other
        for service, name, handler in (
            (CreateTicket, 'create_ticket', self._handle_create_ticket),
            (GetTicket, 'get_ticket', self._handle_get_ticket),
            (ListTickets, 'list_tickets', self._handle_list_tickets),
            (GetHistory, 'get_history', self._handle_get_history),
            (CancelTicket, 'cancel_ticket', self._handle_cancel_ticket),
            (GetStatus, 'get_status', self._handle_get_status),
        ):
            node.create_service(
                service, name, handler, qos_profile=qos.SERVICES, callback_group=group
            )

    @answered
    async def _handle_create_ticket(self, request: Any, response: Any) -> None:
        self._runner.refuse_if_stopping()
        wanted = _request_of(request)
        is_stop = self._runner.automatic.stops_at_once(wanted)
        stopped = self._runner.stop_motion('stopped by a stop ticket') if is_stop else []
        try:
            ticket, event = await self._keeper.write(self._create, wanted)
        except StoreError as error:
            if is_stop:
                raise StopUnrecorded(reason=str(error)) from error
            raise
        self._runner.stops.learn(ticket)
        if event is not None:
            self._runner.stops.credit(ticket.id, stopped)
            self._on_event(event)
            ticket = await self._runner.automatic.take_in(ticket)
        response.created = event is not None
        done = f'created {ticket.id}' if event else f'{ticket.id} was created before'
        response.message = '; '.join(filter(None, (done, self._runner.automatic.pause_text)))
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_get_ticket(self, request: Any, response: Any) -> None:
        ticket = await self._runner.find(request.ticket_id)
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_list_tickets(self, request: Any, response: Any) -> None:
        page = await self._keeper.read(
            self._store.page,
            _filter_of(request),
            listing.limit_of_request(request.limit),
            request.offset,
            listing.position_of_token(request.page_token, request.offset),
        )
        response.tickets = [conversions.ticket_to_msg(each) for each in page.tickets]
        response.total, response.total_is_exact = page.total, page.total_is_exact
        response.next_page_token = page.next_token

    @answered
    async def _handle_get_history(self, request: Any, response: Any) -> None:
        limit = listing.limit_of_request(request.limit)
        events, response.total = await self._keeper.read(
            self._store.history, request.ticket_id, limit, request.offset
        )
        response.events = [conversions.event_to_msg(each) for each in events]

    @answered
    async def _handle_cancel_ticket(self, request: Any, response: Any) -> None:
        try:
            cancelled = await self._runner.cancel(request.ticket_id, request.reason)
        except TicketFinished:
            ticket = await self._runner.find(request.ticket_id)
            response.ticket = conversions.ticket_to_msg(ticket)
            raise
        ticket = await self._runner.settled(cancelled)
        response.message = 'cancelled' if ticket.status.is_final else 'stopping'
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_get_status(self, _request: Any, response: Any) -> None:
        response.status, trouble = self._health()
        response.message = self._runner.automatic.pause_text
        if trouble is not None:
            conversions.refuse(response, trouble)

    def _create(self, request: TicketRequest) -> tuple[Ticket, Event | None]:
        """Check and store a ticket; runs in the store's thread."""
        now = utc_now()
        for tries_left in reversed(range(ID_TRIES)):
            ticket = ticket_from_request(request, self._registry, now, secrets.randbits(32))
            try:
                self._runner.automatic.note_new(ticket.id)
                return self._store.insert(ticket)
            except StoreConflict:
                if not tries_left:
                    raise
        raise AssertionError('unreachable')


def _request_of(request: Any) -> TicketRequest:
    return TicketRequest(
        command=request.command,
        params=request.params,
        priority=request.priority,
        timeout_s=request.timeout_seconds,
        metadata=request.metadata,
        dry_run=request.dry_run,
        request_id=request.request_id,
        not_before=conversions.time_from_msg(request.not_before),
        deadline=conversions.time_from_msg(request.deadline),
        max_attempts=request.max_attempts,
        backoff_s=request.backoff_seconds,
    )


def _filter_of(request: Any) -> TicketFilter:
    return TicketFilter(
        statuses=listing.statuses_of_request(request.statuses),
        command=request.command,
        labels=listing.labels_of_request(parse_object('metadata', request.metadata)),
        created_from=conversions.time_from_msg(request.created_from),
        created_until=conversions.time_from_msg(request.created_until),
    )
