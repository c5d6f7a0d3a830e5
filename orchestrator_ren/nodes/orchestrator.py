"""The orchestrator's node: tickets in, motion out, everything told."""

from __future__ import annotations

import functools
import os
import secrets
import traceback
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.clock import Clock, ClockType
from rclpy.parameter import Parameter as RosParameter

from orchestrator_ren.commands.drive import DriveSettings
from orchestrator_ren.commands.registry import built_in_commands
from orchestrator_ren.commands.request import TicketRequest, ticket_from_request
from orchestrator_ren.errors import (
    InternalError,
    OrchestratorError,
    OutOfRange,
    ServiceStopping,
    StoreConflict,
    StoreUnavailable,
    UnknownStatus,
)
from orchestrator_ren.nodes import conversions, parameters
from orchestrator_ren.nodes.cmd_vel_gate import CmdVelGate
from orchestrator_ren.nodes.execute_action import ExecuteAction
from orchestrator_ren.nodes.process import ProcessNode, run
from orchestrator_ren.nodes.runner import TicketRunner
from orchestrator_ren.nodes.store_worker import StoreWorker
from orchestrator_ren.nodes.telemetry import PERIOD_S, TelemetryPublisher
from orchestrator_ren.srv import CancelTicket, CreateTicket, GetStatus, GetTicket, ListTickets
from orchestrator_ren.store.ticket_store import TicketStore
from orchestrator_ren.tickets.event import Event, EventType
from orchestrator_ren.tickets.ticket import Status, Ticket

DEFAULT_LIMIT = 100
MAX_LIMIT = 1000
"""Tickets on a page of list_tickets."""

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
            self.note_error(error)
        except Exception as error:
            self.get_logger().error(f'{handler.__name__} failed\n{traceback.format_exc()}')
            conversions.refuse(response, InternalError(detail=repr(error)))
        return response

    return wrapped


class Orchestrator(ProcessNode):
    """Takes, keeps and executes tickets.

    Parameters:
        See `parameters.ORCHESTRATOR`.
    Services:
        create_ticket, get_ticket, list_tickets, cancel_ticket, get_status.
    Actions:
        execute_ticket (ExecuteTicket): feedback at 5 Hz, see `execute_action.py`.
    Publishers:
        telemetry/events (TicketEvent; qos.EVENTS), telemetry/metrics (Metrics; 1 Hz),
        status (OrchestratorStatus; qos.LATCHED; on change and 1 Hz): see `telemetry.py`.
        drive_command (DriveCommand; qos.VELOCITY; 20 Hz while driving): see `gate_link.py`.
    Subscriptions:
        e_stop_state (EStopState; qos.LATCHED), odom (nav_msgs/Odometry; qos.SENSOR).
    """

    def __init__(self, parameter_overrides: Sequence[RosParameter] = (), **node_args: Any) -> None:
        super().__init__(
            'orchestrator', parameter_overrides=list(parameter_overrides), **node_args
        )
        self.settings = parameters.declare(self, parameters.ORCHESTRATOR)
        self._registry = built_in_commands(
            DriveSettings(
                is_holonomic=self.settings.base == 'holonomic',
                max_speed_mps=self.settings.max_speed_mps,
                acceleration_mps2=self.settings.acceleration_mps2,
                yaw_rate_radps=self.settings.yaw_rate_radps,
                yaw_acceleration_radps2=self.settings.yaw_acceleration_radps2,
            )
        )
        self._store = TicketStore(self.settings.store_url or _default_store_url(self))
        self._worker = StoreWorker(self)
        self._store_trouble: OrchestratorError | None = None
        self._is_stopping = False
        self._telemetry = TelemetryPublisher(self)
        self._runner = TicketRunner(
            self,
            self._store,
            self._worker,
            self._registry,
            self._on_event,
            self._telemetry.metrics.observe_latency,
            self._publish_status,
        )
        self._runner.link.requires_odometry = self.settings.require_odometry
        self._action: ExecuteAction | None = None

    def start(self) -> None:
        """Open the store, clean up after a crash, and take requests from now on.

        Raises:
            StoreError: The store cannot be used; the node must not run.
        """
        self._store.open()
        self._runner.link.term = self._store.term
        recovered = self._store.recover(datetime.now(timezone.utc))
        counts = self._store.count_by_status()
        group = ReentrantCallbackGroup()  # a handler that awaits the store blocks no other
        for service, name, handler in (
            (CreateTicket, 'create_ticket', self._handle_create_ticket),
            (GetTicket, 'get_ticket', self._handle_get_ticket),
            (ListTickets, 'list_tickets', self._handle_list_tickets),
            (CancelTicket, 'cancel_ticket', self._handle_cancel_ticket),
            (GetStatus, 'get_status', self._handle_get_status),
        ):
            self.create_service(service, name, handler, callback_group=group)
        self._action = ExecuteAction(self, self._runner)
        self.create_timer(
            PERIOD_S, self._publish_status, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )
        self._telemetry.announce_service(
            EventType.SERVICE_STARTED, f'store {self._store.shown_url}'
        )
        for _, event in recovered:
            self._telemetry.announce(event)
        self._telemetry.set_counts(counts)
        self._publish_status()

    def begin_stop(self) -> None:
        """Refuse what is new, and bring the robot to zero."""
        self._is_stopping = True
        self._runner.begin_stop()
        self._publish_status()

    async def finish_stop(self) -> None:
        """Wait until the executions under way are saved, and say goodbye."""
        await self._runner.all_ended()
        self._telemetry.announce_service(EventType.SERVICE_STOPPED, '')
        self._telemetry.flush()
        self._worker.close(self._store.close)

    def note_error(self, error: OrchestratorError) -> None:
        """Remember whether the store works, for the status."""
        if isinstance(error, StoreUnavailable):
            self._store_trouble = error
            self._publish_status()

    @answered
    async def _handle_create_ticket(self, request: Any, response: Any) -> None:
        self._refuse_if_stopping()
        ticket, event = await self._worker.call(
            self._create,
            TicketRequest(
                command=request.command,
                params=request.params,
                priority=request.priority,
                timeout_s=request.timeout_seconds,
                metadata=request.metadata,
                dry_run=request.dry_run,
                request_id=request.request_id,
            ),
        )
        if event is not None:
            self._on_event(event)
        response.created = event is not None
        response.message = f'created {ticket.id}' if event else f'{ticket.id} was created before'
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_get_ticket(self, request: Any, response: Any) -> None:
        ticket = await self._worker.call(self._store.get, request.ticket_id)
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_list_tickets(self, request: Any, response: Any) -> None:
        page = await self._worker.call(
            self._store.page,
            _status_filter(request.status),
            _page_limit(request.limit),
            request.offset,
        )
        response.tickets = [conversions.ticket_to_msg(each) for each in page.tickets]
        response.total = page.total

    @answered
    async def _handle_cancel_ticket(self, request: Any, response: Any) -> None:
        ticket = await self._runner.cancel(request.ticket_id, request.reason)
        response.message = 'cancelled' if ticket.status.is_final else 'stopping'
        response.ticket = conversions.ticket_to_msg(ticket)

    @answered
    async def _handle_get_status(self, _request: Any, response: Any) -> None:
        response.status = self._status()
        trouble = self._trouble()
        if trouble is not None:
            conversions.refuse(response, trouble)

    def _create(self, request: TicketRequest) -> tuple[Ticket, Event | None]:
        """Check and store a ticket; runs in the store's thread."""
        now = datetime.now(timezone.utc)
        for tries_left in reversed(range(ID_TRIES)):
            ticket = ticket_from_request(request, self._registry, now, secrets.randbits(32))
            try:
                return self._store.insert(ticket)
            except StoreConflict:
                if not tries_left:
                    raise
        raise AssertionError('unreachable')

    def _on_event(self, event: Event) -> None:
        self._store_trouble = None
        self._telemetry.announce(event)
        self._publish_status()

    def _refuse_if_stopping(self) -> None:
        if self._is_stopping:
            raise ServiceStopping

    def _trouble(self) -> OrchestratorError | None:
        if self._is_stopping:
            return ServiceStopping()
        return self._store_trouble or self._runner.link.trouble

    def _status(self) -> Any:
        return self._telemetry.status(
            self._trouble(),
            self._runner.link,
            self._runner.executing_ids,
        )

    def _publish_status(self) -> None:
        self._telemetry.publish_status(self._status())


def _status_filter(status: str) -> Status | None:
    try:
        return Status(status.upper()) if status else None
    except ValueError:
        raise UnknownStatus(status=status, known=', '.join(Status.__members__)) from None


def _page_limit(limit: int) -> int:
    if limit > MAX_LIMIT:
        raise OutOfRange(
            field='limit', value=limit, limit=f'1 to {MAX_LIMIT}, or 0 for {DEFAULT_LIMIT}'
        )
    return limit or DEFAULT_LIMIT


def _default_store_url(node: ProcessNode) -> str:
    """Return an SQLite file of the node's namespace, so that two robots never share one."""
    home = Path(os.environ.get('ROS_HOME') or Path.home() / '.ros').expanduser()
    robot = node.get_namespace().strip('/').replace('/', '.') or 'tickets'
    return f'sqlite:///{home}/orchestrator_ren/{robot}.db'


def make_nodes() -> list[ProcessNode]:
    """Return the orchestrator, started, and the gate before it where that is in this process."""
    orchestrator = Orchestrator()
    orchestrator.start()
    if orchestrator.settings.gate == 'external':
        return [orchestrator]
    return [CmdVelGate(), orchestrator]


def main() -> int:
    """Run the orchestrator."""
    return run(make_nodes)
