"""Gate and orchestrator, both pure, with something between them that loses what they say.

As the nodes do it: the gate ticks, and says what it did at once and at 10 Hz; the orchestrator
sends its motion's velocity at 20 Hz, ends it when it is told to, and looks for a silent gate.
"""

import heapq
import itertools
import math
from dataclasses import dataclass
from random import Random
from typing import Any

from orchestrator_ren.motion import gate
from orchestrator_ren.motion.gate import (
    COMMAND_TIMEOUT_S,
    TICK_S,
    Announcement,
    Command,
    FactKind,
    GateState,
    Input,
    StopRequest,
    Tick,
)
from orchestrator_ren.motion.gate_peer import LOOK_S, GatePeer
from orchestrator_ren.motion.gate_word import GateWord, must_tell, word_of
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.peer_outcome import (
    AnnouncementDue,
    BecameUnsafe,
    MotionEnded,
    Outcome,
)
from orchestrator_ren.motion.velocity import ZERO, Velocity

CONTROL_S = 0.05
HEARTBEAT_S = 0.1
FOLLOW_S = 0.3
"""How long a motion may not be followed, before it fails [s]."""

LONGEST_DELAY_S = 0.4
"""What comes later is played back [s]."""

LIMITS = MotionLimits()
SPEED = Velocity(x_mps=0.5)
Message = Announcement | Command | GateWord


@dataclass(frozen=True)
class Weather:
    """How bad the channel is: shares of what is lost and doubled [0-1], and delays [s]."""

    loss: float = 0.0
    doubling: float = 0.0
    delay_s: float = 0.0


class Channel:
    """Carries messages one way; what is delayed is overtaken by what is not."""

    def __init__(self) -> None:
        self.weather = Weather()
        self.chance = Random(0)
        self._waiting: list[tuple[float, int, Any]] = []
        self._count = itertools.count()

    def send(self, message: Message, now_s: float) -> None:
        copies = (self.chance.random() >= self.weather.loss) + (
            self.chance.random() < self.weather.doubling
        )
        for _ in range(copies):
            at_s = now_s + self.chance.random() * self.weather.delay_s
            heapq.heappush(self._waiting, (at_s, next(self._count), message))

    def receive(self, now_s: float) -> list[Any]:
        received = []
        while self._waiting and self._waiting[0][0] <= now_s:
            received.append(heapq.heappop(self._waiting)[2])
        return received


@dataclass
class Motion:
    """What is known of a stream, by the one who watches both sides."""

    orchestrator_id: int
    begun_at_s: float
    ended_at_s: float = math.inf
    is_taken_up: bool = False
    is_ended_by_gate: bool = False
    is_told: bool = False
    is_missed: bool = False
    told_count: int = 0
    """How often it was named as ended. `is_told` counts what ends every motion, too; `is_missed`:
    what the gate answered may never have been heard."""


class OrchestratorSide:
    """One orchestrator from its start on."""

    def __init__(self, number: int, term: int, now_s: float) -> None:
        self.peer = GatePeer(number, 'drive_command', lambda _topic: 'somebody')
        self.number = number
        self.term_of_store = term
        self.stream = ''
        self.is_followed = False
        self.motions: dict[str, Motion] = {}
        self.first_sent_s = self.sent_s = -math.inf
        self.look_at_s = now_s + LOOK_S
        self.heard_at_s = now_s
        self._count = itertools.count(1)

    def begin(self, now_s: float) -> None:
        """Begin a motion, if one may begin."""
        if not self.stream and self.peer.trouble(now_s) is None:
            self.stream = f'{self.number}-{next(self._count)}#1'
            self.motions[self.stream] = Motion(self.number, now_s)
            self.is_followed, self.first_sent_s, self.sent_s = False, now_s, -math.inf

    def step(self, channel: Channel, now_s: float) -> None:
        """Look for the gate, and send what the motion asks for."""
        if now_s >= self.look_at_s:
            outcomes = self.peer.look(now_s)
            self.look_at_s = math.inf if self.peer.is_silent else now_s + LOOK_S
            self._act(outcomes, channel, now_s)
        if self.stream and now_s - self.sent_s >= CONTROL_S - 1e-9:
            is_stale = COMMAND_TIMEOUT_S < now_s - self.sent_s < math.inf
            self.is_followed |= self.peer.refusal_of(self.stream) is None
            is_late = now_s - self.first_sent_s > FOLLOW_S and not self.is_followed
            if is_stale or is_late or self.peer.trouble(now_s) is not None:
                self.end(channel, now_s)
            else:
                self._send(channel, SPEED, now_s)

    def end(self, channel: Channel, now_s: float) -> None:
        """End the motion, if there is one."""
        if self.stream:
            self._send(channel, ZERO, now_s, is_last=True)
            self.motions[self.stream].ended_at_s = now_s
            self.stream = ''

    def hear(self, word: GateWord, channel: Channel, now_s: float) -> None:
        """Take a word of some gate."""
        outcomes = self.peer.hear(word, self.term_of_store, now_s)
        if self.peer.word is word:
            self.look_at_s, self.heard_at_s = now_s + LOOK_S, now_s
        self._act(outcomes, channel, now_s)

    def _send(
        self, channel: Channel, velocity: Velocity, now_s: float, *, is_last: bool = False
    ) -> None:
        origin = self.peer.next_origin(now_s)
        self.sent_s = now_s
        channel.send(Command(origin, self.stream, velocity, is_last=is_last), now_s)

    def _act(self, outcomes: list[Outcome], channel: Channel, now_s: float) -> None:
        for each in outcomes:
            if isinstance(each, AnnouncementDue):
                channel.send(Announcement(self.peer.next_origin(now_s)), now_s)
            elif isinstance(each, MotionEnded) and each.stream:
                self._take_end(each.stream, channel, now_s)
            elif isinstance(each, (MotionEnded, BecameUnsafe)):
                for motion in self.motions.values():
                    motion.is_told = True
                    motion.is_missed = True
                self.end(channel, now_s)

    def _take_end(self, stream: str, channel: Channel, now_s: float) -> None:
        if stream in self.motions:  # else it is that of another one, which has ended before
            self.motions[stream].is_told = True
            self.motions[stream].told_count += 1
            assert self.motions[stream].told_count == 1, f'{stream} was told twice'
        if stream == self.stream:
            self.end(channel, now_s)


@dataclass
class GateSide:
    """One run of the gate."""

    state: GateState
    started_at_s: float
    base: Velocity = ZERO
    fresh_at_s: float = -math.inf
    driven_by: str = ''
    told: GateState | None = None
    _last_fact: int = 0
    _said_at_s: float = -math.inf

    def take(self, given: Input, now_s: float, *, may_move: bool) -> list[gate.Fact]:
        """Judge an input; return the facts that it made."""
        self.state, sent = gate.decide(self.state, given, now_s, LIMITS)
        if sent is not None:
            self.base = sent
        if sent is not None and not sent.is_zero:
            assert isinstance(given, Command)
            assert may_move, 'it was sent before'
            self.driven_by, self.fresh_at_s = given.stream, now_s
        new = [each for each in self.state.facts if each.number > self._last_fact]
        self._last_fact += len(new)
        return new

    def say(self, channel: Channel, now_s: float) -> GateWord | None:
        """Say what must be known at once, or is due."""
        is_due = now_s - self._said_at_s >= HEARTBEAT_S - 1e-9
        if not (is_due or must_tell(self.told, self.state)):
            return None
        self.told, self._said_at_s = self.state, now_s
        word = word_of(self.state, LIMITS, now_s, now_s - self.started_at_s + 1e-3, 1, '')
        channel.send(word, now_s)
        return word


class World:
    """Both sides, and what is between them."""

    def __init__(self) -> None:
        self.now_s = 1000.0
        self.to_gate, self.to_orchestrator = Channel(), Channel()
        self.gate = GateSide(GateState(gate_id=1), self.now_s)
        self.orchestrator = OrchestratorSide(1, 1, self.now_s)
        self.motions: dict[str, Motion] = {}
        self.commands: list[Announcement | Command] = []
        self.words: list[GateWord] = []
        self.is_newest_heard = False
        self.gate_thaws_at_s = self.orchestrator_thaws_at_s = -math.inf

    def take(self, given: Input) -> None:
        """Let the gate judge an input, and notice what it did with whose motion."""
        is_repeated = given in self.commands
        if isinstance(given, (Announcement, Command)) and not is_repeated:
            self.commands.append(given)
            self.is_newest_heard |= self._takes_over(given)
        facts = self.gate.take(given, self.now_s, may_move=not is_repeated)
        for each in facts:
            motion = self.orchestrator.motions.get(each.stream)
            if motion is not None:
                motion.is_taken_up |= each.kind is FactKind.TAKEN_UP
                motion.is_ended_by_gate |= each.kind is FactKind.ENDED and each.code > 0

    def _takes_over(self, given: Announcement | Command) -> bool:
        """Whether it is of the newest orchestrator, and above what the gate has heard."""
        before, origin = self.gate.state, given.origin
        is_its = origin.orchestrator_id == self.orchestrator.number
        is_first = before.orchestrator_id in (0, origin.orchestrator_id)
        is_above = origin.term > before.term or (origin.term == before.term and is_first)
        return is_its and origin.gate_id == before.gate_id and is_above

    def hear(self, word: GateWord) -> None:
        """Let the orchestrator hear a word."""
        self.orchestrator.hear(word, self.to_gate, self.now_s)

    def do_much_at_once(self, motions: int) -> None:
        """End what moves, and let so many motions of no length pass, each with two facts."""
        self.take(StopRequest())
        for _ in range(motions):
            origin = self.orchestrator.peer.next_origin(self.now_s)
            stream = f'{origin.orchestrator_id}-brief-{origin.number}#1'
            self.take(Command(origin, stream, ZERO, is_last=True))

    def step(self) -> None:
        """Let `TICK_S` pass."""
        self.now_s += TICK_S
        if self.now_s >= self.gate_thaws_at_s:
            for message in self.to_gate.receive(self.now_s):
                self.take(message)
                self._say()
            self.take(Tick())
            self._say()
        if self.now_s >= self.orchestrator_thaws_at_s:
            self.orchestrator.step(self.to_gate, self.now_s)
            for word in self.to_orchestrator.receive(self.now_s):
                self.hear(word)

    def _say(self) -> None:
        word = self.gate.say(self.to_orchestrator, self.now_s)
        if word is not None:
            self.words.append(word)

    def restart_gate(self, *, is_term_kept: bool) -> None:
        """All but latch and term is forgotten."""
        before = self.gate.state
        if before.stream in self.orchestrator.motions:
            self.orchestrator.motions[before.stream].is_ended_by_gate = True
        kept = before if is_term_kept else GateState()
        self.gate = GateSide(
            GateState(
                gate_id=before.gate_id + 1,
                e_stop=before.e_stop,
                term=kept.term,
                orchestrator_id=kept.orchestrator_id,
            ),
            self.now_s,
        )
        self.is_newest_heard = False

    def restart_orchestrator(self, *, is_store_kept: bool) -> None:
        """It dies at once, and says no last word."""
        before = self.orchestrator
        for motion in before.motions.values():
            motion.ended_at_s = min(motion.ended_at_s, self.now_s)
        self.motions.update(before.motions)
        term = before.term_of_store + 1 if is_store_kept else 1
        self.orchestrator = OrchestratorSide(before.number + 1, term, self.now_s)
        self.is_newest_heard = False

    def motion_of(self, stream: str) -> Motion:
        """Return what is known of a stream of this orchestrator, or of one before."""
        return self.orchestrator.motions.get(stream) or self.motions[stream]
