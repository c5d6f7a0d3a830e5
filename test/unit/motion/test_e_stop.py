"""The latch: true latches, false never releases, only a reset does."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from orchestrator_ren.errors import ResetRefused
from orchestrator_ren.motion.e_stop import (
    UNTIL,
    Cause,
    EStop,
    EStopStatus,
    latched,
    press,
    release,
    reset,
)

PRESSED = press(EStop(), Cause.TOPIC, 'the button')
RELEASED = release(PRESSED, Cause.TOPIC)


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
    assert release(EStop(), Cause.TOPIC) == EStop()


def test_a_reset_is_refused_while_pressed() -> None:
    with pytest.raises(ResetRefused, match='topic must say false'):
        reset(PRESSED)


def test_a_reset_frees_it_and_keeps_the_count() -> None:
    free = reset(RELEASED)
    assert free.status is EStopStatus.FREE
    assert (free.causes, free.source, free.count) == (frozenset(), '', 1)


def test_a_reset_of_a_free_one_changes_nothing() -> None:
    assert reset(EStop()) == EStop()


def test_repeated_words_count_once() -> None:
    assert press(press(PRESSED, Cause.TOPIC, 'again'), Cause.TOPIC, 'and again').count == 1


def test_the_next_press_counts_again() -> None:
    assert press(RELEASED, Cause.TOPIC, 'another').count == 2


def test_the_first_source_is_kept_until_the_reset() -> None:
    assert press(PRESSED, Cause.TOPIC, 'another').source == 'the button'
    assert press(reset(RELEASED), Cause.TOPIC, 'another').source == 'another'


def test_a_second_press_must_be_released_too() -> None:
    with pytest.raises(ResetRefused):
        reset(press(RELEASED, Cause.TOPIC, 'another'))


def test_latched_at_start_can_be_reset_at_once() -> None:
    at_start = latched([Cause.START], 'at start')
    assert at_start.status is EStopStatus.READY_TO_RESET
    assert at_start.causes == {Cause.START}
    assert at_start.count == 0
    assert reset(at_start).status is EStopStatus.FREE


def test_a_press_adds_its_cause_to_that_of_the_start() -> None:
    both = press(latched([Cause.START], 'at start'), Cause.TOPIC, 'the button')
    assert both.causes == {Cause.START, Cause.TOPIC}
    with pytest.raises(ResetRefused):
        reset(both)


@given(st.lists(st.booleans(), min_size=1))
def test_once_true_it_is_latched_whatever_follows(words: list[bool]) -> None:
    e_stop = EStop()
    for word in words:
        e_stop = press(e_stop, Cause.TOPIC, 'topic') if word else release(e_stop, Cause.TOPIC)
    edges = sum(now and not before for before, now in zip([False, *words], words, strict=False))
    assert e_stop.is_latched == any(words)
    assert (Cause.TOPIC in e_stop.active) == words[-1]
    assert e_stop.count == edges


@pytest.mark.parametrize('cause', UNTIL)
def test_a_reset_is_refused_until_every_cause_has_ended(cause: Cause) -> None:
    both = press(PRESSED if cause is not Cause.TOPIC else EStop(), cause, 'another')
    with pytest.raises(ResetRefused):
        reset(release(both, Cause.TOPIC) if cause is not Cause.TOPIC else both)
    ended = release(release(both, Cause.TOPIC), cause)
    assert ended.is_latched
    assert reset(ended).status is EStopStatus.FREE


@pytest.mark.parametrize('cause', [each for each in Cause if each not in UNTIL])
def test_a_cause_that_is_over_at_once_can_be_reset_at_once(cause: Cause) -> None:
    assert press(EStop(), cause, 'x').status is EStopStatus.READY_TO_RESET


def test_causes_add_up_until_the_reset() -> None:
    e_stop = EStop()
    for cause in Cause:
        e_stop = press(e_stop, cause, cause.value)
    assert e_stop.causes == set(Cause)
    assert e_stop.source == next(iter(Cause)).value
    assert e_stop.count == len(Cause)
