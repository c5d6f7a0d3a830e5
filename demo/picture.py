"""The demo's picture: the world from above, and the way the robot took."""

from __future__ import annotations

import itertools
import math
from pathlib import Path

import matplotlib

matplotlib.use('Agg')

from matplotlib import patches, pyplot
from matplotlib.axes import Axes

from orchestrator_ren.robots.sim_robot import find_world
from orchestrator_ren.simulation.world import World, load_world

DRIVEN = '#1f6fb4'
STOPPED = '#c9302c'
HELD = '#e08e0b'
SOLID = '#b8bfc6'

Path2d = list[tuple[float, float]]


def draw_trajectory(
    picture: Path, world_name: str, driven: Path2d, stopped: Path2d, held: Path2d
) -> None:
    """Draw the three ways [m, m] into a PNG file."""
    figure, axes = pyplot.subplots(figsize=(7, 7), dpi=120)
    draw_world(axes, load_world(find_world(world_name)))
    for way, color, label in (
        (driven, DRIVEN, f'drive ticket: {_length_m(driven):.2f} m'),
        (stopped, STOPPED, f'second ticket, e-stopped after {_length_m(stopped):.2f} m'),
        (held, HELD, f'third ticket, held up by a wall after {_length_m(held):.2f} m'),
    ):
        axes.plot(*zip(*way, strict=True), color=color, linewidth=2.5, label=label)
    axes.plot(*driven[0], 'o', color=DRIVEN)
    axes.plot(*stopped[-1], 's', color=STOPPED)
    axes.plot(*held[-1], 'X', color=HELD)
    axes.set_aspect('equal')
    axes.set_xlabel('x [m]')
    axes.set_ylabel('y [m]')
    axes.legend(loc='lower right', framealpha=1.0)
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)


def draw_world(axes: Axes, world: World) -> None:
    """Draw what of a world stands on its floor."""
    for wall in world.walls:
        axes.plot((wall.x1_m, wall.x2_m), (wall.y1_m, wall.y2_m), color='#5b646c', linewidth=2)
    for box in world.boxes:
        corner = (box.x_m - box.length_m / 2, box.y_m - box.width_m / 2)
        axes.add_patch(
            patches.Rectangle(
                corner,
                box.length_m,
                box.width_m,
                angle=math.degrees(box.yaw_rad),
                rotation_point='center',
                color=SOLID,
            )
        )
    for cylinder in world.cylinders:
        axes.add_patch(
            patches.Circle((cylinder.x_m, cylinder.y_m), cylinder.radius_m, color=SOLID)
        )


def _length_m(path: Path2d) -> float:
    return sum(math.dist(a, b) for a, b in itertools.pairwise(path))
