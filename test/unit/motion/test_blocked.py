"""Who is held up, and who is not: tick by tick, with lag, slow odometry, noise and odd clocks."""

import cmath
import math
import random
from collections.abc import Callable
from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.motion.blocked import WINDOW_S, BlockedWatch, HoldUp
from orchestrator_ren.motion.response import Response
from orchestrator_ren.motion.velocity import ZERO, Velocity

TICK_S = 0.05
PHYSICS_S = 0.005
RESPONSE = Response(1.0, 2.0)

Commands = Callable[[float], Velocity]


@dataclass
class Base:
    """A base as odometry tells of it.

    Attributes:
        lag_s: Time constant with which it follows [s].
        dead_s: Time before it begins to follow [s].
        odometry_s: Time between two messages [s].
        gain: Speed made per speed asked for.
        free_until_s: It is held from then on [s].
        can_turn: Whether anything turns it.
        drift_radps: What turns it besides its wheels [rad/s].
        noise_m: Of the position in each message [m].
    """

    lag_s: float = 0.1
    dead_s: float = 0.0
    odometry_s: float = 0.02
    gain: float = 1.0
    free_until_s: float = math.inf
    can_turn: bool = True
    drift_radps: float = 0.0
    noise_m: float = 0.0

    def told(self, commands: Commands, until_s: float) -> list[tuple[complex, float]]:
        """Return position and heading as last told, for each control tick."""
        chance = random.Random(1)
        at, heading, speed, turning, told, due_s = 0j, 0.0, 0j, 0.0, (0j, 0.0), 0.0
        seen = []
        for n in range(round(until_s / PHYSICS_S)):
            now_s = n * PHYSICS_S
            if n % round(TICK_S / PHYSICS_S) == 0:
                seen.append(told)
            late_s = now_s - self.dead_s
            asked = commands(late_s // TICK_S * TICK_S) if late_s >= 0.0 else ZERO
            share = -math.expm1(-PHYSICS_S / self.lag_s) if self.lag_s else 1.0
            speed += share * (self.gain * complex(asked.x_mps, asked.y_mps) - speed)
            turning += share * (self.gain * asked.yaw_radps - turning)
            if now_s < self.free_until_s:
                at += speed * cmath.exp(1j * heading) * PHYSICS_S
                heading += (turning * self.can_turn + self.drift_radps) * PHYSICS_S
            if now_s >= due_s:
                due_s += self.odometry_s
                noise = complex(chance.gauss(0, self.noise_m), chance.gauss(0, self.noise_m))
                told = (at + noise, heading)
        return seen


def held_up_at_s(base: Base, commands: Commands, until_s: float) -> tuple[float, str] | None:
    """Return when the robot is found to be held up, and why; None = it is not."""
    watch = HoldUp(RESPONSE)
    velocity = ZERO
    for n, (position, heading) in enumerate(base.told(commands, until_s)):
        now_s = n * TICK_S
        why = watch.look(now_s, now_s, velocity, position, heading)
        if why is not None:
            return now_s, why
        velocity = commands(now_s)
    return None


def ramp(speed: float, at_s: float = 0.0, slope: float = 1.0) -> Callable[[float], float]:
    return lambda now_s: math.copysign(min(abs(speed), slope * max(0.0, now_s - at_s)), speed)


def drive(speed_mps: float) -> Commands:
    return lambda now_s: Velocity(ramp(speed_mps)(now_s))


def turn(rate_radps: float) -> Commands:
    return lambda now_s: Velocity(yaw_radps=ramp(rate_radps, slope=2.0)(now_s))


def circle(now_s: float) -> Velocity:
    return Velocity(0.5, 0.0, 1.5)


def wiggle(now_s: float) -> Velocity:
    return Velocity(0.5 * math.copysign(1.0, math.sin(2.0 * math.pi * now_s / 1.6)))


def step_back_and_forth(now_s: float) -> Velocity:
    return Velocity(0.5 if now_s % 4.0 < 2.0 else -0.5)


def approach(now_s: float) -> Velocity:
    return Velocity(0.5 * math.exp(-3.0 * now_s))


def stop_and_go(now_s: float) -> Velocity:
    return Velocity(0.5) if now_s % 3.0 < 1.5 else ZERO


def step(now_s: float) -> Velocity:
    return Velocity(3.0)


def crab(now_s: float) -> Velocity:
    return Velocity(-0.3, 0.4)


MOTIONS = {
    'drive': drive(1.5),
    'backwards': drive(-1.0),
    'slowly': drive(0.03),
    'very slowly': drive(0.01),
    'turn': turn(1.0),
    'turn right': turn(-2.0),
    'circle': circle,
    'wiggle': wiggle,
    'back and forth': step_back_and_forth,
    'approach': approach,
    'stop and go': stop_and_go,
    'crab': crab,
    'stand': lambda _: ZERO,
}


@pytest.mark.parametrize('commands', MOTIONS.values(), ids=MOTIONS)
@pytest.mark.parametrize(
    'base',
    [
        Base(lag_s=0.0),
        Base(lag_s=0.3),
        Base(dead_s=0.3),
        Base(lag_s=0.1, dead_s=0.1, odometry_s=0.1),
        Base(lag_s=0.2, odometry_s=0.2),
        Base(gain=0.5, lag_s=0.2),
        Base(gain=1.5),
        Base(noise_m=0.002),
    ],
    ids=str,
)
def test_a_base_that_follows_is_never_held_up(base: Base, commands: Commands) -> None:
    assert held_up_at_s(base, commands, 25.0) is None


def test_a_step_is_not_expected_to_be_followed_at_once() -> None:
    def limited(now_s: float) -> Velocity:  # what the gate makes of 3 m/s at once
        return Velocity(min(3.0, 1.0 * now_s))

    told = Base(lag_s=0.2, odometry_s=0.2).told(limited, 6.0)
    watch = HoldUp(RESPONSE)
    for n, (position, heading) in enumerate(told):
        assert watch.look(n * TICK_S, n * TICK_S, step(0.0), position, heading) is None


@pytest.mark.parametrize('odometry_s', [0.02, 0.1, 0.2])
@pytest.mark.parametrize(
    'commands', [drive(1.5), drive(-0.5), drive(0.05), crab, circle, turn(1.0), turn(-0.5)]
)
def test_one_that_is_stopped_on_the_way_is_found_within_a_second(
    commands: Commands, odometry_s: float
) -> None:
    """A drive held up by a wall was COMPLETED when its time was over, its wheels pushing."""
    found = held_up_at_s(Base(odometry_s=odometry_s, free_until_s=5.0), commands, 12.0)
    assert found is not None
    assert 5.7 < found[0] < 6.3


@pytest.mark.parametrize('commands', [drive(1.0), drive(-1.0), turn(1.0), crab])
def test_one_that_never_begins_to_move_is_found_after_a_second(commands: Commands) -> None:
    found = held_up_at_s(Base(free_until_s=0.0), commands, 5.0)
    assert found is not None
    assert WINDOW_S <= found[0] < 1.3


@pytest.mark.parametrize('commands', [drive(0.01), drive(-0.015), turn(0.03)])
def test_one_that_goes_very_slowly_is_found_after_ten_seconds(commands: Commands) -> None:
    """An inspection at 1 cm/s would push for twice its time, hours, before it fails."""
    found = held_up_at_s(Base(free_until_s=20.0), commands, 40.0)
    assert found is not None
    assert 27.0 < found[0] < 29.5
    assert found[1].endswith('within 10 s')


def test_the_reason_has_both_ways() -> None:
    driven = held_up_at_s(Base(free_until_s=5.0), drive(0.5), 12.0)
    turned = held_up_at_s(Base(free_until_s=0.0), turn(1.0), 12.0)
    assert driven is not None
    assert driven[1] == 'it made 0.08 of 0.50 m within 1 s'
    assert turned is not None
    assert turned[1] == 'it turned 0 of 42 degrees within 1 s'


@pytest.mark.parametrize('gain', [-1.0, -0.3, 0.0, 0.1])
@pytest.mark.parametrize('commands', [drive(1.0), turn(1.0), crab])
def test_what_goes_the_wrong_way_is_held_up(commands: Commands, gain: float) -> None:
    """Motors with swapped wires made the way, as the length of the path has it: COMPLETED."""
    found = held_up_at_s(Base(gain=gain), commands, 5.0)
    assert found is not None
    assert found[0] < 1.5


def test_the_jitter_of_an_odometry_is_no_way() -> None:
    """A robot before a wall whose pose jitters by 1 cm makes metres, as the path has it."""
    found = held_up_at_s(Base(free_until_s=3.0, noise_m=0.01), drive(0.5), 12.0)
    assert found is not None
    assert 3.5 < found[0] < 4.5


def test_a_slide_along_a_wall_is_no_way() -> None:
    watch = HoldUp(RESPONSE)
    reasons = []
    for n in range(60):
        slide = 1j * n * TICK_S  # as fast as asked for, but to the side
        reasons.append(watch.look(n * TICK_S, n * TICK_S, Velocity(1.0), slide, 0.0))
    assert any(reasons)


@pytest.mark.parametrize('drift_radps', [0.1, -0.4])
def test_holding_the_heading_against_a_pull_is_not_being_held_up(drift_radps: float) -> None:
    """A robot with one soft tyre turns against it all the time, and its heading stays."""

    def straight(now_s: float) -> Velocity:
        return Velocity(ramp(1.0)(now_s), 0.0, -drift_radps)

    assert held_up_at_s(Base(drift_radps=drift_radps, lag_s=0.0), straight, 10.0) is None


def test_a_robot_that_should_drive_and_turn_but_only_drives_is_held_up() -> None:
    found = held_up_at_s(Base(can_turn=False), circle, 10.0)
    assert found is not None
    assert 'degrees' in found[1]


def test_a_robot_that_should_drive_and_turn_but_only_turns_is_held_up() -> None:
    watch = HoldUp(RESPONSE)
    reasons = [
        watch.look(n * TICK_S, n * TICK_S, circle(0.0), 0j, 1.5 * n * TICK_S) for n in range(60)
    ]
    assert 'm within' in next(each for each in reasons if each is not None)


@pytest.mark.parametrize(
    'velocity', [ZERO, Velocity(0.004), Velocity(yaw_radps=0.008), Velocity(-0.004, 0.0, 0.008)]
)
def test_who_is_asked_for_almost_nothing_is_not_held_up(velocity: Velocity) -> None:
    assert held_up_at_s(Base(free_until_s=0.0), lambda _: velocity, 20.0) is None


@pytest.mark.parametrize('rate', [0.0, 0.1, 10.0, 1000.0])
@pytest.mark.parametrize('base_rate', [1.0, None], ids=['its own time', 'simulated time'])
def test_simulated_time_that_races_or_crawls_is_no_reason(
    rate: float, base_rate: float | None
) -> None:
    """The base may live in either time: it is given the benefit of the slower one."""
    watch, speed_mps = HoldUp(RESPONSE), 0.5
    for n in range(200):
        now_mono_s = n * TICK_S
        way = speed_mps * now_mono_s * (rate if base_rate is None else base_rate)
        assert watch.look(1000.0 + rate * now_mono_s, now_mono_s, Velocity(0.5), way, 0.0) is None


@pytest.mark.parametrize('rate', [0.2, 1.0, 10.0])
def test_one_that_is_held_up_is_found_in_simulated_time_too(rate: float) -> None:
    watch = HoldUp(RESPONSE)
    found_s = next(
        n * TICK_S
        for n in range(1000)
        if watch.look(1000.0 + rate * n * TICK_S, n * TICK_S, Velocity(0.5), 0j, 0.0)
    )
    assert WINDOW_S <= found_s * min(rate, 1.0) < 1.3


def test_a_process_that_stood_still_is_no_reason() -> None:
    """The gate stops the robot 0.25 s after the last command: no way is asked for after that."""
    watch, now_s, way_m = HoldUp(RESPONSE), 0.0, 0.0
    for n in range(200):
        pause_s = 2.0 if n % 20 == 19 else TICK_S
        assert watch.look(now_s, now_s, Velocity(0.5), way_m, 0.0) is None
        now_s += pause_s
        way_m += 0.5 * min(pause_s, 0.25)


def test_time_that_jumps_back_is_no_reason() -> None:
    watch = HoldUp(RESPONSE)
    for n in range(100):
        now_s = n * TICK_S - (100.0 if n > 50 else 0.0)
        assert watch.look(now_s, n * TICK_S, Velocity(0.5), 0.5 * n * TICK_S, 0.0) is None


@given(
    st.floats(0.05, 3.0),
    st.floats(0.2, 5.0),
    st.floats(0.0, 0.2),
    st.floats(0.0, 0.1),
    st.sampled_from([0.02, 0.05, 0.1, 0.2]),
    st.floats(0.35, 1.3),
)
def test_no_base_within_the_limits_gives_a_false_alarm(
    speed_mps: float,
    cruise_s: float,
    lag_s: float,
    dead_s: float,
    odometry_s: float,
    gain: float,
) -> None:
    begin_slowing_s = speed_mps + cruise_s

    def trapezoid(now_s: float) -> Velocity:
        slowed_mps = speed_mps - max(0.0, now_s - begin_slowing_s)
        return Velocity(max(0.0, min(ramp(speed_mps)(now_s), slowed_mps)))

    base = Base(lag_s, dead_s, odometry_s, gain)
    assert held_up_at_s(base, trapezoid, begin_slowing_s + speed_mps + 2.0) is None


@pytest.mark.parametrize('asked', [math.inf, math.nan])
def test_what_is_no_velocity_is_not_judged(asked: float) -> None:
    watch = HoldUp(RESPONSE)
    for n in range(300):
        now_s = n * TICK_S
        assert watch.look(now_s, now_s, Velocity(asked, asked, asked), 0j, 0.0) is None


@pytest.mark.parametrize('asked_mps', [100.0, 1e308])
def test_who_asks_for_more_than_the_gate_lets_pass_is_judged_by_that(asked_mps: float) -> None:
    watch = HoldUp(RESPONSE)
    for n in range(600):
        now_s = n * TICK_S
        assert watch.look(now_s, now_s, Velocity(asked_mps), 3.0 * now_s, 0.0) is None


def test_it_remembers_only_what_it_needs() -> None:
    watch = BlockedWatch()
    for n in range(10_000):
        watch.add(n * TICK_S, n * TICK_S, n * TICK_S)
    assert len(watch._moments) < 40
    assert watch.path() < 2.0


# The way made.


def made_m(path: Callable[[float], complex], commands: Commands, until_s: float = 4.0) -> float:
    """Return the way made by a robot that looks along x, whose odometry tells of that path."""
    watch, velocity = HoldUp(RESPONSE), ZERO
    for n in range(round(until_s / TICK_S) + 1):
        now_s = n * TICK_S
        watch.look(now_s, now_s, velocity, path(now_s), 0.0)
        velocity = commands(now_s)
    return watch.made_m


def test_the_way_made_is_that_in_the_direction_commanded() -> None:
    ahead, back = (lambda _: Velocity(1.0)), (lambda _: Velocity(-1.0))
    assert made_m(lambda now_s: complex(now_s), ahead) == pytest.approx(4.0)
    assert made_m(lambda now_s: complex(-now_s), back) == pytest.approx(4.0)
    assert made_m(lambda now_s: complex(-now_s), ahead) == pytest.approx(-4.0)
    assert made_m(lambda now_s: 1j * now_s, ahead) == pytest.approx(0.0)
    assert made_m(lambda now_s: complex(now_s), lambda _: Velocity(0.3, 0.3)) == pytest.approx(
        4.0 / math.sqrt(2.0)
    )


def test_there_and_back_is_the_way_there_and_the_way_back() -> None:
    def triangle(now_s: float) -> complex:
        return complex(now_s if now_s <= 2.0 else 4.0 - now_s)

    def commands(now_s: float) -> Velocity:
        return Velocity(1.0 if now_s < 2.0 else -1.0)

    assert made_m(triangle, commands) == pytest.approx(4.0, abs=0.1)


def test_jitter_is_no_way_and_rolling_out_is_some() -> None:
    jitter = made_m(lambda now_s: complex(0.01 * (-1.0) ** round(now_s / TICK_S)), drive(1.0))
    assert abs(jitter) < 0.03
    rolled = made_m(
        lambda now_s: complex(min(now_s, 3.0)),
        lambda now_s: Velocity(1.0) if now_s < 2.0 else ZERO,
    )
    assert rolled == pytest.approx(3.0)


def test_who_was_never_told_to_drive_has_made_no_way() -> None:
    assert made_m(lambda now_s: complex(now_s), lambda _: Velocity(yaw_radps=1.0)) == 0.0


@pytest.mark.parametrize('off_deg', [30.0, 45.0, 60.0])
def test_a_base_that_cannot_go_where_it_is_told_is_found(off_deg: float) -> None:
    """A differential base that was configured as holonomic: 1.4 m straight ahead of 1 m aside."""
    watch, wanted = HoldUp(RESPONSE), cmath.rect(0.5, math.radians(off_deg))
    why, position = None, 0j
    for step in range(60):
        now_s = 10.0 + 0.05 * step
        velocity = Velocity(wanted.real, wanted.imag)
        why = why or watch.look(now_s, now_s, velocity, position, 0.0)
        speed_mps = min(0.5, 0.05 * step) * math.cos(math.radians(off_deg))
        position += speed_mps * 0.05
    assert why is not None


@pytest.mark.parametrize('off_deg', [0.0, 10.0, 20.0])
def test_a_base_that_goes_a_little_aside_is_not(off_deg: float) -> None:
    watch, position = HoldUp(RESPONSE), 0j
    for step in range(60):
        now_s = 10.0 + 0.05 * step
        assert watch.look(now_s, now_s, Velocity(0.5), position, 0.0) is None
        position += cmath.rect(min(0.5, 0.05 * step) * 0.05, math.radians(off_deg))
