"""The calls about the robots of a store; coroutines that await only `Wait`."""

from __future__ import annotations

from orchestrator_ren import srv
from orchestrator_ren.client import conversions, requests
from orchestrator_ren.client.answers import Fleet, Robot
from orchestrator_ren.client.asking import Asking, read_message
from orchestrator_ren.client.requests import filled


class FleetCalls:
    """Asks one orchestrator for what its store knows of all robots.

    Args:
        asking: The robot that is asked.
        requested_by: Who asks, where a call does not say it.
    """

    def __init__(self, asking: Asking, requested_by: str) -> None:
        self._asking = asking
        self._requested_by = requested_by

    async def robots(self, limit_s: float | None) -> Fleet:
        """Return the robots of the store, by name."""
        request = srv.ListRobots.Request()
        answer = await self._asking.ask(srv.ListRobots, 'list_robots', request, limit_s)
        found = (read_message(conversions.robot_from_msg, each) for each in answer.robots)
        return Fleet(tuple(found), answer.waiting_for_any)

    async def declare_stopped(
        self, robot: Robot | str, requested_by: str, limit_s: float | None
    ) -> list[str]:
        """Say that an unreachable robot stands; return the tickets that are FAILED by that.

        It is asked once: heard late, a second one would speak of a robot that has been back since.
        """
        request = filled(
            srv.DeclareStopped.Request,
            robot=requests.name_of(robot),
            requested_by=requested_by or self._requested_by,
        )
        answer = await self._asking.ask(
            srv.DeclareStopped, 'declare_stopped', request, limit_s, False
        )
        return list(answer.ticket_ids)
