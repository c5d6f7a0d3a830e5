"""The client for programs that may block."""

from __future__ import annotations

import weakref
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from types import TracebackType
from typing import Any

from rclpy.node import Node

from orchestrator_ren.client import requests, waiting
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
from orchestrator_ren.client.execution import OnFeedback
from orchestrator_ren.client.fleet_calls import FleetCalls
from orchestrator_ren.client.link import Link
from orchestrator_ren.client.robot_calls import RobotCalls
from orchestrator_ren.client.ticket_calls import TicketCalls
from orchestrator_ren.client.watching import Watch
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import Priority, Status, Ticket


class TicketClient:
    """Asks a robot's orchestrator and gate; from any thread.

    Every call raises what the robot refuses as the class of `errors.py` with its code, and
    `NotAnswered` where nobody answers in time; nothing hangs. `timeout_s` of a call is how long
    its answer may take, also until the robot is there [s]; None = that of the client.

    Args:
        namespace: Of the robot; empty = that of the node.
        node: A node of the caller's, whose executor another thread spins; None = one of its own,
            with a thread and a context, so that rclpy need not be initialized.
        requested_by: Who asks, for the record; None = the login name.
        timeout_s: How long an answer may take [s, > 0].
        domain_id: ROS domain of a node of its own; None = that of ROS_DOMAIN_ID.
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

    def __enter__(self) -> TicketClient:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of all that was made; may be called again."""
        self._link.close()

    def create(
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
        """Create a ticket, PENDING, or QUEUED with `queue`.

        Args:
            command: Its name: drive, scan, stop, or what else `commands` has.
            params: Parameters of the command; those that have no name of an option here can be
                keywords: `create('drive', speed=0.5, duration_seconds=2)`.
            priority: low, normal, high, critical, or 1 to 4.
            timeout_s: How long the ticket may execute [s]; 0 = 600 s.
            metadata: An object of the caller's own.
            dry_run: Executing it plans and checks, but moves nothing.
            request_id: The same again gives the same ticket.
            not_before: Earliest start, with its zone.
            deadline: It fails if it has not ended by then, with its zone.
            max_attempts: How often it is tried, of a command that is retriable; 0 = once.
            backoff_s: Before the second attempt, doubled for each further one [s].
            queue: Ask for its execution too: it runs when its turn comes.
            requested_by: Who asks; empty = as the client says.
            robot: Whose it is to be, of the same store; empty = the one that is asked, `any` = the
                first that is free and has the capabilities.
            capabilities: What the robot must have, such as `['lift']`.
            on_earlier: Called where the request_id was known, and the ticket is the earlier one.
            **more_params: More parameters of the command.

        Raises:
            RobotNotInStore: No robot of the store has that name.
            CapabilityMissing: That robot has not what it needs; ask another one, or `any`.
        """
        return waiting.run(
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

    def get(self, ticket: Ticket | str, *, timeout_s: float | None = None) -> Ticket:
        """Return a ticket as it is now."""
        return waiting.run(self._tickets.get(ticket, timeout_s))

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
    ) -> Iterator[Ticket]:
        """Yield the tickets that have all of that, by their creation: newest or oldest first.

        Args:
            statuses: Any of these; none = all.
            command: Name of the command; empty = all.
            metadata: Entries that their metadata has too.
            created_from: Created then or later.
            created_until: Created before that.
            updated_since: Changed then or later.
            order: newest or oldest.
            limit: Most tickets; None = all.
            robot: Whose; empty = the one that is asked, `any` = for any, and taken by none yet,
                `*` = all of the store.
            timeout_s: How long each page may take [s].
        """
        return waiting.iterate(
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

    def find_page(
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
        """Return some of what `find` yields, and how many there are.

        Args:
            statuses: As all up to `order`, see `find`.
            command: See there.
            metadata: See there.
            created_from: See there.
            created_until: See there.
            updated_since: See there.
            order: See there.
            limit: Most tickets of this page [1-1000].
            offset: Tickets to skip; slow when large, page_token is not.
            page_token: That of the page before, asked for in the same way.
            robot: See `find`.
            timeout_s: How long it may take [s].
        """
        return waiting.run(
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

    def history(self, ticket: Ticket | str, *, timeout_s: float | None = None) -> list[Event]:
        """Return all that happened to a ticket, oldest first."""
        return waiting.run(self._tickets.history(ticket, timeout_s))

    def events(self, after: int = 0, *, timeout_s: float | None = None) -> Iterator[Event]:
        """Yield what happened to all tickets after the event of that number, oldest first."""
        return waiting.iterate(self._tickets.events(after, timeout_s))

    def last_number(self, *, timeout_s: float | None = None) -> int:
        """Return the number of the newest event there is; 0 = there is none."""
        return waiting.run(self._tickets.last_number(timeout_s))

    def events_page(
        self, after: int = 0, limit: int = 100, *, timeout_s: float | None = None
    ) -> EventPage:
        """Return some of what `events` yields, and the number of the newest there is."""
        return waiting.run(self._tickets.events_page(after, limit, timeout_s))

    def execute(
        self,
        ticket: Ticket | str,
        *,
        force: bool = False,
        dry_run: bool = False,
        on_feedback: OnFeedback | None = None,
        timeout_s: float | None = None,
        requested_by: str = '',
    ) -> Ticket:
        """Execute a ticket, stay until it has ended, and return it: done, FAILED or CANCELLED.

        Ctrl-C cancels it, and stays until it has ended; a second one leaves. It goes on where this
        process dies, and where the time is over.

        Args:
            ticket: The ticket, or its id.
            force: Execute a finished one once more.
            dry_run: Plan and check only.
            on_feedback: Called in this thread, with each `Progress`; if it raises, the ticket is
                cancelled.
            timeout_s: How long it is waited for [s]; None = as long as the orchestrator is heard.
            requested_by: Who asks; empty = as the client says.

        Raises:
            OrchestratorError: It is refused.
            TicketElsewhere: It is that of another robot: ask that one's orchestrator.
            NotAnswered: The orchestrator was not heard for 5 s, or the time is over.
        """
        return waiting.run(
            self._tickets.execute(
                ticket,
                force=force,
                dry_run=dry_run,
                requested_by=requested_by,
                on_feedback=on_feedback,
                limit_s=timeout_s,
            )
        )

    def queue(
        self,
        ticket: Ticket | str,
        *,
        force: bool = False,
        dry_run: bool = False,
        requested_by: str = '',
        timeout_s: float | None = None,
    ) -> Ticket:
        """Ask for the execution of a ticket, and return it QUEUED: it runs when its turn comes."""
        return waiting.run(self._tickets.queue(ticket, force, dry_run, requested_by, timeout_s))

    def cancel(
        self,
        ticket: Ticket | str,
        reason: str = '',
        *,
        requested_by: str = '',
        timeout_s: float | None = None,
    ) -> Ticket:
        """Cancel a ticket; a moving robot then stops, and it is CANCELLED at standstill."""
        return waiting.run(self._tickets.cancel(ticket, reason, requested_by, timeout_s))

    def commands(self, name: str = '', *, timeout_s: float | None = None) -> list[CommandInfo]:
        """Return the commands that tickets may ask for, or the one of that name."""
        return waiting.run(self._tickets.commands(name, timeout_s))

    def queue_entries(
        self, *, robot: Robot | str = '', timeout_s: float | None = None
    ) -> list[QueueEntry]:
        """Return the tickets that wait, in the order of their turns, and why each does.

        Args:
            robot: Whose; empty = the one that is asked, `any` = for any, and taken by none yet.
            timeout_s: How long each page may take [s].
        """
        return waiting.run(self._tickets.queue_entries(robot, timeout_s))

    def pause(self, *, requested_by: str = '', timeout_s: float | None = None) -> str:
        """Let nothing start from the queue; return what was done, for people."""
        return waiting.run(self._tickets.change_queue('pause_queue', requested_by, timeout_s))

    def resume(self, *, requested_by: str = '', timeout_s: float | None = None) -> str:
        """Let the queue go on; return what was done, for people."""
        return waiting.run(self._tickets.change_queue('resume_queue', requested_by, timeout_s))

    def stop(self, *, timeout_s: float | None = None) -> str:
        """Stop the robot now, and cancel its motion; nothing is latched."""
        return waiting.run(self._robot.stop(timeout_s))

    def press(self, *, timeout_s: float | None = None) -> EStop:
        """Press the e-stop; return once the gate has latched it."""
        return waiting.run(self._robot.press(timeout_s))

    def reset(self, *, release: bool | None = None, timeout_s: float | None = None) -> EStop:
        """Release the e-stop and its latch.

        Args:
            release: Whether to say first that the button is not pressed any more; None = where
                this client has pressed it, and nobody else publishes on `e_stop`: a button of
                hardware speaks for itself.
            timeout_s: How long each step may take [s].

        Raises:
            ResetRefused: A cause still holds, or the robot moves; try again.
        """
        return waiting.run(self._robot.reset(release, timeout_s))

    def e_stop_state(self, *, timeout_s: float | None = None) -> EStop:
        """Return what the gate says of the e-stop."""
        return waiting.run(self._robot.e_stop_state(timeout_s))

    def status(self, *, timeout_s: float | None = None) -> RobotStatus:
        """Return how the orchestrator is, and why a drive would not start."""
        return waiting.run(self._robot.status(timeout_s))

    def namespaces(self) -> list[str]:
        """Return the namespaces whose orchestrators are there; '' for the one without."""
        return self._link.namespaces()

    def robots(self, *, timeout_s: float | None = None) -> Fleet:
        """Return the robots of the store, whoever hears them: alive, or unreachable since when."""
        return waiting.run(self._fleet.robots(timeout_s))

    def declare_stopped(
        self, robot: Robot | str, requested_by: str = '', *, timeout_s: float | None = None
    ) -> list[str]:
        """Say that somebody has seen an unreachable robot stand; return what is FAILED by that.

        What it was executing is FAILED (216), what waits for any robot goes on elsewhere, and its
        orchestrator, should it come back, writes nothing before it has started anew.

        Args:
            robot: The robot, or its name.
            requested_by: Who has seen it; empty = as the client says.
            timeout_s: How long it may take [s].

        Returns:
            The ids of those tickets.

        Raises:
            RobotNotInStore: No robot of the store has that name.
            RobotAlive: It is not unreachable: stop it there.
        """
        return waiting.run(self._fleet.declare_stopped(robot, requested_by, timeout_s))

    def metrics(self, *, timeout_s: float | None = None) -> dict[str, Metric]:
        """Return the metrics as published next, by name."""
        return waiting.run(self._robot.metrics(timeout_s))

    def watch(
        self, period_s: float = 0.5, *, after: int | None = None, recent: int = 0
    ) -> Iterator[Seen]:
        """Yield what the robot says, for ever: status, e-stop, and each event in its order.

        No event is left out: one that was not heard is asked for.

        Args:
            period_s: After so long without anything else, a `Tick` is yielded [s].
            after: Number of the last event that is known; None = those from now on.
            recent: Without `after`, so many before these too.
        """
        return waiting.iterate(Watch(self._link, self._tickets, period_s, after, recent).seen())
