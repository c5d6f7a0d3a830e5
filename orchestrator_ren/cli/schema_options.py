"""Options of the command line from the JSON schema of a command's parameters."""

from __future__ import annotations

import argparse
import contextlib
import json
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from orchestrator_ren.errors import (
    ContractError,
    NotFinite,
    OutOfRange,
    UnknownParameter,
    WrongType,
)

RANGES: tuple[tuple[str, str, Callable[[Any, Any], bool]], ...] = (
    ('minimum', 'at least {}', lambda value, limit: value >= limit),
    ('exclusiveMinimum', 'above {}', lambda value, limit: value > limit),
    ('maximum', 'at most {}', lambda value, limit: value <= limit),
    ('exclusiveMaximum', 'below {}', lambda value, limit: value < limit),
    ('minLength', 'at least {} characters long', lambda value, limit: len(value) >= limit),
    ('maxLength', 'at most {} characters long', lambda value, limit: len(value) <= limit),
    ('minItems', 'a list of at least {}', lambda value, limit: len(value) >= limit),
    ('maxItems', 'a list of at most {}', lambda value, limit: len(value) <= limit),
)
"""Keywords of a schema, what they say, and whether a value keeps them."""

OF_TYPE = {
    'number': ('a number', (int, float)),
    'integer': ('a whole number', (int,)),
    'string': ('text', (str,)),
    'boolean': ('true or false', (bool,)),
    'array': ('a list', (list,)),
    'object': ('an object', (dict,)),
}
"""What each JSON type is called, and how Python has it."""


@dataclass(frozen=True)
class SchemaOption:
    """A parameter as an option.

    Attributes:
        name: Of the parameter.
        schema: What it may be.
        is_required: Whether the command needs it.
        may_be_null: Whether it may be nothing, which only `--params` can say.
    """

    name: str
    schema: dict[str, Any]
    is_required: bool
    may_be_null: bool = False

    @property
    def flag(self) -> str:
        """The option."""
        return f'--{self.name.replace("_", "-")}'

    @property
    def flags(self) -> tuple[str, ...]:
        """All words that it takes of the command line."""
        more = (self.flag.replace('--', '--no-', 1),) if self.type == 'boolean' else ()
        return (self.flag, *more)

    @property
    def type(self) -> str:
        """Its JSON type; empty where it has several, or none."""
        found = self.schema.get('type', '')
        return found if isinstance(found, str) else ''

    @property
    def limits(self) -> str:
        """What it must be, in words; empty for anything."""
        if 'enum' in self.schema:
            return f'one of: {", ".join(map(str, self.schema["enum"]))}'
        said = [text.format(self.schema[key]) for key, text, _ in RANGES if key in self.schema]
        words = [OF_TYPE[self.type][0]] if self.type in OF_TYPE else []
        return ', '.join((*words, *said))

    @property
    def help(self) -> str:
        """What is said of it."""
        default = self.schema.get('default')
        words = [self.schema.get('description', ''), self.limits and f'Must be {self.limits}.']
        if self.is_required:
            words.append('Required.')
        elif default is not None:
            words.append(f'Default: {json.dumps(default)}.')
        return ' '.join(each for each in words if each)

    def check(self, value: Any) -> None:
        """Refuse a value that the schema does not allow.

        Raises:
            ContractError: It does not.
        """
        if value is None and self.may_be_null:
            return
        if 'enum' in self.schema:
            if value not in self.schema['enum']:
                raise OutOfRange(field=self.flag, value=repr(value), limit=self.limits)
            return
        if self.type in OF_TYPE:
            self._check_type(value)
        for key, _, is_kept in RANGES:
            if key in self.schema and _can_be_compared(key, value):
                limit = self.schema[key]
                if not is_kept(value, limit):
                    raise OutOfRange(field=self.flag, value=repr(value), limit=self.limits)

    def _check_type(self, value: Any) -> None:
        expected, kinds = OF_TYPE[self.type]
        if isinstance(value, bool) is not (self.type == 'boolean') or not isinstance(value, kinds):
            raise WrongType(field=self.flag, value=repr(value), expected=expected)
        if isinstance(value, float) and not math.isfinite(value):
            raise NotFinite(field=self.flag, value=value)


def options_of(schema: Mapping[str, Any]) -> list[SchemaOption]:
    """Return an option for each parameter."""
    required = schema.get('required', ())
    shared = schema.get('$defs', {})
    return [
        SchemaOption(name, _plain(each, shared), name in required, _may_be_null(each))
        for name, each in schema.get('properties', {}).items()
        if isinstance(each, Mapping)
    ]


def add_options(
    parser: argparse.ArgumentParser, command: str, options: list[SchemaOption]
) -> None:
    """Add them; one that is called like another option is left to `--params`, and told so."""
    group = parser.add_argument_group(f'parameters of {command}')
    left = []
    for each in options:
        if any(flag in parser._option_string_actions for flag in each.flags):
            left.append(each.name)
        else:
            _add(group, each)
    if left:
        group.description = f'only by --params: {", ".join(left)}'


def _add(group: argparse._ArgumentGroup, option: SchemaOption) -> None:
    # Help is a format for argparse.
    said: dict[str, Any] = {'help': option.help.replace('%', '%%'), 'dest': f'param:{option.name}'}
    if option.type == 'boolean':
        said |= {'action': argparse.BooleanOptionalAction}
    else:
        said |= {'metavar': option.name.rpartition('_')[2].upper(), 'type': _reader(option)}
    group.add_argument(option.flag, default=argparse.SUPPRESS, **said)


def params_of(found: argparse.Namespace) -> dict[str, Any]:
    """Return the parameters that were given as options."""
    given = vars(found)
    return {
        name.removeprefix('param:'): value
        for name, value in given.items()
        if name.startswith('param:')
    }


def check(command: str, schema: Mapping[str, Any], params: Mapping[str, Any]) -> None:
    """Refuse parameters that the schema does not allow, as far as it is about single values.

    Raises:
        ContractError: It does not; names field, value and limit.
    """
    options = {each.name: each for each in options_of(schema)}
    for name, value in params.items():
        if name in options:
            options[name].check(value)
        elif schema.get('additionalProperties') is False:
            known = ', '.join(options) or 'none'
            raise UnknownParameter(parameter=name, command=command, known=known)
    for each in options.values():
        if each.is_required and each.name not in params:
            raise ContractError(detail=f"{each.flag} is missing; '{command}' needs it")


def read_value(text: str) -> Any:
    """Return what a text says in YAML, and so in JSON.

    Raises:
        ContractError: It says nothing.
    """
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as error:
        reason = ' '.join(str(error).split())
        raise ContractError(detail=f'{text!r} is no YAML: {reason}') from error


def _plain(schema: Mapping[str, Any], shared: Mapping[str, Any]) -> dict[str, Any]:
    """Return a schema with its reference followed, and what it else is where it may be null."""
    found = dict(schema)
    if reference := found.pop('$ref', ''):
        found = {**shared.get(reference.rpartition('/')[2], {}), **found}
    kinds = [each for each in found.get('anyOf', ()) if each.get('type') != 'null']
    if len(kinds) == 1:
        del found['anyOf']
        found = {**_plain(kinds[0], shared), **found}
    return found


def _may_be_null(schema: Mapping[str, Any]) -> bool:
    return any(each.get('type') == 'null' for each in schema.get('anyOf', ()))


def _reader(option: SchemaOption) -> Any:
    """Return what reads the option's text: as it stands for text, else as YAML."""

    def read(text: str) -> Any:
        if option.type == 'string':
            return text
        if option.type in ('number', 'integer'):
            return _number(text)
        try:
            return read_value(text)
        except ContractError as error:
            raise argparse.ArgumentTypeError(str(error)) from error

    return read


def _number(text: str) -> int | float | str:
    with contextlib.suppress(ValueError):
        return int(text)
    with contextlib.suppress(ValueError):
        return float(text)
    return text  # refused later, with the option's name and what it must be


def _can_be_compared(key: str, value: Any) -> bool:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return is_number if 'imum' in key else isinstance(value, str | list)
