"""The time that commands run on, and the ticks that let them go on."""

from __future__ import annotations

import time
from collections.abc import Callable

from rclpy.clock import Clock, ClockType
from rclpy.node import Node

from orchestrator_ren.commands.command import CONTROL_PERIOD_S
from orchestrator_ren.motion.clock_watch import ClockWatch

LOOK_S = 0.1
"""Time between two looks at a clock of which it is not known yet how fast it is [s]."""


class ControlClock:
    """Simulated time where there is any, else steady time; it ticks while it is asked to.

    Args:
        node: Owns the timers.
        watch: Tells jumps of simulated time from its steps.
        is_simulated: Whether time is simulated.
        on_tick: Called at each control tick.
        on_steady_tick: Called at each steady tick.
        on_jump: Called with what was wrong with simulated time, in words.
    """

    def __init__(
        self,
        node: Node,
        watch: ClockWatch,
        is_simulated: bool,
        on_tick: Callable[[], None],
        on_steady_tick: Callable[[], None],
        on_jump: Callable[[str], None],
    ) -> None:
        steady = Clock(clock_type=ClockType.STEADY_TIME)
        # ROS time without simulation is the system's, and whoever corrects that makes it jump.
        self._clock = node.get_clock() if is_simulated else steady
        self._log = node.get_logger()
        self._watch = watch
        self._on_jump = on_jump
        self._timers = (
            node.create_timer(CONTROL_PERIOD_S, on_tick, clock=self._clock),
            node.create_timer(CONTROL_PERIOD_S, on_steady_tick, clock=steady),
        )
        self._look_timer = node.create_timer(LOOK_S, self._on_look, clock=steady)
        self.run(False)

    @property
    def now_s(self) -> float:
        """The time that durations are measured in, without jumps [s].

        To be read about once a second also while nothing runs: when a motion begins, it must be
        known how fast simulated time is, to tell a jump from that.
        """
        self._watch.look(self._clock.now().nanoseconds * 1e-9, time.monotonic())
        if self._watch.jump:
            self._tell_jump()
        return self._watch.elapsed_s

    def run(self, is_needed: bool) -> None:
        """Tick only while it is needed: an idle orchestrator costs nothing."""
        for timer in self._timers:
            if not is_needed:
                timer.cancel()
            elif timer.is_canceled():
                timer.reset()

    def _on_look(self) -> None:
        _ = self.now_s
        if self._watch.is_settled:
            self._look_timer.cancel()

    def _tell_jump(self) -> None:
        words, self._watch.jump = self._watch.jump, ''
        self._look_timer.reset()
        self._log.warning(f'simulated time {words}; that counts as no time at all')
        self._on_jump(words)
