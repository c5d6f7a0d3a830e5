"""Tickets: create, get, list, history, execute, cancel."""

from __future__ import annotations

import asyncio
import contextlib
import time
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from starlette.responses import JSONResponse, Response

from orchestrator_ren.errors import GatewayStopping
from orchestrator_ren.gateway import forms, models
from orchestrator_ren.gateway.asked import Caller, IdempotencyKey, TheRobot, Whose
from orchestrator_ren.gateway.bodies import DATE_TIME, Cancellation, Execution, NewTicket
from orchestrator_ren.gateway.idempotency import request_id_of
from orchestrator_ren.gateway.instants import instant_in
from orchestrator_ren.gateway.links import link_header
from orchestrator_ren.gateway.robots import Robot
from orchestrator_ren.tickets.ticket import Priority, Ticket

POLL_S = 1.0
"""Between two looks at a ticket whose end somebody waits for, should its event be missed [s]."""

MOST = 1000
"""Tickets on a page."""

NUMBERS = [str(each.value) for each in Priority]
"""Of priorities, as text."""

OFFSETS = 2**32 - 1
"""The last offset that list_tickets takes."""

Instant = Annotated[str | None, Query(json_schema_extra=DATE_TIME)]

router = APIRouter(tags=['tickets'])


@router.post(
    '/ticket',
    status_code=201,
    responses={
        200: {'model': models.TicketModel, 'description': 'It was created by the same request.'},
        201: {'model': models.TicketModel, 'description': 'It is created.'},
    },
)
async def create(
    body: NewTicket, robot: TheRobot, caller: Caller, idempotency_key: IdempotencyKey
) -> Response:
    """Create a ticket, `pending`; with `queue` also asked for.

    The same `Idempotency-Key` from the same caller answers the first ticket, with 200.
    """
    earlier: list[bool] = []
    ticket = await robot.client.create(
        body.command,
        body.params,
        priority=_priority(body.priority),
        timeout_s=float(body.timeout_seconds),
        metadata=body.metadata,
        dry_run=body.dry_run,
        request_id=request_id_of(caller, idempotency_key, body.request_id),
        not_before=instant_in('not_before', body.not_before),
        deadline=instant_in('deadline', body.deadline),
        max_attempts=body.max_attempts,
        backoff_s=float(body.backoff_seconds),
        queue=body.queue,
        requested_by=caller,
        robot=body.robot,
        capabilities=body.capabilities,
        on_earlier=lambda: earlier.append(True),
    )
    if earlier:
        return JSONResponse(forms.ticket_form(ticket), 200, {'Idempotent-Replayed': 'true'})
    return JSONResponse(forms.ticket_form(ticket), 201)


@router.get('/ticket/{ticket_id}', responses={200: {'model': models.TicketModel}})
async def get(ticket_id: str, robot: TheRobot) -> Response:
    """Return a ticket as it is now."""
    return JSONResponse(forms.ticket_form(await robot.client.get(ticket_id)))


@router.get('/ticket/{ticket_id}/history', responses={200: {'model': models.HistoryModel}})
async def history(ticket_id: str, robot: TheRobot) -> Response:
    """Return all that happened to a ticket, oldest first."""
    events = await robot.client.history(ticket_id)
    return JSONResponse({'ticket_id': ticket_id, 'events': list(map(forms.event_form, events))})


@router.get('/tickets', responses={200: {'model': models.TicketListModel}})
async def find(
    request: Request,
    robot: TheRobot,
    status: Annotated[list[str], Query(description='any of these, in either case')] = [],  # noqa: B006
    command: str = '',
    created_from: Instant = None,
    created_until: Instant = None,
    updated_since: Instant = None,
    order: Annotated[str, Query(description='newest or oldest')] = 'newest',
    limit: Annotated[int, Query(ge=1, le=MOST)] = 100,
    offset: Annotated[int, Query(ge=0, le=OFFSETS)] = 0,
    page_token: str = '',
    whose: Whose = '',
) -> Response:
    """Return tickets by their creation; `Link` has the address of the next page."""
    page = await robot.client.find_page(
        statuses=[word for each in status for word in each.split(',') if word],
        command=command,
        created_from=instant_in('created_from', created_from),
        created_until=instant_in('created_until', created_until),
        updated_since=instant_in('updated_since', updated_since),
        order=order,
        limit=limit,
        offset=offset,
        page_token=page_token,
        robot=whose,
    )
    told: dict[str, Any] = {
        'tickets': list(map(forms.ticket_form, page.tickets)),
        'total': page.total,
        'total_is_exact': page.total_is_exact,
        'limit': limit,
        'offset': offset,
        'next_page_token': page.next_page_token or None,
    }
    return JSONResponse(told, headers=link_header(request.url, page.next_page_token))


@router.post(
    '/execute',
    responses={
        200: {'model': models.ExecutionModel, 'description': 'It has ended, FAILED or not.'},
        202: {'model': models.ExecutionModel, 'description': 'It goes on.'},
    },
)
async def execute(body: Execution, robot: TheRobot, caller: Caller) -> Response:
    """Execute a ticket, and answer once it has ended, or after `wait_seconds` with 202.

    A client that goes away changes nothing: the ticket goes on.
    """
    until_mono_s = time.monotonic() + float(body.wait_seconds)
    with robot.feed.news_of(body.ticket_id) as news:
        ticket = await robot.client.queue(
            body.ticket_id, force=body.force, dry_run=body.dry_run, requested_by=caller
        )
        ticket = await _ended(robot, ticket, news, until_mono_s)
    return JSONResponse(forms.execution_form(ticket), 200 if ticket.status.is_final else 202)


@router.post('/ticket/{ticket_id}/cancel', responses={200: {'model': models.TicketModel}})
async def cancel(
    ticket_id: str, robot: TheRobot, caller: Caller, body: Cancellation | None = None
) -> Response:
    """Cancel a ticket; a moving robot then stops, and it is `cancelled` at standstill."""
    reason = body.reason if body is not None else ''
    ticket = await robot.client.cancel(ticket_id, reason, requested_by=caller)
    return JSONResponse(forms.ticket_form(ticket))


async def _ended(robot: Robot, ticket: Ticket, news: asyncio.Event, until_mono_s: float) -> Ticket:
    """Return the ticket once it has ended, or as it is at that time.

    Raises:
        GatewayStopping: Before.
    """
    while not ticket.status.is_final and (rest_s := until_mono_s - time.monotonic()) > 0.0:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(min(rest_s, POLL_S)):
                await news.wait()
        news.clear()
        if robot.feed.is_closed:
            raise GatewayStopping
        ticket = await robot.client.get(ticket.id)
    return ticket


def _priority(given: str | int) -> str | int:
    """Return a priority as the client takes it; the web service had numbers as text too."""
    return int(given) if given in NUMBERS else given
