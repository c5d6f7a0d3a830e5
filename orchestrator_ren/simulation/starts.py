"""Where the robots of a fleet stand at first: apart from each other, on the same floor.

The first stands at the world's own start; the others beside it where there is room, else behind
it, before it last, so that none is in the way of one that drives straight ahead.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterator

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.base import Base
from orchestrator_ren.simulation.world import Block, Cylinder, Pose, World

APART_M = 2.0
"""Least distance between the centres of two robots."""

MARGIN_M = 0.15
"""Least distance from a robot's body to a wall or an obstacle."""

GRID_M = 0.5
"""Below twice a robot's radius and margin: no wall fits between two neighbours of the grid."""

FARTHEST_CELLS = 200
"""Of the grid, in each direction: nobody looks farther for a place."""

COSTS = {(0, 1): 1, (0, -1): 1, (-1, 0): 2, (1, 0): 4}
"""Of a step of the grid, forward and left: what is reached at the least cost is taken first."""

Cell = tuple[int, int]
"""Of the grid: so many steps forward and to the left of the world's start."""


def start_poses(world: World, base: Base, count: int) -> list[Pose]:
    """Return where so many robots stand, all facing as the world's start does.

    Raises:
        WorldError: There is no room for so many.
    """
    found: list[Cell] = []
    for cell in _reached(world, base.radius_m + MARGIN_M):
        if all(math.dist(cell, each) * GRID_M >= APART_M for each in found):
            found.append(cell)
        if len(found) >= count:
            return [_pose(world, each) for each in found]
    raise WorldError(
        detail=f'start: {len(found)} robots have room around the start, {APART_M:g} m apart, and'
        f' not {count}; take fewer robots, or another world'
    )


def _reached(world: World, radius_m: float) -> Iterator[Cell]:
    """Yield the places that a disc of that radius gets to, the start first."""
    waiting, known = [(0, 0, (0, 0))], {(0, 0)}
    while waiting:
        cost, _, cell = heapq.heappop(waiting)
        yield cell
        for step, step_cost in COSTS.items():
            beside = (cell[0] + step[0], cell[1] + step[1])
            if beside in known or max(map(abs, beside)) > FARTHEST_CELLS:
                continue
            known.add(beside)
            if clearance_m(world, _pose(world, beside)) >= radius_m:
                heapq.heappush(waiting, (cost + step_cost, len(known), beside))


def _pose(world: World, cell: Cell) -> Pose:
    start = world.start
    cosine, sine = math.cos(start.yaw_rad), math.sin(start.yaw_rad)
    forward_m, leftward_m = cell[0] * GRID_M, cell[1] * GRID_M
    return Pose(
        start.x_m + cosine * forward_m - sine * leftward_m,
        start.y_m + sine * forward_m + cosine * leftward_m,
        start.yaw_rad,
    )


def clearance_m(world: World, pose: Pose) -> float:
    """Return how far it is to the nearest wall or obstacle [m]; 0 within one."""
    return min(
        (
            *(_to_block_m(each, pose) for each in world.blocks),
            *(_to_cylinder_m(each, pose) for each in world.cylinders),
        ),
        default=math.inf,
    )


def _to_block_m(block: Block, pose: Pose) -> float:
    east_m, north_m = pose.x_m - block.x_m, pose.y_m - block.y_m
    cosine, sine = math.cos(block.yaw_rad), math.sin(block.yaw_rad)
    along_m = abs(cosine * east_m + sine * north_m) - block.length_m / 2
    across_m = abs(cosine * north_m - sine * east_m) - block.width_m / 2
    return math.hypot(max(along_m, 0.0), max(across_m, 0.0))


def _to_cylinder_m(cylinder: Cylinder, pose: Pose) -> float:
    away_m = math.hypot(pose.x_m - cylinder.x_m, pose.y_m - cylinder.y_m)
    return max(0.0, away_m - cylinder.radius_m)
