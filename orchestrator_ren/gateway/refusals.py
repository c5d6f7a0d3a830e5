"""What FastAPI refuses, in the words and with the codes of all other errors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_ren.errors import (
    ContractError,
    MissingParameter,
    OrchestratorError,
    OutOfRange,
    UnknownParameter,
    WrongType,
)

MOST_SHOWN = 80
"""Characters of a value."""

BOUNDS = {'ge': 'at least', 'gt': 'above', 'le': 'at most', 'lt': 'below'}
LISTS = ('too_long', 'value_error.list.max_items')
"""Of errors that speak of a list."""

LENGTHS = {'max_length': 'at most', 'limit_value': 'at most', 'min_length': 'at least'}


def refusal_of(found: Sequence[Any]) -> OrchestratorError:
    """Return our error for the first of pydantic's, whose wording differs between 1 and 2."""
    first = _telling(found)
    kind, field = str(first['type']), _field_of(first)
    if kind.endswith('missing'):
        return named(MissingParameter, field, f'{field} is missing')
    if 'extra' in kind:
        return named(UnknownParameter, field, f'{field} is not known here; /docs has what is')
    value, context = first.get('input', '…'), first.get('ctx') or {}
    told = repr(value)[:MOST_SHOWN]
    for bound, words in BOUNDS.items():
        if bound in context:
            return OutOfRange(field=field, value=told, limit=f'{words} {context[bound]}')
        if kind.endswith(f'not_{bound}'):
            return OutOfRange(
                field=field, value='out of range', limit=f'{words} {context["limit_value"]}'
            )
    for length, words in LENGTHS.items():
        if length in context:
            what = 'entries' if kind in LISTS else 'characters'
            limit = f'{words} {context[length]} {what}'
            return OutOfRange(field=field, value=told, limit=limit)
    expected = dict.fromkeys(_expected(each) for each in found if _field_of(each) == field)
    return WrongType(field=field, value=told, expected=' or '.join(expected))


def named(kind: type[ContractError], field: str, message: str) -> ContractError:
    """Return an error of that kind about a field of the request itself, not of a command."""
    error = kind.__new__(kind, message)
    error.fields = {'field': field}
    return error


def _telling(found: Sequence[Any]) -> Mapping[str, Any]:
    """Return what tells most of the first field: its bound, where it is outside."""
    first: Mapping[str, Any] = found[0]
    same = (each for each in found if _field_of(each) == _field_of(first))
    return next((each for each in same if _is_bound(each)), first)


def _is_bound(error: Mapping[str, Any]) -> bool:
    given = (error.get('ctx') or {}).keys()
    return bool(BOUNDS.keys() & given) or 'number.not_' in str(error['type'])


def _field_of(error: Mapping[str, Any]) -> str:
    """Return where it is; bodies are flat, what is behind their fields is pydantic's."""
    place = [str(each) for each in error['loc']]
    return place[1] if len(place) > 1 else place[0]


def _expected(error: Mapping[str, Any]) -> str:
    """Return what was expected, as it stands behind `which is not`."""
    words = str(error['msg'])
    if words.endswith(' type expected'):
        return f'of type {words.removesuffix(" type expected")}'
    return words.removeprefix('Input should be ').removeprefix('value is not ')
