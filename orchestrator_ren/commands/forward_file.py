"""The YAML file of forwarded commands, and what may be wrong with it; see docs/forward.md."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml
from pydantic import BaseModel, Field, ValidationError

from orchestrator_ren.commands.forward_contract import TYPES, ForwardContract, ForwardParameter
from orchestrator_ren.errors import ConfigurationError

NAME = re.compile(r'[a-z][a-z0-9_]{0,63}')
BASE = 'base'
"""The resource that whatever moves the base needs for itself alone."""

RESERVED = {'command', 'executed'}
"""Keys of every ticket's result."""


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
    kinds = (int, float) if parameter.type == 'float' else (TYPES[parameter.type],)
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
    'type': 'one of: ' + ', '.join(TYPES),
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
