"""How the simulated robot drives, stops, hits things and sees."""

import math
from pathlib import Path

import pytest

np = pytest.importorskip('numpy')
pytest.importorskip('mujoco')

from orchestrator_ren.errors import WorldError
from orchestrator_ren.simulation.base import BASES
from orchestrator_ren.simulation.lidar import Lidar
from orchestrator_ren.simulation.world import Pose, World, load_world, parse_world

from .lone_robot import LoneRobot

WORLDS = Path(__file__).parents[3] / 'config' / 'worlds'
OPEN = World()
WALL_FACE_M = 2.9
WALLED = parse_world('walls: [{name: w, x1_m: 3, y1_m: -9, x2_m: 3, y2_m: 9}]', 'walled')
DIFFERENTIAL, OMNIDIRECTIONAL = BASES['differential'], BASES['omnidirectional']
every_base = pytest.mark.parametrize('base', BASES.values(), ids=BASES.keys())


def drive(
    robot: LoneRobot, duration_s: float, vx: float = 0.0, vy: float = 0.0, wz: float = 0.0
) -> None:
    """Command the same velocity at 20 Hz for that long."""
    for _ in range(round(duration_s / 0.05)):
        robot.command(vx, vy, wz)
        robot.step(0.05)


@every_base
def test_drives_the_commanded_distance_less_the_lag(base) -> None:
    robot = LoneRobot(OPEN, base)
    drive(robot, 10.0, vx=1.5)
    drive(robot, 2.0)
    assert robot.pose.x_m == pytest.approx(15.0, abs=0.05)
    assert robot.pose.y_m == pytest.approx(0.0, abs=1e-9)


def test_velocity_follows_with_a_lag_of_a_tenth_of_a_second() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    robot.command(0.5, 0.0, 0.0)
    robot.step(0.1)
    assert robot.velocity.vx_mps == pytest.approx(0.5 * (1 - math.exp(-1)), rel=0.05)


@pytest.mark.parametrize('wanted_mps', [3.0, -3.0])
def test_acceleration_is_limited(wanted_mps: float) -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    robot.command(wanted_mps, 0.0, 0.0)
    robot.step(0.1)
    assert robot.velocity.vx_mps == pytest.approx(math.copysign(0.6, wanted_mps), rel=0.01)


def test_braking_takes_time_too() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    drive(robot, 2.0, vx=1.5)
    drive(robot, 0.1)
    assert robot.velocity.vx_mps == pytest.approx(0.9, rel=0.02)


def test_speed_is_limited_to_what_the_motors_give() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    drive(robot, 3.0, vx=50.0)
    assert robot.velocity.vx_mps == pytest.approx(DIFFERENTIAL.max_speed_mps, rel=0.01)


def test_base_stops_by_itself_after_half_a_second_without_commands() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    drive(robot, 2.0, vx=1.0)
    robot.step(0.45)
    assert robot.velocity.vx_mps == pytest.approx(1.0, abs=1e-3)
    robot.step(0.02)
    assert robot.velocity.vx_mps < 0.9
    robot.step(1.5)
    assert robot.velocity == (0.0, 0.0, 0.0)


def test_one_long_step_stops_the_base_like_many_short_ones() -> None:
    long, short = (LoneRobot(OPEN, DIFFERENTIAL) for _ in range(2))
    for robot in (long, short):
        robot.command(1.0, 0.0, 0.5)
    long.step(3.0)
    for _ in range(150):
        short.step(0.02)
    assert long.pose == short.pose
    assert long.velocity == (0.0, 0.0, 0.0)


@pytest.mark.parametrize('value', [math.nan, math.inf, -math.inf])
def test_a_command_that_is_no_number_stops_the_base(value: float) -> None:
    robot = LoneRobot(OPEN, OMNIDIRECTIONAL)
    drive(robot, 1.0, vx=1.0)
    drive(robot, 2.0, vx=1.0, wz=value)
    assert robot.velocity == (0.0, 0.0, 0.0)
    assert all(math.isfinite(value) for value in robot.pose)


def test_differential_ignores_a_sideways_command() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    drive(robot, 2.0, vy=1.0)
    assert robot.pose == (0.0, 0.0, 0.0)


def test_omnidirectional_translates_sideways_without_turning() -> None:
    robot = LoneRobot(OPEN, OMNIDIRECTIONAL)
    drive(robot, 2.0, vy=1.0)
    drive(robot, 1.5)
    assert robot.pose.y_m == pytest.approx(2.0, abs=0.02)
    assert robot.pose.x_m == pytest.approx(0.0, abs=1e-9)
    assert robot.pose.yaw_rad == 0.0


@every_base
def test_turns_on_the_spot_by_the_commanded_angle(base) -> None:
    robot = LoneRobot(OPEN, base)
    drive(robot, 2.0, wz=2.0)
    drive(robot, 1.5)
    assert robot.pose.yaw_rad == pytest.approx(math.remainder(4.0, math.tau), abs=0.02)
    assert math.hypot(robot.pose.x_m, robot.pose.y_m) == pytest.approx(0.0, abs=1e-9)


def test_differential_drives_a_circle_without_slipping_much() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL)
    drive(robot, 4.0, vx=1.0, wz=1.0)
    velocity = robot.velocity
    assert velocity.vx_mps == pytest.approx(1.0, rel=0.005)
    assert abs(velocity.vy_mps) < 0.02
    assert velocity.wz_radps == pytest.approx(1.0, rel=0.001)


@pytest.mark.parametrize('yaw_rad', [0.0, math.pi / 2, -2.5])
def test_velocity_is_in_the_frame_of_the_base(yaw_rad: float) -> None:
    robot = LoneRobot(OPEN, OMNIDIRECTIONAL, start=Pose(1.0, 2.0, yaw_rad))
    drive(robot, 2.0, vx=0.6, vy=-0.3)
    assert robot.velocity == pytest.approx((0.6, -0.3, 0.0), abs=1e-4)
    driven_rad = math.atan2(robot.pose.y_m - 2.0, robot.pose.x_m - 1.0)
    expected_rad = yaw_rad + math.atan2(-0.3, 0.6)
    assert math.remainder(driven_rad - expected_rad, math.tau) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize('thickness_m', [0.05, 0.2])
@pytest.mark.parametrize('yaw_rad', [0.0, 0.7])
def test_robot_does_not_pass_through_a_wall(thickness_m: float, yaw_rad: float) -> None:
    world = parse_world(
        f'walls: [{{name: w, x1_m: 3, y1_m: -40, x2_m: 3, y2_m: 40, thickness_m: {thickness_m}}}]',
        'wall',
    )
    robot = LoneRobot(world, DIFFERENTIAL, start=Pose(0.0, 0.0, yaw_rad))
    farthest_m = 0.0
    for _ in range(200):
        drive(robot, 0.05, vx=3.5)
        farthest_m = max(farthest_m, robot.pose.x_m)
    assert farthest_m < 3.0 - thickness_m / 2 - DIFFERENTIAL.radius_m + 0.06
    assert robot.is_touching


def test_robot_stops_at_a_cylinder() -> None:
    world = parse_world('cylinders: [{name: c, x_m: 2, y_m: 0, radius_m: 0.3}]', 'post')
    robot = LoneRobot(world, DIFFERENTIAL)
    drive(robot, 3.0, vx=1.0)
    assert robot.pose.x_m == pytest.approx(2.0 - 0.3 - DIFFERENTIAL.radius_m, abs=0.02)
    assert robot.is_touching


def test_walls_that_meet_close_their_corner() -> None:
    world = parse_world(
        'walls: [{name: a, x1_m: 0, y1_m: 3, x2_m: 3, y2_m: 3},'
        ' {name: b, x1_m: 3, y1_m: 3, x2_m: 3, y2_m: 0}]',
        'corner',
    )
    robot = LoneRobot(world, OMNIDIRECTIONAL)
    diagonal = robot.lidar.angles_rad() - math.pi / 4
    assert np.isfinite(robot.scan()[np.abs(diagonal).argmin()])


@pytest.mark.parametrize('seed', [0, 7])
def test_same_seed_gives_identical_odometry(seed: int) -> None:
    def trajectory() -> list[tuple[float, ...]]:
        world = load_world(WORLDS / 'warehouse.yaml')
        lidar = Lidar(noise_stddev_m=0.02)
        robot = LoneRobot(world, DIFFERENTIAL, seed, lidar=lidar)
        points = []
        for index in range(100):
            robot.command(2.0 * math.sin(index / 9), 0.0, math.cos(index / 7))
            robot.step(0.1)
            points.append((*robot.pose, *robot.velocity, *robot.scan()))
        return points

    assert trajectory() == trajectory()


def test_another_seed_gives_other_noise() -> None:
    lidar = Lidar(noise_stddev_m=0.02)
    one, other = (LoneRobot(WALLED, DIFFERENTIAL, seed, lidar=lidar) for seed in (1, 2))
    assert not np.array_equal(one.scan(), other.scan())


@pytest.mark.parametrize('yaw_rad', [0.0, 1.0, -3.0])
def test_lidar_measures_the_distance_to_a_wall(yaw_rad: float) -> None:
    robot = LoneRobot(WALLED, DIFFERENTIAL, start=Pose(1.0, 0.5, yaw_rad))
    towards_wall = np.abs(np.remainder(robot.lidar.angles_rad() + yaw_rad, math.tau))
    straight = np.minimum(towards_wall, math.tau - towards_wall).argmin()
    assert robot.scan()[straight] == pytest.approx(WALL_FACE_M - 1.0, abs=0.02)


def test_lidar_measures_right_after_a_drive() -> None:
    robot = LoneRobot(WALLED, DIFFERENTIAL)
    drive(robot, 1.0, vx=1.0)
    assert robot.scan()[180] == pytest.approx(WALL_FACE_M - robot.pose.x_m, abs=1e-5)


def test_lidar_turns_counter_clockwise_from_straight_behind() -> None:
    world = parse_world('cylinders: [{name: left, x_m: 0, y_m: 2, radius_m: 0.1}]', 'left')
    robot = LoneRobot(world, DIFFERENTIAL)
    assert robot.lidar.angles_rad()[[0, 180]] == pytest.approx([-math.pi, 0.0])
    nearest = robot.scan().argmin()
    assert robot.lidar.angles_rad()[nearest] == pytest.approx(math.pi / 2, abs=0.02)
    assert robot.lidar.angles_rad()[-1] == pytest.approx(robot.lidar.angle_max_rad)


def test_lidar_sees_infinity_where_nothing_is_in_range() -> None:
    assert np.all(LoneRobot(OPEN, DIFFERENTIAL).scan() == np.inf)
    short = LoneRobot(WALLED, DIFFERENTIAL, lidar=Lidar(range_max_m=2.0))
    assert np.all(short.scan() == np.inf)


def test_lidar_marks_what_is_too_close() -> None:
    lidar = Lidar(range_min_m=4.0)
    assert LoneRobot(WALLED, DIFFERENTIAL, lidar=lidar).scan()[180] == -np.inf


def test_lidar_noise_has_the_given_spread() -> None:
    exact, noisy = (
        LoneRobot(WALLED, DIFFERENTIAL, lidar=Lidar(noise_stddev_m=stddev_m))
        for stddev_m in (0.0, 0.05)
    )
    truth = exact.scan()
    seen = np.isfinite(truth)
    errors_m = np.array([noisy.scan()[seen] - truth[seen] for _ in range(40)])
    assert errors_m.mean() == pytest.approx(0.0, abs=0.005)
    assert errors_m.std() == pytest.approx(0.05, rel=0.1)
    assert np.all(np.isinf(noisy.scan()[~seen]))


def test_reset_puts_the_robot_back_at_rest_while_time_runs_on() -> None:
    robot = LoneRobot(OPEN, DIFFERENTIAL, start=Pose(1.0, 2.0, 0.5))
    drive(robot, 1.0, vx=1.0, wz=0.3)
    robot.reset()
    assert robot.pose == pytest.approx((1.0, 2.0, 0.5))
    robot.step(0.1)
    assert robot.velocity == (0.0, 0.0, 0.0)
    assert robot.time_s == pytest.approx(1.1)


def test_a_start_inside_an_obstacle_is_refused() -> None:
    with pytest.raises(WorldError, match=r'start: .* \(2\.9, 0\)'):
        LoneRobot(WALLED, DIFFERENTIAL, start=Pose(2.9, 0.0, 0.0))


@pytest.mark.parametrize(
    ('direction_deg', 'free_m'), [(90, 24.0), (0, 15.0), (180, 8.0), (270, 9.0)]
)
@pytest.mark.parametrize('beside_m', [-0.74, 0.0, 0.74])
def test_warehouse_leaves_the_lanes_free(
    direction_deg: float, free_m: float, beside_m: float
) -> None:
    world = load_world(WORLDS / 'warehouse.yaml')
    yaw_rad = math.radians(direction_deg)
    start = Pose(-math.sin(yaw_rad) * beside_m, math.cos(yaw_rad) * beside_m, yaw_rad)
    robot = LoneRobot(world, DIFFERENTIAL, start=start)
    while math.dist(robot.pose[:2], start[:2]) < free_m:
        robot.command(3.0, 0.0, 0.0)
        robot.step()
        assert not robot.is_touching, f'hit something at {robot.pose}'
