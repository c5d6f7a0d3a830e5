"""ROS interfaces by their names: the types, plain values into fields, fields into plain values.

Checked here, field by field: Jazzy's generated setters check nothing by default, and a value of
the wrong type would be found where the message is sent, in C. `rosidl_runtime_py` checks nothing
either: its `set_message_fields` makes 1 of 1.9, and `true` of 'no'.
"""

from __future__ import annotations

import importlib
import math
import re
from collections.abc import Callable, Mapping
from typing import Any

from orchestrator_ren.commands.json_form import LEAST_ITEM_BYTES, JsonBudget

KINDS = {'action': 'action', 'service': 'srv'}
"""The folder of each kind of interface in its package."""

_ARRAY = re.compile(r'(?P<item>.+)\[(?P<size>\d+)\]')
_SEQUENCE = re.compile(r'sequence<(?P<item>.+?)(?:, (?P<size>\d+))?>')
_STRING = re.compile(r'w?string(?:<(?P<size>\d+)>)?')
_INTEGERS = {
    **{f'int{bits}': (-(2 ** (bits - 1)), 2 ** (bits - 1) - 1) for bits in (8, 16, 32, 64)},
    **{f'uint{bits}': (0, 2**bits - 1) for bits in (8, 16, 32, 64)},
    'char': (0, 255),
}
_FLOATS = {'float': 3.402823466e38, 'double': math.inf, 'long double': math.inf}
_PLACEHOLDER = 'structure_needs_at_least_one_member'
"""What an empty message has in C, and in older versions in Python too."""


class FieldMismatch(ValueError):
    """A field is not there, or does not take a value.

    Attributes:
        path: Of the field, from the top of the message.
        value: As given, in words.
        expected: What it must be, in words.
    """

    def __init__(self, path: str, value: str, expected: str) -> None:
        self.path, self.value, self.expected = path, value, expected
        super().__init__(f'{path} is {value}; it must be {expected}')


def find_interface(name: str, kind: str) -> Any:
    """Return the class of `package/action/Name` or `package/srv/Name`.

    Args:
        name: In full.
        kind: `action` or `service`.

    Raises:
        LookupError: There is none of that name in the sourced workspaces.
    """
    package, folder, last = [*name.split('/'), '', '', ''][:3]
    if name != f'{package}/{KINDS[kind]}/{last}' or not f'{package}{last}'.isidentifier():
        raise LookupError(f'written package/{KINDS[kind]}/Name')
    try:
        return getattr(importlib.import_module(f'{package}.{folder}'), last)
    except (ImportError, AttributeError) as error:
        raise LookupError(f'an installed {kind}; is its workspace sourced? ({error})') from error


def set_fields(message: Any, values: Mapping[str, Any], above: str = '') -> Any:
    """Set fields by their paths (`pose.header.frame_id`), in order; return the message.

    Args:
        message: To be changed.
        values: Plain ones: numbers, texts, lists, mappings for nested messages. A number is also
            taken for a Duration or Time [s] and for a Quaternion: yaw [rad, counter-clockwise].
        above: Path of the message itself, with a dot at the end, for the errors.

    Raises:
        FieldMismatch: A field is not there, or does not take its value.
    """
    for path, value in values.items():
        *parents, name = str(path).split('.')
        owner = message
        for each in parents:
            _type_of(owner, each, above + path)
            owner = getattr(owner, each)
        setattr(owner, name, _converted(_type_of(owner, name, above + path), value, above + path))
    return message


def field_value(message: Any, path: str) -> Any:
    """Return the value of the field; a nested message as it is.

    Raises:
        FieldMismatch: There is no such field.
    """
    for name in path.split('.'):
        _type_of(message, name, path)
        message = getattr(message, name)
    return message


def to_plain(value: Any, field: str, budget: JsonBudget) -> Any:
    """Return a message, or a field's value, as JSON can hold it: no NaN and no infinity, but null.

    An octet is a number, an array of any kind a list.

    Args:
        value: Of any size: what is too large is not converted.
        field: What it is, for the error.
        budget: Is spent.

    Raises:
        ResultTooLarge: The budget does not suffice.
    """
    if value is None or isinstance(value, (bool, int)):
        budget.spend(field, 2)
        return value
    if isinstance(value, float):
        budget.spend(field, 4)
        return float(value) if math.isfinite(value) else None
    if isinstance(value, str):
        budget.spend(field, len(value) + 2)
        return value
    if hasattr(value, 'get_fields_and_field_types'):
        return _plain_message(value, field, budget)
    return _plain_list(value, field, budget)


def _plain_message(message: Any, field: str, budget: JsonBudget) -> dict[str, Any]:
    found = {}
    for name in message.get_fields_and_field_types():
        if name != _PLACEHOLDER:
            budget.spend(field, len(name) + 4)
            found[name] = to_plain(getattr(message, name), f'{field}.{name}', budget)
    return found


def _plain_list(value: Any, field: str, budget: JsonBudget) -> Any:
    """Return bytes, an array or a list as a list, an octet and a number of numpy as a number."""
    if not hasattr(value, '__len__'):
        return to_plain(value.tolist(), field, budget)
    if isinstance(value, (bytes, bytearray)) and len(value) == 1:
        return value[0]
    budget.require(field, LEAST_ITEM_BYTES * len(value))
    if not hasattr(value, 'tolist'):  # neither of numpy nor an array.array
        return [to_plain(each, f'{field}.{place}', budget) for place, each in enumerate(value)]
    items = value.tolist()
    budget.spend(field, LEAST_ITEM_BYTES * len(items))
    return [each if math.isfinite(each) else None for each in items]


def _type_of(message: Any, name: str, path: str) -> str:
    if not hasattr(message, 'get_fields_and_field_types'):
        raise FieldMismatch(path, 'unknown', f"no path: what is left of '{name}' has no fields")
    types = message.get_fields_and_field_types()
    if name not in types:
        raise FieldMismatch(path, 'unknown', f'one of: {", ".join(types) or "none"}')
    return types[name]


def _converted(kind: str, value: Any, path: str) -> Any:
    """Return the value as a field of that type takes it."""
    for pattern in (_ARRAY, _SEQUENCE):
        match = pattern.fullmatch(kind)
        if match:
            return _items(match['item'], value, path, match['size'], pattern is _ARRAY)
    if match := _STRING.fullmatch(kind):
        return _text(value, path, match['size'])
    if kind in _INTEGERS:
        return _integer(kind, value, path)
    if kind in _FLOATS:
        return _number(kind, value, path)
    if kind == 'boolean':
        return _boolean(value, path)
    if kind == 'octet':
        return bytes([_integer('uint8', value[0] if _is_octet(value) else value, path)])
    return _nested(kind, value, path)


def _items(item: str, value: Any, path: str, size: str | None, is_exact: bool) -> list[Any]:
    if isinstance(value, (bytes, bytearray)) and item in ('uint8', 'octet', 'char'):
        value = list(value)
    if not isinstance(value, (list, tuple)):
        raise FieldMismatch(path, _shown(value), 'a list')
    if size is not None and (len(value) != int(size) if is_exact else len(value) > int(size)):
        words = f'of {size} items' if is_exact else f'of at most {size} items'
        raise FieldMismatch(path, _shown(value), f'a list {words}')
    return [_converted(item, each, f'{path}.{index}') for index, each in enumerate(value)]


def _text(value: Any, path: str, size: str | None) -> str:
    if not isinstance(value, str):
        raise FieldMismatch(path, _shown(value), 'text')
    if size is not None and len(value) > int(size):
        raise FieldMismatch(path, _shown(value), f'text of at most {size} characters')
    return value


def _integer(kind: str, value: Any, path: str) -> int:
    low, high = _INTEGERS[kind]
    if type(value) is not int or not low <= value <= high:
        raise FieldMismatch(path, _shown(value), f'an integer from {low} to {high}')
    return value


def _number(kind: str, value: Any, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise FieldMismatch(path, _shown(value), 'a number')
    if math.isfinite(value) and abs(value) > _FLOATS[kind]:
        raise FieldMismatch(path, _shown(value), 'a number that 32 bits hold')
    return float(value)


def _boolean(value: Any, path: str) -> bool:
    if not isinstance(value, bool):
        raise FieldMismatch(path, _shown(value), 'true or false')
    return value


def _nested(kind: str, value: Any, path: str) -> Any:
    package, _, name = kind.partition('/')
    message = getattr(importlib.import_module(f'{package}.msg'), name)()
    if isinstance(value, Mapping):
        return set_fields(message, value, f'{path}.')
    if kind in _FROM_NUMBER and isinstance(value, (int, float)) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise FieldMismatch(path, _shown(value), 'a finite number')
        return set_fields(message, _FROM_NUMBER[kind](value), f'{path}.')
    raise FieldMismatch(path, _shown(value), f'a {kind}: a mapping of its fields')


def _from_seconds(duration_s: float) -> dict[str, int]:
    sec, nanosec = divmod(round(duration_s * 1e9), 10**9)
    return {'sec': sec, 'nanosec': nanosec}


def _from_yaw(yaw_rad: float) -> dict[str, float]:
    return {'x': 0.0, 'y': 0.0, 'z': math.sin(yaw_rad / 2), 'w': math.cos(yaw_rad / 2)}


_FROM_NUMBER: dict[str, Callable[[float], dict[str, Any]]] = {
    'builtin_interfaces/Duration': _from_seconds,
    'builtin_interfaces/Time': _from_seconds,
    'geometry_msgs/Quaternion': _from_yaw,
}


def _is_octet(value: Any) -> bool:
    return isinstance(value, (bytes, bytearray)) and len(value) == 1


def _shown(value: Any) -> str:
    return repr(value)[:80]
