"""The gate's rules, one by one, and then all of them under any order of inputs."""

import math
from collections import Counter
from dataclasses import replace
from functools import reduce

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orchestrator_ren.errors import CommandRefused, CommandStale, EStopActive, ResetRefused
from orchestrator_ren.motion import gate
from orchestrator_ren.motion.e_stop import Cause, EStopStatus, latched
from orchestrator_ren.motion.gate import (
    COMMAND_TIMEOUT_S,
    STANDSTILL_LIMIT_S,
    TICK_S,
    ZERO_PERIOD_S,
    Announcement,
    Command,
    GateState,
    Heartbeat,
    Input,
    Origin,
    Press,
    Release,
    Reset,
    Standing,
    StopRequest,
    Tick,
)
from orchestrator_ren.motion.gate_ending import REMEMBERED_STREAMS, ZERO_REPEAT_S
from orchestrator_ren.motion.limits import SPEED_CEILING_MPS, MotionLimits
from orchestrator_ren.motion.velocity import ZERO, Velocity

from ...amounts import amount
from . import gate_rig
from .gate_rig import GATE_ID, A, B, command

LIMITS = MotionLimits()
HEARTBEAT_TIMEOUT_S = 1.0
FORWARD = Velocity(x_mps=0.5)
NOT_A_NUMBER = Velocity(x_mps=math.nan)


EXAMPLES = amount('GATE_EXAMPLES', bounded=100, whole=2_000)


class Gate(gate_rig.Gate):
    """A gate that an orchestrator of some term commands."""

    def __init__(self, limits: MotionLimits = LIMITS, state: GateState | None = None) -> None:
        super().__init__(limits, replace(state or GateState(), gate_id=GATE_ID))

    def command(
        self,
        velocity: Velocity = FORWARD,
        stream: str = A,
        term: int = 1,
        after_s: float = 0.05,
        is_planar: bool = True,
        is_last: bool = False,
    ) -> Velocity | None:
        given = command(term, stream, velocity, is_planar=is_planar, is_last=is_last)
        return self.take(given, after_s)


@pytest.fixture
def moving() -> Gate:
    """A gate that lets stream A move the robot."""
    found = Gate()
    for _ in range(10):
        found.command()
    assert found.sent == FORWARD
    return found


# 1. While the e-stop is latched, zero.


def test_a_press_sends_zero_at_once(moving: Gate) -> None:
    assert moving.take(Press('topic'), 0.001) == ZERO
    assert moving.state.closed_by_gate == (A, EStopActive.code)


def test_nothing_passes_while_latched(moving: Gate) -> None:
    moving.take(Press('topic'))
    assert moving.command(stream=B) is None
    assert moving.state.output == ZERO
    assert moving.state.rejected_count == 1


def test_false_and_then_a_command_still_do_not_move_it(moving: Gate) -> None:
    moving.take(Press('topic'))
    moving.take(Release())
    assert moving.state.e_stop.status is EStopStatus.READY_TO_RESET
    assert moving.command(stream=B) is None


def test_a_reset_is_refused_while_pressed(moving: Gate) -> None:
    moving.take(Press('topic'))
    before = moving.state
    with pytest.raises(ResetRefused):
        moving.take(Reset())
    assert moving.state == before


def test_after_a_reset_only_a_new_stream_moves_it(moving: Gate) -> None:
    moving.take(Press('topic'))
    moving.take(Release())
    assert moving.take(Reset(), COMMAND_TIMEOUT_S) == ZERO
    assert moving.command(stream=A) is None
    assert moving.command(stream=B) not in (None, ZERO)


def test_a_stream_that_tried_while_latched_does_not_start_after_the_reset(moving: Gate) -> None:
    moving.take(Press('topic'))
    moving.command(stream=B)
    moving.take(Release())
    assert moving.take(Reset(), COMMAND_TIMEOUT_S) == ZERO
    assert moving.command(stream=B) is None


def test_a_gate_latched_at_start_repeats_zeros_and_moves_nothing() -> None:
    found = Gate(state=GateState(e_stop=latched([Cause.START], 'at start')))
    assert found.state.needs_ticks(found.now_s)
    assert found.take(Tick()) == ZERO
    assert found.command() is None
    assert found.take(Reset(), COMMAND_TIMEOUT_S) == ZERO


# 2. A command is held for less than COMMAND_TIMEOUT_S; then the stream is closed, zero.


def test_stale_command_ends_in_zero(moving: Gate) -> None:
    sent = moving.tick_for(0.3)
    assert sent[0][1] == ZERO
    assert sent[0][0] <= COMMAND_TIMEOUT_S
    assert moving.state.closed_by_gate == (A, CommandStale.code)
    assert moving.command() is None


def test_a_fresh_command_keeps_the_motion_alive(moving: Gate) -> None:
    for _ in range(20):
        assert all(velocity == FORWARD for _, velocity in moving.tick_for(0.2))
        assert moving.command(after_s=0.0) == FORWARD


def test_a_held_zero_goes_stale_too() -> None:
    waiting = Gate()
    assert waiting.command(ZERO) == ZERO
    waiting.tick_for(0.3)
    assert waiting.state.closed_by_gate == (A, CommandStale.code)


# 3. A stream that has ended is never taken up again.


def test_an_ended_stream_is_not_taken_up_again(moving: Gate) -> None:
    assert moving.command(ZERO, is_last=True) == ZERO
    assert moving.command() is None
    assert moving.state.closed_by_gate == ('', 0)


def test_the_last_command_is_zero_whatever_it_says(moving: Gate) -> None:
    assert moving.command(FORWARD, is_last=True) == ZERO


def test_a_stopped_stream_is_not_taken_up_again(moving: Gate) -> None:
    assert moving.take(StopRequest()) == ZERO
    assert moving.state.closed_by_gate == (A, 504)
    assert moving.state.stop_count == 1
    assert not moving.state.e_stop.is_latched
    assert moving.command() is None
    assert moving.command(stream=B) not in (None, ZERO)


def test_a_stop_may_say_why(moving: Gate) -> None:
    moving.take(StopRequest(code=502))
    assert moving.state.closed_by_gate == (A, 502)


def test_a_superseded_stream_is_not_taken_up_again_after_a_stop(moving: Gate) -> None:
    moving.command(stream=B)
    moving.take(StopRequest())
    assert moving.command(stream=A) is None
    assert moving.command(stream=B) is None


def test_a_superseded_stream_does_not_mix_with_its_successor(moving: Gate) -> None:
    moving.command(stream=B)
    assert moving.command(Velocity(x_mps=-0.5), stream=A) is None
    assert moving.command(ZERO, stream=A, is_last=True) is None
    assert moving.command(stream=B) == FORWARD


def test_no_stream_moves_on_after_a_bad_command_of_another(moving: Gate) -> None:
    assert moving.command(NOT_A_NUMBER, stream=B) == ZERO
    assert moving.command(stream=A) is None


def test_a_command_without_a_stream_is_refused() -> None:
    nameless = Gate()
    assert nameless.command(stream='') is None
    assert nameless.state.rejected_count == 1


def test_so_many_ended_streams_are_remembered(moving: Gate) -> None:
    moving.command(is_last=True)
    for number in range(REMEMBERED_STREAMS - 1):
        moving.command(stream=f'other#{number}')
        moving.command(stream=f'other#{number}', is_last=True)
    assert len(moving.state.closed) == REMEMBERED_STREAMS
    assert moving.command(stream=A) is None


# 4. NaN, infinity and anything but planar motion close the stream, zero.


@pytest.mark.parametrize(
    'velocity',
    [
        NOT_A_NUMBER,
        Velocity(y_mps=math.inf),
        Velocity(yaw_radps=-math.inf),
        Velocity(0.5, 0.0, math.nan),
    ],
)
def test_what_is_no_velocity_stops_the_robot(velocity: Velocity, moving: Gate) -> None:
    assert moving.command(velocity) == ZERO
    assert moving.state.closed_by_gate == (A, CommandRefused.code)
    assert moving.state.rejected_count == 1
    assert moving.command() is None


def test_motion_out_of_the_plane_stops_the_robot(moving: Gate) -> None:
    assert moving.command(is_planar=False) == ZERO
    assert moving.command() is None


# 5. A term below the highest seen is refused.


def take_over(moving: Gate) -> None:
    """Let an orchestrator of term 2 move it as fast: it begins from zero."""
    assert moving.command(term=2, stream=B) != FORWARD
    for _ in range(5):
        moving.command(term=2, stream=B)


def test_a_lower_term_is_refused(moving: Gate) -> None:
    take_over(moving)
    assert moving.command(term=1, stream='tick-20260102-0000000c#1') is None
    assert moving.command(term=2, stream=B) == FORWARD


def test_a_lower_term_cannot_even_stop_another_orchestrators_motion(moving: Gate) -> None:
    take_over(moving)
    assert moving.command(NOT_A_NUMBER, term=1, stream=B) is None
    assert moving.command(ZERO, term=1, stream=B, is_last=True) is None
    assert moving.command(term=2, stream=B) == FORWARD


@pytest.mark.parametrize('velocity', [FORWARD, NOT_A_NUMBER], ids=['moving', 'nan'])
def test_a_term_seen_while_latched_counts(velocity: Velocity) -> None:
    latched = Gate()
    latched.take(Press('topic'))
    latched.command(velocity, term=5)
    latched.take(Release())
    assert latched.take(Reset(), COMMAND_TIMEOUT_S) == ZERO
    assert latched.command(term=4, stream=B) is None


def test_the_term_of_a_bad_command_counts() -> None:
    confused = Gate()
    confused.command(NOT_A_NUMBER, term=5)
    assert confused.command(term=4, stream=B) is None


# 6. What passes is within the speed limits, and changes no faster than the acceleration limit.


def test_speed_is_cut_to_the_ceiling() -> None:
    fast = Gate(MotionLimits(max_speed_mps=99.0))
    for _ in range(100):
        fast.command(Velocity(30.0, 40.0))
    assert fast.state.output.speed_mps == pytest.approx(SPEED_CEILING_MPS)
    assert fast.state.output.y_mps / fast.state.output.x_mps == pytest.approx(4 / 3)


def test_speed_is_cut_to_a_lower_limit() -> None:
    slow = Gate(MotionLimits(max_speed_mps=0.7))
    for _ in range(100):
        slow.command(Velocity(-3.0))
    assert slow.state.output.x_mps == pytest.approx(-0.7)


def test_speed_grows_no_faster_than_the_acceleration(moving: Gate) -> None:
    assert moving.command(Velocity(3.0), after_s=0.05) == Velocity(pytest.approx(0.65))
    assert moving.command(Velocity(3.0), after_s=0.02) == Velocity(pytest.approx(0.71))


def test_a_reversal_is_slowed_down_too(moving: Gate) -> None:
    assert moving.command(Velocity(-3.0), after_s=0.05) == Velocity(pytest.approx(0.35))


def test_a_long_rest_is_no_licence_to_jump() -> None:
    rested = Gate()
    rested.command(Velocity(3.0), after_s=3600.0)
    limit_mps = LIMITS.max_acceleration_mps2 * COMMAND_TIMEOUT_S
    assert rested.state.output.x_mps <= limit_mps


def test_a_fast_simulator_accelerates_by_its_own_clock(moving: Gate) -> None:
    moving.take(command(1, A, Velocity(3.0), simulated_step_s=0.2), after_s=0.05)
    assert moving.sent == Velocity(pytest.approx(1.1))


@pytest.mark.parametrize('step_s', [math.nan, math.inf, -math.inf, -1.0, 1e300])
def test_no_simulated_step_is_a_licence_to_jump(step_s: float, moving: Gate) -> None:
    moving.take(command(1, A, Velocity(3.0), simulated_step_s=step_s), after_s=0.05)
    assert moving.sent is not None
    assert moving.sent.is_finite
    assert 0.65 - 1e-9 <= moving.sent.x_mps <= 0.5 + 3.0 * COMMAND_TIMEOUT_S


# 7. Zero is never held back, and is repeated for ZERO_REPEAT_S, or as long as latched.


def test_zero_passes_at_once_from_full_speed() -> None:
    fast = Gate()
    for _ in range(50):
        fast.command(Velocity(3.0))
    assert fast.state.output.x_mps == pytest.approx(3.0)
    assert fast.command(ZERO, after_s=0.0) == ZERO


def test_zeros_are_repeated_at_20_hz_for_a_second_after_a_motion(moving: Gate) -> None:
    moving.command(is_last=True)
    times_s = [time_s for time_s, velocity in moving.tick_for(3.0) if velocity == ZERO]
    assert times_s[-1] <= ZERO_REPEAT_S
    assert times_s[-1] > ZERO_REPEAT_S - 2 * ZERO_PERIOD_S
    gaps_s = [after - before for before, after in zip([0.0, *times_s], times_s, strict=False)]
    assert max(gaps_s) <= ZERO_PERIOD_S + TICK_S
    assert not moving.state.needs_ticks(moving.now_s)


def test_zeros_are_repeated_as_long_as_latched(moving: Gate) -> None:
    moving.take(Press('topic'))
    sent = moving.tick_for(10.0)
    assert len(sent) > 10.0 / (ZERO_PERIOD_S + TICK_S)
    assert {velocity for _, velocity in sent} == {ZERO}
    assert moving.state.needs_ticks(moving.now_s)


def test_repeated_zeros_do_not_disturb_the_next_motion(moving: Gate) -> None:
    moving.command(is_last=True)
    moving.command(stream=B, after_s=0.1)
    assert moving.tick_for(0.2) == []
    assert moving.state.output != ZERO


def test_a_gate_at_rest_needs_no_ticks_and_sends_nothing() -> None:
    resting = Gate()
    assert not resting.state.needs_ticks(resting.now_s)
    assert resting.tick_for(1.0) == []


@pytest.mark.parametrize(
    'state',
    [
        GateState(),
        GateState(e_stop=latched([Cause.START], 'at start')),
        GateState(stream=A, output=Velocity(3.0), received_at_mono_s=999.9, term=7),
        GateState(stream=A, closed=tuple((f's#{n}', 504) for n in range(REMEMBERED_STREAMS))),
    ],
    ids=['free', 'latched', 'moving', 'full memory'],
)
@pytest.mark.parametrize('given', [Press('topic'), StopRequest()], ids=['press', 'stop'])
def test_press_and_stop_are_zero_from_every_state(state: GateState, given: Input) -> None:
    stopped = Gate(state=state)
    assert stopped.take(given) == ZERO
    assert stopped.state.output == ZERO
    assert stopped.state.stream == ''
    assert stopped.state.needs_ticks(stopped.now_s)


def test_deciding_leaves_the_earlier_state_as_it_was(moving: Gate) -> None:
    before = moving.state
    copy = replace(before)
    reduce(
        lambda state, given: gate.decide(state, given, moving.now_s, LIMITS)[0],
        [command(1, A, FORWARD), StopRequest(), Press('topic')],
        before,
    )
    assert before == copy


# What else latches the e-stop, and what holds back a reset.


def with_limits(**limits: float) -> Gate:
    found = Gate(MotionLimits(**limits))
    found.state = replace(found.state, heartbeat_at_mono_s=found.now_s)
    return found


def test_a_silent_heartbeat_latches_and_the_next_one_makes_it_ready_to_reset() -> None:
    watched = with_limits(heartbeat_timeout_s=0.5)
    watched.command()
    sent = watched.tick_for(0.5 + 2 * TICK_S)
    assert watched.state.e_stop.causes == {Cause.HEARTBEAT}
    assert sent[-1][1] == ZERO
    assert watched.state.e_stop.count == 1, 'one silence counts once'
    with pytest.raises(ResetRefused, match='heartbeat'):
        watched.take(Reset())
    watched.take(Heartbeat())
    assert watched.state.e_stop.status is EStopStatus.READY_TO_RESET
    assert watched.take(Reset()) == ZERO


def test_a_heartbeat_in_time_latches_nothing() -> None:
    watched = with_limits(heartbeat_timeout_s=0.5)
    for _ in range(10):
        watched.tick_for(0.4)
        watched.take(Heartbeat())
    assert not watched.state.e_stop.is_latched


def test_without_a_timeout_no_heartbeat_is_needed() -> None:
    free = with_limits()
    free.tick_for(5.0)
    assert not free.state.e_stop.is_latched


@pytest.mark.parametrize('clearance_m', [0.0, 0.49, math.nan])
def test_an_obstacle_on_the_way_latches(clearance_m: float) -> None:
    watched = with_limits(stop_distance_m=0.5)
    for _ in range(5):
        watched.command()
    assert watched.take(command(1, A, FORWARD, clearance_m=clearance_m)) == ZERO
    assert watched.state.e_stop.causes == {Cause.OBSTACLE}
    assert watched.state.is_closed(A)
    assert watched.take(Reset(), COMMAND_TIMEOUT_S) == ZERO, 'a robot must be able to back off'


def test_turning_on_the_spot_and_a_way_that_is_free_pass() -> None:
    watched = with_limits(stop_distance_m=0.5)
    turn = Velocity(yaw_radps=0.3)
    assert watched.take(command(1, A, turn, clearance_m=0.1), 0.05) not in (None, ZERO)
    assert watched.take(command(1, A, FORWARD, clearance_m=0.5), 0.05) not in (None, ZERO)


def test_a_robot_that_moves_on_after_the_zero_latches_until_it_stands(moving: Gate) -> None:
    moving.command(is_last=True)
    moving.take(Standing(False), STANDSTILL_LIMIT_S - 0.1)
    assert not moving.state.e_stop.is_latched
    assert moving.take(Standing(False), 0.2) == ZERO
    assert moving.state.e_stop.causes == {Cause.NOT_STANDING}
    with pytest.raises(ResetRefused, match='standing'):
        moving.take(Reset())
    moving.take(Standing(True))
    assert moving.take(Reset(True)) == ZERO


def test_each_sample_of_odometry_matters_from_the_first_command_until_it_stands() -> None:
    gate_ = Gate()
    assert not gate_.state.needs_odometry
    gate_.command(ZERO)
    assert gate_.state.needs_odometry, 'a stream is followed'
    gate_.command()
    gate_.command(ZERO, is_last=True)
    gate_.take(Standing(False))
    assert gate_.state.needs_odometry, 'it rolls'
    gate_.take(Standing(True))
    assert not gate_.state.needs_odometry


def test_each_sample_of_odometry_matters_while_the_robot_does_not_come_to_a_stand() -> None:
    moves_on = latched([Cause.NOT_STANDING], 'kept', [Cause.NOT_STANDING])
    assert GateState(e_stop=moves_on).needs_odometry


def test_a_robot_that_was_pushed_latches_nothing(moving: Gate) -> None:
    moving.command(is_last=True)
    moving.take(Standing(True), 1.0)
    moving.take(Standing(False), STANDSTILL_LIMIT_S + 1.0)
    assert not moving.state.e_stop.is_latched


def test_a_reset_is_refused_while_a_velocity_is_commanded(moving: Gate) -> None:
    moving.take(Press('topic'))
    moving.take(Release())
    moving.command(stream=B)
    with pytest.raises(ResetRefused, match='commands a velocity'):
        moving.take(Reset())
    assert moving.state.e_stop.is_latched
    assert moving.take(Reset(), COMMAND_TIMEOUT_S) == ZERO


def test_a_reset_is_refused_while_odometry_shows_motion(moving: Gate) -> None:
    moving.take(Press('topic'))
    moving.take(Release())
    with pytest.raises(ResetRefused, match='odometry'):
        moving.take(Reset(is_standing=False), 1.0)
    assert moving.take(Reset(is_standing=True)) == ZERO


# A gate that was held up itself: frozen, or its machine.


def test_what_comes_in_after_the_gate_was_frozen_does_not_move_it(moving: Gate) -> None:
    assert moving.command(after_s=COMMAND_TIMEOUT_S + 0.01) == ZERO
    assert moving.state.closed_by_gate == (A, CommandStale.code)
    assert moving.command() is None


def test_a_gate_frozen_for_less_than_the_limit_goes_on(moving: Gate) -> None:
    assert moving.command(after_s=COMMAND_TIMEOUT_S - 0.01) == FORWARD


def test_a_new_motion_after_a_freeze_starts_from_zero(moving: Gate) -> None:
    assert moving.command(stream=B, after_s=10.0) == ZERO
    assert moving.command(stream=B) not in (None, ZERO)


def test_the_end_of_a_motion_after_a_freeze_is_a_zero(moving: Gate) -> None:
    assert moving.command(ZERO, is_last=True, after_s=10.0) == ZERO


coordinates = st.floats(-5.0, 5.0) | st.just(0.0)
bad_numbers = st.sampled_from([math.nan, math.inf, -math.inf])
streams = st.sampled_from([A, B, 'c#1', 'd#1', ''])


class AnyOrderOfInputs(RuleBasedStateMachine):
    """Whatever comes in, and whenever: the robot is never moved wrongly.

    The clock goes on by ticks as long as the gate needs them, as the node does it. The live
    orchestrator has the highest term; those that it has followed may be alive still, and
    everything that was ever sent may be played back.
    """

    def __init__(self) -> None:
        super().__init__()
        self.now_s = 1000.0
        self.state = GateState(gate_id=GATE_ID, heartbeat_at_mono_s=self.now_s)
        self.term = 3
        self.numbers: Counter[int] = Counter()
        self.recording: list[Command | Announcement] = []
        self.limits = MotionLimits(
            max_speed_mps=1.5, stop_distance_m=0.5, heartbeat_timeout_s=HEARTBEAT_TIMEOUT_S
        )
        self.base = ZERO
        self.changed_at_s = -math.inf
        self.driven_by = ''
        self.fresh_at_s = -math.inf
        self.highest_term = 0
        self.ended_by_gate: set[str] = set()

    def origin(self, age: int = 0) -> Origin:
        """Return what the live orchestrator says of itself, or one that was so many before."""
        term = max(1, self.term - age)
        self.numbers[term] += 1
        return Origin(term, term, self.numbers[term], self.state.gate_id)

    def take(self, given: Input) -> Velocity | None:
        """Judge an input, and check what every output must obey."""
        if isinstance(given, (Command, Announcement)):
            self.recording.append(given)
            if given.origin.gate_id == self.state.gate_id:  # else it is refused, whatever its term
                self.highest_term = max(self.highest_term, given.origin.term)
        was_closed = set(self.state.closed)
        try:
            self.state, sent = gate.decide(self.state, given, self.now_s, self.limits)
        except ResetRefused:
            assert isinstance(given, Reset)
            return None
        self.ended_by_gate |= {name for name, code in set(self.state.closed) - was_closed if code}
        if sent is not None:
            self.check_change(sent)
            self.base, self.changed_at_s = sent, self.now_s
        return sent

    def take_unchecked(self, given: Input) -> Velocity | None:
        """Judge an input that changes the velocity by another clock than the steady one."""
        self.base, self.changed_at_s = self.base, -math.inf
        return self.take(given)

    def check_change(self, sent: Velocity) -> None:
        """An output is within the limits, and no jump, except to zero."""
        assert sent.is_finite
        assert sent.speed_mps <= self.limits.max_speed_mps + 1e-9
        assert abs(sent.yaw_radps) <= self.limits.max_yaw_rate_radps + 1e-9
        if sent.is_zero:
            return
        elapsed_s = self.now_s - self.changed_at_s
        change_mps = math.hypot(sent.x_mps - self.base.x_mps, sent.y_mps - self.base.y_mps)
        assert change_mps <= self.limits.max_acceleration_mps2 * elapsed_s + 1e-9
        yaw_change_radps = abs(sent.yaw_radps - self.base.yaw_radps)
        assert yaw_change_radps <= self.limits.max_yaw_acceleration_radps2 * elapsed_s + 1e-9

    def command(self, velocity: Velocity, stream: str, age: int = 0, **flags: bool) -> None:
        """Take a command, and check that one that moves the robot had the right to."""
        origin = self.origin(age)
        may_move = (
            not self.state.e_stop.is_latched
            and stream not in self.ended_by_gate
            and stream != ''
            and origin.term >= self.highest_term
            and velocity.is_finite
            and not flags
        )
        sent = self.take(Command(origin, stream, velocity, **flags))
        assert may_move or sent in (None, ZERO)
        if sent is not None and not sent.is_zero:
            self.driven_by, self.fresh_at_s = stream, self.now_s

    @rule(x=coordinates, y=coordinates, yaw=coordinates, stream=streams, age=st.integers(0, 2))
    def move(self, x: float, y: float, yaw: float, stream: str, age: int) -> None:
        self.command(Velocity(x, y, yaw), stream, age)

    @rule(stream=streams, speed=coordinates, times=st.integers(1, 10))
    def move_on(self, stream: str, speed: float, times: int) -> None:
        for _ in range(times):
            self.command(Velocity(speed), stream)
            self.wait(0.05)

    @rule(bad=bad_numbers, stream=streams)
    def send_what_is_no_velocity(self, bad: float, stream: str) -> None:
        self.command(Velocity(0.0, bad), stream)

    @rule(stream=streams)
    def leave_the_plane(self, stream: str) -> None:
        self.command(FORWARD, stream, is_planar=False)

    @rule(stream=streams)
    def end_a_stream(self, stream: str) -> None:
        self.command(ZERO, stream, is_last=True)

    @rule()
    def press(self) -> None:
        assert self.take(Press('topic')) == ZERO
        assert self.state.e_stop.is_latched

    @rule()
    def release(self) -> None:
        was_latched = self.state.e_stop.is_latched
        self.take(Release())
        assert self.state.e_stop.is_latched == was_latched

    @rule(cause=st.sampled_from(Cause))
    def press_otherwise(self, cause: Cause) -> None:
        assert self.take(Press('x', cause)) == ZERO
        assert cause in self.state.e_stop.causes

    @rule(cause=st.sampled_from(Cause))
    def end_a_cause(self, cause: Cause) -> None:
        was_latched = self.state.e_stop.is_latched
        assert self.take(Release(cause)) is None
        assert self.state.e_stop.is_latched == was_latched

    @rule()
    def beat(self) -> None:
        self.take(Heartbeat())

    @rule(is_standing=st.booleans())
    def hear_odometry(self, is_standing: bool) -> None:
        self.take(Standing(is_standing))

    @rule(data=st.data())
    def play_a_recording_back(self, data: st.DataObject) -> None:
        """Nothing that was sent before moves the robot, or ends what moves it."""
        if self.recording:
            before, given = self.state, data.draw(st.sampled_from(self.recording))
            sent = self.take(given)
            assert sent in (None, ZERO)
            is_overdue = self.now_s - before.received_at_mono_s > COMMAND_TIMEOUT_S
            is_silent = self.now_s - before.heartbeat_at_mono_s > HEARTBEAT_TIMEOUT_S
            assert is_overdue or is_silent or self.state.stream == before.stream

    @rule(age=st.integers(0, 2))
    def announce(self, age: int) -> None:
        assert self.take(Announcement(self.origin(age))) in (None, ZERO)

    @rule(is_store_lost=st.booleans())
    def restart_the_orchestrator(self, is_store_lost: bool) -> None:
        """It has a term of its store, which goes back where that was put aside, and announces."""
        term = 1 if is_store_lost else self.term + 1
        self.term = max(term, self.state.term + 1)
        self.numbers[self.term] = 0
        assert self.take(Announcement(self.origin())) in (None, ZERO)
        assert self.state.term == self.term
        assert self.base.is_zero, 'what its predecessor had begun has ended'

    @rule(clearance_m=st.floats(0.0, 1.0) | bad_numbers, stream=streams)
    def move_towards_an_obstacle(self, clearance_m: float, stream: str) -> None:
        before = self.base
        sent = self.take(Command(self.origin(), stream, FORWARD, clearance_m=clearance_m))
        if not clearance_m >= self.limits.stop_distance_m:
            assert sent in (None, ZERO)
            assert self.base.is_zero or self.base == before
        elif sent is not None and not sent.is_zero:
            self.driven_by, self.fresh_at_s = stream, self.now_s

    @rule(is_standing=st.sampled_from([True, False, None]))
    def reset(self, is_standing: bool | None) -> None:
        was_latched, active = self.state.e_stop.is_latched, self.state.e_stop.active
        is_wanted = self.now_s - self.state.wanted_at_mono_s < COMMAND_TIMEOUT_S
        may_be_free = not active and not is_wanted and is_standing is not False
        sent = self.take(Reset(is_standing))
        assert sent == (ZERO if was_latched and may_be_free else None)
        assert self.state.e_stop.is_latched == (was_latched and not may_be_free)

    @rule()
    def stop(self) -> None:
        assert self.take(StopRequest()) == ZERO
        assert self.state.stream == ''

    @rule(stream=streams, step_s=st.sampled_from([0.0, 0.1, 3600.0]))
    def move_in_simulated_time(self, stream: str, step_s: float) -> None:
        """Simulated time may stand, or jump; how fast the robot may accelerate is all it tells."""
        fastest_mps = max(FORWARD.speed_mps, self.base.speed_mps)
        sent = self.take_unchecked(
            Command(self.origin(), stream, FORWARD, simulated_step_s=step_s)
        )
        if sent is not None and not sent.is_zero:
            self.driven_by, self.fresh_at_s = stream, self.now_s
            assert sent.speed_mps <= fastest_mps + 1e-9

    @rule(is_term_lost=st.booleans())
    def restart_the_gate(self, is_term_lost: bool) -> None:
        """What it knew is lost but for latch and term; that takes longer than a command lives."""
        was_latched = self.state.e_stop.is_latched
        causes = [*self.state.e_stop.causes, Cause.RESTART] if was_latched else []
        self.base, self.changed_at_s = ZERO, self.now_s  # its last words
        self.now_s += COMMAND_TIMEOUT_S
        before = GateState() if is_term_lost else self.state
        self.state = GateState(
            gate_id=self.state.gate_id + 1,
            e_stop=latched(causes, 'x'),
            heartbeat_at_mono_s=self.now_s,
            term=before.term,
            orchestrator_id=before.orchestrator_id,
        )
        self.highest_term, self.ended_by_gate = before.term, set()
        assert self.state.e_stop.is_latched == was_latched

    @rule(duration_s=st.floats(COMMAND_TIMEOUT_S * 1.01, 1e6))
    def freeze_the_gate(self, duration_s: float) -> None:
        """Time passes, nothing is judged; then the command that waited comes in first."""
        stream, was_moving = self.state.stream, not self.base.is_zero
        self.now_s += duration_s
        if stream:
            assert self.take(Command(self.origin(), stream, FORWARD)) == ZERO
            self.ended_by_gate.add(stream)
        elif was_moving:
            raise AssertionError('it moves without a stream')

    @rule(duration_s=st.floats(0.001, 0.4))
    def wait(self, duration_s: float) -> None:
        end_s = self.now_s + duration_s
        while self.now_s < end_s:
            self.now_s = min(end_s, self.now_s + TICK_S)
            sent = self.take(Tick())
            assert sent in (None, ZERO)

    @invariant()
    def stands_while_latched(self) -> None:
        assert self.base.is_zero or not self.state.e_stop.is_latched

    @invariant()
    def no_command_outlives_its_time(self) -> None:
        assert self.base.is_zero or self.now_s - self.fresh_at_s <= COMMAND_TIMEOUT_S + 1e-9

    @invariant()
    def what_moves_has_a_stream_that_is_open(self) -> None:
        assert self.base.is_zero or self.state.stream == self.driven_by
        assert self.base.is_zero or not self.state.is_closed(self.driven_by)

    @invariant()
    def a_silent_heartbeat_moves_nothing(self) -> None:
        silent_s = self.now_s - self.state.heartbeat_at_mono_s
        assert self.base.is_zero or silent_s <= HEARTBEAT_TIMEOUT_S + TICK_S

    @invariant()
    def stop_is_always_reachable(self) -> None:
        origin = self.origin()
        for given in (StopRequest(), Press('x')):
            after, sent = gate.decide(self.state, given, self.now_s, self.limits)
            assert sent == ZERO
            moved = Command(replace(origin, number=origin.number + 1), self.state.stream, FORWARD)
            if moved.stream:
                assert gate.decide(after, moved, self.now_s, self.limits)[1] in (None, ZERO)

    @invariant()
    def knows_what_it_sent(self) -> None:
        assert self.state.output == self.base


TestAnyOrderOfInputs = pytest.mark.statistics(AnyOrderOfInputs.TestCase)
TestAnyOrderOfInputs.settings = settings(max_examples=EXAMPLES, stateful_step_count=30)
