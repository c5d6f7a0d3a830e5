"""Values as JSON holds them, with a limit that is kept before anything large is converted."""

from __future__ import annotations

import math
import reprlib
from collections.abc import Sequence
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

CONTAINER_BYTES = 16
"""What each object or list counts besides what is in it: thousands of empty ones take long."""

MAX_FIELD_CHARACTERS = 160
"""How much is shown of where a value is."""

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

    def has(self, size: int) -> bool:
        """Whether so many are left [bytes]."""
        return size <= self._left

    def require(self, field: str, size: int) -> None:
        """Raise the error unless so many are left [bytes]."""
        if not self.has(size):
            raise self._kind(field=field, size=size, limit=MAX_RESULT_BYTES, hint=self._hint)

    def spend(self, field: str, size: int) -> None:
        """Take so many [bytes], or raise the error."""
        self.require(field, size)
        self._left -= size


def json_form(field: str, value: Any, budget: JsonBudget) -> Any:
    """Return a copy of the value, of lists, dicts, texts, numbers, booleans and None only.

    Args:
        field: What it is, for the errors.
        value: Not trusted: it may be large, hold itself, or hold what JSON has no form for.
        budget: Is spent.

    Raises:
        ResultTooLarge: The budget does not suffice, or what it raises; no more was looked at.
        InternalError: A part has no JSON form; the error names it.
    """
    return _form((None, field), value, budget, 1)


Place = tuple[Any, Any]
"""Where a value is: the place of what holds it, and its name or number there. Made into words only
for an error: there are as many as values."""


def _field(place: Place) -> str:
    names: list[str] = []
    above: Any = place
    while above is not None:
        above, name = above
        names.append(str(name))
    return '.'.join(reversed(names))[:MAX_FIELD_CHARACTERS]


def _form(place: Place, value: Any, budget: JsonBudget, depth: int) -> Any:
    if isinstance(value, str):
        return _text(place, value, budget)
    if not isinstance(value, (dict, list, tuple)):
        found = _scalar(place, value)
        _spend(place, len(repr(found)) + 1, budget)
        return found
    if depth > MAX_DEPTH:
        limit = f'nested deeper than {MAX_DEPTH} levels, the limit'
        raise InternalError(detail=f'{_field(place)} is {limit}')
    least = LEAST_ENTRY_BYTES if isinstance(value, dict) else LEAST_ITEM_BYTES
    _require(place, least * len(value), budget)
    _spend(place, CONTAINER_BYTES, budget)
    if isinstance(value, dict):
        return _object(place, value, budget, depth + 1)
    return _list(place, value, budget, depth + 1)


def _object(place: Place, value: dict[Any, Any], budget: JsonBudget, depth: int) -> Any:
    found = {}
    for key, each in value.items():
        if not isinstance(key, str):
            words = f'has the key {shown(key)}; it must be text'
            raise InternalError(detail=f'{_field(place)} {words}')
        name = _form((place, 'a key'), key, budget, depth)
        found[name] = _form((place, name), each, budget, depth)
    return found


def _list(place: Place, value: Sequence[Any], budget: JsonBudget, depth: int) -> list[Any]:
    found: list[Any] = []
    for start in range(0, len(value), CHUNK):
        chunk = list(value[start : start + CHUNK])
        if _is_of_sound_numbers(chunk):
            _spend(place, len(repr(chunk)), budget)  # for such numbers the same as in JSON
            found += chunk
        else:
            found += [
                _form((place, start + number), each, budget, depth)
                for number, each in enumerate(chunk)
            ]
    return found


def _is_of_sound_numbers(chunk: list[Any]) -> bool:
    """Whether all are of one kind of number that JSON holds: such chunks are converted in C."""
    kinds = set(map(type, chunk))
    if kinds == {float}:
        return all(map(math.isfinite, chunk))
    return kinds == {int} and min(chunk) >= -MAX_INTEGER and max(chunk) <= MAX_INTEGER


def _scalar(place: Place, value: Any) -> Any:
    """Return the value without what its class adds: that of an IntEnum."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise InternalError(detail=f'{_field(place)} is {value}; it must be a finite number')
        return float(value)
    if not isinstance(value, int):
        words = f'is {shown(value)}, which JSON has no form for'
        raise InternalError(detail=f'{_field(place)} {words}')
    if not -MAX_INTEGER <= value <= MAX_INTEGER:
        words = f'is an integer of {value.bit_length()} bits; it must be below 2^63, either sign'
        raise InternalError(detail=f'{_field(place)} {words}')
    return int(value)


def _text(place: Place, value: str, budget: JsonBudget) -> str:
    size = len(value) + 4
    _require(place, size, budget)
    if not value.isascii():
        try:
            size = len(value.encode()) + 4
        except UnicodeEncodeError:
            words = f'is {ascii(value)[:80]}; it must be valid Unicode'
            raise InternalError(detail=f'{_field(place)} {words}') from None
    _spend(place, size, budget)
    return str.__str__(value)


def _require(place: Place, size: int, budget: JsonBudget) -> None:
    if not budget.has(size):
        budget.require(_field(place), size)


def _spend(place: Place, size: int, budget: JsonBudget) -> None:
    _require(place, size, budget)
    budget.spend('', size)
