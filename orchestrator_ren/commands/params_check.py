"""Parameters against the types of their contract, and pydantic's errors in our words."""

from __future__ import annotations

import functools
import inspect
import math
import re
import types
from collections.abc import Mapping
from typing import Any, Union, get_args, get_origin, get_type_hints

from pydantic import BaseModel, ValidationError

from orchestrator_ren.errors import (
    ContractError,
    MissingParameter,
    NotFinite,
    OutOfRange,
    UnknownParameter,
    WrongType,
)

MAX_FIELD_CHARACTERS = 160
"""How much is shown of where a value is."""


def check_types(command: str, params_type: type[BaseModel], given: Mapping[str, Any]) -> None:
    """Refuse unknown names, and what pydantic would convert: '1.5' for 1.5, true for 1.

    Args:
        command: Its name.
        params_type: Contract of its parameters.
        given: From outside.

    Raises:
        ContractError: A name or a type is wrong, also of what is nested.
    """
    hints = _hints_of(params_type)
    for name, value in given.items():
        if name not in hints:
            known = ', '.join(hints) or 'none'
            raise UnknownParameter(parameter=str(name)[:80], command=command, known=known)
        _check(f'params.{name}', hints[name], value)


@functools.lru_cache(maxsize=1024)
def _hints_of(model: type[BaseModel]) -> dict[str, Any]:
    return get_type_hints(model)


def _check(field: str, hint: Any, value: Any) -> None:
    """Refuse a value of another type than the hint says, as far as the hint is understood."""
    if hint is float:
        _check_number(field, value)
    elif hint in (str, bool, int):
        if type(value) is not hint:
            raise _wrong(field, value, f'of type {hint.__name__}')
    elif inspect.isclass(hint) and issubclass(hint, BaseModel):
        if isinstance(value, Mapping):
            hints = _hints_of(hint)
            for name in value.keys() & hints.keys():
                _check(f'{field}.{name}', hints[name], value[name])
    else:
        _check_parts(field, hint, value)


def _check_parts(field: str, hint: Any, value: Any) -> None:
    """Refuse what is wrong in an optional value, a list, or a dict."""
    origin, inner = get_origin(hint), get_args(hint)
    if origin in (Union, types.UnionType):
        others = [each for each in inner if each is not type(None)]
        if value is not None and len(others) == 1:
            _check(field, others[0], value)
    elif origin is tuple and isinstance(value, list):
        each_hint = [inner[0]] * len(value) if inner[1:] == (...,) else inner
        for place, (each, expected) in enumerate(zip(value, each_hint, strict=False)):
            _check(f'{field}.{place}', expected, each)
    elif origin in (list, set, frozenset) and isinstance(value, list):
        for place, each in enumerate(value):
            _check(f'{field}.{place}', inner[0], each)
    elif origin is dict and isinstance(value, Mapping):
        for key, each in value.items():
            _check(f'{field}.{key}', inner[1], each)


def _check_number(field: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise _wrong(field, value, 'a number')
    if not -1e300 < value < 1e300 or math.isnan(value):
        raise NotFinite(field=field, value=_shown(value))


def translated(
    command: str,
    range_errors: Mapping[tuple[str, str], type[OutOfRange]],
    given: Mapping[str, Any],
    error: ValidationError,
) -> ContractError:
    """Return our error for the first of pydantic's, whose wording differs between 1 and 2.

    Args:
        command: Its name.
        range_errors: The error for a field that breaks a bound, where that is a special one.
        given: What was refused.
        error: Of pydantic.
    """
    first: Any = error.errors()[0]
    place = [each for each in first['loc'] if each != '__root__']
    name = '.'.join(map(str, place))
    field = '.'.join(['params', *map(str, place)])[:MAX_FIELD_CHARACTERS]
    kind = str(first['type'])
    if kind.endswith('missing'):
        return MissingParameter(parameter=name[:MAX_FIELD_CHARACTERS], command=command)
    value = _shown(_found(given, place))
    for bound, words in _BOUNDS.items():
        limit = _broken_bound(bound, first)
        if limit is not None:
            error_type = range_errors.get((name, bound), OutOfRange)
            return error_type(field=field, value=value, limit=f'{words} {limit}')
    if 'extra' in kind:
        return WrongType(field=field, value=value, expected='a part of it; leave it out')
    return WrongType(field=field, value=value, expected=_expected(_first_line(str(first['msg']))))


_BOUNDS = {'ge': 'at least', 'gt': 'more than', 'le': 'at most', 'lt': 'less than'}


def _broken_bound(bound: str, details: Any) -> Any:
    context = details.get('ctx') or {}
    if bound in context:  # pydantic 2
        return context[bound]
    if str(details['type']).endswith(f'not_{bound}'):  # pydantic 1
        return context.get('limit_value')
    return None


def _expected(message: str) -> str:
    """Return what pydantic expects, as it stands behind `which is not`."""
    found = re.match('(?:Input should be|value is not) (.+)', message)
    return found[1] if found else f'what it takes: {message}'


_NOTHING = object()


def _found(given: Any, place: list[Any]) -> Any:
    """Return the value at that place, or the nearest around it."""
    for each in place:
        inner = _part(given, each)
        if inner is _NOTHING:  # a place within a union, a key
            break
        given = inner
    return given


def _part(given: Any, name: Any) -> Any:
    if isinstance(given, Mapping):
        return given.get(name, _NOTHING)
    is_place = isinstance(given, list) and isinstance(name, int) and name < len(given)
    return given[name] if is_place else _NOTHING


def _first_line(words: str) -> str:
    return (words.splitlines() or [''])[0][:MAX_FIELD_CHARACTERS]


def _wrong(field: str, value: Any, expected: str) -> WrongType:
    field = field[:MAX_FIELD_CHARACTERS]
    return WrongType(field=field, value=_shown(value), expected=expected)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
