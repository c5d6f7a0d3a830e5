"""The contract of the client, once; `TicketClient` and `AsyncTicketClient` are its two faces.

Its coroutines await nothing but `Wait` (`waiting.py`).
"""

from __future__ import annotations

import re
import time
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from typing import Any, TypeVar

from rclpy.node import Node
from std_srvs.srv import Trigger

from orchestrator_ren import srv
from orchestrator_ren.client import conversions, requests
from orchestrator_ren.client.answers import (
    CommandInfo,
    EStop,
    Metric,
    QueueEntry,
    RobotStatus,
)
from orchestrator_ren.client.execution import Executor, OnFeedback
from orchestrator_ren.client.link import Link
from orchestrator_ren.client.requests import filled, id_of
from orchestrator_ren.client.waiting import Signal, Wait
from orchestrator_ren.errors import ClientError, InternalError, OrchestratorError, from_code, shown
from orchestrator_ren.ros import qos
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Status, Ticket

TIMEOUT_S = 2.0
"""How long an answer may take, where nobody says another time [s]."""

PAGE = 100
"""Entries asked for at once."""

PRESS_S = 0.1
"""Time between two words on the e_stop topic, until the gate has heard one [s]."""

T = TypeVar('T')


class Calls:
    """Turns each call into a request, and its answer into values without ROS.

    Args:
        link: To the robot.
        requested_by: Who asks, where a call does not say it.
        limit_s: How long an answer may take, where a call does not say it [s].
    """

    def __init__(self, link: Link, requested_by: str, limit_s: float) -> None:
        self._link = link
        self._requested_by = requested_by
        self._limit_s = limit_s
        self._executor = Executor(link, self.get)

    async def create(
        self, command: str, params: dict[str, Any], requested_by: str, **options: Any
    ) -> Ticket:
        """Create a ticket."""
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
        )
        answer = await self._ask(
            srv.CreateTicket, 'create_ticket', request, None, bool(options['request_id'])
        )
        return _read(conversions.ticket_from_msg, answer.ticket)

    async def get(self, ticket: Ticket | str, limit_s: float | None) -> Ticket:
        """Read a ticket."""
        request = filled(srv.GetTicket.Request, ticket_id=id_of(ticket))
        answer = await self._ask(srv.GetTicket, 'get_ticket', request, limit_s)
        return _read(conversions.ticket_from_msg, answer.ticket)

    async def find(
        self,
        statuses: Iterable[Status | str],
        command: str,
        metadata: dict[str, Any] | None,
        times: dict[str, datetime | None],
        order: str,
        limit: int | None,
        limit_s: float | None,
    ) -> AsyncIterator[Ticket]:
        """Yield tickets, page after page."""
        request = filled(
            srv.ListTickets.Request,
            statuses=requests.status_names(statuses),
            command=command,
            metadata=requests.object_text('metadata', metadata),
            order=requests.order_number(order),
            **{name: requests.instant(name, when) for name, when in times.items()},
        )
        left = limit
        while left is None or left > 0:
            request.limit = PAGE if left is None else min(PAGE, left)
            answer = await self._ask(srv.ListTickets, 'list_tickets', request, limit_s)
            for each in answer.tickets:
                yield _read(conversions.ticket_from_msg, each)
            left = None if left is None else left - len(answer.tickets)
            request.page_token = answer.next_page_token
            if not request.page_token:
                return

    async def history(self, ticket: Ticket | str, limit_s: float | None) -> list[Event]:
        """Return all events of a ticket."""
        request = filled(srv.GetHistory.Request, ticket_id=id_of(ticket))
        return await self._pages(
            srv.GetHistory, 'get_history', request, 'events', conversions.event_from_msg, limit_s
        )

    async def events(self, after: int, limit_s: float | None) -> AsyncIterator[Event]:
        """Yield the events of all tickets after that number, oldest first."""
        is_left = True
        while is_left:
            answer = await self.events_page(after, PAGE, limit_s)
            for each in answer.events:
                yield _read(conversions.event_from_msg, each)
            after = answer.events[-1].number if answer.events else answer.last_number
            is_left = after < answer.last_number

    async def events_page(self, after: int, limit: int, limit_s: float | None) -> Any:
        """Return the answer of get_events."""
        request = filled(srv.GetEvents.Request, after=after, limit=limit)
        return await self._ask(srv.GetEvents, 'get_events', request, limit_s)

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
        return await self._executor.execute(request, on_feedback, self._limit_s, limit_s)

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
        answer = await self._ask(srv.QueueTicket, 'queue_ticket', request, limit_s, not force)
        return _read(conversions.ticket_from_msg, answer.ticket)

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
        answer = await self._ask(srv.CancelTicket, 'cancel_ticket', request, limit_s, False)
        return _read(conversions.ticket_from_msg, answer.ticket)

    async def commands(self, name: str, limit_s: float | None) -> list[CommandInfo]:
        """Return the commands that tickets may ask for."""
        request = filled(srv.ListCommands.Request, name=name)
        answer = await self._ask(srv.ListCommands, 'list_commands', request, limit_s)
        return [_read(conversions.command_from_msg, each) for each in answer.commands]

    async def queue_entries(self, limit_s: float | None) -> list[QueueEntry]:
        """Return the tickets that wait, in the order of their turns."""
        read = conversions.queue_entry_from_msg
        request = srv.GetQueue.Request()
        return await self._pages(srv.GetQueue, 'get_queue', request, 'entries', read, limit_s)

    async def change_queue(self, name: str, requested_by: str, limit_s: float | None) -> str:
        """Pause the queue or let it go on; return what was done."""
        request = filled(srv.ChangeQueue.Request, requested_by=requested_by or self._requested_by)
        return str((await self._ask(srv.ChangeQueue, name, request, limit_s)).message)

    async def stop(self, limit_s: float | None) -> str:
        """Have the gate stop the robot; return what it did."""
        return str((await self._ask(Trigger, 'stop', Trigger.Request(), limit_s)).message)

    async def status(self, limit_s: float | None) -> RobotStatus:
        """Return how the orchestrator is."""
        request = srv.GetStatus.Request()
        answer = await self._answer(srv.GetStatus, 'get_status', request, limit_s, True)
        return _read(conversions.status_from_msg, answer.status, answer.error_code)

    async def e_stop_state(self, limit_s: float | None) -> EStop:
        """Return what the gate says of the e-stop."""
        return await self._e_stop_where(lambda _: True, lambda: None, limit_s)

    async def press(self, limit_s: float | None) -> EStop:
        """Press the e-stop, and return what the gate says once it has latched."""
        return await self._e_stop_where(
            lambda state: state.is_pressed and state.is_latched,
            lambda: self._say_pressed(True),
            limit_s,
        )

    async def reset(self, release: bool, limit_s: float | None) -> EStop:
        """Release the e-stop and its latch, and return what the gate says then."""
        if release:
            await self._e_stop_where(
                lambda state: not state.is_pressed, lambda: self._say_pressed(False), limit_s
            )
        await self._ask(Trigger, 'reset_e_stop', Trigger.Request(), limit_s)
        return await self._e_stop_where(lambda _: True, lambda: None, limit_s)

    async def metrics(self, limit_s: float | None) -> dict[str, Metric]:
        """Return the metrics as published next, by name."""
        from orchestrator_ren.msg import Metrics

        message = await self._next(Metrics, 'telemetry/metrics', qos.METRICS, limit_s)
        found = [_read(conversions.metric_from_msg, each) for each in message.metrics]
        return {each.name: each for each in found}

    def _say_pressed(self, is_pressed: bool) -> None:
        from std_msgs.msg import Bool

        self._link.publish(Bool, 'e_stop', Bool(data=is_pressed))

    async def _e_stop_where(
        self, is_wanted: Callable[[EStop], bool], say: Callable[[], None], limit_s: float | None
    ) -> EStop:
        """Say something again and again, until the gate says of itself what is wanted.

        Raises:
            NotAnswered: It does not, or is not heard.
        """
        from orchestrator_ren.msg import EStopState

        limit_s = self._limit_s if limit_s is None else limit_s
        until_mono_s, signal = time.monotonic() + limit_s, Signal()
        with self._link.listening(EStopState, 'e_stop_state', qos.LATCHED, signal) as heard:
            while (rest_s := until_mono_s - time.monotonic()) > 0.0:
                say()
                await Wait(signal, min(rest_s, PRESS_S))
                for message in reversed(heard.take()):
                    state = _read(conversions.e_stop_from_msg, message)
                    if is_wanted(state):
                        return state
                    break
        raise self._link.missing(self._link.name('e_stop_state'), limit_s)

    async def _next(self, kind: Any, name: str, profile: Any, limit_s: float | None) -> Any:
        """Return the next message of a topic.

        Raises:
            NotAnswered: There is none in time.
        """
        limit_s = self._limit_s if limit_s is None else limit_s
        signal = Signal()
        with self._link.listening(kind, name, profile, signal) as heard:
            await Wait(signal, limit_s)
            messages = heard.take()
        if not messages:
            raise self._link.missing(self._link.name(name), limit_s)
        return messages[-1]

    async def _pages(
        self,
        kind: Any,
        name: str,
        request: Any,
        field: str,
        read: Callable[[Any], T],
        limit_s: float | None,
    ) -> list[T]:
        """Return what is on all pages of a service that goes on by `offset`."""
        found: list[T] = []
        while True:
            request.limit, request.offset = PAGE, len(found)
            answer = await self._ask(kind, name, request, limit_s)
            page = getattr(answer, field)
            found += [_read(read, each) for each in page]
            if not page or len(found) >= answer.total:
                return found

    async def _ask(
        self,
        kind: Any,
        name: str,
        request: Any,
        limit_s: float | None,
        is_repeatable: bool = True,
    ) -> Any:
        """Return what a service answers.

        Raises:
            OrchestratorError: It refuses.
            NotAnswered: It does not in time.
        """
        answer = await self._answer(kind, name, request, limit_s, is_repeatable)
        if not answer.success:
            raise error_of(answer)
        return answer

    async def _answer(
        self, kind: Any, name: str, request: Any, limit_s: float | None, is_repeatable: bool
    ) -> Any:
        limit_s = self._limit_s if limit_s is None else limit_s
        return await self._link.ask(kind, name, request, limit_s, is_repeatable)


def calls_of(
    namespace: str, node: Node | None, requested_by: str | None, limit_s: float, domain: int | None
) -> tuple[Link, Calls]:
    """Return the link to a robot and the calls over it."""
    who = requests.login_name() if requested_by is None else requested_by
    link = Link(namespace, node, domain)
    return link, Calls(link, who, limit_s)


def error_of(answer: Any) -> OrchestratorError:
    """Return the error that an answer without success tells of.

    One of std_srvs/Trigger has no field for the code: it begins its message.
    """
    code: int | None = getattr(answer, 'error_code', None)
    found = re.match(r'(\d{3}): ', answer.message)
    if code is None and found:
        return from_code(int(found[1]), answer.message[found.end() :])
    return from_code(InternalError.code if code is None else code, answer.message)


def _read(read: Callable[..., T], *message: Any) -> T:
    """Return what a message says.

    Raises:
        ClientError: It says what this version does not know.
    """
    try:
        return read(*message)
    except (ValueError, TypeError, OrchestratorError) as error:
        detail = f'the answer cannot be read, is the robot of another version? {shown(error)}'
        raise ClientError(detail=detail) from error
