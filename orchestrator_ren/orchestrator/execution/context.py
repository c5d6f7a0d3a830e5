"""What a running command may do: the `CommandContext` that it is given."""

from __future__ import annotations

import contextlib
import threading
import time
import traceback
from collections.abc import Callable, Iterator

from rclpy.logging import get_logger

from orchestrator_ren.commands import handed_over
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
from orchestrator_ren.tickets.ending import failed

MAX_PROGRESS = 1e9
"""What lies outside of 0 to 1 is drawn to them, up to here."""

MAX_CALLS = 1000
"""Calls between two waits; a loop that never waits would let nobody else do anything again."""

MAX_SHOWN_CALLS = 8
"""Calls that the log shows of how something wrong was handed over."""

WIND_DOWN_S = 3.5
"""How much of the time to end a command may use to tidy up [s]; see `supervision.py`."""

_WAIT = 'a wait between: `await context.tick()` belongs into each loop'

_log = get_logger('orchestrator')


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
        self._report = report
        self._stop_motion = stop_motion
        self._is_over = False
        self._calls = 0
        self._thread_id = threading.get_ident()
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
        await self._next_pulse()
        self._interrupt.check()
        step_s = self._clock.step_s()
        self._stream.pass_time(step_s)
        return step_s

    def check(self) -> None:
        """Let what comes next reach the robot; raise Interruption if it must not any more."""
        self._enter()
        self._look()

    def drive(self, velocity: Velocity) -> None:
        """Ask the gate for a velocity."""
        self._enter()
        self._watches.look_for_silence()
        self._look()
        with self._faults_told():
            if not self._moves:  # it holds no base, and nobody waits for its standstill
                raise InternalError(
                    detail='a command that does not declare that it moves asked for a velocity'
                )
            checked = handed_over.velocity(velocity)
        self._stream.drive(checked, self._clock.now_s)

    def heading_rad(self) -> float | None:
        """Return the measured heading [rad]; None without odometry."""
        return self._motion.heading_rad

    def travelled_m(self) -> float | None:
        """Return the way measured since the execution began [m]; None without odometry."""
        return self._motion.made_m

    def wake(self) -> None:
        """Let who waits in `tick` go on at once."""
        if threading.get_ident() == self._thread_id and not self._interrupt.is_closed:
            self._pulse.wake()

    async def next_scan(self, timeout_s: float) -> RangeScan | None:
        """Wait for a laser scan that begins to come in from now on; None after `timeout_s` [s]."""
        limit_s = 0.0
        try:
            limit_s = handed_over.number('timeout_s', timeout_s, 0.0, handed_over.MAX_WAIT_S)
        except InternalError as error:
            self._fail(error)
        asked_at_mono_s = time.monotonic()
        self._sensors.scan_since(asked_at_mono_s)
        while True:
            await self._next_pulse()  # not `tick`: its time is the command's next one's
            self._interrupt.check()
            scan = self._sensors.scan_since(asked_at_mono_s)
            if scan is not None or time.monotonic() - asked_at_mono_s > limit_s:
                return scan

    def report(self, progress: float, message: str) -> None:
        """Tell the client how far the command is [0-1]."""
        self._enter()
        with self._faults_told():
            share = handed_over.number('progress', progress, -MAX_PROGRESS, MAX_PROGRESS)
            words = handed_over.text('message', message)
        self._report(share, words)

    def stop_motion(self, reason: str) -> list[str]:
        """Stop the robot now and cancel the tickets that move it; return their ids."""
        self._enter()
        with self._faults_told():
            words = handed_over.text('reason', reason)
        return self._stop_motion(words)

    async def wind_down_tick(self) -> None:
        """Wait for the next control tick, though it was interrupted."""
        await self._next_pulse()
        if time.monotonic() - self._interrupt.at_mono_s > WIND_DOWN_S:
            raise Interruption

    def _look(self) -> None:
        self._watches.look_for_deadline()
        self._watches.look_for_trouble()
        self._interrupt.check()

    def _enter(self) -> None:
        """Refuse a call, of those that do not wait, that must not be made."""
        self._refuse_strangers()
        self._calls += 1
        if self._calls > MAX_CALLS:
            with self._faults_told():
                raise InternalError(detail=f'{MAX_CALLS} calls of a context without {_WAIT}')

    def _refuse_strangers(self) -> None:
        """Refuse who is not the command that this was given to, or is it no longer."""
        if threading.get_ident() != self._thread_id:
            raise InternalError(detail='a context was used in another thread than that of `run`')
        if self._interrupt.is_closed:
            raise Interruption

    async def _next_pulse(self) -> None:
        """Wait for the next pulse, also after an interruption, so that nobody is held up.

        A command that catches `Interruption` and tries again gets another at most once a pulse,
        and once its ticket has ended there are none.
        """
        if not self._is_over:
            self._is_over = self._interrupt.is_closed
            self._refuse_strangers()
        self._calls = 0
        await self._pulse.next()
        if self._interrupt.is_closed:
            raise Interruption

    @contextlib.contextmanager
    def _faults_told(self) -> Iterator[None]:
        """Let what was handed over and is wrong fail this ticket, whatever its command catches."""
        try:
            yield
        except InternalError as error:
            self._fail(error)
            raise Interruption from error

    def _fail(self, error: InternalError) -> None:
        if self._interrupt.make(failed(error)):
            stack = ''.join(traceback.format_stack(limit=MAX_SHOWN_CALLS))
            _log.error(f'{error}\n{stack}')
