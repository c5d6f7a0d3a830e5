"""Which robots there are, and the word of a person that one of them stands."""

from __future__ import annotations

import asyncio

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from orchestrator_ren.errors import MissingParameter, OrchestratorError
from orchestrator_ren.gateway import forms, models
from orchestrator_ren.gateway.asked import Caller, TheRobots
from orchestrator_ren.gateway.bodies import Declaration
from orchestrator_ren.gateway.fleet import GLANCE_S, PATIENCE_S, fleets_of, stores_of, who_knows
from orchestrator_ren.gateway.forms import Form
from orchestrator_ren.gateway.refusals import named
from orchestrator_ren.gateway.robots import Robots

STATUS_S = 1.0
"""How long each robot may take to say how it is [s]."""

router = APIRouter(tags=['robots'])


@router.get('/robots', responses={200: {'model': models.RobotListModel}})
async def find(robots: TheRobots) -> Response:
    """Return the robots that are heard, and how each is; and what their stores know."""
    names = await robots.namespaces()
    fleets, *told = await asyncio.gather(
        fleets_of(robots, GLANCE_S), *(_form(robots, each) for each in names)
    )
    stores = [forms.store_form(each.namespaces, each.fleet) for each in stores_of(fleets)]
    return JSONResponse({'robots': told, 'stores': stores})


@router.post(
    '/robots/{name:path}/declare_stopped', responses={200: {'model': models.DeclaredModel}}
)
async def declare_stopped(
    name: str, robots: TheRobots, caller: Caller, body: Declaration | None = None
) -> Response:
    """Say that somebody has seen an unreachable robot stand: what it executed is failed (216).

    It stops nothing. `name` is that of the store; a robot that is alive is refused (215).
    """
    who = caller or (body.requested_by if body is not None else '')
    if not who:
        message = 'requested_by is missing: who has seen that it stands'
        raise named(MissingParameter, 'requested_by', message)
    fleets = await fleets_of(robots, PATIENCE_S)
    asked = await robots.named(who_knows(name, fleets))
    ids = await asked.client.declare_stopped(name, who)
    return JSONResponse({'robot': name, 'ticket_ids': ids})


async def _form(robots: Robots, namespace: str) -> Form:
    try:
        robot = await robots.named(namespace)
        status = await robot.client.status(timeout_s=STATUS_S)
    except OrchestratorError as error:
        trouble = {'code': error.code, 'detail': str(error)}
        return {'namespace': namespace, 'status': None, 'error': trouble}
    return {'namespace': namespace, 'status': forms.status_form(status), 'error': None}
