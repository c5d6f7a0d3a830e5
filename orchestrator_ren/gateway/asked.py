"""What a route needs of its request: the robot that is meant, and who asks."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends, Header, Query
from starlette.requests import HTTPConnection, Request

from orchestrator_ren.errors import WrongType
from orchestrator_ren.gateway.robots import Robot, Robots
from orchestrator_ren.tickets.assignment import MAX_ROBOT_CHARACTERS


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


def _idempotency_key(
    request: Request, idempotency_key: Annotated[str | None, Header()] = None
) -> str | None:
    """Return the header; two of them are none, for nobody knows which counts."""
    count = len(request.headers.getlist('idempotency-key'))
    if count > 1:
        raise WrongType(
            field='Idempotency-Key', value=f'given {count} times', expected='one value'
        )
    return idempotency_key


TheRobot = Annotated[Robot, Depends(_robot)]
TheRobots = Annotated[Robots, Depends(_robots)]
Caller = Annotated[str, Depends(_caller)]
Whose = Annotated[
    str,
    Query(
        alias='robot',
        max_length=MAX_ROBOT_CHARACTERS,
        description='another robot of the same store; any: for any, and taken by none yet',
    ),
]
IdempotencyKey = Annotated[str | None, Depends(_idempotency_key)]
