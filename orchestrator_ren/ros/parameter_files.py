"""Are parameter files for the nodes of this process? ROS says nothing of names that it passes by.

A file may be shared by many programs, and a launch file gives it to each: that it names others
too is no fault. But who writes a name that is nearly a node's, or a node's in another namespace,
means that node; a limit that does not count must not go unnoticed.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from orchestrator_ren.errors import ArgumentInvalid, ParameterFileInvalid

VALUES = 'ros__parameters'

OURS = ('orchestrator', 'cmd_vel_gate', 'sim_robot', 'turtlesim_odometry')
"""The nodes of this package: a file for one of them is often given to all."""

ALIKE = 0.87
"""From here on, two names are one that is misspelt [0 to 1, as difflib has it]."""


@dataclass(frozen=True)
class ParameterFile:
    """What a file says whom its values are for.

    Attributes:
        path: As given.
        names: Of nodes, in full; with ROS's wildcards.
        parameters: Names of all their parameters.
    """

    path: str
    names: tuple[str, ...]
    parameters: frozenset[str] = frozenset()


@dataclass(frozen=True)
class NodeName:
    """A node of this process.

    Attributes:
        full: Its name with its namespace.
        original: Its name where nobody has given it another one.
    """

    full: str
    original: str

    @property
    def words(self) -> set[str]:
        """What people may call it, without a namespace."""
        return {_last(self.full), self.original}


def read(path: str) -> ParameterFile:
    """Return what the file says.

    Raises:
        ParameterFileInvalid: It cannot be read, or is no YAML mapping.
    """
    try:
        with open(path, encoding='utf-8') as file:
            # Values are left as text: what Python makes of one that ROS takes is not asked here.
            found = list(yaml.load_all(file, Loader=yaml.BaseLoader))
    except (OSError, UnicodeError, yaml.YAMLError) as error:
        reason = ' '.join(str(error).split())
        raise ParameterFileInvalid(path=path, detail=f'it cannot be read: {reason}') from error
    trees = [each for each in found if each]
    if not all(isinstance(each, dict) for each in trees):
        raise ParameterFileInvalid(path=path, detail='it has no names of nodes with parameters')
    nodes = [node for each in trees for node in _nodes(each)]
    parameters = frozenset(name for _, values in nodes for name in values)
    return ParameterFile(path, tuple(name for name, _ in nodes), parameters)


def check(file: ParameterFile, nodes: Sequence[NodeName], known: Collection[str] = ()) -> str:
    """Return what people should know of a file that may be for others; empty = all is well.

    Args:
        file: As given to this process.
        nodes: All that are in it.
        known: Their parameters.

    Raises:
        ParameterFileInvalid: Somebody meant one of the nodes, and missed.
    """
    for node in nodes:
        _refuse_near(file, node)
    if any(_is_for(name, node.full) for name in file.names for node in nodes):
        return ''
    named = ', '.join(file.names) or 'no node'
    here = ' and '.join(node.full for node in nodes)
    detail = f'it names {named}; nothing of it is for {here}'
    here_too = ' or '.join(f'/**/{_last(node.full)}' for node in nodes)
    if any(_last(name) not in OURS for name in file.names) and file.parameters & set(known):
        limit = min(file.parameters & set(known))
        words = f'{detail}, also not {limit}; write {here_too}'
        raise ParameterFileInvalid(path=file.path, detail=words)
    return f'parameter file {file.path}: {detail}, which would be {here_too}'


def check_override(rule: str, nodes: Sequence[NodeName]) -> None:
    """Refuse `NODE:NAME:=VALUE` of the command line for a node that is not here.

    Raises:
        ArgumentInvalid: It is not.
    """
    name, _, rest = rule.partition(':=')[0].rpartition(':')
    if name and not any(_is_for(f'/{name.strip("/")}', node.full) for node in nodes):
        here = ' and '.join(node.full for node in nodes)
        raise ArgumentInvalid(detail=f'-p {name}:{rest} is for no node here, which are {here}')


def _refuse_near(file: ParameterFile, node: NodeName) -> None:
    """Refuse a file that nearly names the node."""
    if any(_is_for(name, node.full) for name in file.names if _last(name) in node.words):
        return
    others = set(OURS) - node.words
    if any(_is_for(name, node.full) for name in file.names):  # by a wildcard, say
        others |= {_last(name) for name in file.names if name.count('/') > 1}
    last = {_last(name): name for name in file.names if _last(name) not in others}
    near = [
        last[each]
        for word in sorted(node.words)
        for each in difflib.get_close_matches(word, last, cutoff=ALIKE)
    ]
    if near:
        detail = f'it names {near[0]}, and the node here is {node.full}: {_advice(node)}'
        raise ParameterFileInvalid(path=file.path, detail=detail)


def _advice(node: NodeName) -> str:
    return f'write {node.full}, or /**/{_last(node.full)} for any namespace'


def _nodes(tree: dict[Any, Any], above: str = '') -> Iterator[tuple[str, Collection[str]]]:
    """Yield the nodes of a file, with the names of their parameters."""
    for key, below in tree.items():
        if key == VALUES:
            yield above or '/', below if isinstance(below, dict) else ()
        elif isinstance(below, dict):
            yield from _nodes(below, f'{above}/{str(key).strip("/")}')


def _last(name: str) -> str:
    return name.rpartition('/')[2]


def _is_for(name: str, node: str) -> bool:
    """Whether ROS gives the node what is said of the name. Source: rclpy 7.1, node.cpp."""
    pattern = re.escape(name).replace(r'/\*\*', r'(/\w+)*').replace(r'/\*', r'(/\w+)')
    return re.fullmatch(pattern, node) is not None
