"""The web application: what every address has in common."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import Depends, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Match
from starlette.types import Receive, Scope, Send

from orchestrator_ren.errors import (
    GatewayError,
    InternalError,
    MethodWrong,
    OrchestratorError,
    RouteUnknown,
    shown,
)
from orchestrator_ren.gateway import models
from orchestrator_ren.gateway.defects import traceback_of
from orchestrator_ren.gateway.openapi import Application
from orchestrator_ren.gateway.problem import MEDIA_TYPE, headers_of, problem_of, status_of
from orchestrator_ren.gateway.query import check_query
from orchestrator_ren.gateway.refusals import refusal_of
from orchestrator_ren.gateway.robots import Robots
from orchestrator_ren.gateway.routes import live, pages, robot, robots, telemetry, tickets
from orchestrator_ren.gateway.routes.live import Seats
from orchestrator_ren.telemetry.gateway_page import GatewayPage

METHODS = ('GET', 'POST', 'PUT', 'PATCH', 'DELETE')

ONE_ROBOT = '/robots/{namespace:path}'
"""Before the addresses of a robot that is named."""

DESCRIPTION = (
    'Tickets for robot commands. Every address of a robot exists twice: as it stands, for the'
    ' default robot, and behind `/robots/NAMESPACE`.'
)


def make_app(
    known: Robots, version: str, max_clients: int, page: GatewayPage, log: Callable[[str], object]
) -> FastAPI:
    """Return the application.

    Args:
        known: The robots.
        version: Of this package.
        max_clients: Most that follow what happens.
        page: For Prometheus.
        log: Keeps what went wrong in here.
    """
    app = Application(
        title='Orchestrator-REN',
        version=version,
        description=DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        responses=models.PROBLEMS,
        redirect_slashes=False,  # to where Host says, and a POST would come twice
    )
    app.state.robots = known
    app.state.seats = Seats(max_clients)
    app.state.page = page
    app.state.log = log
    strictly = [Depends(check_query)]
    app.include_router(pages.router)
    app.include_router(robots.router, dependencies=strictly)
    for each in (tickets.router, robot.router, telemetry.router, live.router):
        app.include_router(each, dependencies=strictly)
        app.include_router(each, prefix=ONE_ROBOT, dependencies=strictly)
    app.add_exception_handler(OrchestratorError, _on_refusal)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(Exception, _on_defect)
    return app


def answer_to(error: OrchestratorError, path: str) -> Response:
    """Return the answer that tells of an error."""
    return JSONResponse(
        problem_of(error, path), status_of(error), headers_of(error), media_type=MEDIA_TYPE
    )


async def answer(scope: Scope, receive: Receive, send: Send, error: OrchestratorError) -> None:
    """Tell an error where no route has been reached."""
    await answer_to(error, scope['path'])(scope, receive, send)


async def _on_refusal(request: Request, error: Exception) -> Response:
    assert isinstance(error, OrchestratorError)
    return answer_to(error, request.url.path)


async def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    return answer_to(refusal_of(error.errors()), request.url.path)


async def _on_http(request: Request, error: Exception) -> Response:
    """Tell of what Starlette refuses by itself."""
    assert isinstance(error, HTTPException)
    path = request.url.path
    if error.status_code == 404:
        return answer_to(RouteUnknown(path=path), path)
    if error.status_code == 405:
        allowed = _allowed(request)
        return answer_to(MethodWrong(path=path, method=request.method, allowed=allowed), path)
    return answer_to(GatewayError(detail=str(error.detail)), path)


def _allowed(request: Request) -> str:
    """Return all methods that the address takes; Starlette tells those of its first route."""

    def is_taken(method: str) -> bool:
        scope = {**request.scope, 'method': method}
        return any(each.matches(scope)[0] is Match.FULL for each in request.app.routes)

    return ', '.join(filter(is_taken, METHODS))


async def _on_defect(request: Request, error: Exception) -> Response:
    request.app.state.log(traceback_of(error))
    return answer_to(InternalError(detail=shown(error)), request.url.path)
