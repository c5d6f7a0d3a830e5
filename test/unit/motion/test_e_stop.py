"""The latch: true latches, false never releases, only a reset does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import ResetRefused
from orchestrator_ren.motion.e_stop import (
    Cause,
    EStop,
    EStopStatus,
    latched_at_start,
    press,
    release,
    reset,
)

PRESSED = press(EStop(), 'the button')
RELEASED = release(PRESSED)


def test_it_is_free_at_first() -> None:
    assert EStop().status is EStopStatus.FREE
    assert not EStop().is_latched


def test_true_latches() -> None:
    assert PRESSED.status is EStopStatus.STOPPED
    assert PRESSED.causes == {Cause.TOPIC}
    assert (PRESSED.source, PRESSED.count) == ('the button', 1)


def test_false_does_not_release() -> None:
    assert RELEASED.is_latched
    assert RELEASED.status is EStopStatus.READY_TO_RESET


def test_false_does_nothing_to_a_free_one() -> None:
    assert release(EStop()) == EStop()


def test_a_reset_is_refused_while_pressed() -> None:
    with pytest.raises(ResetRefused, match='still pressed'):
        reset(PRESSED)


def test_a_reset_frees_it_and_keeps_the_count() -> None:
    free = reset(RELEASED)
    assert free.status is EStopStatus.FREE
    assert (free.causes, free.source, free.count) == (frozenset(), '', 1)


def test_a_reset_of_a_free_one_changes_nothing() -> None:
    assert reset(EStop()) == EStop()


def test_repeated_words_count_once() -> None:
    assert press(press(PRESSED, 'again'), 'and again').count == 1


def test_the_next_press_counts_again() -> None:
    assert press(RELEASED, 'another').count == 2


def test_the_first_source_is_kept_until_the_reset() -> None:
    assert press(PRESSED, 'another').source == 'the button'
    assert press(reset(RELEASED), 'another').source == 'another'


def test_a_second_press_must_be_released_too() -> None:
    with pytest.raises(ResetRefused):
        reset(press(RELEASED, 'another'))


def test_latched_at_start_can_be_reset_at_once() -> None:
    latched = latched_at_start()
    assert latched.status is EStopStatus.READY_TO_RESET
    assert latched.causes == {Cause.START}
    assert latched.count == 0
    assert reset(latched).status is EStopStatus.FREE


def test_a_press_adds_its_cause_to_that_of_the_start() -> None:
    both = press(latched_at_start(), 'the button')
    assert both.causes == {Cause.START, Cause.TOPIC}
    with pytest.raises(ResetRefused):
        reset(both)


@given(st.lists(st.booleans(), min_size=1))
def test_once_true_it_is_latched_whatever_follows(words: list[bool]) -> None:
    e_stop = EStop()
    for word in words:
        e_stop = press(e_stop, 'topic') if word else release(e_stop)
    edges = sum(now and not before for before, now in zip([False, *words], words, strict=False))
    assert e_stop.is_latched == any(words)
    assert e_stop.is_pressed == words[-1]
    assert e_stop.count == edges
