"""Values as JSON holds them, with a limit that is kept before anything large is converted."""

from __future__ import annotations

import json
import math
import reprlib
from collections.abc import Mapping, Sequence
from typing import Any

from orchestrator_ren.errors import InternalError, ObjectTooLarge, ResultTooLarge
from orchestrator_ren.tickets.object_text import MAX_INTEGER

MAX_RESULT_BYTES = 65536
"""Longest JSON text of what a command returns [bytes of UTF-8]."""

MAX_DEPTH = 32
"""Deepest nesting."""

LEAST_ITEM_BYTES = 2
"""An item of a list has a comma too."""

LEAST_ENTRY_BYTES = 5
"""An entry of an object: quotes, colon, a digit, comma."""

CHUNK = 512
"""Items of a list that are converted at once."""

_shorten = reprlib.Repr()
_shorten.maxstring = _shorten.maxother = 80


def shown(value: Any) -> str:
    """Return the value in a few words, however large it is."""
    return f'{_shorten.repr(value)} of type {type(value).__name__}'


class JsonBudget:
    """How many bytes of JSON are left.

    Args:
        kind: Error that is raised where they do not suffice.
        hint: What to do then; begins with '; '.
    """

    def __init__(
        self, kind: type[ObjectTooLarge | ResultTooLarge] = ResultTooLarge, hint: str = ''
    ) -> None:
        self._kind = kind
        self._hint = hint
        self._left = MAX_RESULT_BYTES

    def require(self, field: str, size: int) -> None:
        """Raise the error unless so many are left [bytes]."""
        if size > self._left:
            raise self._kind(field=field, size=size, limit=MAX_RESULT_BYTES, hint=self._hint)

    def spend(self, field: str, size: int) -> None:
        """Take so many [bytes], or raise the error."""
        self.require(field, size)
        self._left -= size


def json_form(field: str, value: Any, budget: JsonBudget, depth: int = 1) -> Any:
    """Return a copy of the value, of lists, dicts, texts, numbers, booleans and None only.

    Args:
        field: What it is, for the errors.
        value: Not trusted: it may be large, hold itself, or hold what JSON has no form for.
        budget: Is spent.
        depth: Of the value in what it belongs to.

    Raises:
        ResultTooLarge: The budget does not suffice, or what it raises; no more was looked at.
        InternalError: A part has no JSON form; the error names it.
    """
    if isinstance(value, (Mapping, list, tuple)):
        if depth > MAX_DEPTH:
            raise InternalError(
                detail=f'{field[:80]}... is nested deeper than {MAX_DEPTH} levels, the limit'
            )
        convert = _object if isinstance(value, Mapping) else _list
        return convert(field, value, budget, depth)
    found = _scalar(field, value)
    if isinstance(found, str):
        budget.require(field, len(found))
    budget.spend(field, len(_text_of(field, found)) + 1)
    return found


def _object(field: str, value: Mapping[Any, Any], budget: JsonBudget, depth: int) -> Any:
    budget.require(field, LEAST_ENTRY_BYTES * len(value))
    budget.spend(field, 2)
    found = {}
    for key, each in value.items():
        if not isinstance(key, str):
            raise InternalError(detail=f'{field} has the key {shown(key)}; it must be text')
        name = json_form(f'{field} key', key, budget)
        found[name] = json_form(f'{field}.{name}', each, budget, depth + 1)
    return found


def _list(field: str, value: Sequence[Any], budget: JsonBudget, depth: int) -> list[Any]:
    budget.require(field, LEAST_ITEM_BYTES * len(value))
    budget.spend(field, 2)
    found: list[Any] = []
    for start in range(0, len(value), CHUNK):
        chunk = list(value[start : start + CHUNK])
        if not set(map(type, chunk)) <= _PLAIN:
            found += _items(field, start, chunk, budget, depth)
        else:
            _check_numbers(field, start, chunk)
            budget.spend(field, len(_text_of(field, chunk)))
            found += chunk
    return found


def _items(
    field: str, start: int, chunk: list[Any], budget: JsonBudget, depth: int
) -> list[Any]:
    return [
        json_form(f'{field}.{place}', each, budget, depth + 1)
        for place, each in enumerate(chunk, start)
    ]


_PLAIN = frozenset({int, float, bool, type(None)})
"""Of these whole chunks are converted in C."""


def _check_numbers(field: str, start: int, chunk: list[Any]) -> None:
    kinds = set(map(type, chunk))
    if kinds == {float} and all(map(math.isfinite, chunk)):
        return
    if kinds == {int} and -MAX_INTEGER <= min(chunk) and max(chunk) <= MAX_INTEGER:
        return
    for place, each in enumerate(chunk, start):
        _check_number(f'{field}.{place}', each)


def _scalar(field: str, value: Any) -> Any:
    """Return the value without what its class adds: that of an IntEnum, a plain text."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, str):
        return str.__str__(value)
    _check_number(field, value)
    return int(value) if isinstance(value, int) else float(value)


def _check_number(field: str, value: Any) -> None:
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InternalError(detail=f'{field} is {value}; it must be a finite number')
    elif isinstance(value, int):
        if not -MAX_INTEGER <= value <= MAX_INTEGER:
            words = f'an integer of {value.bit_length()} bits'
            raise InternalError(detail=f'{field} is {words}; it must be below 2^63, either sign')
    elif value is not None:
        raise InternalError(detail=f'{field} is {shown(value)}, which JSON has no form for')


def _text_of(field: str, value: Any) -> bytes:
    """Return the value's JSON in UTF-8."""
    try:
        return json.dumps(value, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        raise InternalError(
            detail=f'{field} is {ascii(value)[:80]}; it must be valid Unicode'
        ) from None
