"""Where what a robot keeps on disk is, and what a path means that somebody gave."""

from __future__ import annotations

import os
import re
from pathlib import Path

from orchestrator_ren.errors import ConfigurationError, FolderUnusable

_LATCH = '.e_stop.json'

_SHARED_LATCH = 'robot'
"""What older versions called the latch of the robot without a namespace, and that of /robot too:
nobody writes it any more, and which of the two wrote it cannot be told."""

_VARIABLE = re.compile(r'\$(?:(\w+)|\{([^}]*)\})', re.ASCII)


def robot_file(namespace: str, nameless: str, suffix: str) -> Path:
    """Return a file of that namespace, so that two robots never share one.

    Args:
        namespace: Of the node.
        nameless: The file's name, without suffix, for the robot that has no namespace. The
            namespace that is called so gets a name with a `-`, which no namespace has.
        suffix: With its dot.
    """
    robot = _robot(namespace)
    if robot == nameless:
        robot = f'namespace-{robot}'
    return _folder() / f'{robot or nameless}{suffix}'


def latch_file(namespace: str) -> Path:
    """Return the file of that namespace's latch."""
    if _robot(namespace):
        return robot_file(namespace, _SHARED_LATCH, _LATCH)
    return robot_file(namespace, 'no-namespace', _LATCH)


def keys_file() -> Path:
    """Return the file of the gateway's keys, where nobody gives another: of all robots."""
    return _folder() / 'http.keys'


def postgresql_folder() -> Path:
    """Return the folder of the PostgreSQL server of `ren up --fleet`: of all its robots.

    Its name has no robot's file: those have a suffix.
    """
    return _folder() / 'postgresql'


def former_latch_file(namespace: str) -> Path | None:
    """Return the file where older versions kept this latch, if others may have kept theirs there.

    Whoever has no file of his own yet has to take for his what it says.
    """
    may_be_mine = _robot(namespace) in ('', _SHARED_LATCH)
    return _folder() / f'{_SHARED_LATCH}{_LATCH}' if may_be_mine else None


def expanded(path: str, field: str) -> str:
    """Return the path with its `~` and `$VARIABLES` replaced, and absolute; empty stays empty.

    Args:
        path: As somebody wrote it.
        field: Where, for the error.

    Raises:
        ConfigurationError: A variable is not set, or a user not known.
    """
    return os.path.abspath(_replaced(path, field)) if path else ''


def expanded_or_name(path: str, field: str) -> str:
    """Return the same of a path; a plain name, such as that of a world, stays as it is."""
    replaced = _replaced(path, field)
    return os.path.abspath(replaced) if os.sep in replaced else replaced


def _replaced(path: str, field: str) -> str:
    for match in _VARIABLE.finditer(path):
        name = match[1] or match[2] or ''
        if name not in os.environ:
            limit = f'a path whose $VARIABLES are set; {match[0]} is not'
            raise ConfigurationError(field=field, value=repr(path), limit=limit)
    replaced = os.path.expanduser(os.path.expandvars(path))
    if replaced.startswith('~'):
        user = replaced.partition(os.sep)[0]
        limit = f'a path whose ~user is known; {user} is not'
        raise ConfigurationError(field=field, value=repr(path), limit=limit)
    return replaced


def _robot(namespace: str) -> str:
    return namespace.strip('/').replace('/', '.')


def _folder() -> Path:
    return ros_home() / 'orchestrator_ren'


def ros_home() -> Path:
    """Return the folder below which ROS keeps what it writes.

    Raises:
        FolderUnusable: Nobody says where it is.
    """
    if os.environ.get('ROS_HOME'):
        return Path(expanded(os.environ['ROS_HOME'], 'ROS_HOME'))
    if os.environ.get('HOME'):
        return Path(os.environ['HOME']).absolute() / '.ros'
    raise FolderUnusable(detail='neither ROS_HOME nor HOME is set', variable='ROS_HOME')
