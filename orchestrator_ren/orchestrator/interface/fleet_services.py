"""The services about the robots of the store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.node import Node

from orchestrator_ren import msg
from orchestrator_ren.errors import OutOfRange
from orchestrator_ren.orchestrator.interface.answered import answered
from orchestrator_ren.orchestrator.store_access.store_keeper import StoreKeeper
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.stamps import time_to_msg
from orchestrator_ren.ros.wall_clock import utc_now
from orchestrator_ren.srv import DeclareStopped, ListRobots
from orchestrator_ren.store.robot_rows import RobotRow
from orchestrator_ren.tickets.event import Event
from orchestrator_ren.tickets.ticket import requested_by_from_request


class FleetServices:
    """Answers who is there, and writes down that an unreachable robot stands.

    It cannot move the robot: it reads, and ends tickets of robots that nobody hears of.

    Args:
        node: Owns the services.
        keeper: Of the store.
        announce: Called with each event, once it is on disk.
    """

    def __init__(self, node: Node, keeper: StoreKeeper, announce: Callable[[Event], None]) -> None:
        self._node = node
        self._keeper = keeper
        self._fleet = keeper.store.fleet
        self._announce = announce
        group = ReentrantCallbackGroup()
        for service, name, handler in (
            (ListRobots, 'list_robots', self._handle_list_robots),
            (DeclareStopped, 'declare_stopped', self._handle_declare_stopped),
        ):
            node.create_service(
                service, name, handler, qos_profile=qos.SERVICES, callback_group=group
            )

    @answered
    async def _handle_list_robots(self, _request: Any, response: Any) -> None:
        found, response.waiting_for_any = await self._keeper.read(self._fleet.robots)
        response.robots = _robots_of(found)

    @answered
    async def _handle_declare_stopped(self, request: Any, response: Any) -> None:
        name = requested_by_from_request(request.requested_by)
        if not name.strip():
            raise OutOfRange(
                field='requested_by', value=repr(name), limit='the name of who has seen it stand'
            )
        declare = self._fleet.declare_stopped
        changes = await self._keeper.in_time(
            self._keeper.write_alone(declare, request.robot, name, utc_now())
        )
        for _, event in changes:
            self._announce(event)
        response.ticket_ids = [ticket.id for ticket, _ in changes]
        response.message = f'{request.robot} stands, says {name}'


def _robots_of(found: Sequence[RobotRow]) -> list[msg.Robot]:
    return [
        msg.Robot(
            name=each.name,
            is_alive=each.is_alive,
            host=each.host[:64],
            term=each.term,
            lease_seconds=each.lease_left_s,
            last_seen=time_to_msg(each.last_seen),
            unreachable_since=time_to_msg(each.unreachable_since),
            capabilities=list(each.capabilities),
            executing_ids=list(each.executing_ids),
            waiting=each.waiting,
        )
        for each in found
    ]
