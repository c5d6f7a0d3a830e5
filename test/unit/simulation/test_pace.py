"""How simulated time follows wall time."""

import pytest

from orchestrator_ren.simulation.pace import MAX_LAG_S, REPORT_PERIOD_S, Pace

STEP_S = 0.02


def steps_made(pace: Pace, begin_s: float, end_s: float, poll_s: float) -> int:
    polls = round((end_s - begin_s) / poll_s)
    return sum(pace.is_step_due(begin_s + index * poll_s) for index in range(polls))


@pytest.mark.parametrize('factor', [0.5, 1.0, 20.0])
def test_simulated_time_follows_the_factor(factor: float) -> None:
    pace = Pace(factor, STEP_S)
    made = steps_made(pace, 100.0, 102.0, pace.poll_period_s)
    assert made * STEP_S == pytest.approx(2.0 * factor, abs=STEP_S)


def test_a_caller_that_comes_slightly_early_is_not_sent_away() -> None:
    pace = Pace(1.0, STEP_S)
    assert pace.is_step_due(10.0)
    assert pace.is_step_due(10.0199)


def test_a_late_caller_catches_up() -> None:
    pace = Pace(1.0, STEP_S)
    assert pace.is_step_due(0.0)
    made = steps_made(pace, 0.08, 0.2, pace.poll_period_s)
    assert made == 9


def test_a_frozen_process_does_not_replay_what_it_missed() -> None:
    pace = Pace(1.0, STEP_S)
    assert pace.is_step_due(0.0)
    at_once = sum(pace.is_step_due(60.0) for _ in range(100))
    assert at_once * STEP_S == pytest.approx(MAX_LAG_S, abs=2 * STEP_S)


def test_the_reached_factor_is_reported_now_and_then() -> None:
    pace = Pace(2.0, STEP_S)
    steps_made(pace, 0.0, REPORT_PERIOD_S, pace.poll_period_s)
    assert pace.reached_factor(REPORT_PERIOD_S - 0.1) is None
    assert pace.reached_factor(REPORT_PERIOD_S) == pytest.approx(2.0, rel=0.01)
    assert pace.reached_factor(REPORT_PERIOD_S + 0.1) is None


def test_a_slow_machine_reports_what_it_reached() -> None:
    pace = Pace(10.0, STEP_S)
    steps_made(pace, 0.0, REPORT_PERIOD_S, 0.01)
    assert pace.reached_factor(REPORT_PERIOD_S) == pytest.approx(2.0, rel=0.01)
