"""The calls about tickets and their queue, as coroutines that await nothing but `Wait`."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any

from orchestrator_ren import srv
from orchestrator_ren.client import conversions, requests
from orchestrator_ren.client.answers import CommandInfo, EventPage, QueueEntry, Robot, TicketPage
from orchestrator_ren.client.asking import PAGE, Asking, read_message
from orchestrator_ren.client.execution import Executor, OnFeedback
from orchestrator_ren.client.requests import filled, id_of
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Status, Ticket

BEYOND = 2**63 - 1
"""A number that no event has."""


class TicketCalls:
    """Turns each call into a request, and its answer into values without ROS.

    Args:
        asking: The robot.
        requested_by: Who asks, where a call does not say it.
    """

    def __init__(self, asking: Asking, requested_by: str) -> None:
        self._asking = asking
        self._requested_by = requested_by
        self._executor = Executor(asking.link, self.get)

    async def create(
        self,
        command: str,
        params: dict[str, Any],
        requested_by: str,
        on_earlier: Callable[[], object] | None,
        **options: Any,
    ) -> Ticket:
        """Create a ticket, or find the earlier one."""
        request = filled(
            srv.CreateTicket.Request,
            command=command,
            params=requests.object_text('params', params),
            priority=requests.priority_number(options['priority']),
            timeout_seconds=float(options['timeout_s']),
            metadata=requests.object_text('metadata', options['metadata']),
            dry_run=options['dry_run'],
            request_id=options['request_id'],
            not_before=requests.instant('not_before', options['not_before']),
            deadline=requests.instant('deadline', options['deadline']),
            max_attempts=options['max_attempts'],
            backoff_seconds=float(options['backoff_s']),
            queue=options['queue'],
            requested_by=requested_by or self._requested_by,
            robot=requests.name_of(options['robot']),
            capabilities=requests.capability_names(options['capabilities']),
        )
        answer = await self._asking.ask(
            srv.CreateTicket, 'create_ticket', request, None, bool(options['request_id'])
        )
        if not answer.created and on_earlier is not None:
            on_earlier()
        return read_message(conversions.ticket_from_msg, answer.ticket)

    async def get(self, ticket: Ticket | str, limit_s: float | None) -> Ticket:
        """Read a ticket."""
        request = filled(srv.GetTicket.Request, ticket_id=id_of(ticket))
        answer = await self._asking.ask(srv.GetTicket, 'get_ticket', request, limit_s)
        return read_message(conversions.ticket_from_msg, answer.ticket)

    async def find(
        self, limit: int | None, limit_s: float | None, **filters: Any
    ) -> AsyncIterator[Ticket]:
        """Yield tickets, page after page."""
        left, token = limit, ''
        while left is None or left > 0:
            most = PAGE if left is None else min(PAGE, left)
            page = await self.find_page(most, 0, token, limit_s, **filters)
            for each in page.tickets:
                yield each
            left = None if left is None else left - len(page.tickets)
            token = page.next_page_token
            if not token:
                return

    async def find_page(
        self,
        limit: int,
        offset: int,
        page_token: str,
        limit_s: float | None,
        *,
        statuses: Iterable[Status | str],
        command: str,
        metadata: dict[str, Any] | None,
        order: str,
        robot: Robot | str,
        **times: datetime | None,
    ) -> TicketPage:
        """Return some tickets."""
        request = filled(
            srv.ListTickets.Request,
            statuses=requests.status_names(statuses),
            command=command,
            metadata=requests.object_text('metadata', metadata),
            order=requests.order_number(order),
            robot=requests.name_of(robot),
            limit=limit,
            offset=offset,
            page_token=page_token,
            **{name: requests.instant(name, when) for name, when in times.items()},
        )
        answer = await self._asking.ask(srv.ListTickets, 'list_tickets', request, limit_s)
        found = tuple(read_message(conversions.ticket_from_msg, each) for each in answer.tickets)
        return TicketPage(found, answer.total, answer.total_is_exact, answer.next_page_token)

    async def history(self, ticket: Ticket | str, limit_s: float | None) -> list[Event]:
        """Return all events of a ticket."""
        request = filled(srv.GetHistory.Request, ticket_id=id_of(ticket))
        return await self._asking.pages(
            srv.GetHistory, 'get_history', request, 'events', conversions.event_from_msg, limit_s
        )

    async def events(self, after: int, limit_s: float | None) -> AsyncIterator[Event]:
        """Yield the events of all tickets after that number, oldest first."""
        is_left = True
        while is_left:
            page = await self.events_page(after, PAGE, limit_s)
            for each in page.events:
                yield each
            after = page.events[-1].number if page.events else page.last_number
            is_left = after < page.last_number

    async def last_number(self, limit_s: float | None) -> int:
        """Return the number of the newest event there is; 0 = there is none."""
        return (await self.events_page(BEYOND, 1, limit_s)).last_number

    async def events_page(self, after: int, limit: int, limit_s: float | None) -> EventPage:
        """Return some events."""
        request = filled(srv.GetEvents.Request, after=after, limit=limit)
        answer = await self._asking.ask(srv.GetEvents, 'get_events', request, limit_s)
        found = tuple(read_message(conversions.event_from_msg, each) for each in answer.events)
        return EventPage(found, answer.last_number)

    async def execute(
        self,
        ticket: Ticket | str,
        *,
        force: bool,
        dry_run: bool,
        requested_by: str,
        on_feedback: OnFeedback | None,
        limit_s: float | None,
    ) -> Ticket:
        """Execute a ticket, and return it as it ended."""
        from orchestrator_ren.action import ExecuteTicket

        request = filled(
            ExecuteTicket.Goal,
            ticket_id=id_of(ticket),
            force=force,
            dry_run=dry_run,
            requested_by=requested_by or self._requested_by,
        )
        return await self._executor.execute(
            request, on_feedback, self._asking.limit_s(None), limit_s
        )

    async def queue(
        self,
        ticket: Ticket | str,
        force: bool,
        dry_run: bool,
        requested_by: str,
        limit_s: float | None,
    ) -> Ticket:
        """Ask for the execution of a ticket."""
        request = filled(
            srv.QueueTicket.Request,
            ticket_id=id_of(ticket),
            force=force,
            dry_run=dry_run,
            requested_by=requested_by or self._requested_by,
        )
        answer = await self._asking.ask(
            srv.QueueTicket, 'queue_ticket', request, limit_s, not force
        )
        return read_message(conversions.ticket_from_msg, answer.ticket)

    async def cancel(
        self, ticket: Ticket | str, reason: str, requested_by: str, limit_s: float | None
    ) -> Ticket:
        """Cancel a ticket."""
        request = filled(
            srv.CancelTicket.Request,
            ticket_id=id_of(ticket),
            reason=reason,
            requested_by=requested_by or self._requested_by,
        )
        answer = await self._asking.ask(srv.CancelTicket, 'cancel_ticket', request, limit_s, False)
        return read_message(conversions.ticket_from_msg, answer.ticket)

    async def commands(self, name: str, limit_s: float | None) -> list[CommandInfo]:
        """Return the commands that tickets may ask for."""
        request = filled(srv.ListCommands.Request, name=name)
        answer = await self._asking.ask(srv.ListCommands, 'list_commands', request, limit_s)
        return [read_message(conversions.command_from_msg, each) for each in answer.commands]

    async def queue_entries(self, robot: Robot | str, limit_s: float | None) -> list[QueueEntry]:
        """Return the tickets that wait, in the order of their turns."""
        read = conversions.queue_entry_from_msg
        request = filled(srv.GetQueue.Request, robot=requests.name_of(robot))
        return await self._asking.pages(
            srv.GetQueue, 'get_queue', request, 'entries', read, limit_s
        )

    async def change_queue(self, name: str, requested_by: str, limit_s: float | None) -> str:
        """Pause the queue or let it go on; return what was done.

        To go on is asked once: heard late, a second one would undo a pause after the first.
        """
        request = filled(srv.ChangeQueue.Request, requested_by=requested_by or self._requested_by)
        is_repeatable = name == 'pause_queue'
        answer = await self._asking.ask(srv.ChangeQueue, name, request, limit_s, is_repeatable)
        return str(answer.message)
