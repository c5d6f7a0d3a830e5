"""What requests may contain: their fields, types and ranges, as OpenAPI tells them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import BaseModel, Field, StrictBool, StrictFloat, StrictInt, StrictStr

from orchestrator_ren.tickets.schedule import MAX_ATTEMPTS, MAX_BACKOFF_S
from orchestrator_ren.tickets.ticket import DEFAULT_TIMEOUT_S, MAX_TIMEOUT_S

MAX_WAIT_S = 3600.0
"""Longest that `POST /execute` stays [s]."""

Number = StrictInt | StrictFloat


class NewTicket(BaseModel, extra='forbid'):
    """What is to be done."""

    command: StrictStr = Field(..., description='drive, scan, stop, or what else /commands has')
    params: dict[str, Any] = Field({}, description='parameters of the command')
    priority: StrictStr | StrictInt = Field('normal', description='low, normal, high or critical')
    timeout_seconds: Number = Field(
        DEFAULT_TIMEOUT_S, gt=0, le=MAX_TIMEOUT_S, description='how long it may execute [s]'
    )
    metadata: dict[str, Any] = Field({}, description='an object of your own')
    dry_run: StrictBool = Field(False, description='plan and check, move nothing')
    request_id: StrictStr = Field('', max_length=128, description='the same again: same ticket')
    not_before: datetime | None = Field(None, description='earliest start, with its zone')
    deadline: datetime | None = Field(None, description='it fails if not ended by then')
    max_attempts: StrictInt = Field(0, ge=0, le=MAX_ATTEMPTS, description='0 = once')
    backoff_seconds: Number = Field(0, ge=0, le=MAX_BACKOFF_S, description='between two [s]')
    queue: StrictBool = Field(False, description='ask for its execution too')


class Execution(BaseModel, extra='forbid'):
    """Which ticket is to be executed."""

    ticket_id: StrictStr
    force: StrictBool = Field(False, description='once more, although it has ended')
    dry_run: StrictBool = Field(False, description='plan and check, move nothing')
    wait_seconds: Number = Field(
        MAX_WAIT_S, ge=0, le=MAX_WAIT_S, description='answer 202 if it has not ended by then [s]'
    )


class Cancellation(BaseModel, extra='forbid'):
    """Why a ticket is cancelled."""

    reason: StrictStr = Field('', max_length=256)


class Reset(BaseModel, extra='forbid'):
    """How the e-stop is reset."""

    release: StrictBool = Field(
        False, description='say on `e_stop` that the button is released, whoever pressed it'
    )
