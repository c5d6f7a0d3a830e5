"""The text form of `params` and `metadata`: a JSON object, or a YAML flow mapping from a shell."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable
from typing import Any, ClassVar

import yaml

from orchestrator_ren.errors import NotAnObject, NotFinite, ObjectTooLarge, OutOfRange, WrongType

MAX_BYTES = 65536
"""Longest text accepted [bytes of UTF-8]."""

MAX_YAML_BYTES = 4096
"""Longest text accepted that is YAML, not JSON [bytes]: parsing YAML takes 50 times as long, and
nobody types more into a shell."""


MAX_INTEGER = 2**63 - 1
"""Largest integer accepted, either sign: what every reader of JSON can hold."""

MAX_DEPTH = 32
"""Deepest nesting accepted."""

_SafeLoader: Any = getattr(yaml, 'CSafeLoader', yaml.SafeLoader)


class _FlowLoader(_SafeLoader):  # type: ignore[misc]
    """Safe YAML without repeated keys, and with the numbers of JSON only.

    YAML 1.1 would read 045 as 37, 1:30 as 90 and 1_0 as 10, and 1e0 as a text.
    """

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}

    def construct_mapping(self, node: Any, deep: bool = False) -> Any:
        _reject_repeats(self.construct_object(key, deep=True) for key, _ in node.value)
        return super().construct_mapping(node, deep)


for _tag, _pattern, _first in (
    ('null', r'~|null|', ['~', 'n', '']),
    ('bool', r'true|false', list('tf')),
    ('int', r'-?(0|[1-9][0-9]*)', list('-0123456789')),
    ('float', r'-?(0|[1-9][0-9]*)(\.[0-9]*)?([eE][-+]?[0-9]+)?', list('-0123456789')),
    ('float', r'-?\.[0-9]+([eE][-+]?[0-9]+)?|[-+]?\.(inf|nan)', list('-+.')),
):
    _FlowLoader.add_implicit_resolver(
        f'tag:yaml.org,2002:{_tag}', re.compile(f'(?:{_pattern})$'), _first
    )


def _reject_repeats(keys: Iterable[Any]) -> None:
    seen = set()
    for key in keys:
        if key in seen:
            raise ValueError(f'{key!r} is given twice')
        seen.add(key)


def _object_from_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    _reject_repeats(key for key, _ in pairs)
    return dict(pairs)


def parse_object(field: str, text: str) -> dict[str, Any]:
    """Return the object that a request's field holds; an empty text is an empty object.

    Args:
        field: Name of the field, for the error.
        text: JSON, or YAML flow style such as `{speed: 1.5, direction: 90}`.

    Raises:
        ObjectTooLarge: The text is longer than `MAX_BYTES`, or than `MAX_YAML_BYTES` as YAML.
        NotAnObject: It is neither, or not an object, or repeats a key.
        WrongType: It holds something JSON has no form for, such as a date.
    """
    size = len(text.encode('utf-8', errors='surrogatepass'))
    if size > MAX_BYTES:
        raise ObjectTooLarge(field=field, size=size, limit=MAX_BYTES, hint='')
    if not text.strip():
        return {}
    try:
        found = _load(field, text, size)
    except ObjectTooLarge:
        raise
    except Exception as error:  # whatever a parser raises on text that nobody has checked yet
        raise NotAnObject(field=field, detail=_first_line(error)) from error
    if not isinstance(found, dict):
        raise NotAnObject(field=field, detail=f'it is {_shown(found)}')
    _check_json(field, found, depth=1)
    return found


def to_text(found: dict[str, Any]) -> str:
    """Return the object as JSON, in the order of its keys as given."""
    return json.dumps(found, ensure_ascii=False)


def _load(field: str, text: str, size: int) -> Any:
    try:
        return json.loads(text, object_pairs_hook=_object_from_pairs)
    except json.JSONDecodeError:
        if size > MAX_YAML_BYTES:
            raise ObjectTooLarge(
                field=field, size=size, limit=MAX_YAML_BYTES, hint=' for anything but strict JSON'
            ) from None
    # An alias may stand for much more than its own length: refused before anything is built.
    if any(isinstance(each, yaml.AliasEvent) for each in yaml.parse(text, Loader=_FlowLoader)):
        raise ValueError('YAML aliases are not allowed')
    return yaml.load(text, Loader=_FlowLoader)


def _check_json(path: str, value: Any, depth: int) -> None:
    if depth > MAX_DEPTH and isinstance(value, (dict, list)):
        raise NotAnObject(field=path[:80], detail=f'it is nested deeper than {MAX_DEPTH} levels')
    if isinstance(value, dict):
        for key, each in value.items():
            if not isinstance(key, str):
                raise WrongType(field=f'{path} key', value=_shown(key), expected='text')
            _check_json(path, key, depth)
            _check_json(f'{path}.{key}', each, depth + 1)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _check_json(f'{path}[{index}]', each, depth + 1)
    else:
        _check_scalar(path, value)


def _check_scalar(path: str, value: Any) -> None:
    if isinstance(value, float) and not math.isfinite(value):
        raise NotFinite(field=path, value=value)
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode('utf-8')
        except UnicodeEncodeError:
            raise WrongType(
                field=path, value=ascii(value)[:80], expected='valid Unicode'
            ) from None
    if isinstance(value, int) and not -MAX_INTEGER <= value <= MAX_INTEGER:
        raise OutOfRange(
            field=path,
            value=f'an integer of {value.bit_length()} bits',
            limit='below 2^63, either sign',
        )
    if value is not None and not isinstance(value, (str, bool, int, float)):
        raise WrongType(field=path, value=_shown(value), expected='a JSON value')


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:120]
