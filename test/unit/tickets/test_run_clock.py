"""How old a ticket is, whatever the wall clock did meanwhile."""

from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.tickets.run_clock import MARGIN_S, MAX_SPANS, Old, RunClock

DAY_S = 86400.0
KEEP_S = 30 * DAY_S
NOW_S = datetime(2026, 11, 26, tzinfo=timezone.utc).timestamp()
TERM = 7


def at(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, timezone.utc)


def is_recent(old: Old, seconds: float) -> bool:
    """Return whether a ticket that this run ended at that time stays."""
    return any(begin <= at(seconds) <= end for begin, end in old.recent)


def looked(*clocks: tuple[float, float]) -> RunClock:
    found = RunClock()
    for wall_s, mono_s in clocks:
        found.look(wall_s, mono_s)
    return found


def test_with_a_clock_that_is_right_age_is_what_the_clock_says() -> None:
    clock = looked((NOW_S, 100.0), (NOW_S + 40 * DAY_S, 100.0 + 40 * DAY_S))
    old = clock.old(KEEP_S, 100.0 + 40 * DAY_S, TERM)
    assert old.first_term == TERM
    assert old.earlier_before == at(NOW_S + 10 * DAY_S)
    assert is_recent(old, NOW_S + 10 * DAY_S + 1.0)
    assert is_recent(old, NOW_S + 40 * DAY_S)
    assert not is_recent(old, NOW_S + 9 * DAY_S)
    assert old.is_unknown_old


def test_what_ended_before_the_clock_was_set_right_is_as_old_as_it_is() -> None:
    """Without a battery it was 1970: the ticket was removed as 56 years old."""
    clock = looked((30.0, 10.0), (90.0, 70.0), (NOW_S, 80.0), (NOW_S + 60.0, 140.0))
    old = clock.old(KEEP_S, 140.0, TERM)
    assert is_recent(old, 60.0)
    assert is_recent(old, NOW_S + 30.0)
    assert not old.is_unknown_old
    assert old.earlier_before == at(NOW_S + 60.0 - KEEP_S)


def test_it_is_old_once_this_run_has_seen_it_for_long_enough() -> None:
    clock = looked((30.0, 10.0), (90.0, 70.0), (NOW_S, 80.0))
    for day in range(1, 32):
        clock.look(NOW_S + day * DAY_S, 80.0 + day * DAY_S)
    old = clock.old(KEEP_S, 80.0 + 31 * DAY_S, TERM)
    assert not is_recent(old, 60.0)
    assert old.is_unknown_old


def test_a_clock_that_jumps_ahead_makes_nothing_old_at_once() -> None:
    """It was set to 2082: all tickets were 56 years old."""
    clock = looked((NOW_S, 0.0), (NOW_S + 60.0, 60.0), (NOW_S + 56 * 365 * DAY_S, 61.0))
    old = clock.old(KEEP_S, 61.0, TERM)
    assert old.earlier_before == at(NOW_S + 61.0 - KEEP_S)
    assert is_recent(old, NOW_S + 30.0)


def test_with_a_clock_that_was_never_set_nothing_of_earlier_runs_is_old() -> None:
    old = looked((30.0, 10.0), (90.0, 70.0)).old(KEEP_S, 70.0, TERM)
    assert old.earlier_before == at(0.0)
    assert not old.is_unknown_old


@pytest.mark.parametrize('step_s', [-3600.0, -1.5, 1.5, 1e9])
def test_a_step_is_told_once(step_s: float) -> None:
    clock = looked((NOW_S, 0.0), (NOW_S + 1.0, 1.0))
    assert clock.look(NOW_S + 2.0 + step_s, 2.0) == pytest.approx(step_s)
    assert clock.look(NOW_S + 3.0 + step_s, 3.0) == 0.0


def test_a_clock_that_is_slewed_is_not_set() -> None:
    clock = RunClock()
    drift = 1.0005
    assert not any(clock.look(NOW_S + drift * s, float(s)) for s in range(10_000))
    old = clock.old(3600.0, 9_999.0, TERM)
    assert is_recent(old, NOW_S + drift * 7_000)
    assert not is_recent(old, NOW_S + drift * 6_000)


@given(
    st.lists(st.tuples(st.floats(1.0, 40 * DAY_S), st.floats(-2e9, 2e9)), max_size=2 * MAX_SPANS),
    st.data(),
)
def test_whatever_the_clock_does_what_ended_lately_is_recent(
    steps: list[tuple[float, float]], data: st.DataObject
) -> None:
    clock, mono_s, wall_s = RunClock(), 0.0, 2.5e9
    clock.look(wall_s, mono_s)
    ended = []
    for duration_s, step_s in steps:
        share = data.draw(st.floats(0.0, 1.0))
        ended.append((mono_s + share * duration_s, wall_s + share * duration_s))
        mono_s, wall_s = mono_s + duration_s, wall_s + duration_s
        clock.look(wall_s, mono_s)
        wall_s = max(0.0, wall_s + step_s)
        clock.look(wall_s, mono_s)
    old = clock.old(KEEP_S, mono_s, TERM)
    for ended_mono_s, ended_wall_s in ended:
        if ended_mono_s > mono_s - KEEP_S + 1.0:
            assert is_recent(old, ended_wall_s)
    assert old.before <= at(wall_s + 2e9 + MARGIN_S) + timedelta(days=99999)
