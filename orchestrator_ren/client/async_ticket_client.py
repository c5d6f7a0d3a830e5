"""The client for programs on asyncio."""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import AsyncIterator, Callable, Iterable
from datetime import datetime
from types import TracebackType
from typing import Any

from rclpy.node import Node

from orchestrator_ren.client import requests
from orchestrator_ren.client.answers import (
    CommandInfo,
    EStop,
    EventPage,
    Fleet,
    Metric,
    QueueEntry,
    Robot,
    RobotStatus,
    Seen,
    TicketPage,
)
from orchestrator_ren.client.asking import TIMEOUT_S, Asking
from orchestrator_ren.client.async_driver import drive, iterate
from orchestrator_ren.client.execution import OnFeedback
from orchestrator_ren.client.fleet_calls import FleetCalls
from orchestrator_ren.client.link import Link
from orchestrator_ren.client.robot_calls import RobotCalls
from orchestrator_ren.client.ticket_calls import TicketCalls
from orchestrator_ren.client.watching import Watch
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket


class AsyncTicketClient:
    """`TicketClient` for asyncio: the same names and arguments, to be awaited.

    All calls are made in the event loop's thread, any number at a time.
    """

    def __init__(
        self,
        namespace: str = '',
        *,
        node: Node | None = None,
        requested_by: str | None = None,
        timeout_s: float = TIMEOUT_S,
        domain_id: int | None = None,
    ) -> None:
        self._link = Link(namespace, node, domain_id)
        asking = Asking(self._link, timeout_s)
        who = requests.login_name() if requested_by is None else requested_by
        self._tickets = TicketCalls(asking, who)
        self._robot = RobotCalls(asking)
        self._fleet = FleetCalls(asking, who)
        self._at_exit = weakref.finalize(self, self._link.close)

    async def __aenter__(self) -> AsyncTicketClient:
        await asyncio.to_thread(lambda: self._link.node)  # takes 0.1 s where it is made
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of all that was made; may be called again."""
        await asyncio.to_thread(self._link.close)

    async def create(
        self,
        command: str,
        params: dict[str, Any] | None = None,
        *,
        priority: str | int | Priority = 'normal',
        timeout_s: float = 0.0,
        metadata: dict[str, Any] | None = None,
        dry_run: bool = False,
        request_id: str = '',
        not_before: datetime | None = None,
        deadline: datetime | None = None,
        max_attempts: int = 0,
        backoff_s: float = 0.0,
        queue: bool = False,
        requested_by: str = '',
        robot: Robot | str = '',
        capabilities: Iterable[str] = (),
        on_earlier: Callable[[], object] | None = None,
        **more_params: Any,
    ) -> Ticket:
        """Create a ticket, PENDING, or QUEUED with `queue`."""
        return await drive(
            self._tickets.create(
                command,
                requests.params_of(params, more_params),
                requested_by,
                on_earlier,
                priority=priority,
                timeout_s=timeout_s,
                metadata=metadata,
                dry_run=dry_run,
                request_id=request_id,
                not_before=not_before,
                deadline=deadline,
                max_attempts=max_attempts,
                backoff_s=backoff_s,
                queue=queue,
                robot=robot,
                capabilities=capabilities,
            )
        )

    async def get(self, ticket: Ticket | str, *, timeout_s: float | None = None) -> Ticket:
        """Return a ticket as it is now."""
        return await drive(self._tickets.get(ticket, timeout_s))

    def find(
        self,
        statuses: Iterable[Status | str] = (),
        command: str = '',
        metadata: dict[str, Any] | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        updated_since: datetime | None = None,
        order: str = 'newest',
        limit: int | None = None,
        *,
        robot: Robot | str = '',
        timeout_s: float | None = None,
    ) -> AsyncIterator[Ticket]:
        """Yield the tickets that have all of that, by their creation: newest or oldest first."""
        return iterate(
            self._tickets.find(
                limit,
                timeout_s,
                statuses=statuses,
                command=command,
                metadata=metadata,
                created_from=created_from,
                created_until=created_until,
                updated_since=updated_since,
                order=order,
                robot=robot,
            )
        )

    async def find_page(
        self,
        statuses: Iterable[Status | str] = (),
        command: str = '',
        metadata: dict[str, Any] | None = None,
        created_from: datetime | None = None,
        created_until: datetime | None = None,
        updated_since: datetime | None = None,
        order: str = 'newest',
        limit: int = 100,
        offset: int = 0,
        page_token: str = '',
        *,
        robot: Robot | str = '',
        timeout_s: float | None = None,
    ) -> TicketPage:
        """Return some of what `find` yields, and how many there are."""
        return await drive(
            self._tickets.find_page(
                limit,
                offset,
                page_token,
                timeout_s,
                statuses=statuses,
                command=command,
                metadata=metadata,
                created_from=created_from,
                created_until=created_until,
                updated_since=updated_since,
                order=order,
                robot=robot,
            )
        )

    async def history(
        self, ticket: Ticket | str, *, timeout_s: float | None = None
    ) -> list[Event]:
        """Return all that happened to a ticket, oldest first."""
        return await drive(self._tickets.history(ticket, timeout_s))

    def events(self, after: int = 0, *, timeout_s: float | None = None) -> AsyncIterator[Event]:
        """Yield what happened to all tickets after the event of that number, oldest first."""
        return iterate(self._tickets.events(after, timeout_s))

    async def last_number(self, *, timeout_s: float | None = None) -> int:
        """Return the number of the newest event there is; 0 = there is none."""
        return await drive(self._tickets.last_number(timeout_s))

    async def events_page(
        self, after: int = 0, limit: int = 100, *, timeout_s: float | None = None
    ) -> EventPage:
        """Return some of what `events` yields, and the number of the newest there is."""
        return await drive(self._tickets.events_page(after, limit, timeout_s))

    async def execute(
        self,
        ticket: Ticket | str,
        *,
        force: bool = False,
        dry_run: bool = False,
        on_feedback: OnFeedback | None = None,
        timeout_s: float | None = None,
        requested_by: str = '',
    ) -> Ticket:
        """Execute a ticket, stay until it has ended, and return it: done, FAILED or CANCELLED."""
        return await drive(
            self._tickets.execute(
                ticket,
                force=force,
                dry_run=dry_run,
                requested_by=requested_by,
                on_feedback=on_feedback,
                limit_s=timeout_s,
            )
        )

    async def queue(
        self,
        ticket: Ticket | str,
        *,
        force: bool = False,
        dry_run: bool = False,
        requested_by: str = '',
        timeout_s: float | None = None,
    ) -> Ticket:
        """Ask for the execution of a ticket, and return it QUEUED: it runs when its turn comes."""
        return await drive(self._tickets.queue(ticket, force, dry_run, requested_by, timeout_s))

    async def cancel(
        self,
        ticket: Ticket | str,
        reason: str = '',
        *,
        requested_by: str = '',
        timeout_s: float | None = None,
    ) -> Ticket:
        """Cancel a ticket; a moving robot then stops, and it is CANCELLED at standstill."""
        return await drive(self._tickets.cancel(ticket, reason, requested_by, timeout_s))

    async def commands(
        self, name: str = '', *, timeout_s: float | None = None
    ) -> list[CommandInfo]:
        """Return the commands that tickets may ask for, or the one of that name."""
        return await drive(self._tickets.commands(name, timeout_s))

    async def queue_entries(
        self, *, robot: Robot | str = '', timeout_s: float | None = None
    ) -> list[QueueEntry]:
        """Return the tickets that wait, in the order of their turns, and why each does."""
        return await drive(self._tickets.queue_entries(robot, timeout_s))

    async def pause(self, *, requested_by: str = '', timeout_s: float | None = None) -> str:
        """Let nothing start from the queue; return what was done, for people."""
        return await drive(self._tickets.change_queue('pause_queue', requested_by, timeout_s))

    async def resume(self, *, requested_by: str = '', timeout_s: float | None = None) -> str:
        """Let the queue go on; return what was done, for people."""
        return await drive(self._tickets.change_queue('resume_queue', requested_by, timeout_s))

    async def stop(self, *, timeout_s: float | None = None) -> str:
        """Stop the robot now, and cancel its motion; nothing is latched."""
        return await drive(self._robot.stop(timeout_s))

    async def press(self, *, timeout_s: float | None = None) -> EStop:
        """Press the e-stop; return once the gate has latched it."""
        return await drive(self._robot.press(timeout_s))

    async def reset(self, *, release: bool | None = None, timeout_s: float | None = None) -> EStop:
        """Release the e-stop and its latch."""
        return await drive(self._robot.reset(release, timeout_s))

    async def e_stop_state(self, *, timeout_s: float | None = None) -> EStop:
        """Return what the gate says of the e-stop."""
        return await drive(self._robot.e_stop_state(timeout_s))

    async def status(self, *, timeout_s: float | None = None) -> RobotStatus:
        """Return how the orchestrator is, and why a drive would not start."""
        return await drive(self._robot.status(timeout_s))

    async def namespaces(self) -> list[str]:
        """Return the namespaces whose orchestrators are there; '' for the one without."""
        return await asyncio.to_thread(self._link.namespaces)

    async def robots(self, *, timeout_s: float | None = None) -> Fleet:
        """Return the robots of the store, whoever hears them: alive, or unreachable since when."""
        return await drive(self._fleet.robots(timeout_s))

    async def declare_stopped(
        self, robot: Robot | str, requested_by: str = '', *, timeout_s: float | None = None
    ) -> list[str]:
        """Say that somebody has seen an unreachable robot stand; return what is FAILED by that."""
        return await drive(self._fleet.declare_stopped(robot, requested_by, timeout_s))

    async def metrics(self, *, timeout_s: float | None = None) -> dict[str, Metric]:
        """Return the metrics as published next, by name."""
        return await drive(self._robot.metrics(timeout_s))

    def watch(
        self, period_s: float = 0.5, *, after: int | None = None, recent: int = 0
    ) -> AsyncIterator[Seen]:
        """Yield what the robot says, for ever: status, e-stop, and each event in its order."""
        return iterate(Watch(self._link, self._tickets, period_s, after, recent).seen())
