"""The place a simulated robot drives in: walls and obstacles, read from a YAML file.

Lengths are metres and angles radians (REP-103); every wall and obstacle stands on the floor.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any, NamedTuple, cast

import yaml
from pydantic import BaseModel, Field, ValidationError

from orchestrator_ren.errors import WorldError

FARTHEST_M = 10_000.0
THINNEST_M = 0.05


class Pose(NamedTuple):
    """Where something stands on the floor and which way it faces."""

    x_m: float
    y_m: float
    yaw_rad: float


class Block(NamedTuple):
    """A cuboid on the floor, centred on (x, y), `length_m` along its own x axis."""

    x_m: float
    y_m: float
    yaw_rad: float
    length_m: float
    width_m: float
    height_m: float


class Start(BaseModel, extra='forbid'):
    """Where the robot stands at first, facing `yaw_rad` [rad], counter-clockwise from +x."""

    x_m: float = Field(default=0.0, ge=-FARTHEST_M, le=FARTHEST_M)
    y_m: float = Field(default=0.0, ge=-FARTHEST_M, le=FARTHEST_M)
    yaw_rad: float = Field(default=0.0, ge=-7.0, le=7.0)


class Wall(BaseModel, extra='forbid'):
    """A straight wall from (x1, y1) to (x2, y2).

    Thickness and robot speed are matched: at 3.5 m/s and 5 ms steps a base moves 2 cm a step and
    cannot jump over the thinnest wall.
    """

    name: str = Field(min_length=1)
    x1_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    y1_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    x2_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    y2_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    thickness_m: float = Field(default=0.2, ge=THINNEST_M, le=10.0)
    height_m: float = Field(default=2.5, gt=0.0, le=100.0)

    @property
    def block(self) -> Block:
        """What it takes of the floor; longer by its thickness, so that corners are closed."""
        along_x_m, along_y_m = self.x2_m - self.x1_m, self.y2_m - self.y1_m
        return Block(
            (self.x1_m + self.x2_m) / 2,
            (self.y1_m + self.y2_m) / 2,
            math.atan2(along_y_m, along_x_m),
            math.hypot(along_x_m, along_y_m) + self.thickness_m,
            self.thickness_m,
            self.height_m,
        )


class Box(BaseModel, extra='forbid'):
    """A rectangular obstacle centred on (x, y), `length_m` along its own x axis."""

    name: str = Field(min_length=1)
    x_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    y_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    length_m: float = Field(ge=THINNEST_M, le=FARTHEST_M)
    width_m: float = Field(ge=THINNEST_M, le=FARTHEST_M)
    yaw_rad: float = Field(default=0.0, ge=-7.0, le=7.0)
    height_m: float = Field(default=1.0, gt=0.0, le=100.0)

    @property
    def block(self) -> Block:
        """What it takes of the floor."""
        return Block(self.x_m, self.y_m, self.yaw_rad, self.length_m, self.width_m, self.height_m)


class Cylinder(BaseModel, extra='forbid'):
    """A round obstacle centred on (x, y)."""

    name: str = Field(min_length=1)
    x_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    y_m: float = Field(ge=-FARTHEST_M, le=FARTHEST_M)
    radius_m: float = Field(ge=THINNEST_M / 2, le=FARTHEST_M)
    height_m: float = Field(default=1.0, gt=0.0, le=100.0)


class World(BaseModel, extra='forbid'):
    """Everything a robot can start from and run into."""

    start: Start = Start()
    walls: list[Wall] = Field(default_factory=list)
    boxes: list[Box] = Field(default_factory=list)
    cylinders: list[Cylinder] = Field(default_factory=list)

    @property
    def blocks(self) -> list[Block]:
        """What of it is a cuboid: walls and boxes."""
        return [*(wall.block for wall in self.walls), *(box.block for box in self.boxes)]


def parse_world(text: str, source: str) -> World:
    """Read a world from YAML.

    Args:
        text: the YAML document; an empty one is an open floor.
        source: what the error messages call it, usually the path of the file.

    Raises:
        WorldError: the text is no YAML, or a field is missing, unknown or out of range.
    """
    try:
        content = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise WorldError(detail=f'{source}: not YAML: {error}') from error
    if content is None:
        content = {}
    if not isinstance(content, dict):
        raise WorldError(detail=f'{source}: a world is a mapping of fields, not {content!r}')
    return _validated(content, source)


def load_world(path: Path) -> World:
    """Read a world file.

    Raises:
        WorldError: the file cannot be read, or its content is not a world.
    """
    try:
        text = path.read_text(encoding='utf-8')
    except (OSError, UnicodeDecodeError) as error:
        raise WorldError(detail=f'{path}: cannot be read: {error}') from error
    return parse_world(text, str(path))


def _validated(content: dict[str, Any], source: str) -> World:
    # The keys of a YAML mapping may be numbers; as keyword arguments they must be text.
    fields = {str(key): value for key, value in content.items()}
    try:
        world = World(**fields)
    except ValidationError as error:
        problems = '; '.join(_described(fields, error))
        raise WorldError(detail=f'{source}: {problems}') from error
    problem = next(_contradictions(world), None)
    if problem is not None:
        raise WorldError(detail=f'{source}: {problem}')
    return world


def _described(fields: dict[str, Any], error: ValidationError) -> Iterator[str]:
    for problem in error.errors():
        place = problem['loc']
        field = '.'.join(str(part) for part in place)
        value = _value_at(fields, place)
        given = '' if value is None else f' (got {value!r})'
        yield f'{field}: {problem["msg"]}{given}'


def _value_at(fields: dict[str, Any], place: tuple[int | str, ...]) -> Any:
    try:
        return reduce(getitem, place, cast('Any', fields))
    except (KeyError, IndexError, TypeError):
        return None


def _contradictions(world: World) -> Iterator[str]:
    things: list[Wall | Box | Cylinder] = [*world.walls, *world.boxes, *world.cylinders]
    names: set[str] = set()
    for thing in things:
        if thing.name in names:
            yield f'name: two things are called {thing.name!r}'
        names.add(thing.name)
    for index, wall in enumerate(world.walls):
        if (wall.x1_m, wall.y1_m) == (wall.x2_m, wall.y2_m):
            yield f'walls.{index}: {wall.name!r} ends where it begins, at {wall.x1_m, wall.y1_m}'
