"""The robots of a fleet start apart from each other and from what stands around them."""

import itertools
import math
from pathlib import Path

import pytest

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.base import BASES
from orchestrator_ren.simulation.starts import APART_M, MARGIN_M, clearance_m, start_poses
from orchestrator_ren.simulation.world import Pose, World, load_world, parse_world

WORLDS = sorted((Path(__file__).parents[3] / 'config' / 'worlds').glob('*.yaml'))
BASE = BASES['differential']
ROOM = (
    'walls: [{{name: a, x1_m: -{0}, y1_m: -{0}, x2_m: {0}, y2_m: -{0}}},'
    ' {{name: b, x1_m: {0}, y1_m: -{0}, x2_m: {0}, y2_m: {0}}},'
    ' {{name: c, x1_m: {0}, y1_m: {0}, x2_m: -{0}, y2_m: {0}}},'
    ' {{name: d, x1_m: -{0}, y1_m: {0}, x2_m: -{0}, y2_m: -{0}}}]'
)


def assert_apart(poses: list[Pose]) -> None:
    for one, other in itertools.combinations(poses, 2):
        assert math.dist(one[:2], other[:2]) >= APART_M - 1e-9


@pytest.mark.parametrize('count', [1, 2, 3, 8, 40])
@pytest.mark.parametrize('path', WORLDS, ids=lambda path: path.stem)
def test_each_has_its_place_in_every_world_that_is_shipped(path: Path, count: int) -> None:
    world = load_world(path)
    poses = start_poses(world, BASE, count)
    assert len(poses) == count
    assert poses[0] == (world.start.x_m, world.start.y_m, world.start.yaw_rad)
    assert_apart(poses)
    for pose in poses[1:]:
        assert clearance_m(world, pose) >= BASE.radius_m + MARGIN_M


def test_three_stand_side_by_side_whichever_way_the_world_starts() -> None:
    for yaw_rad in (0.0, 1.0, -2.5):
        world = World(start={'x_m': 3.0, 'y_m': -1.0, 'yaw_rad': yaw_rad})
        across = (-math.sin(yaw_rad), math.cos(yaw_rad))
        for pose, beside_m in zip(start_poses(world, BASE, 3), (0.0, 2.0, -2.0), strict=True):
            assert pose.yaw_rad == yaw_rad
            assert pose.x_m == pytest.approx(3.0 + beside_m * across[0])
            assert pose.y_m == pytest.approx(-1.0 + beside_m * across[1])


def test_nobody_stands_outside_of_the_walls_around_the_start() -> None:
    world = parse_world(ROOM.format(3), 'room')
    for pose in start_poses(world, BASE, 5):
        assert max(abs(pose.x_m), abs(pose.y_m)) < 3.0 - BASE.radius_m


@pytest.mark.parametrize('thickness_m', [0.05, 0.2])
def test_nobody_stands_behind_a_thin_wall(thickness_m: float) -> None:
    world = parse_world(
        f'walls: [{{name: w, x1_m: -500, y1_m: 0.6, x2_m: 500, y2_m: 0.7,'
        f' thickness_m: {thickness_m}}}]',
        'wall',
    )
    assert all(pose.y_m < 0.6 for pose in start_poses(world, BASE, 30))


def test_a_world_too_small_is_told_with_how_many_fit() -> None:
    world = parse_world(ROOM.format(1.5), 'room')
    with pytest.raises(WorldError, match=r'start: [12] robots .* 2 m apart, and not 6; take few'):
        start_poses(world, BASE, 6)


def test_the_first_starts_where_the_world_says_however_tight_it_is() -> None:
    world = parse_world(ROOM.format(0.45), 'cupboard')
    assert start_poses(world, BASE, 1) == [(0.0, 0.0, 0.0)]
    with pytest.raises(WorldError, match='1 robots have room'):
        start_poses(world, BASE, 2)


@pytest.mark.parametrize(
    ('x_m', 'y_m', 'far_m'),
    [(0.0, 0.0, 0.0), (3.0, 0.0, 1.0), (0.0, 2.5, 2.0), (5.0, 3.5, math.hypot(3.0, 3.0))],
)
@pytest.mark.parametrize('yaw_rad', [0.0, 0.7])
def test_clearance_is_the_way_to_the_nearest_side_or_corner(
    x_m: float, y_m: float, far_m: float, yaw_rad: float
) -> None:
    world = parse_world(
        f'boxes: [{{name: b, x_m: 0, y_m: 0, length_m: 4, width_m: 1, yaw_rad: {yaw_rad}}}]', 'b'
    )
    cosine, sine = math.cos(yaw_rad), math.sin(yaw_rad)
    pose = Pose(cosine * x_m - sine * y_m, sine * x_m + cosine * y_m, 0.0)
    assert clearance_m(world, pose) == pytest.approx(far_m)


def test_clearance_of_a_cylinder_and_of_nothing() -> None:
    world = parse_world('cylinders: [{name: c, x_m: 1, y_m: 1, radius_m: 0.5}]', 'c')
    assert clearance_m(world, Pose(1.0, 3.0, 0.0)) == pytest.approx(1.5)
    assert clearance_m(world, Pose(1.1, 1.0, 0.0)) == 0.0
    assert clearance_m(World(), Pose(0.0, 0.0, 0.0)) == math.inf
