"""What requests may contain: their fields, types and ranges, as OpenAPI tells them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from pydantic import (
    VERSION,
    BaseModel,
    Field,
    StrictBool,
    StrictInt,
    StrictStr,
    confloat,
    conint,
    conlist,
    constr,
)

from orchestrator_ren.tickets.assignment import MAX_CAPABILITIES, MAX_ROBOT_CHARACTERS
from orchestrator_ren.tickets.schedule import MAX_ATTEMPTS, MAX_BACKOFF_S
from orchestrator_ren.tickets.ticket import (
    DEFAULT_TIMEOUT_S,
    MAX_NAME_CHARACTERS,
    MAX_TIMEOUT_S,
)

MAX_REQUEST_ID_CHARACTERS = 128
"""As of create_ticket."""

MAX_WAIT_S = 3600.0
"""Longest that `POST /execute` stays [s]."""

MAX_REASON_CHARACTERS = 256

if TYPE_CHECKING:
    TimeoutS: TypeAlias = float
    BackoffS: TypeAlias = float
    WaitS: TypeAlias = float
    Attempts: TypeAlias = int
    RequestId: TypeAlias = str
    Reason: TypeAlias = str
    Name: TypeAlias = str
    Robot: TypeAlias = str
    Capabilities: TypeAlias = list[str]
else:  # pydantic 1 enforces no bounds of `Field` on strict types, nor on a choice of types

    def _number(**bounds: float) -> Any:
        """Return the type of a number in these bounds: no text, no truth value."""
        return conint(strict=True, **bounds) | confloat(strict=True, **bounds)

    TimeoutS = _number(gt=0, le=MAX_TIMEOUT_S)
    BackoffS = _number(ge=0, le=MAX_BACKOFF_S)
    WaitS = _number(ge=0, le=MAX_WAIT_S)
    Attempts = conint(strict=True, ge=0, le=MAX_ATTEMPTS)
    RequestId = constr(strict=True, max_length=MAX_REQUEST_ID_CHARACTERS)
    Reason = constr(strict=True, max_length=MAX_REASON_CHARACTERS)
    Name = constr(strict=True, max_length=MAX_NAME_CHARACTERS)
    _MOST = 'max_length' if VERSION >= '2' else 'max_items'
    Robot = constr(strict=True, max_length=MAX_ROBOT_CHARACTERS)
    Capabilities = conlist(Name, **{_MOST: MAX_CAPABILITIES})


DATE_TIME = {'anyOf': [{'type': 'string', 'format': 'date-time'}, {'type': 'null'}]}
"""Schema of an instant, or none; read by `instants.py`."""


def _instant(description: str) -> Any:
    """Return a field of an instant, in the words of pydantic 1 or 2."""
    more: Any = {'json_schema_extra': DATE_TIME} if VERSION >= '2' else DATE_TIME
    return Field(None, description=description, **more)


class NewTicket(BaseModel, extra='forbid'):
    """What is to be done."""

    command: StrictStr = Field(..., description='drive, scan, stop, or what else /commands has')
    params: dict[str, Any] = Field({}, description='parameters of the command')
    priority: StrictStr | StrictInt = Field('normal', description='low, normal, high or critical')
    timeout_seconds: TimeoutS = Field(DEFAULT_TIMEOUT_S, description='how long it may execute [s]')
    metadata: dict[str, Any] = Field({}, description='an object of your own')
    dry_run: StrictBool = Field(False, description='plan and check, move nothing')
    request_id: RequestId = Field('', description='the same again: the same ticket')
    not_before: StrictStr | None = _instant('earliest start, with its zone')
    deadline: StrictStr | None = _instant('it fails if not ended by then')
    max_attempts: Attempts = Field(0, description='0 = once')
    backoff_seconds: BackoffS = Field(0, description='between two attempts [s]')
    queue: StrictBool = Field(False, description='ask for its execution too')
    robot: Robot = Field('', description='of the same store, or any; empty: the one that is asked')
    capabilities: Capabilities = Field([], description='what the robot must have, such as lift')


class Execution(BaseModel, extra='forbid'):
    """Which ticket is to be executed."""

    ticket_id: StrictStr
    force: StrictBool = Field(False, description='once more, although it has ended')
    dry_run: StrictBool = Field(False, description='plan and check, move nothing')
    wait_seconds: WaitS = Field(
        MAX_WAIT_S, description='answer 202 if it has not ended by then [s]'
    )


class Cancellation(BaseModel, extra='forbid'):
    """Why a ticket is cancelled."""

    reason: Reason = ''


class Declaration(BaseModel, extra='forbid'):
    """Who has seen that an unreachable robot stands."""

    requested_by: Name = Field('', description='needed where there are no keys; else that of it')


class Reset(BaseModel, extra='forbid'):
    """How the e-stop is reset."""

    release: StrictBool = Field(
        False, description='say on `e_stop` that the button is released, whoever pressed it'
    )
