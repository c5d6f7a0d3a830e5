"""The orchestrator's side of the gate."""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Callable
from functools import partial

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.task import Future

from orchestrator_ren.errors import (
    CommandRefused,
    CommandStale,
    EStopActive,
    GateLost,
    InternalError,
    MotionStopped,
    NotAlone,
    NotFollowed,
    OrchestratorError,
)
from orchestrator_ren.motion.gate_reader import GateReader, News
from orchestrator_ren.motion.gate_state import Fact, FactKind
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.presence import ALIVE_S
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.msg import DriveCommand, EStopState
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.graph import publishers_of

LOOK_S = 0.2
LOOKS = 2
"""A gate that was not heard before so many looks, each so long after the last [s], is lost; its
heartbeat comes every 0.1 s. One look is not enough: where this process itself stood still, it
comes before what the gate said meanwhile."""

MAX_TERM = 2**32 - 1
"""Highest term that a message holds."""

ANNOUNCE_S = 1.0
"""How long after the last command the gate is told that this orchestrator lives [s]."""

MEETING_S = 1.0
"""How long a gate that was heard first may take to answer [s]: the middleware has to find it."""

UNLISTENED_LOOKS = 10
"""So many words of the gate in a row that nobody listens, and there is no base: at the start
the middleware takes a while to find it."""

UNHEARD_LOOKS = 3
"""So many words of the gate in a row, 0.1 s apart, that it hears no orchestrator, and it does not
hear this one; the first comes before the answer to what is announced then."""

REMEMBERED_STREAMS = 64
"""Streams of which it is known what the gate said to them."""


class GateLink:
    """Sends velocities to the gate and listens to what it says.

    It cannot move the robot wrongly: the gate judges whatever it sends.

    Args:
        node: Owns the publisher and the subscriptions.
        term: Returns the fencing number of the store's opening; 0 = it is not open.
        on_motion_ended: Called with the stream (empty = every motion) and the error when the gate
            has stopped the robot by itself.
        on_unsafe: Called with the error when the e-stop latches, or the gate is lost.
        on_state: Called when it becomes possible or impossible to move.

    Attributes:
        term: The fencing number that it sends: that of the store, or one above the gate's.
        limits: What the gate lets pass; None as long as it was not heard.
        on_limits: Called with what the gate lets pass, when that is told first or has changed.
    """

    def __init__(
        self,
        node: Node,
        term: Callable[[], int],
        on_motion_ended: Callable[[str, OrchestratorError], None],
        on_unsafe: Callable[[OrchestratorError], None],
        on_state: Callable[[], None],
    ) -> None:
        self.term = 0
        self.limits: MotionLimits | None = None
        self.on_limits: Callable[[MotionLimits], None] = _nothing
        self._node = node
        self._term_of_store = term
        self._on_motion_ended = on_motion_ended
        self._on_unsafe = on_unsafe
        self._on_state = on_state
        self._orchestrator_id = random.SystemRandom().getrandbits(63) + 1
        self._sent = 0
        self._sent_at_mono_s = -math.inf
        self._reader = GateReader()
        self._state: EStopState | None = None
        self._heard_at_mono_s = -math.inf
        self._silent_looks = 0
        self._taken_up: deque[str] = deque(maxlen=REMEMBERED_STREAMS)
        self._refused: deque[Fact] = deque(maxlen=REMEMBERED_STREAMS)
        self._was_known = False
        self._met_at_mono_s = -math.inf
        self._next_word: Future | None = None
        self._unheard_looks = self._unlistened_looks = 0
        self._rival_at_mono_s = -math.inf
        self._rivals: NotAlone | None = None
        self._told: tuple[object, ...] = ()
        self._publisher = node.create_publisher(DriveCommand, 'drive_command', qos.VELOCITY)
        node.create_subscription(EStopState, 'e_stop_state', self._on_gate_state, qos.LATCHED)
        self._silence_timer = node.create_timer(
            LOOK_S, self._on_silence, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def send(self, stream: str, velocity: Velocity, *, is_last: bool = False) -> None:
        """Ask for a velocity; `is_last` ends the stream."""
        self._sent += 1
        self._sent_at_mono_s = time.monotonic()
        self._publisher.publish(
            DriveCommand(
                stamp=self._node.get_clock().now().to_msg(),
                gate_id=self._reader.gate_id,
                orchestrator_id=self._orchestrator_id,
                term=self.term,
                number=self._sent,
                stream=stream,
                twist=conversions.velocity_to_msg(velocity),
                is_last=is_last,
            )
        )

    def end(self, stream: str) -> None:
        """Ask for zero, and end the stream."""
        self.send(stream, ZERO, is_last=True)

    def refusal_of(self, stream: str) -> OrchestratorError | None:
        """Return why the gate does not follow the stream; None once it has taken it up."""
        if stream in self._taken_up:
            return None
        for fact in reversed(self._refused):
            if fact.stream == stream:
                return _error_of(fact)
        topic = self._publisher.topic_name
        return NotFollowed(stream=stream, reason=f'it does not answer on {topic}')

    async def meet(self) -> None:
        """Wait until a gate that was heard just now has answered, for `MEETING_S` at most.

        Who asks in the first moment after the start need not be refused.
        """
        while self._is_meeting:
            self._next_word = self._next_word or Future()
            await self._next_word

    @property
    def _is_meeting(self) -> bool:
        is_new = time.monotonic() - self._met_at_mono_s < MEETING_S
        return self._state is not None and is_new and not self._is_known

    def check_safe(self) -> None:
        """Refuse what must not go on while nothing may move.

        Raises:
            SafetyError: The e-stop is latched, or the gate is not heard.
        """
        if self.trouble is not None:
            raise self.trouble

    @property
    def base_trouble(self) -> OrchestratorError | None:
        """Why no velocity would reach a base; None when it is not known not to."""
        if self._unlistened_looks < UNLISTENED_LOOKS:
            return None
        reason = 'nobody listens to its cmd_vel; is the base there, and is that remapped alike?'
        return NotFollowed(stream='any motion', reason=reason)

    @property
    def scan_fault(self) -> str:
        """Why an obstacle would be taken to be on any way; empty = not known to be."""
        return self._state.scan_fault if self._state is not None else ''

    @property
    def trouble(self) -> OrchestratorError | None:
        """Why nothing can move now; None when it can."""
        state = self._state
        if state is None:
            return GateLost(detail='has not been heard yet; is it running?')
        if self._silent_looks >= LOOKS:
            silent_s = time.monotonic() - self._heard_at_mono_s
            return GateLost(detail=f'has not been heard for {silent_s:.1f} s')
        if state.state != EStopState.FREE:
            is_ready = state.state == EStopState.READY_TO_RESET
            hint = '; no cause holds any more: call reset_e_stop' if is_ready else ''
            return EStopActive(source=f'{state.source}{hint}')
        if self._rivals is not None:
            return self._rivals
        if self._reader.is_in_doubt:
            return GateLost(detail='is not the only one that is heard: was it started again?')
        if not self._is_known:
            return GateLost(detail=self._why_unknown())
        return None

    @property
    def _is_known(self) -> bool:
        """Whether the gate has answered to this orchestrator, and still hears it."""
        state = self._state
        is_mine = state is not None and state.orchestrator_id == self._orchestrator_id
        return is_mine and self._unheard_looks < UNHEARD_LOOKS

    def _why_unknown(self) -> str:
        if self.term == 0:
            return 'is not asked before the ticket store is open'
        if self._state.term > self.term:
            return f'follows an orchestrator of term {self._state.term}; this one has {self.term}'
        topic = self._publisher.topic_name
        return f'does not answer on {topic}; is that remapped on one side only?'

    def _on_gate_state(self, message: EStopState) -> None:
        now_mono_s = time.monotonic()
        facts = [conversions.fact_from_msg(each) for each in message.facts]
        news = self._reader.take(message.gate_id, message.uptime_seconds, facts, now_mono_s)
        if news is not None:
            self._state = message
            self._heard_at_mono_s = now_mono_s
            self._silent_looks = 0
            self._silence_timer.reset()
            self._take_limits(conversions.limits_from_msg(message))
            self._greet(now_mono_s)
            self._take_news(news)
        self._look_for_rivals(now_mono_s)
        self._tell_change()

    def _greet(self, now_mono_s: float) -> None:
        """Tell the gate that this orchestrator lives, and take over from one that has ended."""
        state = self._state
        self._unlistened_looks = 0 if state.listeners else self._unlistened_looks + 1
        self._unheard_looks = 0 if state.orchestrators else self._unheard_looks + 1
        self.term = max(self.term, self._term_of_store())
        if self.term == 0:
            return
        if self._may_take_over(now_mono_s) and self.term <= state.term < MAX_TERM:
            self.term = state.term + 1
        is_told = self._is_known and self._unheard_looks == 0 and state.term == self.term
        if not is_told or now_mono_s - self._sent_at_mono_s > ANNOUNCE_S:
            self.send('', ZERO)

    def _may_take_over(self, now_mono_s: float) -> bool:
        """Whether the one whose term the gate has is another one, and has ended.

        At the start it has: else it is heard in a second, and nothing moves any more. Who was
        taken over from waits for longer than one that lives is silent.
        """
        is_own = self._state.orchestrator_id == self._orchestrator_id
        self._was_known |= is_own
        if is_own or self._state.orchestrators > 1:
            self._rival_at_mono_s = now_mono_s
            return False
        return not self._was_known or now_mono_s - self._rival_at_mono_s > ALIVE_S

    def _take_limits(self, limits: MotionLimits) -> None:
        before, self.limits = self.limits, limits
        if limits != before:
            self.on_limits(limits)

    def _take_news(self, news: News) -> None:
        if news.is_first or news.is_restarted:
            self._met_at_mono_s = self._heard_at_mono_s
        if news.is_restarted:
            self._on_unsafe(GateLost(detail='was started again'))
        if news.is_gap:
            self._on_motion_ended('', GateLost(detail='was not heard while it did something'))
        for fact in news.facts:
            self._take_fact(fact)
        if self._state.state != EStopState.FREE:
            self._on_unsafe(EStopActive(source=self._state.source))

    def _take_fact(self, fact: Fact) -> None:
        if fact.kind is FactKind.TAKEN_UP:
            self._taken_up.append(fact.stream)
        elif fact.kind is FactKind.REFUSED:
            self._refused.append(fact)
        elif fact.kind is FactKind.REDUCED:
            self._node.get_logger().warning(f'the gate slows {fact.stream} down: {fact.reason}')
        elif fact.kind is FactKind.LATCHED:
            self._on_unsafe(EStopActive(source=fact.reason))
        elif fact.kind is FactKind.STOPPED:
            self._on_motion_ended('', _error_of(fact))
        elif fact.code:  # else this orchestrator ended it itself
            self._on_motion_ended(fact.stream, _error_of(fact))

    def _look_for_rivals(self, now_mono_s: float) -> None:
        """Notice more than one gate, or orchestrator; the names are those of the graph."""
        if self._state is None:
            return
        before, self._rivals = self._rivals, None
        gates, orchestrators = self._reader.count(now_mono_s), self._state.orchestrators
        if gates > 1:
            count, what, topic = gates, 'cmd_vel gates', 'e_stop_state'
        elif orchestrators > 1:
            count, what, topic = orchestrators, 'orchestrators', 'drive_command'
        else:
            return
        if before is not None and before.fields['what'] == what:
            self._rivals = before
            return
        names = ', '.join(publishers_of(self._node, topic))
        self._rivals = NotAlone(count=count, what=what, names=names)
        self._node.get_logger().warning(f'{self._rivals} [{self._rivals.code}]')
        self._on_unsafe(self._rivals)

    def _tell_change(self) -> None:
        """Tell when it becomes possible or impossible to move, or for another reason."""
        if self._next_word is not None:
            next_word, self._next_word = self._next_word, None
            next_word.set_result(None)
        trouble = self.trouble
        told = (trouble.code if trouble else 0, self._state.state if self._state else '')
        if told != self._told:
            self._told = told
            self._on_state()

    def _on_silence(self) -> None:
        """Look again, then tell, once, that the gate is lost."""
        self._silent_looks += 1
        if self._silent_looks < LOOKS:
            self._silence_timer.reset()  # however late this look is, the next is `LOOK_S` away
            return
        self._silence_timer.cancel()
        if self._state is not None:
            self._on_unsafe(self.trouble)
        self._tell_change()


def _nothing(*_args: object) -> None:
    pass


def _error_of(fact: Fact) -> OrchestratorError:
    """Return the error that the gate tells of."""
    kinds: dict[int, Callable[[], OrchestratorError]] = {
        EStopActive.code: lambda: EStopActive(source=fact.reason),
        GateLost.code: lambda: GateLost(detail=fact.reason),
        CommandStale.code: CommandStale,
        MotionStopped.code: lambda: MotionStopped(source=fact.reason),
        CommandRefused.code: CommandRefused,
        InternalError.code: lambda: InternalError(detail=f'the cmd_vel gate: {fact.reason}'),
    }
    default = partial(NotFollowed, stream=fact.stream, reason=fact.reason)
    return kinds.get(fact.code, default)()
