"""Which robot a ticket is for, and what that one must have."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass

from orchestrator_ren.errors import CapabilityMissing, OutOfRange

ANY = 'any'
"""Instead of a name: the first robot that is free and can."""

ALL = '*'
"""Instead of a name, in lists: all robots of the store."""

MAX_ROBOT_CHARACTERS = 64
MAX_CAPABILITIES = 16

_ROBOT = re.compile(r'[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)*', re.ASCII)
_CAPABILITY = re.compile(r'[A-Za-z0-9_.-]{1,64}', re.ASCII)


@dataclass(frozen=True)
class RobotIdentity:
    """The robot of an orchestrator.

    Attributes:
        name: By which the store knows it.
        capabilities: What it has, in order.
        is_in_fleet: Whether its store is one of many robots.
    """

    name: str
    capabilities: tuple[str, ...] = ()
    is_in_fleet: bool = False

    def has_all(self, needed: Collection[str]) -> bool:
        """Whether it has all of these capabilities."""
        return set(needed) <= set(self.capabilities)


def checked_robot(name: str, field: str) -> str:
    """Return the name of a robot.

    Raises:
        OutOfRange: It cannot be one.
    """
    if name in (ANY, ALL) or len(name) > MAX_ROBOT_CHARACTERS or not _ROBOT.fullmatch(name):
        limit = (
            f'1 to {MAX_ROBOT_CHARACTERS} letters, digits and _ . -, with a / between parts, and'
            f" not '{ANY}'"
        )
        raise OutOfRange(field=field, value=repr(name[:80]), limit=limit)
    return name


def checked_capabilities(names: Sequence[str], field: str) -> tuple[str, ...]:
    """Return the names of capabilities in order, each once.

    Raises:
        OutOfRange: They are too many, or one cannot be one.
    """
    for name in names:
        if not _CAPABILITY.fullmatch(name):
            limit = '1 to 64 letters, digits and _ . -'
            raise OutOfRange(field=f'one of {field}', value=repr(name[:80]), limit=limit)
    found = tuple(sorted(set(names)))
    if len(found) > MAX_CAPABILITIES:
        limit = f'at most {MAX_CAPABILITIES}'
        raise OutOfRange(field=f'the number of {field}', value=len(found), limit=limit)
    return found


def assigned(robot: str, capabilities: tuple[str, ...], mine: RobotIdentity) -> tuple[str, bool]:
    """Return whose a new ticket is, and whether it is for any.

    Args:
        robot: As asked for.
        capabilities: What it must have.
        mine: The robot that is asked.

    Raises:
        OutOfRange: It is no name of a robot.
        CapabilityMissing: The robot that is asked, and meant, has not all of them.
    """
    if robot == ANY and mine.is_in_fleet:
        return '', True
    if robot not in ('', ANY, mine.name):
        return checked_robot(robot, 'robot'), False
    refuse_missing(mine.name, mine.capabilities, capabilities)
    return mine.name, False


def refuse_missing(robot: str, has: Collection[str], needed: Collection[str]) -> None:
    """Refuse a ticket for a robot that has not all that it needs.

    Raises:
        CapabilityMissing: It has not.
    """
    missing = [each for each in needed if each not in has]
    if missing:
        raise CapabilityMissing(
            robot=robot, missing=', '.join(missing), has=', '.join(has) or 'none'
        )


def robot_of_list(robot: str, mine: RobotIdentity) -> str | None:
    """Return whose tickets a list is to show; empty = for any, and taken by none; None = all.

    Raises:
        OutOfRange: It is no name of a robot.
    """
    if robot == ALL or (not mine.is_in_fleet and robot in ('', mine.name)):
        return None
    if robot == ANY:
        return ''
    return checked_robot(robot, 'robot') if robot else mine.name
