"""What odometry shows of one motion: its way, its heading; jumps, silence and hold-ups end it."""

import math

import pytest

from orchestrator_ren.errors import Blocked, OdometryLost, OrchestratorError
from orchestrator_ren.motion.blocked import HoldUp
from orchestrator_ren.motion.measured_motion import MeasuredMotion
from orchestrator_ren.motion.odometry import FRESH_S, Odometer
from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.response import Response
from orchestrator_ren.motion.velocity import Velocity

PERIOD_S = 0.0625
AHEAD = Velocity(0.5)


class Robot:
    """A base whose odometry comes at 16 Hz."""

    def __init__(self, heading_rad: float = 0.0) -> None:
        self.odometer = Odometer()
        self.now_mono_s = 0.0
        self.position = 0j
        self.heading_rad = heading_rad

    def begin(self) -> MeasuredMotion:
        return MeasuredMotion(self.odometer, HoldUp(Response()), self.now_mono_s)

    def tell(self) -> None:
        self.now_mono_s += PERIOD_S
        x_m, y_m = self.position.real, self.position.imag
        sample = OdometrySample(x_m, y_m, self.heading_rad, 0.0, 0.0, self.now_mono_s)
        self.odometer.add(sample)

    def go(self, way: complex, turn_rad: float = 0.0) -> 'Robot':
        """Go straight for a second, as odometry tells; `way` is x + iy in its frame [m]."""
        steps = round(1.0 / PERIOD_S)
        for _ in range(steps):
            self.position += way / steps
            self.heading_rad += turn_rad / steps
            self.tell()
        return self

    def jump(self, step_m: float) -> 'Robot':
        self.position += step_m
        self.tell()
        return self


def held_up(
    robot: Robot, motion: MeasuredMotion, way: complex, commanded_m: float
) -> OrchestratorError | None:
    """Tell the robot for three seconds to go ahead, while it goes that way each second."""
    error = None
    for _ in range(round(3.0 / PERIOD_S)):
        robot.position += way * PERIOD_S
        robot.tell()
        now_s = robot.now_mono_s
        error = error or motion.hold_up(now_s, now_s, AHEAD, commanded_m)
    return error


# The way.


def test_the_way_counts_from_the_start_of_the_motion() -> None:
    robot = Robot().go(1.0)
    motion = robot.begin()
    assert motion.distance_m(robot.now_mono_s) == 0.0
    robot.go(0.5)
    assert motion.distance_m(robot.now_mono_s) == pytest.approx(0.5)
    robot.go(-0.25)
    assert motion.distance_m(robot.now_mono_s) == pytest.approx(0.75)


def test_a_way_that_is_not_heard_now_is_not_known() -> None:
    robot = Robot().go(1.0)
    motion = robot.begin()
    assert motion.distance_m(robot.now_mono_s + FRESH_S) is not None
    assert motion.distance_m(math.nextafter(robot.now_mono_s + FRESH_S, math.inf)) is None


def test_without_odometry_at_the_start_nothing_is_known_though_it_comes_later() -> None:
    robot = Robot()
    motion = robot.begin()
    robot.go(1.0)
    assert not motion.had_odometry
    assert motion.distance_m(robot.now_mono_s) is None
    assert (motion.made_m, motion.heading_rad) == (None, None)


def test_odometry_that_is_too_old_at_the_start_is_none() -> None:
    robot = Robot().go(1.0)
    robot.now_mono_s += 2.0 * FRESH_S
    assert not robot.begin().had_odometry


def test_the_heading_is_the_measured_one_and_does_not_wrap() -> None:
    robot = Robot(heading_rad=1.0).go(0.0)
    motion = robot.begin()
    assert motion.heading_rad == 1.0
    for _ in range(4):
        robot.go(0.0, turn_rad=2.0)
    assert motion.heading_rad == pytest.approx(9.0)


def test_the_way_made_is_the_one_in_the_direction_commanded() -> None:
    robot = Robot().go(0.0)
    motion = robot.begin()
    assert motion.made_m == 0.0
    held_up(robot, motion, 0.5 + 0.125j, 0.0)
    assert motion.made_m == pytest.approx(1.5, abs=0.05)


# Jumps.


def test_a_jump_after_the_start_ends_the_motion_and_is_told_in_numbers() -> None:
    robot = Robot().go(0.0)
    motion = robot.begin()
    assert motion.jump() is None
    robot.jump(8.0)
    error = motion.jump()
    assert error is not None
    assert error.fields == {
        'step_m': 8.0, 'turn_deg': 0.0, 'within_s': pytest.approx(PERIOD_S),
    }  # fmt: skip
    robot.go(0.5)
    assert motion.jump() is not None, 'the way is not known any more'


def test_a_jump_before_the_start_does_not_count_and_one_after_it_does() -> None:
    robot = Robot().go(0.0).jump(8.0).go(0.0)
    motion = robot.begin()
    assert motion.jump() is None
    robot.go(0.5)
    assert motion.jump() is None
    robot.jump(8.0)
    assert motion.jump() is not None


# Silence.


def test_odometry_is_lost_when_it_is_missed_twice() -> None:
    robot = Robot().go(0.0)
    motion = robot.begin()
    silent_s = robot.now_mono_s + 2.0 * FRESH_S
    assert motion.loss(robot.now_mono_s + FRESH_S) is None
    assert motion.loss(silent_s) is None
    error = motion.loss(silent_s + 0.05)
    assert isinstance(error, OdometryLost)
    assert error.fields == {'limit_s': FRESH_S}


def test_a_stall_of_ones_own_is_no_loss() -> None:
    """The first look after it comes before what the odometry said meanwhile."""
    robot = Robot().go(0.0)
    motion = robot.begin()
    for _ in range(3):
        robot.now_mono_s += 2.0 * FRESH_S
        assert motion.loss(robot.now_mono_s) is None
        robot.go(0.0)
        assert motion.loss(robot.now_mono_s) is None


def test_odometry_that_never_came_is_not_lost() -> None:
    motion = Robot().begin()
    assert [motion.loss(now_s) for now_s in (1.0, 2.0, 3.0)] == [None] * 3


def test_odometry_that_came_later_can_be_lost() -> None:
    robot = Robot()
    motion = robot.begin()
    assert motion.loss(robot.now_mono_s) is None
    robot.go(0.0)
    assert motion.loss(robot.now_mono_s) is None
    silent_s = robot.now_mono_s + 2.0 * FRESH_S
    assert motion.loss(silent_s) is None
    assert motion.loss(silent_s + 0.05) is not None


# Hold-ups.


def test_a_robot_that_is_held_up_ends_the_motion_with_the_way_so_far() -> None:
    robot = Robot().go(0.0)
    error = held_up(robot, robot.begin(), 0.0, commanded_m=1.5)
    assert isinstance(error, Blocked)
    assert ', 0.00 of 1.50 m in all' in str(error)


def test_where_no_way_is_asked_for_none_is_told() -> None:
    robot = Robot().go(0.0)
    error = held_up(robot, robot.begin(), 0.0, commanded_m=0.0)
    assert error is not None
    assert 'in all' not in str(error)


def test_a_robot_that_does_as_told_is_not_held_up_whatever_its_heading() -> None:
    robot = Robot(heading_rad=math.pi / 2).go(0.0)
    assert held_up(robot, robot.begin(), 0.5j, 1.5) is None
    assert held_up(robot, robot.begin(), -0.5j, 1.5) is not None, 'it drives the wrong way'


def test_without_odometry_nobody_is_held_up() -> None:
    motion = Robot().begin()
    looks = [motion.hold_up(n * PERIOD_S, n * PERIOD_S, AHEAD, 1.5) for n in range(64)]
    assert looks == [None] * 64


def test_a_silent_odometry_shows_no_hold_up() -> None:
    robot = Robot().go(0.0)
    motion, silent_s = robot.begin(), robot.now_mono_s + 2.0 * FRESH_S
    looks = [
        motion.hold_up(silent_s + n * PERIOD_S, silent_s + n * PERIOD_S, AHEAD, 1.5)
        for n in range(64)
    ]
    assert looks == [None] * 64
