"""The picture of the story: the world from above, and the ways of the robots."""

from __future__ import annotations

import sys
from pathlib import Path

from story_stage import Way

sys.path.insert(0, str(Path(__file__).parents[2] / 'demo'))

from picture import draw_world, pyplot

from orchestrator_ren.robots.sim_robot import find_world
from orchestrator_ren.simulation.world import load_world

STYLES = {
    'r1': ('#1f6fb4', '', 'r1: all its tickets done'),
    'r2': ('#c9302c', 'X', 'r2: killed in mid-drive'),
    'r3': ('#e08e0b', 's', 'r3: e-stopped in mid-drive, goes on after reset and resume'),
}


def draw_ways(picture: Path, ways: dict[str, Way], stops: dict[str, tuple[float, float]]) -> None:
    """Draw the ways [m, m] into a PNG file, each from its ring to its dot.

    Args:
        picture: The file.
        ways: Of each robot.
        stops: Where somebody or something stopped one.
    """
    figure, axes = pyplot.subplots(figsize=(7, 7.5), dpi=120)
    draw_world(axes, load_world(find_world('warehouse')))
    for name, (color, mark, label) in STYLES.items():
        way, stop = ways[name], stops.get(name)
        axes.plot(*zip(*way, strict=True), color=color, linewidth=2.5)
        axes.plot(*way[0], 'o', color=color, markerfacecolor='white', zorder=3)
        axes.plot(*way[-1], 'o', color=color)
        axes.plot(*(stop or way[-1]), mark or 'o', color=color, markersize=10, label=label)
    axes.set_aspect('equal')
    axes.set_xlabel('x [m]')
    axes.set_ylabel('y [m]')
    axes.legend(loc='lower center', bbox_to_anchor=(0.5, 1.0), frameon=False)
    figure.tight_layout()
    figure.savefig(picture)
    pyplot.close(figure)
