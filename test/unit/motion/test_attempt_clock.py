"""How long a command has run: on its own time, and on the steady clock while that time stands."""

import pytest

from orchestrator_ren.errors import ExecutionTimeout
from orchestrator_ren.motion.attempt_clock import AttemptClock

TIMEOUT_S = 10.0
START_S = 100.0
STOOD_BEFORE_S = 3.0


@pytest.fixture
def clock() -> AttemptClock:
    return AttemptClock(TIMEOUT_S, START_S, STOOD_BEFORE_S)


def test_a_command_may_run_for_its_timeout_and_no_longer(clock: AttemptClock) -> None:
    clock.read(START_S + 4.0)
    clock.read(START_S + 10.0)
    assert clock.timeout(STOOD_BEFORE_S) is None
    clock.read(START_S + 10.125)
    error = clock.timeout(STOOD_BEFORE_S)
    assert isinstance(error, ExecutionTimeout)
    assert error.fields == {'timeout_s': TIMEOUT_S}


def test_while_simulated_time_stands_steady_time_counts(clock: AttemptClock) -> None:
    assert clock.timeout(STOOD_BEFORE_S + 10.0) is None
    assert clock.timeout(STOOD_BEFORE_S + 10.125) is not None


def test_both_times_add_up(clock: AttemptClock) -> None:
    clock.read(START_S + 6.0)
    assert clock.timeout(STOOD_BEFORE_S + 4.0) is None
    assert clock.timeout(STOOD_BEFORE_S + 4.125) is not None


def test_what_stood_before_the_start_does_not_count() -> None:
    clock = AttemptClock(TIMEOUT_S, START_S, stood_s=1000.0)
    clock.read(START_S + 10.0)
    assert clock.timeout(1000.0) is None


def test_a_pause_that_was_none_after_all_gives_no_time_back(clock: AttemptClock) -> None:
    """A clock that stood at the start may turn out to have come in a slow step only."""
    clock.read(START_S + 10.125)
    assert clock.timeout(STOOD_BEFORE_S - 2.0) is not None


def test_a_step_is_the_time_since_the_one_before_or_the_start(clock: AttemptClock) -> None:
    clock.read(START_S + 0.5)
    clock.read(START_S + 0.75)
    assert clock.step_s() == 0.75
    assert clock.step_s() == 0.0
    clock.read(START_S + 1.0)
    assert clock.step_s() == 0.25


def test_a_step_is_never_negative(clock: AttemptClock) -> None:
    clock.read(START_S - 1.0)
    assert clock.step_s() == 0.0
    clock.read(START_S)
    assert clock.step_s() == 1.0


def test_it_tells_the_time_read_last(clock: AttemptClock) -> None:
    assert clock.now_s == START_S
    clock.read(START_S + 2.0)
    assert clock.now_s == START_S + 2.0
