"""Health, metrics and events."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from orchestrator_ren.client.answers import Metric
from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.gateway import forms, models
from orchestrator_ren.gateway.asked import TheRobot, TheRobots
from orchestrator_ren.gateway.robots import Robots
from orchestrator_ren.telemetry.gateway_page import CONTENT_TYPE, GatewayPage

PATIENCE_S = 1.5
"""How long a robot may take to tell its metrics [s]; they come each second."""

SERVICE = 'Orchestrator-REN'

MOST = 1000
"""Events on a page."""

MAX_NUMBER = 2**63 - 1
"""Of an event, as far as get_events is asked for."""

router = APIRouter(tags=['telemetry'])


@router.get('/', responses={200: {'model': models.HomeModel}})
async def home(robot: TheRobot) -> Response:
    """Return what this is, whether the robot is ready, and how many tickets there are."""
    status = await robot.client.status()
    return JSONResponse(
        {
            'service': SERVICE,
            'version': status.version,
            'status': status.state.lower(),
            'reason': status.detail or None,
            'robot': robot.namespace,
            'tickets': forms.counts_form(status),
        }
    )


@router.get('/telemetry/metrics', responses={200: {'model': models.MetricsModel}})
async def metrics(robot: TheRobot) -> Response:
    """Return the metrics as published next, within a second, by name."""
    found = await robot.client.metrics()
    return JSONResponse({'metrics': forms.metrics_form(found.values())})


@router.get('/telemetry/events', responses={200: {'model': models.EventListModel}})
async def events(
    robot: TheRobot,
    after: Annotated[
        int | None,
        Query(ge=0, le=MAX_NUMBER, description='number of the last one known; none = the newest'),
    ] = None,
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
) -> Response:
    """Return what happened to all tickets, oldest first: the newest, or those after a number."""
    if after is None:
        after = max(0, await robot.client.last_number() - limit)
    page = await robot.client.events_page(after, limit)
    told = {'events': list(map(forms.event_form, page.events)), 'last_number': page.last_number}
    return JSONResponse(told)


# Behind `/telemetry/metrics`, which is not `/metrics` of the robot `…/telemetry`.
@router.get('/metrics', responses={200: {'content': {'text/plain': {}}}})
async def page(request: Request, robots: TheRobots) -> Response:
    """Return the metrics of a robot for Prometheus; without `/robots/…`, those of all."""
    named = request.path_params.get('namespace')
    if named is None:
        names = await robots.namespaces()
    else:
        names = [(await robots.named(named)).namespace]
    series = await asyncio.gather(*(_series(robots, each) for each in names))
    gateway_page: GatewayPage = request.app.state.page
    text = gateway_page.text(dict(zip(names, series, strict=True)))
    return Response(text, media_type=CONTENT_TYPE)


async def _series(robots: Robots, namespace: str) -> list[Metric] | None:
    """Return what a robot tells next; None where that takes too long."""
    try:
        robot = await robots.named(namespace)
        return list((await robot.client.metrics(timeout_s=PATIENCE_S)).values())
    except OrchestratorError:
        return None
