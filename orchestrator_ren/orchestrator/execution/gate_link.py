"""Carries what the orchestrator and the gate say to each other; see `motion/gate_peer.py`."""

from __future__ import annotations

import contextlib
import random
import time
from collections.abc import Callable, Sequence

from rclpy.clock import Clock, ClockType
from rclpy.node import Node
from rclpy.publisher import Publisher

from orchestrator_ren.errors import OrchestratorError
from orchestrator_ren.motion.gate_peer import LOOK_S, GatePeer
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.peer_outcome import (
    AnnouncementDue,
    BecameUnsafe,
    LimitsChanged,
    MotionEnded,
    Outcome,
    StateChanged,
    Warned,
)
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.msg import DriveCommand, EStopState
from orchestrator_ren.ros import motion_conversions as conversions
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.graph import publishers_of

TOPIC = 'drive_command'


class GateLink:
    """Sends velocities to the gate and listens to what it says.

    It cannot move the robot wrongly: the gate judges whatever it sends.

    Args:
        node: Owns the publisher and the subscription.
        term: Returns the fencing number of the store's opening; 0 = it is not open, or the robot
            is not this orchestrator's yet.
        on_motion_ended: Called with the stream (empty = every motion) and the error when the gate
            has stopped the robot by itself.
        on_unsafe: Called with the error when the e-stop latches, or the gate is lost.
        on_state: Called when it becomes possible or impossible to move.

    Attributes:
        on_limits: Called with what the gate lets pass, when that is told first or has changed.
        on_beat: Called with each word of the gate, or when it is silent for `LOOK_S`: whatever
            else is to be looked at so often costs no wake-up of its own.
    """

    def __init__(
        self,
        node: Node,
        term: Callable[[], int],
        on_motion_ended: Callable[[str, OrchestratorError], None],
        on_unsafe: Callable[[OrchestratorError], None],
        on_state: Callable[[], None],
    ) -> None:
        self.on_limits: Callable[[MotionLimits], None] = _nothing
        self.on_beat: Callable[[], None] = _nothing
        self._node = node
        self._term_of_store = term
        self._on_motion_ended = on_motion_ended
        self._on_unsafe = on_unsafe
        self._on_state = on_state
        self._next_word: Future | None = None
        self._publisher: Publisher | None = None
        self._peer = GatePeer(
            random.SystemRandom().getrandbits(63) + 1,
            node.resolve_topic_name(TOPIC),
            self._names_of,
        )
        node.create_subscription(EStopState, 'e_stop_state', self._on_gate_state, qos.LATCHED)
        self._silence_timer = node.create_timer(
            LOOK_S, self._on_silence, clock=Clock(clock_type=ClockType.STEADY_TIME)
        )

    def begin(self) -> None:
        """Be an orchestrator of this robot, of which the gate wants one only."""
        self._publisher = self._node.create_publisher(DriveCommand, TOPIC, qos.VELOCITY)

    def send(self, stream: str, velocity: Velocity, *, is_last: bool = False) -> None:
        """Ask for a velocity; `is_last` ends the stream."""
        if self._publisher is None:
            return
        origin = self._peer.next_origin(time.monotonic())
        stamp = self._node.get_clock().now().to_msg()
        command = conversions.command_to_msg(origin, stream, velocity, is_last, stamp)
        self._publisher.publish(command)

    def end(self, stream: str) -> None:
        """Ask for zero, and end the stream."""
        self.send(stream, ZERO, is_last=True)

    def refusal_of(self, stream: str) -> OrchestratorError | None:
        """Return why the gate does not follow the stream; None once it has taken it up."""
        return self._peer.refusal_of(stream)

    async def meet(self) -> None:
        """Wait until a gate that was heard just now has answered, for a second at most.

        Who asks in the first moment after the start need not be refused.
        """
        while self._peer.is_meeting(time.monotonic()):
            self._next_word = self._next_word or Future()
            await self._next_word

    def check_safe(self) -> None:
        """Refuse what must not go on while nothing may move.

        Raises:
            SafetyError: The e-stop is latched, or the gate is not heard.
        """
        if self.trouble is not None:
            raise self.trouble

    @property
    def limits(self) -> MotionLimits | None:
        """What the gate lets pass; None as long as it was not heard."""
        return self._peer.limits

    @property
    def trouble(self) -> OrchestratorError | None:
        """Why nothing can move now; None when it can."""
        return self._peer.trouble(time.monotonic())

    @property
    def base_trouble(self) -> OrchestratorError | None:
        """Why no velocity would reach a base; None when it is not known not to."""
        return self._peer.base_trouble

    @property
    def scan_fault(self) -> str:
        """Why an obstacle would be taken to be on any way; empty = not known to be."""
        return self._peer.word.scan_fault if self._peer.word is not None else ''

    def _on_gate_state(self, message: EStopState) -> None:
        word = conversions.word_from_msg(message)
        outcomes = self._peer.hear(word, self._term_of_store(), time.monotonic())
        if self._peer.word is word:  # not one of another gate, or played back
            self._silence_timer.reset()
        self._act(outcomes)
        self.on_beat()

    def _on_silence(self) -> None:
        """Look again, then tell, once, that the gate is lost."""
        self._silence_timer.reset()  # however late this look is, the next is `LOOK_S` away
        if not self._peer.is_silent:
            outcomes = self._peer.look(time.monotonic())
            if self._peer.is_silent:
                self._act(outcomes)
        self.on_beat()

    def _act(self, outcomes: Sequence[Outcome]) -> None:
        if self._next_word is not None:
            next_word, self._next_word = self._next_word, None
            next_word.set_result(None)
        with contextlib.ExitStack() as stack:  # all are acted on, in order, whatever one raises
            for each in reversed(outcomes):
                stack.callback(self._act_on, each)

    def _names_of(self, topic: str) -> str:
        """Return who publishes there; that it cannot be told must not lose what it is told of."""
        try:
            return ', '.join(publishers_of(self._node, topic))
        except Exception as error:
            return f'names not known ({error!r})'

    def _act_on(self, outcome: Outcome) -> None:
        match outcome:
            case MotionEnded(stream, error):
                self._on_motion_ended(stream, error)
            case BecameUnsafe(error):
                self._on_unsafe(error)
            case AnnouncementDue():
                self.send('', ZERO)
            case LimitsChanged(limits):
                self.on_limits(limits)
            case StateChanged():
                self._on_state()
            case Warned(text):
                self._node.get_logger().warning(text)


def _nothing(*_args: object) -> None:
    pass
