"""Whom the gate follows, and what it tells of that: facts with numbers."""

from dataclasses import replace

import pytest

from orchestrator_ren.errors import CommandRefused, CommandStale, EStopActive, NotFollowed
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.gate import (
    COMMAND_TIMEOUT_S,
    Announcement,
    Command,
    FactKind,
    GateState,
    Input,
    Origin,
    Press,
    Release,
    Reset,
    Standing,
    StopRequest,
    Tick,
)
from orchestrator_ren.motion.gate_ending import REMEMBERED_FACTS
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity

from .gate_rig import GATE_ID, A, B, Gate, Orchestrator


def new_gate(state: GateState | None = None) -> Gate:
    return Gate(state=state, step_s=0.05)


def moves(sent: Velocity | None) -> bool:
    return sent is not None and not sent.is_zero


# Facts.


def test_a_motion_from_its_first_to_its_last_command_is_two_facts() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 1)
    for _ in range(3):
        found.take(orchestrator.command())
    found.take(orchestrator.command(velocity=ZERO, is_last=True))
    assert found.told() == [(FactKind.TAKEN_UP, A, 0), (FactKind.ENDED, A, 0)]
    assert [each.number for each in found.state.facts] == [1, 2]


@pytest.mark.parametrize(
    ('given', 'code', 'words'),
    [
        (Tick(), CommandStale.code, 'no command'),
        (StopRequest(), 504, 'stop service'),
        (StopRequest(502, 'is shutting down'), 502, 'is shutting down'),
        (Press('the red button'), EStopActive.code, 'the red button'),
    ],
)
def test_what_ends_a_motion_is_told_with_its_code_and_reason(
    given: Input, code: int, words: str
) -> None:
    found = new_gate()
    found.take(Orchestrator(1, 1).command())
    found.take(given, COMMAND_TIMEOUT_S)
    assert (found.last.kind, found.last.stream, found.last.code) == (FactKind.ENDED, A, code)
    assert words in found.last.reason


def test_a_stop_is_told_though_nothing_moves_and_twice_if_called_twice() -> None:
    found = new_gate()
    found.take(StopRequest())
    found.take(StopRequest())
    assert found.told() == [(FactKind.STOPPED, '', 504)] * 2


def test_a_press_and_reset_between_two_heartbeats_is_told_all_the_same() -> None:
    found = new_gate()
    found.take(Press('topic'))
    found.take(Release())
    found.take(Reset(), COMMAND_TIMEOUT_S)
    assert not found.state.e_stop.is_latched
    assert found.told() == [(FactKind.LATCHED, '', EStopActive.code)]


def test_a_cause_that_is_told_again_and_again_is_one_fact() -> None:
    found = new_gate()
    for _ in range(5):
        found.take(Press('topic'))
    assert found.told() == [(FactKind.LATCHED, '', EStopActive.code)]


def test_what_is_refused_is_told_once_a_stream_and_cause() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 1)
    found.take(Press('topic'))
    for _ in range(5):
        found.take(orchestrator.command())
    refusals = [each for each in found.state.facts if each.kind is FactKind.REFUSED]
    assert [each.code for each in refusals] == [EStopActive.code, NotFollowed.code]
    assert 'ended already' in refusals[1].reason
    assert found.state.rejected_count == 5


def test_a_command_that_is_no_velocity_ends_both_streams_with_505() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 1)
    found.take(orchestrator.command(A))
    found.take(orchestrator.command(B, Velocity(float('nan'))))
    ended = {each.stream: each.code for each in found.state.facts if each.kind is FactKind.ENDED}
    assert ended == {A: CommandRefused.code, B: CommandRefused.code}


def test_a_superseded_stream_is_told_to_have_ended_and_by_which() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 1)
    found.take(orchestrator.command(A))
    found.take(orchestrator.command(B))
    assert found.told()[1:] == [(FactKind.ENDED, A, 508), (FactKind.TAKEN_UP, B, 0)]
    assert B in found.state.facts[1].reason


def test_a_speed_that_is_cut_is_told_once() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 1)
    for _ in range(5):
        found.take(orchestrator.command(velocity=Velocity(9.0)))
    assert found.told() == [(FactKind.TAKEN_UP, A, 0), (FactKind.REDUCED, A, 0)]
    assert '3 m/s' in found.last.reason


def test_only_the_last_facts_are_kept_and_their_numbers_have_no_gaps() -> None:
    found = new_gate()
    for _ in range(REMEMBERED_FACTS + 5):
        found.take(StopRequest())
    numbers = [each.number for each in found.state.facts]
    assert numbers == list(range(6, REMEMBERED_FACTS + 6))


# Where it rolls.


def test_an_obstacle_where_it_rolls_latches_though_it_is_told_to_turn_away() -> None:
    """Braking by a reversal, it rolled on ahead for 0.6 m with nobody looking there."""
    limits = MotionLimits(stop_distance_m=0.5)
    for turned in (Velocity(-0.5), Velocity(0.0, 0.5), Velocity(yaw_radps=0.5)):
        state, orchestrator, now_s = GateState(gate_id=GATE_ID), Orchestrator(1, 1), 100.0
        for _ in range(20):
            now_s += 0.05
            free = Command(orchestrator.origin(), A, Velocity(1.0), clearance_m=3.0)
            state, _ = gate.decide(state, free, now_s, limits)
        assert state.output.x_mps > 0.9
        blocked = Command(orchestrator.origin(), A, turned, clearance_m=0.4)
        state, sent = gate.decide(state, blocked, now_s + 0.05, limits)
        assert sent == ZERO
        assert state.e_stop.is_latched


def test_a_gate_that_stood_still_does_not_say_that_the_robot_moved_on_after_a_zero() -> None:
    """Its zero was never sent before; old odometry latched the e-stop."""
    found = new_gate()
    found.take(Orchestrator(1, 1).command())
    assert found.take(Standing(False), 10.0) == ZERO
    assert not found.state.e_stop.is_latched
    found.take(Standing(False), 4.9)
    assert not found.state.e_stop.is_latched
    found.take(Standing(False), 0.2)
    assert found.state.e_stop.is_latched


# Whom it follows.


def test_a_recorded_drive_that_is_played_back_moves_nothing() -> None:
    """49 moving Twists, after a restart of gate and orchestrator."""
    found, orchestrator = new_gate(), Orchestrator(1, 4)
    drive = [orchestrator.command() for _ in range(50)]
    drive.append(orchestrator.command(velocity=ZERO, is_last=True))
    for each in drive:
        found.take(each)
    assert not any(moves(found.take(each)) for each in drive), 'while all live on'
    for number in range(100):  # so many that its stream is forgotten
        found.take(orchestrator.command(f'other#{number}', velocity=ZERO, is_last=True))
    assert not any(moves(found.take(each)) for each in drive), 'much later'
    restarted = new_gate(GateState(gate_id=GATE_ID + 1))
    assert not any(moves(restarted.take(each)) for each in drive), 'after a restart of the gate'
    kept = new_gate(GateState(gate_id=GATE_ID, term=5, orchestrator_id=2))
    assert not any(moves(kept.take(each)) for each in drive), 'after one of the orchestrator'
    assert 'older than 5' in kept.last.reason


def test_a_flood_of_what_is_not_meant_for_it_hides_nothing_that_it_did() -> None:
    """Its 16 facts were pushed out: a live drive ended with 502, for the gate "was not heard"."""
    found, orchestrator = new_gate(), Orchestrator(1, 4)
    found.take(orchestrator.command())
    for number in range(150):
        found.take(Orchestrator(1, 4, gate_id=6).command(f'old#{number}'), 0.001)
    assert found.told() == [(FactKind.TAKEN_UP, A, 0)]
    assert found.state.rejected_count == 150


def test_a_recording_does_not_disturb_what_moves_now() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 4)
    old = [orchestrator.command(A), orchestrator.command(A, ZERO, is_last=True)]
    for each in old:
        found.take(each)
    for _ in range(5):
        assert moves(found.take(orchestrator.command(B)))
        for each in old:
            assert found.take(each, 0.001) is None
    assert found.state.stream == B


def test_what_was_sent_to_another_run_of_the_gate_is_refused_whatever_its_term() -> None:
    found = new_gate()
    for _ in range(3):
        assert not moves(found.take(Orchestrator(1, 500, gate_id=6).command()))
    assert found.state.term == 0
    assert found.state.rejected_count == 3
    assert 'another run of the gate' in found.state.last_refusal
    found.take(Announcement(Origin(1, 500, 1, gate_id=6)))
    assert found.state.term == 0, 'nor does it shut out those that come'


def test_an_announcement_takes_the_term_and_ends_what_its_predecessor_moves() -> None:
    found, old, new = new_gate(), Orchestrator(1, 1), Orchestrator(2, 2)
    found.take(old.command())
    assert found.take(Announcement(new.origin())) == ZERO
    assert (found.last.kind, found.last.code) == (FactKind.ENDED, NotFollowed.code)
    assert 'taken over' in found.last.reason
    assert not moves(found.take(old.command(B)))
    assert moves(found.take(new.command('new#1')))


def test_an_announcement_of_the_one_that_moves_it_disturbs_nothing() -> None:
    found, orchestrator = new_gate(), Orchestrator(1, 1)
    found.take(orchestrator.command())
    assert found.take(Announcement(orchestrator.origin())) is None
    assert found.state.stream == A


def test_of_two_with_the_same_term_the_first_is_followed() -> None:
    found, first, second = new_gate(), Orchestrator(1, 4), Orchestrator(2, 4)
    found.take(first.command(A))
    assert not moves(found.take(second.command(B)))
    assert 'another orchestrator' in found.last.reason
    assert moves(found.take(first.command(A)))


def test_after_a_restart_of_the_gate_the_one_with_the_kept_term_goes_on() -> None:
    orchestrator = Orchestrator(1, 4)
    found = new_gate(GateState(gate_id=GATE_ID, term=4, orchestrator_id=1))
    assert moves(found.take(orchestrator.command()))
    assert not moves(found.take(Orchestrator(2, 4).command(B)))
    assert not moves(found.take(Orchestrator(3, 3).command(B)))


def test_two_that_are_alive_at_once_are_counted() -> None:
    found, one, other = new_gate(), Orchestrator(1, 1), Orchestrator(2, 2)
    for _ in range(3):
        found.take(Announcement(one.origin()))
        found.take(Announcement(other.origin()))
    assert found.state.orchestrators.count(found.now_s) == 2


def test_deciding_does_not_change_the_state_it_is_given() -> None:
    before = GateState(gate_id=GATE_ID)
    copy = replace(before)
    gate.decide(before, Orchestrator(1, 1).command(), 100.0, MotionLimits())
    assert before == copy
