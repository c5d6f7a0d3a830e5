"""What `drive` asks of the base, tick by tick, and where a base with lag then ends up."""

import asyncio
import math
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise, repeat
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.commands.command import CONTROL_PERIOD_S, Interruption
from orchestrator_ren.commands.drive import (
    HEADING_TOLERANCE_RAD,
    TRANSLATION_GRACE_S,
    TURN_GRACE_S,
    Drive,
)
from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.errors import Blocked, HeadingNotReached, OdometryLost
from orchestrator_ren.motion.velocity import ZERO, Velocity

DIFFERENTIAL = DriveSettings()
HOLONOMIC = DriveSettings(is_holonomic=True)
START_HEADING_RAD = 2.5
PHYSICS_STEP_S = 0.005
MAX_TICKS = 100_000


@dataclass(frozen=True)
class Sent:
    """A velocity, and for how long it was held [s]."""

    velocity: Velocity
    held_s: float


class SimulatedRobot:
    """A `CommandContext`: its clock goes on with each tick, its base follows with a lag.

    Args:
        steps_s: Length of each tick [s].
        lag_s: Time constant of the base [s]; 0 = follows at once.
        has_odometry: Whether the heading is measured.
        is_stuck: The base does not turn.
        gain: Speed that the base reaches per speed asked for; below 1 it slips.
        wall_at_m: Way after which it makes no more.
        odometry_period_s: Time between two odometry messages [s]; 0 = always up to date.
        max_change_mps2: The gate lets no higher change of the speed pass [m/s²].
        odometry_until_s: Odometry falls silent then [s].
        interrupted_at_s: The execution is to end then [s].
    """

    def __init__(
        self,
        steps_s: Iterable[float] = (),
        lag_s: float = 0.0,
        has_odometry: bool = True,
        is_stuck: bool = False,
        gain: float = 1.0,
        wall_at_m: float = math.inf,
        odometry_period_s: float = 0.0,
        max_change_mps2: float = math.inf,
        odometry_until_s: float = math.inf,
        interrupted_at_s: float = math.inf,
    ) -> None:
        self.sent: list[Sent] = []
        self.progress: list[tuple[float, str]] = []
        self.now_s = 0.0
        self.x_m = self.y_m = 0.0
        self.heading = START_HEADING_RAD
        self._moving = ZERO
        self._asked: Velocity | None = None
        self._steps_s: Iterator[float] = iter(steps_s or repeat(CONTROL_PERIOD_S))
        self._lag_s = lag_s
        self._has_odometry = has_odometry
        self._is_stuck = is_stuck
        self._gain = gain
        self._wall_at_m = wall_at_m
        self._odometry_period_s = odometry_period_s
        self._odometry_due_s = 0.0
        self._max_change_mps2 = max_change_mps2
        self._limited_mps = 0.0
        self.way_m = self._told_way_m = 0.0
        self._odometry_until_s = odometry_until_s
        self._interrupted_at_s = interrupted_at_s

    async def tick(self) -> float:
        assert self._asked is not None, 'a tick without a velocity starves the gate'
        assert len(self.sent) < MAX_TICKS
        await asyncio.sleep(0)
        step_s = next(self._steps_s)
        self._move(self._asked, step_s)
        self.sent.append(Sent(self._asked, step_s))
        self._asked = None
        self.now_s += step_s
        if self.now_s >= self._interrupted_at_s:
            raise Interruption
        return step_s

    def drive(self, velocity: Velocity) -> None:
        self._asked = velocity

    def heading_rad(self) -> float | None:
        if self.now_s > self._odometry_until_s:
            raise OdometryLost(limit_s=0.5)
        return self.heading if self._has_odometry else None

    def travelled_m(self) -> float | None:
        return self._told_way_m if self._has_odometry else None

    def report(self, progress: float, message: str) -> None:
        self.progress.append((progress, message))

    def stop_motion(self, reason: str) -> list[str]:
        raise AssertionError(f'drive stops nothing: {reason}')

    def _move(self, asked: Velocity, step_s: float) -> None:
        steps = max(1, round(step_s / PHYSICS_STEP_S))
        dt_s = step_s / steps
        share = 1.0 - math.exp(-dt_s / self._lag_s) if self._lag_s else 1.0
        for _ in range(steps):
            was, passed = self._moving, self._passed(asked, dt_s)
            self._moving = Velocity(
                was.x_mps + share * (passed.x_mps - was.x_mps),
                was.y_mps + share * (passed.y_mps - was.y_mps),
                was.yaw_radps + share * (asked.yaw_radps - was.yaw_radps),
            )
            if not self._is_stuck:
                self.heading += self._moving.yaw_radps * dt_s
            self._roll(dt_s)

    def _passed(self, asked: Velocity, dt_s: float) -> Velocity:
        """Return what the gate, and slipping wheels, make of it."""
        change_mps = self._max_change_mps2 * dt_s
        speed_mps = min(asked.speed_mps, self._limited_mps + change_mps)
        self._limited_mps = speed_mps
        share = self._gain * speed_mps / asked.speed_mps if asked.speed_mps else 0.0
        return Velocity(share * asked.x_mps, share * asked.y_mps, asked.yaw_radps)

    def _roll(self, dt_s: float) -> None:
        way_m = self._moving.speed_mps * dt_s
        if self.way_m + way_m <= self._wall_at_m:
            self.way_m += way_m
            cos, sin = math.cos(self.heading), math.sin(self.heading)
            self.x_m += (cos * self._moving.x_mps - sin * self._moving.y_mps) * dt_s
            self.y_m += (sin * self._moving.x_mps + cos * self._moving.y_mps) * dt_s
        self._odometry_due_s -= dt_s
        if self._odometry_due_s <= 0.0:
            self._odometry_due_s += self._odometry_period_s or dt_s
            self._told_way_m = self.way_m

    def roll_out(self) -> None:
        """Stand still, as after the zero of a drive that has ended."""
        for _ in range(100):
            self._move(ZERO, CONTROL_PERIOD_S)

    @property
    def distance_commanded_m(self) -> float:
        return sum(each.velocity.speed_mps * each.held_s for each in self.sent)

    @property
    def turned_rad(self) -> float:
        return self.heading - START_HEADING_RAD

    def messages(self) -> list[str]:
        """Return what was reported, without repeats."""
        return list(dict.fromkeys(message for _, message in self.progress))


def run(robot: SimulatedRobot, settings: DriveSettings = DIFFERENTIAL, **params: Any) -> float:
    """Drive to the end, and return how long it was predicted to take [s]."""
    command = Drive(settings)
    parsed = command.parse(params)
    assert asyncio.run(command.run(parsed, robot)) == {}
    return command.predict(parsed).duration_s


def jittered(seed: int, spread_s: float) -> Iterator[float]:
    """Yield ticks that come early or late."""
    generator = random.Random(seed)
    while True:
        yield CONTROL_PERIOD_S + generator.uniform(-spread_s, spread_s)


def changes(sent: list[Sent], of: Callable[[Velocity], float]) -> list[float]:
    """Return the changes from each velocity to the next, the first from standstill."""
    values = [0.0, *(of(each.velocity) for each in sent)]
    return [abs(after - before) for before, after in pairwise(values)]


every_lag = pytest.mark.parametrize('lag_s', [0.0, 0.05, 0.1, 0.2])
both_bases = pytest.mark.parametrize(
    'settings', [DIFFERENTIAL, HOLONOMIC], ids=['differential', 'holonomic']
)


@both_bases
def test_the_distance_commanded_is_speed_times_duration(settings: DriveSettings) -> None:
    robot = SimulatedRobot()
    run(robot, settings, speed=1.5, direction=90, duration_seconds=10)
    assert robot.distance_commanded_m == pytest.approx(15.0, rel=0.0001)


@given(
    st.floats(0.1, 3.0),
    st.floats(1.0, 20.0),
    st.sampled_from([0.0, 90.0, -45.0]),
    st.integers(),
    st.floats(0.0, 0.02),
)
def test_the_distance_commanded_is_exact_whatever_the_timing(
    speed: float, duration_s: float, direction: float, seed: int, spread_s: float
) -> None:
    robot = SimulatedRobot(jittered(seed, spread_s))
    run(robot, HOLONOMIC, speed=speed, direction=direction, duration_seconds=duration_s)
    last_step_m = DIFFERENTIAL.acceleration_mps2 * CONTROL_PERIOD_S * spread_s
    wanted_m = speed * duration_s
    assert robot.distance_commanded_m == pytest.approx(wanted_m, rel=0.002, abs=last_step_m + 2e-6)


@given(st.floats(0.01, 3.0), st.floats(0.2, 20.0), st.integers(), st.floats(0.0, 0.02))
def test_speed_and_acceleration_stay_within_limits(
    speed: float, duration_s: float, seed: int, spread_s: float
) -> None:
    robot = SimulatedRobot(jittered(seed, spread_s))
    run(robot, speed=speed, duration_seconds=duration_s)
    assert all(each.velocity.speed_mps <= speed * (1 + 1e-9) for each in robot.sent)
    steps_s = [CONTROL_PERIOD_S, *(max(each.held_s, CONTROL_PERIOD_S) for each in robot.sent)]
    for change_mps, step_s in zip(
        changes(robot.sent, lambda velocity: velocity.speed_mps), steps_s, strict=False
    ):
        assert change_mps <= DIFFERENTIAL.acceleration_mps2 * (step_s + spread_s) * 1.05 + 1e-9


def test_a_tick_that_comes_very_late_does_not_make_it_jump() -> None:
    robot = SimulatedRobot([*[0.05] * 20, 2.0, *[0.05] * 1000])
    run(robot, speed=3.0, duration_seconds=10)
    assert max(changes(robot.sent, lambda velocity: velocity.speed_mps)) <= 0.25 + 1e-9


def test_a_standing_clock_does_not_count_as_driving() -> None:
    robot = SimulatedRobot([*[0.05] * 20, *[0.0] * 50, *[0.05] * 1000])
    run(robot, speed=1.0, duration_seconds=2)
    assert robot.distance_commanded_m == pytest.approx(2.0, rel=0.002)


def test_a_differential_base_turns_before_it_drives() -> None:
    robot = SimulatedRobot(lag_s=0.1)
    run(robot, speed=1.0, direction=90, duration_seconds=3)
    first_drive = next(n for n, each in enumerate(robot.sent) if each.velocity.x_mps > 0.0)
    assert first_drive > 10
    assert all(each.velocity.yaw_radps > 0.0 for each in robot.sent[:first_drive])
    assert all(each.velocity.x_mps > 0.0 for each in robot.sent[first_drive:])
    assert all(each.velocity.y_mps == 0.0 for each in robot.sent)
    assert robot.messages() == ['turning', 'driving']


@every_lag
@pytest.mark.parametrize('direction', [1, 45, 90, 180, -90, -179, 270, 360])
def test_the_heading_is_reached_and_held(direction: float, lag_s: float) -> None:
    robot = SimulatedRobot(lag_s=lag_s)
    run(robot, speed=1.0, direction=direction, duration_seconds=5)
    error_rad = math.remainder(robot.turned_rad - math.radians(direction), 2 * math.pi)
    assert abs(error_rad) < HEADING_TOLERANCE_RAD
    assert abs(robot.turned_rad) < math.pi + 0.1


@every_lag
@pytest.mark.parametrize('direction', [45, 90, -90, 180])
def test_a_base_with_lag_turns_within_tolerance_and_within_limits(
    direction: float, lag_s: float
) -> None:
    robot = SimulatedRobot(lag_s=lag_s)
    run(robot, speed=0.0, direction=direction, duration_seconds=0.001)
    assert abs(robot.turned_rad - math.radians(direction)) < 0.03
    assert max(abs(each.velocity.yaw_radps) for each in robot.sent) <= 1.0 + 1e-9
    turning = [each for each in robot.sent if not each.velocity.is_zero]
    limit_radps = DIFFERENTIAL.yaw_acceleration_radps2 * CONTROL_PERIOD_S
    assert max(changes(turning, lambda velocity: velocity.yaw_radps)) <= limit_radps * 1.2


@every_lag
def test_the_robot_arrives_where_it_was_sent(lag_s: float) -> None:
    robot = SimulatedRobot(lag_s=lag_s)
    run(robot, speed=1.5, direction=90, duration_seconds=10)
    heading_rad = START_HEADING_RAD + math.pi / 2
    missed_m = math.hypot(
        robot.x_m - 15.0 * math.cos(heading_rad), robot.y_m - 15.0 * math.sin(heading_rad)
    )
    assert missed_m < 0.15


def test_half_a_turn_right_is_not_three_quarters_left() -> None:
    robot = SimulatedRobot()
    run(robot, speed=0.5, direction=270, duration_seconds=1)
    assert robot.turned_rad == pytest.approx(-math.pi / 2, abs=0.03)


@pytest.mark.parametrize('direction', [0, 45, 90, 180, -135])
def test_a_holonomic_base_translates_without_turning(direction: float) -> None:
    robot = SimulatedRobot()
    run(robot, HOLONOMIC, speed=1.0, direction=direction, duration_seconds=3)
    assert all(each.velocity.yaw_radps == 0.0 for each in robot.sent)
    for each in robot.sent:
        bearing_rad = math.atan2(each.velocity.y_mps, each.velocity.x_mps)
        error_rad = math.remainder(bearing_rad - math.radians(direction), 2 * math.pi)
        assert error_rad == pytest.approx(0.0, abs=1e-9)
    assert math.hypot(robot.x_m, robot.y_m) == pytest.approx(3.0, rel=0.002)
    assert robot.messages() == ['driving']


@both_bases
def test_a_push_aside_is_corrected_while_driving(settings: DriveSettings) -> None:
    robot = SimulatedRobot(lag_s=0.1)

    def pushed() -> Iterator[float]:
        for number in range(1000):
            if number == 20:
                robot.heading += 0.2
            yield CONTROL_PERIOD_S

    robot._steps_s = pushed()
    run(robot, settings, speed=1.0, duration_seconds=5)
    assert abs(robot.turned_rad) < HEADING_TOLERANCE_RAD
    assert max(abs(each.velocity.yaw_radps) for each in robot.sent) <= 0.5


def test_without_odometry_it_turns_and_drives_by_the_clock() -> None:
    robot = SimulatedRobot(has_odometry=False)
    run(robot, speed=1.0, direction=90, duration_seconds=3)
    assert robot.turned_rad == pytest.approx(math.pi / 2, abs=0.02)
    assert robot.distance_commanded_m == pytest.approx(3.0, rel=0.002)
    assert all(each.velocity.yaw_radps == 0.0 for each in robot.sent if each.velocity.x_mps)


@pytest.mark.parametrize('silent_at_s', [0.5, 4.0], ids=['turning', 'driving'])
def test_odometry_that_falls_silent_ends_the_motion(silent_at_s: float) -> None:
    robot = SimulatedRobot(odometry_until_s=silent_at_s)
    with pytest.raises(OdometryLost):
        run(robot, speed=1.0, direction=90, duration_seconds=30)
    assert robot.now_s == pytest.approx(silent_at_s, abs=2 * CONTROL_PERIOD_S)


def test_a_base_that_does_not_turn_is_given_up() -> None:
    robot = SimulatedRobot(is_stuck=True)
    with pytest.raises(HeadingNotReached, match=r'is 90\.0 degrees off'):
        run(robot, speed=1.0, direction=90, duration_seconds=5)
    assert TURN_GRACE_S < robot.now_s < TURN_GRACE_S + 10.0
    assert all(each.velocity.x_mps == 0.0 for each in robot.sent)


@both_bases
def test_speed_zero_stands_for_the_duration(settings: DriveSettings) -> None:
    robot = SimulatedRobot()
    run(robot, settings, speed=0, duration_seconds=2)
    assert all(each.velocity == ZERO for each in robot.sent)
    assert robot.now_s == pytest.approx(2.0, abs=1.5 * CONTROL_PERIOD_S)
    assert robot.messages() == ['standing']


@pytest.mark.parametrize('interrupted_at_s', [0.0, 1.0, 5.0])
def test_an_interruption_passes_through(interrupted_at_s: float) -> None:
    robot = SimulatedRobot(interrupted_at_s=interrupted_at_s)
    with pytest.raises(Interruption):
        run(robot, speed=1.0, direction=90, duration_seconds=10)
    assert robot.now_s == pytest.approx(interrupted_at_s, abs=2 * CONTROL_PERIOD_S)


@both_bases
@pytest.mark.parametrize('speed', [0.0, 0.05, 1.5, 3.0])
@pytest.mark.parametrize('duration_s', [0.5, 2.0, 20.0])
def test_a_straight_drive_takes_as_long_as_predicted(
    duration_s: float, speed: float, settings: DriveSettings
) -> None:
    robot = SimulatedRobot(lag_s=0.1)
    predicted_s = run(robot, settings, speed=speed, duration_seconds=duration_s)
    assert robot.now_s == pytest.approx(predicted_s, abs=3 * CONTROL_PERIOD_S)


@every_lag
@pytest.mark.parametrize('direction', [5, 45, 90, 180])
def test_a_turn_takes_no_longer_than_predicted(direction: float, lag_s: float) -> None:
    """A timeout just above the prediction was accepted, and then ended in ExecutionTimeout."""
    robot = SimulatedRobot(lag_s=lag_s)
    predicted_s = run(robot, speed=1.0, direction=direction, duration_seconds=3)
    assert robot.now_s <= predicted_s + 0.5


def test_the_prediction_has_turn_and_distance() -> None:
    straight, turned = (
        Drive(DIFFERENTIAL).predict(
            Drive(DIFFERENTIAL).parse(
                {'speed': 1.0, 'direction': direction, 'duration_seconds': 10}
            )
        )
        for direction in (0, 180)
    )
    assert straight.distance_m == turned.distance_m == 10.0
    assert straight.duration_s == pytest.approx(11.0)  # speeding up and slowing down add
    assert turned.duration_s - straight.duration_s > math.pi


@both_bases
def test_progress_only_grows_and_ends_near_one(settings: DriveSettings) -> None:
    robot = SimulatedRobot()
    run(robot, settings, speed=1.0, direction=90, duration_seconds=3)
    progress = [value for value, _ in robot.progress]
    assert progress == sorted(progress)
    assert progress[0] == pytest.approx(0.0, abs=0.01)
    assert 0.97 < progress[-1] <= 1.0


# The way driven is the way measured.


@both_bases
@every_lag
@pytest.mark.parametrize('odometry_period_s', [0.0, 0.1])
def test_with_odometry_the_way_measured_is_the_way_asked_for(
    settings: DriveSettings, lag_s: float, odometry_period_s: float
) -> None:
    robot = SimulatedRobot(lag_s=lag_s, odometry_period_s=odometry_period_s)
    run(robot, settings, speed=1.0, duration_seconds=3)
    robot.roll_out()
    assert robot.way_m == pytest.approx(3.0, abs=0.02)


@both_bases
@pytest.mark.parametrize('gain', [0.5, 0.8, 1.05])
def test_a_base_that_slips_or_races_makes_the_whole_way(
    settings: DriveSettings, gain: float
) -> None:
    """With half of the way lost to slip, a drive was COMPLETED after half of its way."""
    robot = SimulatedRobot(lag_s=0.1, gain=gain)
    run(robot, settings, speed=1.0, direction=45, duration_seconds=3)
    robot.roll_out()
    assert robot.way_m == pytest.approx(3.0, abs=0.05)
    assert robot.distance_commanded_m == pytest.approx(3.0 / gain, rel=0.05)


def test_a_gate_that_lets_the_speed_grow_more_slowly_does_not_shorten_the_way() -> None:
    """COMPLETED with 1.35 of 2.0 m: the gate's acceleration was half of the orchestrator's."""
    robot = SimulatedRobot(lag_s=0.1, max_change_mps2=0.5)
    run(robot, speed=1.0, duration_seconds=2)
    robot.roll_out()
    assert robot.way_m == pytest.approx(2.0, abs=0.02)


def test_jitter_of_the_ticks_does_not_change_the_way() -> None:
    robot = SimulatedRobot(jittered(3, 0.03), lag_s=0.1)
    run(robot, speed=1.5, duration_seconds=4)
    robot.roll_out()
    assert robot.way_m == pytest.approx(6.0, abs=0.02)


def test_without_odometry_the_way_is_the_way_commanded() -> None:
    robot = SimulatedRobot(has_odometry=False, gain=0.5)
    run(robot, speed=1.0, duration_seconds=3)
    assert robot.distance_commanded_m == pytest.approx(3.0, rel=0.0001)


def test_the_way_of_the_turn_is_none_of_the_drive() -> None:
    robot = SimulatedRobot()
    robot.way_m = robot._told_way_m = 7.0  # of whatever was before
    run(robot, speed=1.0, duration_seconds=2)
    assert robot.way_m == pytest.approx(9.0, abs=0.01)


@both_bases
@pytest.mark.parametrize(
    ('wall_at_m', 'detail'), [(1.35, '1.35 of 2.00'), (0.0, '0.00 of 2.00'), (1.79, '1.79 of')]
)
def test_a_drive_that_never_arrives_fails_and_tells_both_distances(
    settings: DriveSettings, wall_at_m: float, detail: str
) -> None:
    """Held up by a wall, it was COMPLETED when its time was over."""
    robot = SimulatedRobot(wall_at_m=wall_at_m, lag_s=0.1)
    with pytest.raises(Blocked, match=f'it made {detail}'):
        run(robot, settings, speed=1.0, duration_seconds=2)
    limit_s = 2.0 * 3.0 + TRANSLATION_GRACE_S
    assert robot.now_s == pytest.approx(limit_s, abs=0.1)


@pytest.mark.parametrize(('share', 'is_enough'), [(0.9, True), (0.96, False), (0.0, True)])
def test_how_much_of_the_way_is_enough_is_a_setting(share: float, is_enough: bool) -> None:
    robot = SimulatedRobot(wall_at_m=1.9)
    settings = DriveSettings(min_distance_share=share)
    if is_enough:
        run(robot, settings, speed=1.0, duration_seconds=2)
    else:
        with pytest.raises(Blocked):
            run(robot, settings, speed=1.0, duration_seconds=2)


def test_progress_is_that_of_the_way_measured() -> None:
    robot = SimulatedRobot(wall_at_m=1.0)
    with pytest.raises(Blocked):
        run(robot, speed=1.0, duration_seconds=2)
    assert max(value for value, _ in robot.progress) == pytest.approx(0.5, abs=0.01)


# Backwards.


@pytest.mark.parametrize('has_odometry', [True, False])
def test_a_differential_base_drives_backwards_without_turning(has_odometry: bool) -> None:
    """108 advised direction 180 instead: it turned round, and drove into what it backed from."""
    robot = SimulatedRobot(lag_s=0.1, has_odometry=has_odometry)
    run(robot, speed=1.0, duration_seconds=2, reverse=True)
    robot.roll_out()
    assert all(each.velocity.x_mps <= 0.0 for each in robot.sent)
    assert all(each.velocity.y_mps == each.velocity.yaw_radps == 0.0 for each in robot.sent)
    assert robot.x_m == pytest.approx(-2.0 * math.cos(START_HEADING_RAD), abs=0.02)
    assert robot.y_m == pytest.approx(-2.0 * math.sin(START_HEADING_RAD), abs=0.02)


def test_a_differential_base_turns_first_and_then_drives_backwards_along_it() -> None:
    robot = SimulatedRobot(lag_s=0.1)
    run(robot, speed=1.0, direction=90, duration_seconds=2, reverse=True)
    robot.roll_out()
    assert robot.turned_rad == pytest.approx(math.pi / 2, abs=0.03)
    heading_rad = START_HEADING_RAD + math.pi / 2
    assert robot.x_m == pytest.approx(-2.0 * math.cos(heading_rad), abs=0.05)
    assert robot.y_m == pytest.approx(-2.0 * math.sin(heading_rad), abs=0.05)


def test_a_holonomic_base_drives_opposite_to_the_direction() -> None:
    robot = SimulatedRobot(lag_s=0.1)
    run(robot, HOLONOMIC, speed=1.0, direction=90, duration_seconds=2, reverse=True)
    robot.roll_out()
    assert robot.turned_rad == pytest.approx(0.0, abs=1e-9)
    heading_rad = START_HEADING_RAD - math.pi / 2
    assert robot.x_m == pytest.approx(2.0 * math.cos(heading_rad), abs=0.02)
    assert robot.y_m == pytest.approx(2.0 * math.sin(heading_rad), abs=0.02)


@both_bases
def test_a_push_aside_is_corrected_backwards_too(settings: DriveSettings) -> None:
    robot = SimulatedRobot(lag_s=0.1)

    def pushed() -> Iterator[float]:
        for number in range(1000):
            if number == 20:
                robot.heading += 0.2
            yield CONTROL_PERIOD_S

    robot._steps_s = pushed()
    run(robot, settings, speed=1.0, duration_seconds=5, reverse=True)
    assert abs(robot.turned_rad) < HEADING_TOLERANCE_RAD


@pytest.mark.parametrize('direction', [0, 90])
def test_backwards_takes_as_long_and_ends_as_predicted(direction: float) -> None:
    robot = SimulatedRobot(lag_s=0.1)
    given: dict[str, Any] = {'speed': 1.0, 'direction': direction, 'duration_seconds': 3}
    predicted = Drive(DIFFERENTIAL).predict(Drive(DIFFERENTIAL).parse({**given, 'reverse': True}))
    run(robot, **given, reverse=True)
    robot.roll_out()
    assert robot.now_s <= predicted.duration_s + 5.5
    cos, sin = math.cos(START_HEADING_RAD), math.sin(START_HEADING_RAD)
    ahead_m, left_m = cos * robot.x_m + sin * robot.y_m, cos * robot.y_m - sin * robot.x_m
    assert ahead_m == pytest.approx(predicted.end_x_m, abs=0.06)
    assert left_m == pytest.approx(predicted.end_y_m, abs=0.06)
