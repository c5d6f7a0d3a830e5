"""Gate and orchestrator against each other, over a channel that loses, doubles and reorders.

What is lost, whoever starts again, and whatever is played back: nobody moves the robot who must
not, and once words come through again, both sides know the same.
"""

from random import Random

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.gate import (
    COMMAND_TIMEOUT_S,
    TICK_S,
    Press,
    Release,
    Reset,
    StopRequest,
)
from orchestrator_ren.motion.gate_peer import LOOK_S, LOOKS

from ...amounts import amount
from .protocol_rig import FOLLOW_S, LONGEST_DELAY_S, Weather, World

EXAMPLES = amount('GATE_EXAMPLES', bounded=100, whole=2_000)

SETTLE_S = 7.0
"""How long words come through, and all is well again [s]: who was killed is alive for 2.5 s, and
who was taken over from waits as long before it takes over itself."""

TOLD_S = 2.0
"""How long words come through, and what the gate has done is known [s]."""

STAYS_S = 4.0
"""How long it stays well, with nothing to do [s]: longer than one that says nothing is alive."""

shares = st.sampled_from([0.0, 0.2, 0.5, 0.9, 1.0])
delays = st.sampled_from([0.0, 0.1, LONGEST_DELAY_S])


class GateAndOrchestrator(RuleBasedStateMachine):
    """Both sides, and all that can happen to what they say."""

    def __init__(self) -> None:
        super().__init__()
        self.world = World()
        self.gate_term = self.peer_term = 0
        self.pass_time(0.5)

    def pass_time(self, duration_s: float) -> None:
        """Let time pass, and look at every step at what must hold always."""
        for _ in range(round(duration_s / TICK_S)):
            self.world.step()
            self.check()

    def check(self) -> None:
        self.check_what_moves()
        self.check_terms()
        self.check_silence()
        for stream, motion in self.world.orchestrator.motions.items():
            if self.world.orchestrator.peer.refusal_of(stream) is None:
                assert motion.is_taken_up, f'{stream} is taken for one that is followed'

    def check_what_moves(self) -> None:
        """What moves was asked for lately by one who was running, and by the newest that is known.

        A command may be on its way for `LONGEST_DELAY_S`, and is held for `COMMAND_TIMEOUT_S`.
        """
        found, now_s = self.world.gate, self.world.now_s
        if found.base.is_zero or now_s < self.world.gate_thaws_at_s:
            return
        motion = self.world.motion_of(found.driven_by)
        assert now_s - found.fresh_at_s <= COMMAND_TIMEOUT_S + TICK_S
        over_s = now_s - min(now_s, motion.ended_at_s)
        assert over_s <= LONGEST_DELAY_S + COMMAND_TIMEOUT_S + TICK_S
        assert not found.state.e_stop.is_latched
        if self.world.is_newest_heard:
            assert motion.orchestrator_id == self.world.orchestrator.number

    def check_terms(self) -> None:
        gate_term, peer_term = self.world.gate.state.term, self.world.orchestrator.peer.term
        assert gate_term >= self.gate_term
        assert peer_term >= self.peer_term
        self.gate_term, self.peer_term = gate_term, peer_term

    def check_silence(self) -> None:
        """A gate that says nothing is soon lost; not as long as nobody could look."""
        world = self.world
        since_s = max(world.orchestrator.heard_at_s, world.orchestrator_thaws_at_s)
        if world.now_s - since_s > LOOKS * LOOK_S + 3 * TICK_S:
            assert world.orchestrator.peer.trouble(world.now_s) is not None

    # What happens.

    @rule(duration_s=st.floats(0.02, 1.0))
    def wait(self, duration_s: float) -> None:
        self.pass_time(duration_s)

    @rule(duration_s=st.floats(0.02, 0.6))
    def move(self, duration_s: float) -> None:
        self.world.orchestrator.begin(self.world.now_s)
        self.pass_time(duration_s)

    @rule()
    def end_the_motion(self) -> None:
        self.world.orchestrator.end(self.world.to_gate, self.world.now_s)

    @rule(there=st.builds(Weather, shares, shares, delays), seed=st.integers(0, 2**16))
    def change_the_weather_to_the_gate(self, there: Weather, seed: int) -> None:
        self.world.to_gate.weather, self.world.to_gate.chance = there, Random(seed)

    @rule(back=st.builds(Weather, shares, shares, delays), seed=st.integers(0, 2**16))
    def change_the_weather_to_the_orchestrator(self, back: Weather, seed: int) -> None:
        self.world.to_orchestrator.weather, self.world.to_orchestrator.chance = back, Random(seed)

    @rule(is_term_kept=st.booleans())
    def restart_the_gate(self, is_term_kept: bool) -> None:
        self.world.restart_gate(is_term_kept=is_term_kept)
        self.gate_term = self.world.gate.state.term

    @rule(moved_s=st.floats(0.1, 0.5), is_term_kept=st.booleans())
    def restart_the_gate_in_a_drive(self, moved_s: float, is_term_kept: bool) -> None:
        self.move(moved_s)
        self.restart_the_gate(is_term_kept)
        self.let_words_through()

    @rule(is_store_kept=st.booleans())
    def restart_the_orchestrator(self, is_store_kept: bool) -> None:
        self.world.restart_orchestrator(is_store_kept=is_store_kept)
        self.peer_term = 0

    @rule(duration_s=st.floats(0.1, 1.5))
    def freeze_the_gate(self, duration_s: float) -> None:
        self.world.gate_thaws_at_s = self.world.now_s + duration_s
        self.pass_time(duration_s)

    @rule(duration_s=st.floats(0.1, 1.5))
    def freeze_the_orchestrator(self, duration_s: float) -> None:
        self.world.orchestrator_thaws_at_s = self.world.now_s + duration_s
        self.pass_time(duration_s)

    @rule(moved_s=st.floats(0.1, 0.5), delay_s=delays, is_store_kept=st.booleans())
    def restart_the_orchestrator_in_a_drive(
        self, moved_s: float, delay_s: float, is_store_kept: bool
    ) -> None:
        """What the old one sent last comes in after the new one has taken over."""
        self.move(moved_s)
        self.world.to_gate.weather = Weather(delay_s=delay_s)
        self.pass_time(delay_s)
        self.restart_the_orchestrator(is_store_kept)
        self.world.to_gate.weather = self.world.to_orchestrator.weather = Weather()
        self.pass_time(0.5)

    @rule(moved_s=st.floats(0.1, 0.5), times=st.integers(1, 20))
    def miss_what_the_gate_does_in_a_drive(self, moved_s: float, times: int) -> None:
        """More of it than it tells again."""
        self.move(moved_s)
        self.world.to_orchestrator.weather = Weather(loss=1.0)
        self.world.do_much_at_once(times)
        self.let_words_through()

    @rule()
    def press_and_release(self) -> None:
        self.world.take(Press('topic'))
        self.world.take(Release(Cause.TOPIC))
        self.check()

    @rule()
    def stop(self) -> None:
        self.world.take(StopRequest())

    @rule(data=st.data(), times=st.integers(1, 20))
    def play_commands_back(self, data: st.DataObject, times: int) -> None:
        """Send again what the gate has heard, now or in an earlier life."""
        if self.world.commands:
            first = data.draw(st.integers(0, len(self.world.commands) - 1))
            for each in self.world.commands[first : first + times]:
                self.world.take(each)
                self.world.step()
                self.check()

    @rule(data=st.data(), times=st.integers(1, 20))
    def play_words_back(self, data: st.DataObject, times: int) -> None:
        """Let the orchestrator hear again what a gate has said, now or in an earlier life."""
        if self.world.words:
            first = data.draw(st.integers(0, len(self.world.words) - 1))
            for each in self.world.words[first : first + times]:
                self.world.hear(each)
                self.world.step()
                self.check()

    # What must be true once words come through again.

    @rule()
    def let_words_through(self) -> None:
        self.world.to_gate.weather = self.world.to_orchestrator.weather = Weather()
        self.pass_time(TOLD_S)
        self.check_that_both_know_the_same()

    def teardown(self) -> None:
        """Let words come through, reset what is latched, and drive."""
        world = self.world
        world.to_gate.weather = world.to_orchestrator.weather = Weather()
        self.pass_time(SETTLE_S / 2)
        world.take(Reset())
        self.pass_time(SETTLE_S / 2)
        self.check_that_both_know_the_same()
        self.drive()
        for _ in range(round(STAYS_S / TICK_S)):
            self.pass_time(TICK_S)
            assert world.orchestrator.peer.trouble(world.now_s) is None

    def check_that_both_know_the_same(self) -> None:
        orchestrator = self.world.orchestrator
        for stream, motion in orchestrator.motions.items():
            assert motion.is_told or not motion.is_ended_by_gate, f'{stream} has ended unheard'
            assert motion.told_count <= 1
            is_refused = orchestrator.peer.refusal_of(stream) is not None
            assert not (is_refused and motion.is_taken_up) or motion.is_missed

    def drive(self) -> None:
        """Begin a motion: it is followed in time, and goes on until it is ended."""
        world, orchestrator = self.world, self.world.orchestrator
        orchestrator.end(world.to_gate, world.now_s)
        self.pass_time(0.1)
        assert orchestrator.peer.trouble(world.now_s) is None
        orchestrator.begin(world.now_s)
        stream = orchestrator.stream
        self.pass_time(FOLLOW_S)
        assert orchestrator.peer.refusal_of(stream) is None
        self.pass_time(1.0)
        assert (orchestrator.stream, world.gate.driven_by) == (stream, stream)
        assert not world.gate.base.is_zero
        orchestrator.end(world.to_gate, world.now_s)
        self.pass_time(0.1)
        assert world.gate.base.is_zero

    @invariant()
    def holds(self) -> None:
        self.check()


TestGateAndOrchestrator = pytest.mark.statistics(GateAndOrchestrator.TestCase)
TestGateAndOrchestrator.settings = settings(
    max_examples=EXAMPLES, stateful_step_count=20, deadline=None
)
