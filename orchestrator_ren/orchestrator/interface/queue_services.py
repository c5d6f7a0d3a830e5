"""The services that show, pause and resume the queue."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.msg import QueueEntry
from orchestrator_ren.orchestrator.dispatch.dispatcher import Dispatcher
from orchestrator_ren.orchestrator.dispatch.queue_pause import QueuePause
from orchestrator_ren.orchestrator.execution.executions import Executions
from orchestrator_ren.orchestrator.interface import conversions
from orchestrator_ren.orchestrator.interface.answered import answered
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.coroutine_run import report
from orchestrator_ren.ros.stamps import time_to_msg
from orchestrator_ren.ros.worker import Worker
from orchestrator_ren.srv import ChangeQueue, GetQueue
from orchestrator_ren.store.robot_rows import why_waiting
from orchestrator_ren.tickets import listing
from orchestrator_ren.tickets.assignment import ANY, checked_robot
from orchestrator_ren.tickets.pause import PauseReason
from orchestrator_ren.tickets.queue_view import QueuePlace
from orchestrator_ren.tickets.ticket import Ticket, requested_by_from_request


class QueueServices:
    """Answers what concerns the queue as a whole.

    Args:
        node: Owns the services.
        worker: Sorts long queues.
        dispatcher: Has the queue.
        pause: Of the queue.
        executions: Those under way, which end some time.
        keeper: Of the store, which knows the queues of other robots.
    """

    def __init__(
        self,
        node: Node,
        worker: Worker,
        dispatcher: Dispatcher,
        pause: QueuePause,
        executions: Executions,
        keeper: StoreKeeper,
    ) -> None:
        self._node = node
        self._worker = worker
        self._dispatcher = dispatcher
        self._pause = pause
        self._executions = executions
        self._keeper = keeper
        self._robot = keeper.store.robot
        group = ReentrantCallbackGroup()
        for service, name, handler in (
            (GetQueue, 'get_queue', self._handle_get_queue),
            (ChangeQueue, 'pause_queue', self._handle_pause_queue),
            (ChangeQueue, 'resume_queue', self._handle_resume_queue),
        ):
            node.create_service(
                service, name, handler, qos_profile=qos.SERVICES, callback_group=group
            )

    @answered
    async def _handle_get_queue(self, request: Any, response: Any) -> None:
        limit = listing.limit_of_request(request.limit)
        if request.robot not in ('', self._robot.name):
            await self._tell_another(request.robot, limit, request.offset, response)
            return
        response.total, response.pause_reason = len(self._dispatcher), self._pause.reason.text
        pages = self._dispatcher.pages(self._executions.remaining_s())
        response.entries = await self._worker.call(_entries, pages, limit, request.offset)

    async def _tell_another(self, robot: str, limit: int, offset: int, response: Any) -> None:
        """Tell what the store has waiting for another robot, or for any."""
        name = '' if robot == ANY else checked_robot(robot, 'robot')
        fleet = self._keeper.store.fleet
        found = await self._keeper.read(fleet.waiting, name, limit, offset)
        response.total = found.total
        response.entries = [
            _stored_entry(place, ticket, why_waiting(ticket, found.robots))
            for place, ticket in enumerate(found.tickets, start=1 + offset)
        ]

    @answered
    async def _handle_pause_queue(self, request: Any, response: Any) -> None:
        response.message = await self._set_pause(PauseReason.CLIENT, request)

    @answered
    async def _handle_resume_queue(self, request: Any, response: Any) -> None:
        response.message = await self._set_pause(PauseReason.NONE, request)

    async def _set_pause(self, reason: PauseReason, request: Any) -> str:
        """Return what was done."""
        was_paused = self._pause.reason is not PauseReason.NONE
        name = requested_by_from_request(request.requested_by)
        try:
            await self._pause.ask(reason, name)
        except OrchestratorError:
            raise
        except Exception as error:  # whether it is paused is not known: nothing may move
            report(self._node.executor, error)
            raise
        done = 'paused' if reason else 'the queue goes on'
        changes = was_paused is (reason is PauseReason.NONE)
        return done if changes else f'{done}, as before'


def _entries(
    pages: Callable[[int, int], list[QueuePlace]], limit: int, offset: int
) -> list[QueueEntry]:
    """Return a page of the queue as messages; in the worker's thread."""
    return [_entry_of(each) for each in pages(limit, offset)]


def _entry_of(place: QueuePlace) -> QueueEntry:
    each = place.waiting
    return QueueEntry(
        position=place.position,
        ticket_id=each.ticket_id,
        command=each.command,
        priority=each.priority.value,
        reason=place.reason,
        waiting_since=_time_of(time.time() - place.waited_s),
        not_before=_time_of(each.not_before_s),
        deadline=_time_of(each.deadline_s),
        estimated_start=_time_of(place.estimated_start_s),
    )


def _stored_entry(place: int, ticket: Ticket, reason: str) -> QueueEntry:
    return QueueEntry(
        position=place,
        ticket_id=ticket.id,
        command=ticket.command,
        priority=ticket.priority.value,
        reason=reason,
        waiting_since=time_to_msg(ticket.updated_at),
        not_before=time_to_msg(ticket.schedule.not_before),
        deadline=time_to_msg(ticket.schedule.deadline),
    )


def _time_of(seconds: float) -> Any:
    """Return the instant as a message; zero for one that is none."""
    if not 0.0 < seconds < conversions.LATEST_S:
        return time_to_msg(None)
    return time_to_msg(datetime.fromtimestamp(seconds, timezone.utc))
