"""Commands that are forwarded to an action or a service that exists already: their YAML contract.

See docs/forward.md. What talks to the servers is given from outside: `Endpoint`.
"""

from __future__ import annotations

import json
import math
import operator
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal, Protocol, cast

import yaml
from pydantic import (
    BaseModel,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
    create_model,
)

from orchestrator_ren.commands.command import Command, CommandContext, Prediction
from orchestrator_ren.errors import ConfigurationError

NAME = re.compile(r'[a-z][a-z0-9_]{0,63}')
BASE = 'base'
"""The resource that whatever moves the base needs for itself alone."""

SOURCE = 'forward_file'
"""Where `list_commands` says that they come from."""

RESERVED = {'command', 'executed'}
"""Keys of every ticket's result."""

_TYPES: dict[str, type] = {'float': float, 'int': int, 'bool': bool, 'str': str}

Number = StrictInt | StrictFloat | None


class ForwardParameter(BaseModel, extra='forbid'):
    """A parameter that tickets of the command have; required where it has no default."""

    type: Literal['float', 'int', 'bool', 'str']
    default: Any = None
    description: StrictStr = ''
    ge: Number = None
    gt: Number = None
    le: Number = None
    lt: Number = None

    @property
    def bounds(self) -> dict[str, Any]:
        """The bounds it has, by their names."""
        given = {'ge': self.ge, 'gt': self.gt, 'le': self.le, 'lt': self.lt}
        return {name: limit for name, limit in given.items() if limit is not None}

    def sample(self) -> Any:
        """Return its default, or some value within its bounds if there is one."""
        convert = _TYPES[self.type]
        if self.default is not None:
            return convert(self.default)
        limits = list(self.bounds.values())
        near = [limit + step for limit in limits for step in (0, 1, -1)]
        middle = sum(limits) / max(1, len(limits))
        values = [convert(each) for each in (0, *near, middle)] if limits else [convert()]
        return next(filter(self.takes, values), values[0])

    def takes(self, value: Any) -> bool:
        """Return whether a value of its type is within its bounds, and finite."""
        if isinstance(value, float) and not math.isfinite(value):
            return False
        return all(getattr(operator, name)(value, limit) for name, limit in self.bounds.items())


class ForwardProgress(BaseModel, extra='forbid'):
    """The field of the feedback that tells how far the goal is."""

    field: StrictStr
    kind: Literal['fraction', 'percent', 'remaining']

    def share(self, now: float, most: float) -> float:
        """Return the progress [0-1].

        Args:
            now: What the feedback says: a part of 1, of 100, or what is left.
            most: The largest that it has said.
        """
        if self.kind == 'remaining':
            return 1.0 - now / most if most > 0.0 else 0.0
        return now if self.kind == 'fraction' else now / 100.0


class ForwardContract(BaseModel, extra='forbid'):
    """One command as the YAML file describes it; docs/forward.md explains each field."""

    description: StrictStr
    action: StrictStr = ''
    service: StrictStr = ''
    endpoint: StrictStr
    parameters: dict[str, ForwardParameter] = Field(default_factory=dict)
    request: dict[str, Any] = Field(default_factory=dict)
    result: dict[str, StrictStr] = Field(default_factory=dict)
    succeeded_when: dict[str, Any] = Field(default_factory=dict)
    progress: ForwardProgress | None = None
    resources: list[StrictStr] = Field(default_factory=list)
    shared_resources: list[StrictStr] = Field(default_factory=list)
    moves: StrictBool = False
    interlocked: StrictBool = False
    retriable: StrictBool = False
    timeout_seconds: float = Field(5.0, gt=0.0, le=3600.0)

    def filled_request(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """Return the request's values by field path, with the parameters put in."""
        return cast('dict[str, Any]', _filled(self.request, params))

    def samples(self) -> dict[str, Any]:
        """Return the default or another good value of each parameter."""
        return {name: each.sample() for name, each in self.parameters.items()}

    def sample_request(self) -> dict[str, Any]:
        """Return a request with `samples` put in."""
        return self.filled_request(self.samples())

    def unmet(self, found: Mapping[str, Any]) -> str:
        """Return which field does not have its value of `succeeded_when`; empty = none.

        Args:
            found: What the result has in these fields.
        """
        for path, wanted in self.succeeded_when.items():
            if found[path] != wanted:
                return f'{path} must be {json.dumps(wanted)}'
        return ''


class Endpoint(Protocol):
    """The server that a command is forwarded to."""

    def check(self, request: Mapping[str, Any]) -> None:
        """Raise ContractError if the request's message does not take a value."""

    async def call(self, request: Mapping[str, Any], context: CommandContext) -> dict[str, Any]:
        """Have the server do it, and return the mapped result.

        Raises:
            ForwardError: It is not there, refuses, fails, or does not answer.
        """
        ...


class Forward(Command[BaseModel]):
    """A command that an existing server carries out; made by `forward_command`."""

    def __init__(self, contract: ForwardContract, endpoint: Endpoint) -> None:
        self._contract = contract
        self._endpoint = endpoint

    def parse(self, given: Mapping[str, Any]) -> BaseModel:
        """Return the validated parameters, which the request's fields take too."""
        params = super().parse(given)
        self._endpoint.check(self._contract.filled_request(dict(params)))
        return params

    def predict(self, params: BaseModel) -> Prediction:
        """Return nothing: only the server knows."""
        return Prediction()

    async def run(self, params: BaseModel, context: CommandContext) -> dict[str, Any]:
        """Have the server do it."""
        return await self._endpoint.call(self._contract.filled_request(dict(params)), context)


def forward_command(name: str, contract: ForwardContract, endpoint: Endpoint) -> Forward:
    """Return the command of that contract."""
    attributes = {
        'name': name,
        'description': contract.description,
        'params_type': _params_type(name, contract.parameters),
        'resources': frozenset(contract.resources),
        'shared_resources': frozenset(contract.shared_resources),
        'moves': contract.moves,
        'interlocked': contract.interlocked,
        'retriable': contract.retriable,
        'source': SOURCE,
        '__doc__': contract.description,
        '__module__': __name__,
    }
    return cast('Forward', type(f'Forward_{name}', (Forward,), attributes)(contract, endpoint))


def load_contracts(path: Path) -> dict[str, ForwardContract]:
    """Return the contracts in a file, by the names of their commands.

    Raises:
        ConfigurationError: It cannot be read, or something in it is wrong.
    """
    try:
        text = path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigurationError(
            field='forward_file', value=f"'{path}'", limit=f'a file that can be read ({error})'
        ) from error
    return parse_contracts(text, str(path))


def parse_contracts(text: str, source: str) -> dict[str, ForwardContract]:
    """Return the contracts in a YAML document, by the names of their commands.

    Args:
        text: The document; an empty one has none.
        source: What errors call it.

    Raises:
        ConfigurationError: Something in it is wrong; names file, command and field.
    """
    try:
        content = _with_text_keys(yaml.safe_load(text) or {})
        file = _File(**content) if isinstance(content, dict) else None
    except yaml.YAMLError as error:
        words = ' '.join(str(error).split())
        raise ConfigurationError(field=source, value='no YAML', limit=f'YAML: {words}') from error
    except ValidationError as error:
        raise _translated(content, error, source) from error
    if file is None:
        raise ConfigurationError(field=source, value=_shown(content), limit='a mapping')
    for name, contract in file.commands.items():
        for field, value, limit in _contradictions(name, contract):
            place = f'{source}: commands.{name}{field}'
            raise ConfigurationError(field=place, value=_shown(value), limit=limit)
    return file.commands


class _File(BaseModel, extra='forbid'):
    commands: dict[str, ForwardContract] = Field(default_factory=dict)


class _Params(BaseModel, extra='forbid'):
    """Parameters of a forwarded command."""


def _params_type(name: str, parameters: Mapping[str, ForwardParameter]) -> type[BaseModel]:
    fields: dict[str, Any] = {
        each: (
            _TYPES[parameter.type],
            Field(
                ... if parameter.default is None else parameter.sample(),
                description=parameter.description,
                **parameter.bounds,
            ),
        )
        for each, parameter in parameters.items()
    }
    return create_model(f'{name}_params', __base__=_Params, **fields)


def _filled(value: Any, params: Mapping[str, Any]) -> Any:
    """Return the value with each '$name' in it replaced; '$$' begins a text that is meant so."""
    if isinstance(value, dict):
        return {key: _filled(each, params) for key, each in value.items()}
    if isinstance(value, list):
        return [_filled(each, params) for each in value]
    if isinstance(value, str) and value.startswith('$'):
        return value[1:] if value.startswith('$$') else params[value[1:]]
    return value


def _names_in(value: Any) -> Iterator[str]:
    """Yield the parameters that a value of a request names."""
    if isinstance(value, (dict, list)):
        for each in value.values() if isinstance(value, dict) else value:
            yield from _names_in(each)
    elif isinstance(value, str) and value.startswith('$') and not value.startswith('$$'):
        yield value[1:]


def _contradictions(name: str, contract: ForwardContract) -> Iterator[tuple[str, Any, str]]:
    """Yield what is wrong though each field by itself is right: field, value, what it must be."""
    if not NAME.fullmatch(name):
        yield '', name, 'called by a small letter, then up to 63 of a-z, 0-9 and _'
    if bool(contract.action) == bool(contract.service):
        value = contract.action and f'{contract.action} and {contract.service}'
        yield '.action or service', value, 'one of the two'
    for each, parameter in contract.parameters.items():
        yield from _parameter_contradictions(each, parameter)
    for path, value in contract.request.items():
        for unknown in sorted(set(_names_in(value)) - set(contract.parameters)):
            known = ', '.join(f'${each}' for each in contract.parameters) or 'none'
            yield f'.request.{path}', f'${unknown}', f'a literal, or one of: {known}'
    for key in sorted(RESERVED & set(contract.result)):
        yield f'.result.{key}', key, f'another key than {", ".join(sorted(RESERVED))}'
    if contract.service and contract.progress:
        yield '.progress', contract.progress.field, 'left out: a service has no feedback'
    if contract.moves and BASE not in contract.resources:
        yield '.resources', contract.resources, f"with '{BASE}', for it moves the base"
    for each in sorted(set(contract.resources) & set(contract.shared_resources)):
        yield '.shared_resources', each, 'left out here, for it is in resources'


def _parameter_contradictions(
    name: str, parameter: ForwardParameter
) -> Iterator[tuple[str, Any, str]]:
    field = f'.parameters.{name}'
    if not name.isidentifier() or name in RESERVED or _is_of_pydantic(name):
        yield field, name, 'called otherwise: that name is taken, or not an identifier'
    if parameter.type in ('bool', 'str'):
        for bound, limit in parameter.bounds.items():
            yield f'{field}.{bound}', limit, 'left out: only numbers have bounds'
    kinds = (int, float) if parameter.type == 'float' else (_TYPES[parameter.type],)
    if parameter.default is not None and type(parameter.default) not in kinds:
        yield f'{field}.default', parameter.default, f'of type {parameter.type}'
    elif not parameter.takes(parameter.sample()):
        words = ', '.join(f'{bound} {limit}' for bound, limit in parameter.bounds.items())
        part = '' if parameter.default is None else '.default'
        yield f'{field}{part}', parameter.sample(), f'finite, and possible within: {words}'


def _is_of_pydantic(name: str) -> bool:
    return hasattr(BaseModel, name) or name.startswith(('_', 'model_'))


_EXPECTED = {
    'commands': 'a mapping of commands by their names',
    'parameters': 'a mapping of parameters by their names',
    'request': 'a mapping of field paths to values',
    'result': 'a mapping of keys to field paths',
    'succeeded_when': 'a mapping of field paths to values',
    'progress': 'a mapping with field and kind',
    'type': 'one of: ' + ', '.join(_TYPES),
    'kind': 'one of: fraction, percent, remaining',
    'resources': 'a list of texts',
    'shared_resources': 'a list of texts',
    'moves': 'true or false',
    'interlocked': 'true or false',
    'timeout_seconds': 'a number of seconds, more than 0 and at most 3600',
    **dict.fromkeys(('ge', 'gt', 'le', 'lt'), 'a number'),
}
"""What a field must be that pydantic refused, whose words differ between 1 and 2."""


def _translated(content: Any, error: ValidationError, source: str) -> ConfigurationError:
    """Return our error for the first of pydantic's."""
    first = error.errors()[0]
    path: list[str] = []
    value = content
    for part in first['loc']:
        if isinstance(value, dict):
            path.append(str(part))
            value = value.get(part)
    kind = str(first['type'])
    shown = _shown(value)
    limit = _EXPECTED.get(path[-1], 'text')
    if kind.endswith('missing'):
        shown, limit = 'missing', 'given'
    elif 'extra' in kind:
        shown, limit = 'unknown', 'left out, or spelt otherwise'
    elif path[-2:-1] and path[-2] in ('commands', 'parameters'):
        limit = 'a mapping of its fields'
    return ConfigurationError(field=f'{source}: {".".join(path)}', value=shown, limit=limit)


def _with_text_keys(value: Any) -> Any:
    """Return the document with texts for keys: YAML reads some words as numbers or booleans."""
    if isinstance(value, dict):
        return {str(key): _with_text_keys(each) for key, each in value.items()}
    return [_with_text_keys(each) for each in value] if isinstance(value, list) else value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
