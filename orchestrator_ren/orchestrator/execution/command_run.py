"""A command that runs: from EXECUTING until the robot stands."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from typing import Any

from orchestrator_ren.motion.attempt_clock import AttemptClock
from orchestrator_ren.motion.blocked import HoldUp
from orchestrator_ren.motion.measured_motion import MeasuredMotion
from orchestrator_ren.motion.response import RollOut
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.orchestrator.execution.context import RunContext
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.orchestrator.execution.means import Means
from orchestrator_ren.orchestrator.execution.pulse import Pulse
from orchestrator_ren.orchestrator.execution.standstill import Standstill
from orchestrator_ren.orchestrator.execution.supervision import Supervision
from orchestrator_ren.orchestrator.execution.velocity_stream import VelocityStream
from orchestrator_ren.orchestrator.execution.watches import Watches
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.ticket import Ticket


class CommandRun:
    """Puts together what runs one command, and lets time pass in it.

    Args:
        ticket: EXECUTING.
        needs: Of its command.
        means: What commands are run with.
        pulse: The control tick.
        interrupt: How it is to end before its command has; does the zero first.
        report: Takes progress [0-1] and a message.
        now_s: The time that durations are measured in [s].

    Attributes:
        context: What the command is given.
    """

    def __init__(
        self,
        ticket: Ticket,
        needs: Needs,
        means: Means,
        pulse: Pulse,
        interrupt: Interrupt,
        report: Callable[[float, str], None],
        now_s: float,
    ) -> None:
        now_mono_s = time.monotonic()
        odometer, clock_watch = means.sensors.odometer, means.clock_watch
        roll_out = RollOut(means.response)
        hold_up = HoldUp(means.response, means.link.limits)
        self._pulse = pulse
        self._interrupt = interrupt
        self._clock = AttemptClock(ticket.timeout_s, now_s, clock_watch.stood_s(now_mono_s))
        self._motion = MeasuredMotion(odometer, hold_up, now_mono_s)
        self._stream = VelocityStream(ticket.stream, means.link, roll_out)
        self._watches = Watches(
            needs,
            ticket.schedule,
            means,
            self._clock,
            self._motion,
            self._stream,
            interrupt,
        )
        self.context = RunContext(
            needs.moves,
            pulse,
            interrupt,
            self._clock,
            self._stream,
            self._motion,
            self._watches,
            means.sensors,
            report,
            partial(means.stop_motion_for, ticket.id),
        )
        self._supervision = Supervision(means.tasks, interrupt)
        self._standstill = Standstill(
            odometer,
            self._motion.had_odometry,
            roll_out,
            self._clock,
            clock_watch,
            pulse,
            interrupt,
        )
        interrupt.do_first(self.end_stream)
        self._watches.look_for_hold_up()

    @property
    def velocity(self) -> Velocity:
        """The velocity that it asks for now."""
        return self._stream.velocity

    def pulse(self, now_s: float) -> None:
        """Control tick at `now_s` [s]: let the command, or the stop, go on."""
        self._clock.read(now_s)
        self._watches.look()
        self._pulse.wake()

    def steady_pulse(self, now_s: float) -> None:
        """Steady tick at `now_s` [s]: what must go on while simulated time is slow or stands."""
        self._clock.read(now_s)
        if not self._interrupt.is_closed and self._interrupt.ending is None:
            self._watches.look_steadily()
            return
        self._pulse.wake()
        self._supervision.abandon_if_late()

    def look_for_jump(self) -> None:
        """Odometry has jumped."""
        self._watches.look_for_jump()

    def lose_clock(self, words: str) -> None:
        """Time did what it never does."""
        self._watches.lose_clock(words)

    async def outcome(self, command: str, run: Callable[[], Any]) -> Any:
        """Return what the command returns, or raise what it raises.

        Raises:
            CancelTimeout: It was interrupted, and did not end in time.
        """
        try:
            return await self._supervision.outcome(command, run, self.context.check)
        finally:
            self._watches.look_for_silence()

    async def confirm_followed(self) -> None:
        """Wait until the gate is known to have followed the motion, if there was one.

        Raises:
            SafetyError: It has not; nothing was driven.
        """
        while self._stream.awaits_gate:
            refusal = self._stream.refusal()
            if refusal is not None:
                raise refusal
            if self._stream.awaits_gate:
                await self._pulse.next()

    async def stand_still(self) -> dict[str, Any]:
        """Wait until the robot stands; return what was seen, for the result.

        Raises:
            NotAtStandstill: It still moves after `STANDSTILL_LIMIT_S`.
        """
        return await self._standstill.reached()

    def distance_m(self) -> tuple[float, str]:
        """Return the way travelled [m] and its source: odometry or commanded."""
        measured_m = self._motion.distance_m(time.monotonic())
        if measured_m is not None:
            return measured_m, 'odometry'
        return self._stream.commanded_m, 'commanded'

    def motion_result(self) -> dict[str, Any]:
        """Return the way travelled, and how it is known."""
        distance_m, source = self.distance_m()
        return {
            'distance_traveled': round(distance_m, 4),
            'distance_commanded': round(self._stream.commanded_m, 4),
            'distance_source': source,
        }

    def end_stream(self) -> None:
        """Zero, if anything is asked for."""
        self._stream.end(self._clock.now_s)
