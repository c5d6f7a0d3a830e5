"""Which robots there are."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.gateway import forms, models
from orchestrator_ren.gateway.asked import TheRobots
from orchestrator_ren.gateway.forms import Form
from orchestrator_ren.gateway.robots import Robots

PATIENCE_S = 1.0
"""How long each robot may take to say how it is [s]."""

router = APIRouter(tags=['robots'])


@router.get('/robots', responses={200: {'model': models.RobotListModel}})
async def find(robots: TheRobots) -> Response:
    """Return the robots that are there, by their namespaces, and how each is."""
    names = await robots.namespaces()
    told = await asyncio.gather(*(_form(robots, each) for each in names))
    return JSONResponse({'robots': told})


async def _form(robots: Robots, namespace: str) -> Form:
    try:
        robot = await robots.named(namespace)
        status = await robot.client.status(timeout_s=PATIENCE_S)
    except OrchestratorError as error:
        trouble = {'code': error.code, 'detail': str(error)}
        return {'namespace': namespace, 'status': None, 'error': trouble}
    return {'namespace': namespace, 'status': forms.status_form(status), 'error': None}
