"""Errors as HTTP tells them: a status, and `application/problem+json` (RFC 9457)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from orchestrator_ren import errors
from orchestrator_ren.errors import OrchestratorError, printable

MEDIA_TYPE = 'application/problem+json'

RETRY_AFTER_S = 1
"""When it may be tried again, where nothing better is known [s]."""

STATUS_OF: Mapping[type[OrchestratorError], int] = {
    errors.OrchestratorError: 502,  # a code that only a newer robot has
    errors.ContractError: 422,
    errors.ObjectTooLarge: 413,
    errors.PageTokenInvalid: 400,
    errors.TicketError: 409,
    errors.TicketNotFound: 404,
    errors.RobotNotInStore: 404,
    errors.ServiceStopping: 503,
    errors.TooManyGoals: 503,
    errors.CommandUnresponsive: 503,
    errors.StoreError: 503,
    errors.StoreConflict: 409,
    errors.StoreFull: 507,
    errors.MotionError: 409,
    errors.SafetyError: 409,
    errors.ForwardError: 409,
    errors.ConfigurationError: 500,
    errors.ClientError: 502,
    errors.NotAnswered: 504,
    errors.CalledFromCallback: 500,
    errors.TicketIdAmbiguous: 409,
    errors.RobotUnknown: 404,
    errors.GatewayError: 400,
    errors.KeyMissing: 401,
    errors.KeyExpired: 401,
    errors.RoleTooLow: 403,
    errors.TooManyRequests: 429,
    errors.MediaTypeWrong: 415,
    errors.BodyTooLarge: 413,
    errors.RouteUnknown: 404,
    errors.MethodWrong: 405,
    errors.HostUnknown: 421,
    errors.OriginRefused: 403,
    errors.TooManyListeners: 503,
    errors.GatewayStopping: 503,
    errors.InternalError: 500,
}
"""Of a class and those below it. A ticket that FAILED is no error: its answer is 200."""

WAIT = (429, 503)
"""Statuses that say when it may be tried again."""


def status_of(error: OrchestratorError) -> int:
    """Return the HTTP status that tells of the error."""
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def problem_of(error: OrchestratorError, path: str) -> dict[str, Any]:
    """Return what is told of the error: the members of RFC 9457, and ours.

    Ours: `code` and `error` as in docs/errors.md, `field` where one is to blame, `retryable`, and
    `retry_after_s` where waiting helps.
    """
    status = status_of(error)
    told: dict[str, Any] = {
        'type': f'urn:orchestrator_ren:error:{error.code}',
        'title': HTTPStatus(status).phrase,
        'status': status,
        'detail': printable(str(error)),
        'instance': path,
        'code': error.code,
        'error': type(error).__name__,
        'retryable': error.retryable,
    }
    field = field_of(error)
    if field:
        told['field'] = printable(field)
    if status in WAIT:
        told['retry_after_s'] = _retry_after_s(error)
    return told


def headers_of(error: OrchestratorError) -> dict[str, str]:
    """Return the headers that go with it."""
    status = status_of(error)
    if status == HTTPStatus.UNAUTHORIZED:
        return {'WWW-Authenticate': 'Bearer'}
    if status in WAIT:
        return {'Retry-After': str(math.ceil(_retry_after_s(error)))}
    if isinstance(error, errors.MethodWrong):
        return {'Allow': str(error.fields.get('allowed', ''))}
    return {}


def field_of(error: OrchestratorError) -> str:
    """Return the field of the request that is to blame; empty where none is."""
    fields = error.fields
    if 'parameter' in fields:
        return f'params.{fields["parameter"]}'
    if 'field' in fields:
        return str(fields['field']).rpartition(' of ')[2]  # of 'the length of robot' too
    named: dict[type[OrchestratorError], str] = {
        errors.UnknownCommand: 'command',
        errors.UnknownStatus: 'status',
        errors.RobotNotInStore: 'robot',
        errors.CapabilityMissing: 'capabilities',
    }
    return named.get(type(error), '')


def _retry_after_s(error: OrchestratorError) -> float:
    return float(error.fields.get('wait_s', RETRY_AFTER_S))
