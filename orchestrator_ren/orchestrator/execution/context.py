"""What a running command may do: the `CommandContext` that it is given."""

from __future__ import annotations

import time
from collections.abc import Callable

from orchestrator_ren.commands.command import Interruption
from orchestrator_ren.errors import InternalError
from orchestrator_ren.motion.attempt_clock import AttemptClock
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.measured_motion import MeasuredMotion
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.orchestrator.execution.pulse import Pulse
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.orchestrator.execution.velocity_stream import VelocityStream
from orchestrator_ren.orchestrator.execution.watches import Watches

WIND_DOWN_S = 3.5
"""How much of the time to end a command may use to tidy up [s]; see `supervision.py`."""


class RunContext:
    """The side of an attempt that its command sees; see `commands.command.CommandContext`.

    It cannot move the robot wrongly: what it asks for goes to the gate, and only until it is
    interrupted or closed.

    Args:
        moves: Whether the command has said that it moves the robot.
        pulse: The control tick.
        interrupt: Whether the attempt is to end.
        clock: Of the attempt.
        stream: Of its velocities.
        motion: As odometry shows it.
        watches: Looked at before anything reaches the robot.
        sensors: The scans.
        report: Takes progress [0-1] and a message.
        stop_motion: Stops the robot for a reason; returns the tickets that this has ended.
    """

    def __init__(
        self,
        moves: bool,
        pulse: Pulse,
        interrupt: Interrupt,
        clock: AttemptClock,
        stream: VelocityStream,
        motion: MeasuredMotion,
        watches: Watches,
        sensors: Sensors,
        report: Callable[[float, str], None],
        stop_motion: Callable[[str], list[str]],
    ) -> None:
        self.report = report
        self.stop_motion = stop_motion
        self._moves = moves
        self._pulse = pulse
        self._interrupt = interrupt
        self._clock = clock
        self._stream = stream
        self._motion = motion
        self._watches = watches
        self._sensors = sensors

    async def tick(self) -> float:
        """Wait for the next control tick; return the time since the last one [s]."""
        self._interrupt.check()
        await self._pulse.next()
        self._interrupt.check()
        step_s = self._clock.step_s()
        self._stream.pass_time(step_s)
        return step_s

    def check(self) -> None:
        """Let what comes next reach the robot; raise Interruption if it must not any more."""
        self._watches.look_for_deadline()
        self._watches.look_for_trouble()
        self._interrupt.check()

    def drive(self, velocity: Velocity) -> None:
        """Ask the gate for a velocity."""
        self._watches.look_for_silence()
        self.check()
        if not self._moves:  # it holds no base, and nobody waits for its standstill
            detail = 'a command that does not declare that it moves asked for a velocity'
            raise InternalError(detail=detail)
        if self._interrupt.is_closed:
            raise Interruption
        self._stream.drive(velocity, self._clock.now_s)

    def heading_rad(self) -> float | None:
        """Return the measured heading [rad]; None without odometry."""
        return self._motion.heading_rad

    def travelled_m(self) -> float | None:
        """Return the way measured since the execution began [m]; None without odometry."""
        return self._motion.made_m

    async def next_scan(self, timeout_s: float) -> RangeScan | None:
        """Wait for a laser scan that begins to come in from now on; None after `timeout_s` [s]."""
        asked_at_mono_s = time.monotonic()
        while (scan := self._sensors.scan_since(asked_at_mono_s)) is None:
            if time.monotonic() - asked_at_mono_s > timeout_s:
                return None
            await self._pulse.next()  # not `tick`: its time is the command's next one's
            self._interrupt.check()
        return scan

    async def wind_down_tick(self) -> None:
        """Wait for the next control tick, though it was interrupted."""
        await self._pulse.next()
        late_s = time.monotonic() - self._interrupt.at_mono_s
        if self._interrupt.is_closed or late_s > WIND_DOWN_S:
            raise Interruption
