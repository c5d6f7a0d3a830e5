"""Robots, and a bare node, whose e-stop is pressed by this process.

A press is timed from `true` published on e_stop to the first zero received on cmd_vel, while a
stream moves the robot, for then no zeros are repeated.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from geometry_msgs.msg import Twist
from processes import Bench
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.publisher import Publisher
from rclpy.qos import QoSProfile
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.errors import EStopActive
from orchestrator_ren.motion.gate import COMMAND_TIMEOUT_S
from orchestrator_ren.msg import DriveCommand, EStopState
from orchestrator_ren.ros import qos

SPEED_MPS = 0.1
TERM = 2**32 - 1  # no orchestrator takes one above it
"""Above that of any orchestrator."""

SILENCE_S = 0.5


class Pressed:
    """Presses the e-stop of a namespace, and hears what becomes of its cmd_vel."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        self._bench = bench
        self._namespace = namespace
        self._is_moving = False
        self._zero_s: float | None = None
        self._e_stop = self._publisher(Bool, 'e_stop', qos.E_STOP_INPUTS['reliable'])
        self._subscribe(Twist, 'cmd_vel', self._on_velocity, qos.VELOCITY)

    def _press(self, repeated: Callable[[], None] | None = None) -> float:
        """Return how long the first zero takes from here [s]."""
        pressed = Bool(data=True)
        self._zero_s = None
        began_s = time.perf_counter()
        self._e_stop.publish(pressed)
        self._wait(lambda: self._zero_s is not None, 'zero', repeated)
        return self._zero_s - began_s

    def _on_velocity(self, velocity: Twist) -> None:
        now_s = time.perf_counter()
        self._is_moving = velocity.linear.x != 0.0
        if self._zero_s is None and not self._is_moving:
            self._zero_s = now_s

    def _publisher(self, type_: type, name: str, profile: QoSProfile) -> Publisher:
        # The gate hears e_stop in three ways, one of which never fits: no warning of that.
        quiet = PublisherEventCallbacks(use_default_callbacks=False)
        topic = f'/{self._namespace}/{name}'
        return self._bench.node.create_publisher(type_, topic, profile, event_callbacks=quiet)

    def _subscribe(self, type_: type, name: str, callback: Any, profile: QoSProfile) -> None:
        topic = f'/{self._namespace}/{name}'
        self._bench.node.create_subscription(type_, topic, callback, profile)

    def _wait(
        self,
        condition: Callable[[], bool],
        wanted: str,
        repeated: Callable[[], None] | None = None,
    ) -> None:
        self._bench.spin_until(condition, f'{self._namespace}: {wanted}', repeated)


class Twin(Pressed):
    """The bare node: it answers each press with one zero."""

    def meet(self) -> None:
        """Wait until both sides know each other, and no answer is under way any more."""
        self._press(repeated=lambda: self._e_stop.publish(Bool(data=True)))
        silent_mono_s = time.monotonic() + SILENCE_S
        self._wait(lambda: time.monotonic() > silent_mono_s, 'silence')

    def pressed_s(self) -> float:
        """Wake it as a command wakes the gate; return how long the next press takes [s]."""
        self._press()
        return self._press()


class Robot(Pressed):
    """A gate: it is reset and made to move before each press."""

    def __init__(self, bench: Bench, namespace: str) -> None:
        super().__init__(bench, namespace)
        self._state = EStopState()
        self._changed_s = 0.0
        self._command = DriveCommand(term=TERM, orchestrator_id=TERM)
        self._command.twist.linear.x = SPEED_MPS
        self._streams = 0
        self._commanded_mono_s = 0.0
        self._drive_command = self._publisher(DriveCommand, 'drive_command', qos.VELOCITY)
        self._subscribe(EStopState, 'e_stop_state', self._on_state, qos.LATCHED)
        self._reset = bench.node.create_client(Trigger, f'/{namespace}/reset_e_stop')

    def meet(self) -> None:
        """Wait until the gate hears the e-stop, on its reliable and its best-effort input."""
        self._wait(lambda: self._state.state == EStopState.FREE, 'e_stop_state')
        self._wait(lambda: self._e_stop.get_subscription_count() >= 2, 'e_stop')
        self._wait(self._reset.service_is_ready, 'reset_e_stop')

    def pressed_s(self) -> float:
        """Make it move; return how long a press takes, which is then released [s]."""
        self._free()
        self._new_stream()
        self._is_moving = False
        self._drive()
        self._wait(self._is_followed, 'motion', self._drive)
        began_s = time.perf_counter()
        took_s = self._press()
        self._wait(lambda: self._state.state == EStopState.STOPPED, 'STOPPED')
        if self._state.closed_code != EStopActive.code:
            # That zero was due to the age of the command; the press came to effect only now.
            took_s = self._changed_s - began_s
        self._release()
        return took_s

    def _is_followed(self) -> bool:
        """Whether it moves, and the gate has finished with the command and told so."""
        return self._is_moving and self._state.stream == self._command.stream

    def _drive(self) -> None:
        if self._state.closed_stream == self._command.stream:
            self._new_stream()
        self._commanded_mono_s = time.monotonic()
        self._command.gate_id = self._state.gate_id
        self._command.number += 1
        self._drive_command.publish(self._command)

    def _new_stream(self) -> None:
        self._streams += 1
        self._command.stream = f'press-{self._streams}#1'

    def _release(self) -> None:
        released = partial(self._e_stop.publish, Bool(data=False))
        released()
        self._wait(lambda: self._state.state == EStopState.READY_TO_RESET, 'release', released)

    def _free(self) -> None:
        """Reset, as soon as the gate has not been told to move for long enough."""
        free_mono_s = self._commanded_mono_s + COMMAND_TIMEOUT_S
        self._wait(lambda: time.monotonic() > free_mono_s, 'time')
        self._wait(self._is_reset, 'reset_e_stop')

    def _is_reset(self) -> bool:
        reply = self._reset.call_async(Trigger.Request())
        self._wait(reply.done, 'reset_e_stop')
        return reply.result().success

    def _on_state(self, state: EStopState) -> None:
        if state.state != self._state.state:
            self._changed_s = time.perf_counter()
        self._state = state
