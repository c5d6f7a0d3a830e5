"""Commands of other packages: Python entry points of the group `orchestrator_ren.commands`.

An entry point names a subclass of `Command`, or a function that returns one command or several;
both are called without arguments. What is broken is left out and told; the rest is there.
"""

from __future__ import annotations

import inspect
import json
import re
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass
from importlib import metadata
from importlib.metadata import Distribution, EntryPoint
from typing import Any, TypeVar, get_type_hints

from pydantic import BaseModel

from orchestrator_ren.commands.command import Command
from orchestrator_ren.commands.handed_over import MAX_RESOURCE_CHARACTERS, MAX_RESOURCES
from orchestrator_ren.commands.schema import json_schema
from orchestrator_ren.errors import shown as words_of
from orchestrator_ren.tickets.recovery import RecoveryPolicy

GROUP = 'orchestrator_ren.commands'

_NAME = re.compile(r'[a-z][a-z0-9_]{0,63}')
_MAX_DESCRIPTION_CHARACTERS = 1000
_MAX_SCHEMA_BYTES = 65536

ResultT = TypeVar('ResultT')

_KINDS: dict[str, type] = {
    'name': str,
    'description': str,
    'params_type': type,
    'resources': frozenset,
    'shared_resources': frozenset,
    'moves': bool,
    'interlocked': bool,
    'retriable': bool,
    'is_urgent': bool,
    'stops': bool,
    'recovery': RecoveryPolicy,
}
"""What each attribute of a command must be."""


@dataclass(frozen=True)
class BrokenPlugin:
    """An entry point, or one of its commands, that was left out.

    Attributes:
        name: Of the entry point; empty = its distribution has entry points nobody can read.
        value: What it names: `package.module:Class`.
        distribution: That it came with; empty = not known.
        reason: A sentence without its full stop.
    """

    name: str
    value: str
    distribution: str
    reason: str

    def __str__(self) -> str:
        return f"plug-in '{self.name}' ({self.value}) of {self.distribution or '?'}: {self.reason}"


class _Unusable(Exception):
    """An entry point that gives no commands; the text says why."""


def discover(taken: Collection[str]) -> tuple[list[Command[Any]], list[BrokenPlugin]]:
    """Return the commands of the plug-ins installed, and the plug-ins that are broken.

    Each command's `source` is set to the distribution it came with. Of several commands of one
    name the first counts, in the order of the names of their entry points. Imports the plug-ins,
    which may take as long as they like; call it once.

    Args:
        taken: Names that no plug-in can have.
    """
    entry_points, broken = _entry_points()
    commands: dict[str, Command[Any]] = {}
    for entry_point in sorted(entry_points, key=_order):
        made, reason = _made(entry_point)
        if reason:
            broken.append(_broken(entry_point, reason))
        for each in made:
            defect = _defect(each, {*taken, *commands})
            if defect:
                broken.append(_broken(entry_point, defect))
            else:
                # Not plain assignment: a command may be a frozen dataclass.
                object.__setattr__(each, 'source', _name_of(entry_point.dist) or GROUP)
                commands[each.name] = each
    return list(commands.values()), broken


def _entry_points() -> tuple[list[EntryPoint], list[BrokenPlugin]]:
    """Return all of our group; a distribution that nobody can read hides no other."""
    try:
        return list(metadata.entry_points(group=GROUP)), []
    except Exception:  # one bad line in one distribution's entry_points.txt is enough
        found: list[EntryPoint] = []
        broken: list[BrokenPlugin] = []
        for each in metadata.distributions():
            readable, reason = _entry_points_of(each)
            found += readable
            if reason:
                broken.append(BrokenPlugin('', '', _name_of(each), reason))
        return found, broken


def _entry_points_of(distribution: Distribution) -> tuple[list[EntryPoint], str]:
    """Return those of our group, or why they cannot be read."""
    if GROUP not in (distribution.read_text('entry_points.txt') or ''):
        return [], ''
    try:
        return list(distribution.entry_points.select(group=GROUP)), ''
    except Exception as error:
        return [], f'its entry_points.txt cannot be read: {_told(error)}'


def _name_of(distribution: Distribution | None) -> str:
    """Return its name; empty = it has none, being a folder that no installer made."""
    try:
        return (distribution.metadata['Name'] or '') if distribution else ''
    except Exception:
        return ''


def _order(entry_point: EntryPoint) -> tuple[str, str, str]:
    return entry_point.name, _name_of(entry_point.dist), entry_point.value


def _broken(entry_point: EntryPoint, reason: str) -> BrokenPlugin:
    name, value = entry_point.name, entry_point.value
    return BrokenPlugin(name, value, _name_of(entry_point.dist), reason)


def _made(entry_point: EntryPoint) -> tuple[list[Any], str]:
    """Return what the entry point gives, still unchecked, or why it gives nothing."""
    try:
        loaded = _tried('importing', entry_point.load)
        return _tried('calling', lambda: _called(loaded)), ''
    except _Unusable as error:
        return [], str(error)


def _tried(doing: str, step: Callable[[], ResultT]) -> ResultT:
    """Return what a step through somebody else's code returns.

    Raises:
        _Unusable: It raised, be it SystemExit or the panic of an extension module.
        KeyboardInterrupt: Somebody wants this process to end.
    """
    try:
        return step()
    except (_Unusable, KeyboardInterrupt):
        raise
    except BaseException as error:
        raise _Unusable(f'{doing} it raised {_told(error)}') from error


def _called(loaded: Any) -> list[Any]:
    """Return what a class or function gives.

    Raises:
        _Unusable: It cannot give commands.
    """
    if inspect.isclass(loaded):
        if not issubclass(loaded, Command):
            raise _Unusable('its class is no subclass of Command')
        missing = ', '.join(sorted(loaded.__abstractmethods__))
        if missing:
            raise _Unusable(f'its class does not define {missing}')
    elif not callable(loaded):
        raise _Unusable(f'it names {_shown(loaded)}, which is neither a class nor a function')
    made = loaded()
    if isinstance(made, Command):
        return [made]
    if isinstance(made, Iterable) and not isinstance(made, (str, bytes)):
        return list(made)
    raise _Unusable(f'its function returned {_shown(made)}, which is no Command object')


def _defect(command: Any, taken: Collection[str]) -> str:
    """Return the first thing that is wrong with a command; empty = it can be used."""
    try:
        return _tried('checking', lambda: next(_defects(command, taken), ''))
    except _Unusable as error:
        return str(error)


def _defects(command: Any, taken: Collection[str]) -> Iterator[str]:
    if not isinstance(command, Command):
        yield f'its function returned {_shown(command)}, which is no Command object'
    for attribute, kind in _KINDS.items():
        if isinstance(inspect.getattr_static(command, attribute, None), property):
            yield f'its {attribute} is a property; it must be a value, which does not change'
        value = getattr(command, attribute, None)
        if value is None:
            yield f'its command has no {attribute}'
        if not isinstance(value, kind):
            yield f'its {attribute} is {_shown(value)}, which is no {kind.__name__}'
    if not _NAME.fullmatch(command.name):
        yield f'its name is {_shown(command.name)}; it must match {_NAME.pattern}'
    if command.name in taken:
        yield f"its name '{command.name}' is taken already"
    if not command.description.strip():
        yield 'its description is empty'
    if len(command.description) > _MAX_DESCRIPTION_CHARACTERS:
        size = len(command.description)
        yield f'its description has {size} characters; the limit is {_MAX_DESCRIPTION_CHARACTERS}'
    yield from _resource_defects(command)
    yield from _method_defects(command)
    yield from _params_defects(command.params_type)


def _resource_defects(command: Command[Any]) -> Iterator[str]:
    names = command.resources | command.shared_resources
    if len(names) > MAX_RESOURCES:
        yield f'it has {len(names)} resources; the limit is {MAX_RESOURCES}'
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= MAX_RESOURCE_CHARACTERS:
            limit = f'a text of 1 to {MAX_RESOURCE_CHARACTERS} characters'
            yield f'its resource {_shown(name)} is not {limit}'
    is_default = type(command).needs is Command.needs
    if command.moves and is_default and 'base' not in command.resources:
        yield "it moves, but 'base' is not among its resources"


def _method_defects(command: Command[Any]) -> Iterator[str]:
    if not inspect.iscoroutinefunction(command.run):
        yield 'its run is no coroutine function (`async def`, no `yield`)'
    if inspect.iscoroutinefunction(command.predict):
        yield 'its predict is async; it must be a plain function'
    if not _takes(command.run, 2):
        yield 'its run does not take two arguments: params, context'
    if not _takes(command.predict, 1):
        yield 'its predict does not take one argument: params'


def _takes(method: Callable[..., Any], count: int) -> bool:
    try:
        inspect.signature(method).bind(*range(count))
    except TypeError:
        return False
    return True


def _params_defects(params_type: type) -> Iterator[str]:
    if not issubclass(params_type, BaseModel):
        yield f'its params_type is {params_type.__name__}, which is no pydantic BaseModel'
    try:
        schema, hints = json_schema(params_type), get_type_hints(params_type)
    except Exception as error:
        yield f'its params_type has no JSON schema: {_told(error)}'
        return
    size = len(json.dumps(schema))
    if size > _MAX_SCHEMA_BYTES:
        limit = f'the limit is {_MAX_SCHEMA_BYTES}'
        yield f'its params_type has a JSON schema of {size} bytes; {limit}'
    if schema.get('additionalProperties') is not False:
        yield "its params_type does not forbid extra fields (extra='forbid')"
    for name in sorted(set(schema['properties']) - set(hints)):
        yield f"its parameter '{name}' is an alias; give the field itself that name"


def _told(error: BaseException) -> str:
    return words_of(error).removesuffix('.')


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
