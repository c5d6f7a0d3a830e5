"""Robots in one world: they see each other, run into each other, and otherwise are alone."""

import math

import pytest

np = pytest.importorskip('numpy')
pytest.importorskip('mujoco')

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.base import BASES
from orchestrator_ren.simulation.fleet import SimulatedFleet
from orchestrator_ren.simulation.lidar import Lidar
from orchestrator_ren.simulation.world import Pose, World

from .lone_robot import LoneRobot

DIFFERENTIAL, OMNIDIRECTIONAL = BASES['differential'], BASES['omnidirectional']
BODY_M = 2 * DIFFERENTIAL.radius_m
SIDE_BY_SIDE = (Pose(0.0, 0.0, 0.0), Pose(0.0, 2.0, 0.0), Pose(0.0, -2.0, 0.0))


def fleet_of(*starts: Pose, **options: object) -> SimulatedFleet:
    return SimulatedFleet(World(), DIFFERENTIAL, starts, **options)


def drive(fleet: SimulatedFleet, duration_s: float, *speeds_mps: float) -> None:
    """Command each robot ahead at its speed, at 20 Hz for that long."""
    for _ in range(round(duration_s / 0.05)):
        for robot, vx_mps in zip(fleet.robots, speeds_mps, strict=True):
            robot.command(vx_mps, 0.0, 0.0)
        fleet.step(0.05)


def test_each_follows_its_own_commands() -> None:
    fleet = fleet_of(*SIDE_BY_SIDE)
    drive(fleet, 5.0, 1.0, 0.0, -0.5)
    drive(fleet, 2.0, 0.0, 0.0, 0.0)
    assert [robot.pose.x_m for robot in fleet.robots] == pytest.approx([5.0, 0.0, -2.5], abs=0.05)
    assert [robot.pose.y_m for robot in fleet.robots] == pytest.approx([0.0, 2.0, -2.0], abs=1e-6)


def test_each_stops_by_itself_when_its_own_commands_end() -> None:
    fleet = fleet_of(*SIDE_BY_SIDE)
    drive(fleet, 2.0, 1.0, 1.0, 1.0)
    for _ in range(40):
        fleet.robots[0].command(1.0, 0.0, 0.0)
        fleet.step(0.05)
    assert [robot.velocity.vx_mps for robot in fleet.robots] == pytest.approx(
        [1.0, 0.0, 0.0], abs=1e-3
    )


def test_a_long_step_stops_each_at_its_own_time_like_many_short_ones() -> None:
    long, short = (fleet_of(*SIDE_BY_SIDE[:2]) for _ in range(2))
    for fleet in (long, short):
        fleet.robots[0].command(1.0, 0.0, 0.5)
        fleet.step(0.2)
        fleet.robots[1].command(1.0, 0.0, 0.0)
    long.step(3.0)
    for _ in range(150):
        short.step(0.02)
    for one, other in zip(long.robots, short.robots, strict=True):
        assert one.pose == other.pose
        assert one.velocity == (0.0, 0.0, 0.0)


def test_one_that_is_alone_drives_as_in_a_fleet() -> None:
    alone = LoneRobot(World(), DIFFERENTIAL, start=SIDE_BY_SIDE[0])
    fleet = fleet_of(SIDE_BY_SIDE[0], Pose(0.0, 50.0, 0.0))
    for index in range(100):
        for robot in (alone, fleet.robots[0]):
            robot.command(2.0 * math.sin(index / 9), 0.0, math.cos(index / 7))
        for world in (alone, fleet):
            world.step(0.1)
    assert tuple(alone.pose) == pytest.approx(tuple(fleet.robots[0].pose), abs=1e-9)


def test_they_see_each_other_and_not_themselves() -> None:
    fleet = fleet_of(Pose(0.0, 0.0, 0.0), Pose(3.0, 0.0, math.pi))
    for robot in fleet.robots:
        ranges_m = robot.scan()
        assert ranges_m[180] == pytest.approx(3.0 - DIFFERENTIAL.radius_m, abs=0.01)
        assert np.isinf(ranges_m[0])
    drive(fleet, 1.0, 0.0, 1.0)
    nearer_m = fleet.robots[1].pose.x_m - DIFFERENTIAL.radius_m
    assert fleet.robots[0].scan()[180] == pytest.approx(nearer_m, abs=0.01)


def test_one_stops_at_another_that_stands() -> None:
    fleet = fleet_of(Pose(0.0, 0.0, 0.0), Pose(2.0, 0.0, math.pi / 2))
    drive(fleet, 8.0, 0.3, 0.0)
    gap_m = fleet.robots[1].pose.x_m - fleet.robots[0].pose.x_m
    assert gap_m == pytest.approx(BODY_M, abs=0.03)
    assert all(robot.is_touching for robot in fleet.robots)


def test_they_do_not_pass_through_each_other_at_full_speed() -> None:
    fleet = fleet_of(Pose(0.0, 0.0, 0.0), Pose(8.0, 0.0, math.pi))
    for _ in range(60):
        drive(fleet, 0.05, 3.0, 3.0)
        one, other = (robot.pose for robot in fleet.robots)
        assert math.dist(one[:2], other[:2]) > BODY_M - 0.1
        assert one.x_m < other.x_m


def test_only_who_touches_is_touching() -> None:
    fleet = fleet_of(Pose(0.0, 0.0, 0.0), Pose(1.0, 0.0, math.pi), Pose(0.0, 5.0, 0.0))
    drive(fleet, 2.0, 0.5, 0.5, 0.0)
    assert [robot.is_touching for robot in fleet.robots] == [True, True, False]


def test_a_reset_puts_one_back_and_leaves_the_others_as_they_drive() -> None:
    fleet = fleet_of(*SIDE_BY_SIDE)
    drive(fleet, 1.0, 1.0, 1.0, 1.0)
    fleet.robots[1].reset()
    assert fleet.robots[1].pose == pytest.approx(SIDE_BY_SIDE[1])
    assert fleet.robots[0].velocity.vx_mps == pytest.approx(1.0, abs=1e-3)
    fleet.step(0.1)
    assert fleet.robots[1].velocity == (0.0, 0.0, 0.0)
    assert fleet.robots[0].velocity.vx_mps == pytest.approx(1.0, abs=1e-3)


def test_a_reset_to_where_another_one_stands_is_refused_and_moves_nobody() -> None:
    fleet = fleet_of(Pose(0.0, 0.0, 0.0), Pose(-2.0, 0.0, 0.0))
    drive(fleet, 2.0, 1.0, 0.0)
    drive(fleet, 2.1, 0.0, 1.0)
    before = [robot.pose for robot in fleet.robots]
    with pytest.raises(WorldError, match=r'start: .* \(0, 0\)'):
        fleet.robots[0].reset()
    assert [robot.pose for robot in fleet.robots] == before


def test_two_at_one_place_are_refused() -> None:
    with pytest.raises(WorldError, match='start'):
        fleet_of(Pose(0.0, 0.0, 0.0), Pose(0.3, 0.0, 0.0))


def test_each_has_noise_of_its_own_that_the_seed_repeats() -> None:
    def errors_m(seed: int) -> list[float]:
        lidar = Lidar(noise_stddev_m=0.1)
        starts = Pose(0.0, 0.0, 0.0), Pose(3.0, 0.0, math.pi)
        fleet = fleet_of(*starts, seed=seed, lidar=lidar)
        return [float(robot.scan()[180]) for robot in fleet.robots]

    assert errors_m(3) == errors_m(3)
    assert len({*errors_m(3), *errors_m(9)}) == 4


def test_an_omnidirectional_base_pushes_sideways_too() -> None:
    fleet = SimulatedFleet(World(), OMNIDIRECTIONAL, [Pose(0.0, 0.0, 0.0), Pose(0.0, 1.0, 0.0)])
    for _ in range(40):
        fleet.robots[0].command(0.0, 0.5, 0.0)
        fleet.step(0.05)
    assert all(robot.is_touching for robot in fleet.robots)
