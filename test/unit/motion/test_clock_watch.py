"""Honest simulators are believed, at any pace; jumps are not, and a clock that died is noticed."""

import math
import random
from collections.abc import Callable

import pytest

from orchestrator_ren.errors import ClockUnusable
from orchestrator_ren.motion.clock_watch import STANDS_S, ClockWatch

LOOK_S = 0.05
FACTORS = [0.01, 0.1, 0.5, 1.0, 3.0, 10.0, 100.0]


class Simulation:
    """A /clock that is published at a rate, and looked at every 50 ms of steady time."""

    def __init__(self, factor: float = 1.0, rate_hz: float = 100.0) -> None:
        self.watch = ClockWatch()
        self.factor = factor
        self.true_s = self.told_s = 1000.0
        self.mono_s = self._published_mono_s = 50.0
        self._period_s = 1.0 / rate_hz
        self._look()

    def run(self, duration_s: float, look_s: float = LOOK_S) -> 'Simulation':
        until_mono_s = self.mono_s + duration_s
        while self.mono_s < until_mono_s - 1e-9:
            self.mono_s += look_s
            self.true_s += self.factor * look_s
            if self.mono_s - self._published_mono_s >= self._period_s - 1e-9:
                self.told_s, self._published_mono_s = self.true_s, self.mono_s
            self._look()
        return self

    def jump(self, jump_s: float) -> 'Simulation':
        self.true_s += jump_s
        return self.run(2.0 * max(self._period_s, LOOK_S))

    def stall(self, duration_s: float) -> 'Simulation':
        """Stand still oneself: the old time is seen first, and then all that passed."""
        self.mono_s += duration_s
        self.true_s += self.factor * duration_s
        self._look()
        self.told_s, self._published_mono_s = self.true_s, self.mono_s
        self.mono_s += 0.001
        self._look()
        return self

    def _look(self) -> None:
        self.watch.look(self.told_s, self.mono_s)


@pytest.mark.parametrize('rate_hz', [10.0, 50.0, 1000.0])
@pytest.mark.parametrize('factor', FACTORS)
def test_an_honest_simulator_is_believed(factor: float, rate_hz: float) -> None:
    simulation = Simulation(factor, rate_hz).run(5.0)
    assert simulation.watch.jump == ''
    assert simulation.watch.elapsed_s == pytest.approx(5.0 * factor, abs=0.15 * factor)


@pytest.mark.parametrize('stall_s', [0.3, 0.7, 3.0])
@pytest.mark.parametrize('factor', FACTORS)
def test_standing_still_oneself_is_no_jump(factor: float, stall_s: float) -> None:
    simulation = Simulation(factor).run(2.0)
    for _ in range(5):
        simulation.stall(stall_s).run(0.3)
    assert simulation.watch.jump == ''


@pytest.mark.parametrize('factor', FACTORS)
def test_standing_still_in_the_midst_of_two_times_is_no_jump(factor: float) -> None:
    """What is seen first is what was published before the rest."""
    simulation = Simulation(factor).run(2.0)
    for _ in range(5):
        late = simulation.told_s + 0.01 * factor
        simulation.mono_s += 0.7
        simulation.true_s += 0.7 * factor
        simulation.watch.look(late, simulation.mono_s)
        simulation.run(0.3)
    assert simulation.watch.jump == ''


@pytest.mark.parametrize('seed', range(5))
def test_looks_that_come_when_they_like_find_no_jump(seed: int) -> None:
    chance = random.Random(seed)
    simulation = Simulation(chance.choice(FACTORS), chance.choice([10.0, 1000.0]))
    for _ in range(1000):
        simulation.run(0.001, look_s=chance.uniform(0.0005, 0.3))
    assert simulation.watch.jump == ''


def test_a_factor_that_changes_is_followed() -> None:
    simulation = Simulation(0.05)
    for _ in range(300):
        simulation.factor *= 1.025
        simulation.run(LOOK_S)
    assert simulation.factor > 50.0
    for _ in range(300):
        simulation.factor /= 1.025
        simulation.run(LOOK_S)
    assert simulation.watch.jump == ''


@pytest.mark.parametrize('factor', [2.0, 10.0])
def test_a_factor_that_is_set_anew_is_no_jump(factor: float) -> None:
    simulation = Simulation(1.0).run(2.0)
    simulation.factor = factor
    simulation.run(3.0)
    simulation.factor = 1.0
    assert simulation.run(3.0).watch.jump == ''


@pytest.mark.parametrize('jump_s', [2.0, 5.0, 60.0, 3600.0])
@pytest.mark.parametrize('rate_hz', [10.0, 100.0])
def test_a_jump_ahead_is_told_and_is_no_time(jump_s: float, rate_hz: float) -> None:
    simulation = Simulation(1.0, rate_hz).run(5.0).jump(jump_s)
    assert 'jumped ahead' in simulation.watch.jump
    assert simulation.watch.elapsed_s == pytest.approx(5.1, abs=0.3)


@pytest.mark.parametrize(('factor', 'jump_s'), [(0.01, 1.2), (0.1, 1.2), (10.0, 3.0), (100, 25)])
def test_the_smallest_jump_found_grows_with_the_factor(factor: float, jump_s: float) -> None:
    assert 'ahead' in Simulation(factor).run(5.0).jump(jump_s).watch.jump
    assert Simulation(factor).run(5.0).jump(0.5).watch.jump == ''


def test_a_jump_is_found_early_where_the_clock_was_looked_at_while_idle() -> None:
    assert 'ahead' in Simulation(1.0).run(3.0, look_s=1.0).run(0.1).jump(4.0).watch.jump


def test_a_jump_ahead_is_found_after_another() -> None:
    simulation = Simulation(1.0).run(5.0).jump(60.0)
    simulation.watch.jump = ''
    assert 'ahead' in simulation.run(1.0).jump(2.0).watch.jump


def test_a_jump_back_is_told_and_is_no_time() -> None:
    simulation = Simulation(1.0).run(5.0).jump(-100.0).run(1.0)
    assert 'back by' in simulation.watch.jump
    assert simulation.watch.elapsed_s == pytest.approx(6.1, abs=0.2)


def test_two_sources_that_take_turns_are_told() -> None:
    simulation = Simulation(1.0).run(2.0)
    simulation.watch.look(simulation.told_s + 5.0, simulation.mono_s + 0.01)
    assert simulation.watch.jump != ''


def test_the_beginning_of_simulated_time_is_no_jump() -> None:
    watch = ClockWatch()
    for mono_s, now_s in ((1.0, 0.0), (2.0, 0.0), (3.0, 1.8e9), (3.1, 1.8e9 + 0.1)):
        watch.look(now_s, mono_s)
    assert watch.jump == ''
    assert watch.elapsed_s == pytest.approx(0.1)


@pytest.mark.parametrize('begun_s', [0.0, 1000.0])
def test_a_clock_that_has_died_is_noticed(begun_s: float) -> None:
    watch = ClockWatch()
    watch.look(begun_s, 10.0)
    assert (watch.standing_s(10.9), watch.stood_s(10.9)) == (pytest.approx(0.9), 0.0)
    assert watch.stood_s(70.0) == pytest.approx(60.0)


def test_a_clock_that_stands_for_longer_than_a_second_ends_motions() -> None:
    watch = ClockWatch()
    watch.look(1000.0, 16.0)
    assert watch.trouble(16.0 + STANDS_S) is None
    assert watch.trouble(math.nextafter(16.0 + STANDS_S, math.inf)) is not None
    error = watch.trouble(17.5)
    assert isinstance(error, ClockUnusable)
    assert error.fields == {'detail': 'stood still for 1.5 s'}


def test_a_clock_that_goes_on_is_no_trouble_any_more() -> None:
    watch = ClockWatch()
    watch.look(1000.0, 16.0)
    watch.look(1000.0, 17.5)
    assert watch.trouble(17.5) is not None, 'a look does not make it go on'
    watch.look(1000.1, 17.5)
    assert watch.trouble(17.5 + STANDS_S) is None


def test_pauses_add_up() -> None:
    simulation = Simulation(1.0).run(2.0)
    for _ in range(2):
        simulation.factor = 0.0
        simulation.told_s = simulation.true_s
        simulation.mono_s += 30.0
        simulation.factor = 1.0
        simulation.run(1.0)
    assert simulation.watch.stood_s(simulation.mono_s) == pytest.approx(60.0, abs=0.5)
    assert simulation.watch.jump == ''


def test_a_clock_in_slow_steps_does_not_stand() -> None:
    """A simulator at a hundredth of time tells 20 ms every 2 s."""
    simulation = Simulation(0.01, rate_hz=0.5).run(60.0)
    assert simulation.watch.stood_s(simulation.mono_s) < 10.0
    assert simulation.watch.jump == ''


def test_without_simulated_time_nothing_is_noticed() -> None:
    watch, mono_s = ClockWatch(), 7.0
    steps: list[Callable[[], float]] = [lambda: 0.05, lambda: 0.0001, lambda: 40.0]
    for step in steps * 20:
        mono_s += step()
        watch.look(mono_s, mono_s)
    assert watch.jump == ''
    assert watch.elapsed_s == pytest.approx(mono_s - 7.05)
    assert math.isfinite(watch.stood_s(mono_s))
