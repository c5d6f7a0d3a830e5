"""What the code of a command hands over, checked where it does.

An error names field, value and limit. It is an `InternalError`: a defect of the command.
"""

from __future__ import annotations

import math
import numbers
import traceback
from typing import Any, cast

from orchestrator_ren.commands.command import Prediction
from orchestrator_ren.commands.json_form import JsonBudget, json_form, shown
from orchestrator_ren.errors import InternalError, ObjectTooLarge, OrchestratorError
from orchestrator_ren.errors import shown as words_of
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.tickets.needs import Needs

MAX_TEXT_CHARACTERS = 1000
"""Longest text for people: a message of progress, a reason."""

MAX_ERROR_CHARACTERS = 2000
"""Longest text of an error."""

MAX_TRACEBACK_CHARACTERS = 10_000
"""How much of a traceback is kept: its end."""

MAX_CODE = 65535
"""Of an error, as messages hold it."""

MAX_WAIT_S = 86400.0
"""Longest time that a command may wait for something at once [s]."""

MAX_PREDICTED = 1e9
"""Largest number of a prediction [s, m, m/s, rad]."""

MAX_RESOURCES = 32
MAX_RESOURCE_CHARACTERS = 64


def error_of(error: BaseException) -> OrchestratorError:
    """Return what a command raised as an error that every ticket, message and log takes."""
    if isinstance(error, OrchestratorError) and _is_sound(error):
        return error
    return defect(error)


def defect(error: BaseException) -> InternalError:
    """Return what a command raised as its defect."""
    found = InternalError(detail=words_of(error))
    found.__cause__ = error
    return found


def traceback_of(error: BaseException) -> str:
    """Return the traceback of what a command raised, as every log takes it."""
    lines = traceback.format_exception(type(error), error, error.__traceback__)
    return ''.join(lines)[-MAX_TRACEBACK_CHARACTERS:].encode('utf-8', 'backslashreplace').decode()


def _is_sound(error: OrchestratorError) -> bool:
    try:
        words = str(error).encode()
        code: Any = error.code
    except Exception:  # its own code is somebody else's too
        return False
    return type(code) is int and 0 < code <= MAX_CODE and len(words) <= MAX_ERROR_CHARACTERS


def number(field: str, value: Any, least: float, most: float) -> float:
    """Return a number of the command as a float within both bounds.

    Raises:
        InternalError: It is none, NaN, or beyond them.
    """
    if type(value) is float and least <= value <= most:  # nearly always, and often
        return value
    limit = f'a number from {least:g} to {most:g}'
    if isinstance(value, bool) or not isinstance(value, numbers.Real):
        raise _defect(field, value, limit)
    try:
        found = float(value)
    except (OverflowError, ValueError):
        found = math.nan
    if not least <= found <= most:
        raise _defect(field, value, limit)
    return found


def text(field: str, value: Any, most: int = MAX_TEXT_CHARACTERS) -> str:
    """Return a text of the command.

    Raises:
        InternalError: It is none, too long, or has halves of characters.
    """
    if not isinstance(value, str):
        raise _defect(field, value, 'text')
    if len(value) > most:
        raise InternalError(detail=f'{field} has {len(value)} characters; the limit is {most}')
    found = str.__str__(value)
    if not found.isascii():
        try:
            found.encode()
        except UnicodeEncodeError:
            raise _defect(field, ascii(found), 'valid Unicode') from None
    return found


def velocity(value: Any) -> Velocity:
    """Return a velocity that a command asks for.

    Raises:
        InternalError: It is none, or not finite.
    """
    if not isinstance(value, Velocity):
        raise _defect('the velocity', value, 'a Velocity')
    parts = (value.x_mps, value.y_mps, value.yaw_radps)
    if {*map(type, parts)} == {float} and value.is_finite:  # the limits are the gate's
        return value
    names = ('x_mps', 'y_mps', 'yaw_radps')
    x, y, yaw = (
        number(f"the velocity's {name}", each, -1e300, 1e300)
        for name, each in zip(names, parts, strict=True)
    )
    return Velocity(x, y, yaw)


def needs(value: Any) -> Needs:
    """Return what a command says that it needs; what moves is interlocked.

    Raises:
        InternalError: It is none, or a part of it is wrong.
    """
    if not isinstance(value, Needs):
        raise _defect('what needs() returned', value, 'a Needs')
    exclusive = _resources('needs.exclusive', value.exclusive)
    shared = _resources('needs.shared', value.shared)
    for name in ('moves', 'interlocked'):
        if not isinstance(getattr(value, name), bool):
            raise _defect(f'needs.{name}', getattr(value, name), 'True or False')
    if value.moves and 'base' not in exclusive:
        raise _defect('needs.exclusive', sorted(exclusive), "with 'base', for it moves")
    return Needs(exclusive, shared, value.moves, value.moves or value.interlocked)


def _resources(field: str, value: Any) -> frozenset[str]:
    if not isinstance(value, (set, frozenset)) or len(value) > MAX_RESOURCES:
        raise _defect(field, value, f'a set of at most {MAX_RESOURCES} names')
    return frozenset(text(field, each, MAX_RESOURCE_CHARACTERS) for each in value)


_PREDICTED = {
    'duration_s': 0.0,
    'distance_m': 0.0,
    'speed_mps': 0.0,
    'end_x_m': -MAX_PREDICTED,
    'end_y_m': -MAX_PREDICTED,
    'end_yaw_rad': -MAX_PREDICTED,
}
"""The least value of each field of a prediction."""


def prediction(value: Any) -> Prediction:
    """Return what a command predicts.

    Raises:
        InternalError: It is none, or a number of it is wrong.
    """
    if not isinstance(value, Prediction):
        raise _defect('what predict() returned', value, 'a Prediction')
    return Prediction(
        **{
            name: number(f'prediction.{name}', getattr(value, name), least, MAX_PREDICTED)
            for name, least in _PREDICTED.items()
        }
    )


def kept(value: Any) -> dict[str, Any]:
    """Return the parameters as a command gives them to its ticket.

    Raises:
        InternalError: They are no object, or a part has no JSON form.
        ObjectTooLarge: They are too large.
    """
    return _object('params', value, JsonBudget(ObjectTooLarge))


def result(value: Any) -> dict[str, Any]:
    """Return what a command has returned, as a ticket keeps it.

    Raises:
        InternalError: It is no object, or a part has no JSON form.
        ResultTooLarge: It is too large.
    """
    return _object('result', value, JsonBudget())


def _object(field: str, value: Any, budget: JsonBudget) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _defect(field, value, 'a dict')
    return cast('dict[str, Any]', json_form(field, value, budget))


def _defect(field: str, value: Any, limit: str) -> InternalError:
    return InternalError(detail=f'{field} is {shown(value)}; it must be {limit}')
