"""A motion is asked for often enough, and followed; a stall of one's own is not the gate's."""

import math

import pytest

from orchestrator_ren.errors import CommandStale, NotFollowed
from orchestrator_ren.motion.gate import COMMAND_TIMEOUT_S
from orchestrator_ren.motion.sent_velocity import FOLLOW_S, KEEP_ALIVE_S, SentVelocity
from orchestrator_ren.motion.velocity import ZERO, Velocity

AHEAD = Velocity(1.0)
TURNING = Velocity(yaw_radps=-0.5)
NO_ANSWER = NotFollowed(stream='t#1', reason='it does not answer')
NO_BASE = NotFollowed(stream='t#1', reason='nobody listens')


def just_after(limit_s: float) -> float:
    return math.nextafter(limit_s, math.inf)


@pytest.fixture
def sent() -> SentVelocity:
    """Return what asked for a velocity at 0 s."""
    found = SentVelocity()
    found.send(AHEAD, 0.0)
    return found


def test_before_anything_is_sent_nothing_is_missed() -> None:
    sent = SentVelocity()
    assert not sent.has_begun
    assert sent.velocity is None
    assert not sent.is_due_again(1000.0)
    assert sent.silence(1000.0) is None
    assert [sent.refusal(NO_ANSWER, now_s) for now_s in (1000.0, 2000.0)] == [None, None]


def test_what_is_sent_is_asked_for_until_the_end(sent: SentVelocity) -> None:
    assert (sent.has_begun, sent.velocity) == (True, AHEAD)
    sent.send(TURNING, 0.05)
    assert sent.velocity == TURNING
    sent.end()
    assert (sent.has_begun, sent.velocity) == (True, None)


# Often enough.


def test_a_velocity_is_due_again_once_it_is_older_than_the_keep_alive(sent: SentVelocity) -> None:
    assert not sent.is_due_again(KEEP_ALIVE_S)
    assert sent.is_due_again(just_after(KEEP_ALIVE_S))
    sent.send(AHEAD, KEEP_ALIVE_S)
    assert not sent.is_due_again(2.0 * KEEP_ALIVE_S)


def test_after_the_end_nothing_is_due_again(sent: SentVelocity) -> None:
    sent.end()
    assert not sent.is_due_again(1000.0)


@pytest.mark.parametrize('velocity', [AHEAD, TURNING])
def test_a_motion_is_silent_above_the_time_that_the_gate_holds_it(velocity: Velocity) -> None:
    sent = SentVelocity()
    sent.send(velocity, 0.0)
    assert sent.silence(COMMAND_TIMEOUT_S) is None
    assert isinstance(sent.silence(just_after(COMMAND_TIMEOUT_S)), CommandStale)


def test_each_velocity_ends_the_silence(sent: SentVelocity) -> None:
    sent.send(AHEAD, 0.25)
    assert sent.silence(0.25 + COMMAND_TIMEOUT_S) is None


def test_what_does_not_move_may_be_silent(sent: SentVelocity) -> None:
    sent.send(ZERO, 0.0)
    assert sent.silence(1000.0) is None
    sent.send(AHEAD, 0.0)
    sent.end()
    assert sent.silence(1000.0) is None


# Followed.


def test_a_motion_that_is_not_followed_ends_at_the_second_late_look(sent: SentVelocity) -> None:
    assert sent.refusal(NO_ANSWER, just_after(FOLLOW_S)) is None
    assert sent.refusal(NO_BASE, just_after(FOLLOW_S)) is NO_BASE


def test_until_then_no_look_is_late(sent: SentVelocity) -> None:
    assert [sent.refusal(NO_ANSWER, FOLLOW_S) for _ in range(3)] == [None] * 3
    assert sent.refusal(NO_ANSWER, just_after(FOLLOW_S)) is None
    assert sent.refusal(NO_ANSWER, just_after(FOLLOW_S)) is NO_ANSWER


def test_a_stall_of_ones_own_is_not_the_gates(sent: SentVelocity) -> None:
    """The first look after it comes before what the gate said meanwhile."""
    assert sent.refusal(NO_ANSWER, 5.0) is None
    assert sent.refusal(None, 5.05) is None
    assert sent.is_followed


def test_the_time_to_follow_counts_from_the_first_velocity(sent: SentVelocity) -> None:
    sent.send(AHEAD, 0.2)
    assert sent.refusal(NO_ANSWER, 0.26) is None
    assert sent.refusal(NO_ANSWER, 0.31) is NO_ANSWER


def test_a_motion_once_followed_is_not_refused_any_more(sent: SentVelocity) -> None:
    assert not sent.is_followed
    assert sent.refusal(None, 0.05) is None
    assert sent.is_followed
    assert [sent.refusal(NO_ANSWER, now_s) for now_s in (1.0, 2.0)] == [None, None]
