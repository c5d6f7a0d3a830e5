"""The web service that the package replaces: FastAPI, with its tickets in memory.

It keeps nothing over its end, moves nothing and has no queue: what a ticket costs less than that
is what its durability and its safety must not cost more than. The first line printed is its port.
"""

from __future__ import annotations

import json
import secrets
import socket
from datetime import datetime, timezone
from typing import Any

import uvicorn
from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, Field

HOST = '127.0.0.1'
MAX_EVENTS = 100

app = FastAPI()
tickets: dict[str, dict[str, Any]] = {}
events: list[dict[str, Any]] = []


class NewTicket(BaseModel):
    """What is to be done."""

    command: str
    params: dict[str, Any] = {}
    priority: int = Field(default=2, ge=1, le=4)
    timeout_seconds: float = Field(default=600.0, gt=0.0, le=86_400.0)
    metadata: dict[str, Any] = {}
    dry_run: bool = False


class Execution(BaseModel):
    """Which ticket is to be executed."""

    ticket_id: str


@app.get('/')
async def home() -> dict[str, Any]:
    return {'service': 'tickets', 'tickets': len(tickets)}


@app.post('/ticket')
async def create(request: NewTicket) -> dict[str, Any]:
    at = datetime.now(timezone.utc)
    ticket_id = f'tick-{at:%Y%m%d}-{secrets.token_hex(4)}'
    tickets[ticket_id] = {
        'id': ticket_id,
        'status': 'PENDING',
        'created_at': at.isoformat(),
        **request.model_dump(),
    }
    note(ticket_id, 'ticket_created')
    return tickets[ticket_id]


@app.get('/ticket/{ticket_id}')
async def get(ticket_id: str) -> dict[str, Any]:
    return known(ticket_id)


@app.post('/execute')
async def execute(request: Execution) -> dict[str, Any]:
    ticket = known(request.ticket_id)
    if ticket['status'] != 'PENDING':
        raise HTTPException(409, f'ticket {ticket["id"]} is {ticket["status"]}')
    for status, event in (('EXECUTING', 'execution_started'), ('COMPLETED', 'completed')):
        ticket['status'] = status
        note(ticket['id'], event)
    return ticket


@app.get('/tickets')
async def list_tickets(limit: int = 100) -> dict[str, Any]:
    page = [tickets[each] for each in list(tickets)[-limit:]]
    return {'tickets': page, 'total': len(tickets)}


@app.get('/telemetry/metrics')
async def metrics() -> dict[str, Any]:
    statuses = [each['status'] for each in tickets.values()]
    return {status: statuses.count(status) for status in set(statuses)}


@app.get('/telemetry/events')
async def latest_events(limit: int = MAX_EVENTS) -> list[dict[str, Any]]:
    return events[-limit:]


def known(ticket_id: str) -> dict[str, Any]:
    if ticket_id not in tickets:
        raise HTTPException(404, f'there is no ticket {json.dumps(ticket_id)}')
    return tickets[ticket_id]


def note(ticket_id: str, event: str) -> None:
    at = datetime.now(timezone.utc).isoformat()
    events.append({'ticket_id': ticket_id, 'type': event, 'at': at})


def main() -> None:
    """Answer until the process is told to end."""
    # With its protocol: asyncio lets small answers wait on a socket that does not say TCP, 40 ms.
    listening = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listening.bind((HOST, 0))
    listening.listen()
    print(listening.getsockname()[1], flush=True)
    config = uvicorn.Config(app, log_level='warning', timeout_graceful_shutdown=1)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == '__main__':
    main()
