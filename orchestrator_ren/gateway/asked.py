"""What a route needs of its request: the robot that is meant, and who asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends
from starlette.requests import HTTPConnection

from orchestrator_ren.gateway.robots import Robot, Robots


async def _robot(connection: HTTPConnection) -> Robot:
    robots: Robots = connection.app.state.robots
    namespace = connection.path_params.get('namespace')
    return await (robots.default() if namespace is None else robots.named(namespace))


def _robots(connection: HTTPConnection) -> Robots:
    robots: Robots = connection.app.state.robots
    return robots


def _caller(connection: HTTPConnection) -> str:
    """Return the name of who asks; empty where no keys are needed."""
    caller = connection.scope.get('state', {}).get('caller')
    return str(getattr(caller, 'name', ''))


TheRobot = Annotated[Robot, Depends(_robot)]
TheRobots = Annotated[Robots, Depends(_robots)]
Caller = Annotated[str, Depends(_caller)]
