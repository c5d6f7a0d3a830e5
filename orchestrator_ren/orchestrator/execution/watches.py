"""What ends an attempt that nobody ends: time, odometry, the gate, its own silence."""

from __future__ import annotations

import time

from orchestrator_ren.errors import ClockUnusable, OrchestratorError
from orchestrator_ren.motion.attempt_clock import AttemptClock
from orchestrator_ren.motion.measured_motion import MeasuredMotion
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.orchestrator.execution.means import Means
from orchestrator_ren.orchestrator.execution.velocity_stream import VelocityStream
from orchestrator_ren.tickets.ending import failed
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.schedule import Schedule


class Watches:
    """Looks at each tick; what is judged is pure, and stands in `motion/`.

    It cannot move the robot wrongly: it only interrupts.

    Args:
        needs: Of the command.
        schedule: Of the ticket.
        means: Link, sensors and clock.
        clock: Of the attempt.
        motion: As odometry shows it.
        stream: Of its velocities.
        interrupt: Made when something is wrong.
    """

    def __init__(
        self,
        needs: Needs,
        schedule: Schedule,
        means: Means,
        clock: AttemptClock,
        motion: MeasuredMotion,
        stream: VelocityStream,
        interrupt: Interrupt,
    ) -> None:
        self._needs = needs
        self._schedule = schedule
        self._link = means.link
        self._clock_watch = means.clock_watch
        self._is_simulated = means.sensors.is_simulated
        self._clock = clock
        self._motion = motion
        self._stream = stream
        self._interrupt = interrupt

    def look(self) -> None:
        """Look at what changes with the time of the attempt; at each control tick."""
        self._look_for_timeout()
        self.look_for_hold_up()

    def look_steadily(self) -> None:
        """Look at what must be seen while simulated time is slow or stands; at steady ticks."""
        now_mono_s = time.monotonic()
        self.look_for_deadline()
        if self._needs.moves:
            self._end_with(self._clock_watch.trouble(now_mono_s))
        self._look_for_timeout()
        self.look_for_jump()
        if self._needs.moves:
            self._end_with(self._motion.loss(now_mono_s))
        self._end_with(self._stream.refusal())
        self.look_for_silence()
        if self._is_simulated:
            self._stream.keep_alive()

    def look_for_deadline(self) -> None:
        """End it when its deadline has passed."""
        self._end_with(self._schedule.missed(time.time()))

    def look_for_trouble(self) -> None:
        """End it when nothing may move, and it is one that must not."""
        if self._needs.interlocked:
            self._end_with(self._link.trouble)

    def look_for_silence(self) -> None:
        """End a motion that was silent for too long."""
        self._end_with(self._stream.silence())

    def look_for_jump(self) -> None:
        """End a motion whose odometry has jumped since its start."""
        if self._needs.moves:
            self._end_with(self._motion.jump())

    def look_for_hold_up(self) -> None:
        """End a motion that makes far less way than it is told to."""
        if self._needs.moves:
            velocity, commanded_m = self._stream.velocity, self._stream.commanded_m
            now_s, now_mono_s = self._clock.now_s, time.monotonic()
            self._end_with(self._motion.hold_up(now_s, now_mono_s, velocity, commanded_m))

    def lose_clock(self, words: str) -> None:
        """End a motion of which nobody can tell the way any more: time did what it never does."""
        if self._needs.moves:
            self._end_with(ClockUnusable(detail=words))

    def _look_for_timeout(self) -> None:
        """End it when its time is over."""
        stood_s = self._clock_watch.stood_s(time.monotonic())
        self._end_with(self._clock.timeout(stood_s))

    def _end_with(self, error: OrchestratorError | None) -> None:
        if error is not None:
            self._interrupt.make(failed(error))
