"""The services that create, read, list and cancel tickets, and the health check."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from orchestrator_ren import msg
from orchestrator_ren.commands.request import TicketRequest
from orchestrator_ren.errors import OutOfRange, StoreError, TicketFinished
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.dispatch.ticket_creation import TicketCreation
from orchestrator_ren.orchestrator.dispatch.ticket_queueing import TicketQueueing
from orchestrator_ren.orchestrator.execution.cancellation import Cancellation
from orchestrator_ren.orchestrator.execution.ticket_records import TicketRecords
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.orchestrator.interface.answered import answered
from orchestrator_ren.orchestrator.interface.health import Health
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.stamps import time_from_msg
from orchestrator_ren.srv import (
    CancelTicket,
    CreateTicket,
    GetEvents,
    GetHistory,
    GetStatus,
    GetTicket,
    ListTickets,
    QueueTicket,
)
from orchestrator_ren.tickets import listing
from orchestrator_ren.tickets.assignment import RobotIdentity, robot_of_list
from orchestrator_ren.tickets.listing import Page, TicketFilter
from orchestrator_ren.tickets.object_text import parse_object
from orchestrator_ren.tickets.ticket import requested_by_from_request

MAX_NUMBER = 2**63 - 1
"""The largest that a database can compare with."""


class TicketServices:
    """Answers every request; each handler is parse, call the domain, reply.

    Args:
        node: Owns the services.
        keeper: Of the store where tickets are kept.
        records: One ticket.
        creation: Creates tickets.
        queueing: Lets them wait for their turn.
        cancellation: Cancels them.
        pause: Of the queue, told to who creates a ticket.
        health: The status, and why nothing can move.
    """

    def __init__(
        self,
        node: Node,
        keeper: StoreKeeper,
        records: TicketRecords,
        creation: TicketCreation,
        queueing: TicketQueueing,
        cancellation: Cancellation,
        pause: QueuePause,
        health: Health,
    ) -> None:
        self._node = node
        self._keeper = keeper
        self._store = keeper.store
        self._records = records
        self._creation = creation
        self._queueing = queueing
        self._cancellation = cancellation
        self._pause = pause
        self._health = health
        group = ReentrantCallbackGroup()  # a handler that awaits the store blocks no other
        for service, name, handler in (
            (CreateTicket, 'create_ticket', self._handle_create_ticket),
            (GetTicket, 'get_ticket', self._handle_get_ticket),
            (ListTickets, 'list_tickets', self._handle_list_tickets),
            (GetHistory, 'get_history', self._handle_get_history),
            (GetEvents, 'get_events', self._handle_get_events),
            (QueueTicket, 'queue_ticket', self._handle_queue_ticket),
            (CancelTicket, 'cancel_ticket', self._handle_cancel_ticket),
            (GetStatus, 'get_status', self._handle_get_status),
        ):
            node.create_service(
                service, name, handler, qos_profile=qos.SERVICES, callback_group=group
            )

    @answered
    async def _handle_create_ticket(self, request: Any, response: Any) -> None:
        ticket, response.created = await self._creation.create(_request_of(request))
        done = 'created {}' if response.created else '{} was created before'
        words = done.format(ticket.id), self._pause.notice
        response.message = '; '.join(filter(None, words))
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_get_ticket(self, request: Any, response: Any) -> None:
        ticket = await self._records.find(request.ticket_id)
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_list_tickets(self, request: Any, response: Any) -> None:
        page, response.tickets = await self._keeper.read(
            self._page,
            _filter_of(request, self._store.robot),
            listing.limit_of_request(request.limit),
            request.offset,
            listing.position_of_token(request.page_token, request.offset),
        )
        response.total, response.total_is_exact = page.total, page.total_is_exact
        response.next_page_token = page.next_token

    @answered
    async def _handle_get_history(self, request: Any, response: Any) -> None:
        limit = listing.limit_of_request(request.limit)
        response.events, response.total = await self._keeper.read(
            self._history, request.ticket_id, limit, request.offset
        )

    @answered
    async def _handle_get_events(self, request: Any, response: Any) -> None:
        limit = listing.limit_of_request(request.limit)
        after = min(request.after, MAX_NUMBER)
        response.events, response.last_number = await self._keeper.read(self._events, after, limit)

    def _events(self, *args: Any) -> tuple[list[msg.TicketEvent], int]:
        """Return a page of all events as messages, and the last number; in the reader's thread."""
        events, last_number = self._store.events_after(*args)
        return [conversions.event_to_msg(each) for each in events], last_number

    def _page(self, *args: Any) -> tuple[Page, list[msg.Ticket]]:
        """Return a page of the store, and its messages; in the reader's thread."""
        page = self._store.page(*args)
        return page, [conversions.ticket_to_msg(each) for each in page.tickets]

    def _history(self, *args: Any) -> tuple[list[msg.TicketEvent], int]:
        """Return a page of a history as messages, and its total; in the reader's thread."""
        events, total = self._store.history(*args)
        return [conversions.event_to_msg(each) for each in events], total

    @answered
    async def _handle_queue_ticket(self, request: Any, response: Any) -> None:
        ticket = await self._queueing.queue(
            request.ticket_id,
            force=request.force,
            dry_run=request.dry_run,
            requested_by=request.requested_by,
        )
        response.message = '; '.join(filter(None, ('queued', self._pause.notice)))
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_cancel_ticket(self, request: Any, response: Any) -> None:
        try:
            name = requested_by_from_request(request.requested_by)
            cancelled = await self._cancellation.cancel(request.ticket_id, request.reason, name)
        except TicketFinished:
            with suppress(StoreError):  # that it has ended is the answer
                ticket = await self._records.find(request.ticket_id)
                response.ticket = conversions.ticket_to_msg(ticket)
            raise
        ticket = await self._cancellation.settled(cancelled)
        response.message = 'cancelled' if ticket.status.is_final else 'stopping'
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_get_status(self, _request: Any, response: Any) -> None:
        trouble = self._health.trouble
        response.status = self._health.status_with(trouble)
        response.message = self._pause.notice
        if trouble is not None:
            conversions.refuse(response, trouble)


def _request_of(request: Any) -> TicketRequest:
    return TicketRequest(
        command=request.command,
        params=request.params,
        priority=request.priority,
        timeout_s=request.timeout_seconds,
        metadata=request.metadata,
        dry_run=request.dry_run,
        request_id=request.request_id,
        not_before=time_from_msg(request.not_before, 'not_before'),
        deadline=time_from_msg(request.deadline, 'deadline'),
        max_attempts=request.max_attempts,
        backoff_s=request.backoff_seconds,
        queue=request.queue,
        requested_by=request.requested_by,
        robot=request.robot,
        capabilities=tuple(request.capabilities),
    )


def _filter_of(request: Any, mine: RobotIdentity) -> TicketFilter:
    return TicketFilter(
        statuses=listing.statuses_of_request(request.statuses),
        command=request.command,
        labels=listing.labels_of_request(parse_object('metadata', request.metadata)),
        created_from=time_from_msg(request.created_from, 'created_from'),
        created_until=time_from_msg(request.created_until, 'created_until'),
        updated_since=time_from_msg(request.updated_since, 'updated_since'),
        is_oldest_first=_is_oldest_first(request.order),
        robot=robot_of_list(request.robot, mine),
    )


def _is_oldest_first(order: int) -> bool:
    if order not in (ListTickets.Request.NEWEST_FIRST, ListTickets.Request.OLDEST_FIRST):
        raise OutOfRange(field='order', value=order, limit='0 (newest first) or 1 (oldest first)')
    return bool(order == ListTickets.Request.OLDEST_FIRST)
