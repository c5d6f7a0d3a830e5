"""One attempt at one ticket: what its command may do, and how it is brought to an end."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Coroutine
from typing import Any

from rclpy.task import Future

from orchestrator_ren.commands.command import Interruption, Prediction
from orchestrator_ren.errors import (
    Blocked,
    CancelTimeout,
    ClockUnusable,
    CommandStale,
    DeadlinePassed,
    ExecutionTimeout,
    InternalError,
    Interrupted,
    NotAtStandstill,
    OdometryLost,
    OrchestratorError,
    contained,
)
from orchestrator_ren.motion import clock_watch
from orchestrator_ren.motion.blocked import HoldUp
from orchestrator_ren.motion.clock_watch import ClockWatch
from orchestrator_ren.motion.gate import COMMAND_TIMEOUT_S
from orchestrator_ren.motion.laser_scan import Scan
from orchestrator_ren.motion.odometry import FRESH_S
from orchestrator_ren.motion.response import Response, RollOut
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.orchestrator.execution.gate_link import GateLink
from orchestrator_ren.orchestrator.execution.sensors import Sensors
from orchestrator_ren.tickets.ending import Ending, failed
from orchestrator_ren.tickets.needs import NOTHING
from orchestrator_ren.tickets.schedule import NONE
from orchestrator_ren.tickets.ticket import Ticket

STANDSTILL_LIMIT_S = 5.0
"""How long the robot may move on after the zero command [s]."""

CANCEL_LIMIT_S = 4.0
"""How long a command may take to end once it was interrupted [s]; then it is abandoned."""

WIND_DOWN_S = 3.5
"""How much of that it may use to tidy up [s]."""

ODOMETRY_GRACE_S = 1.0
"""How long a motion waits for odometry that somebody publishes but was not heard yet [s]."""

FOLLOW_S = 0.25
"""How long the gate may take to follow a motion [s]; it answers within milliseconds, and is looked
for once more one control period later."""

KEEP_ALIVE_S = 0.1
"""In simulated time, a velocity older than this is sent again while its command lives [s]: where
that time is slow, the ticks alone are too rare for the gate. On a real robot nothing is repeated:
a command that hangs ends in zero."""


class Execution:
    """The `CommandContext` of a running command, and the runner's handle on it.

    It cannot move the robot wrongly: velocities go to the gate, only until the execution is
    interrupted or closed, and both send the zero that ends the stream.

    Attributes:
        ticket: As stored last.
        is_waiting: Whether it waits for its turn.
        has_turn: Whether it was given its turn.
        needs: Of its command; nothing as long as its ticket is not read.
        is_plan: Whether it is a dry run, which waits for nothing.
        planned_position: Of a dry run, its place in the queue if it were none.
        early_stop: What would have interrupted it, had it been known to move.
        early_unsafe: The same, had it been known to be interlocked.
        progress: As reported by the command [0-1].
        message: As reported by the command.
        distance_commanded_m: Integral of the speed asked for [m].
        asked_at_s: When it was asked for [UTC].
        ended: Done when its end is on disk, or could not be written.
    """

    def __init__(
        self,
        ticket_id: str,
        now_s: float,
        link: GateLink,
        sensors: Sensors,
        stop_motion: Callable[[str, str], list[str]],
        run_task: Callable[[Coroutine[Any, Any, None]], None],
        clock: ClockWatch,
        response: Response,
    ) -> None:
        self.ticket_id = ticket_id
        self.ticket: Ticket | None = None
        self.prediction = Prediction()
        self.is_waiting = False
        self.has_turn = False
        self.needs = NOTHING
        self.is_plan = False
        self.planned_position = 0
        self.early_stop: Ending | None = None
        self.early_unsafe: Ending | None = None
        self.progress = 0.0
        self.message = 'accepted'
        self.distance_commanded_m = 0.0
        self.ended: Future = Future()
        self.requested_at_s = now_s
        self.asked_at_s = time.time()
        self._link = link
        self._sensors = sensors
        self._stop_motion = stop_motion
        self._run_task = run_task
        self._clock = clock
        self._hold_up = HoldUp(response, link.limits)
        self._roll_out = RollOut(response)
        self._interrupted_at_mono_s = math.inf
        self._command_end: Future | None = None
        self._ending: Ending | None = None
        self._is_closed = False
        self._pulse: Future | None = None
        self._turn: Future | None = None
        self._velocity: Velocity | None = None
        self._sent_at_mono_s = 0.0
        self._first_sent_mono_s = math.inf
        self._is_followed = self._misses_gate = False
        self._has_begun = False
        self._now_s = 0.0
        self._stood_s = 0.0
        self._elapsed_s = 0.0
        self._ticked_at_s = 0.0
        self._start_distance_m = sensors.odometer.distance_m
        self._had_odometry = self._hears_odometry = self._misses_odometry = False
        self._start_jumps = sensors.odometer.jump_count

    @property
    def moves(self) -> bool:
        """Whether it moves the robot."""
        return self.needs.moves

    @property
    def interlocked(self) -> bool:
        """Whether it must end when nothing may move."""
        return self.needs.interlocked

    @property
    def velocity(self) -> Velocity:
        """The velocity that it asks for now."""
        return self._velocity or ZERO

    @property
    def command(self) -> str:
        """The name of its ticket's command; empty as long as that is not read."""
        return self.ticket.command if self.ticket is not None else ''

    @property
    def remaining_s(self) -> float:
        """Predicted rest of its command's time [s]; 0 where nothing is predicted."""
        return self.prediction.duration_s * (1.0 - self.progress)

    def interrupt_early(self) -> None:
        """End it with what came before its needs were known."""
        if self.interlocked and self.early_unsafe is not None:
            self.interrupt(self.early_unsafe)
        if self.moves and self.early_stop is not None:
            self.interrupt(self.early_stop)

    # What a command may do: see commands.command.CommandContext.

    async def tick(self) -> float:
        """Wait for the next control tick; return the time since the last one [s]."""
        self._raise_if_interrupted()
        await self._next_pulse()
        self._raise_if_interrupted()
        step_s = max(0.0, self._now_s - self._ticked_at_s)
        self._ticked_at_s = self._now_s
        if self._velocity is not None:
            self.distance_commanded_m += self._velocity.speed_mps * step_s
        return step_s

    def check(self) -> None:
        """Let what comes next reach the robot; raise Interruption if it must not any more."""
        self._notice_deadline()
        trouble = self._link.trouble if self.interlocked else None
        if trouble is not None:
            self.interrupt(failed(trouble))
        self._raise_if_interrupted()

    def drive(self, velocity: Velocity) -> None:
        """Ask the gate for a velocity."""
        self._notice_silence()
        self.check()
        if not self.moves:  # it holds no base, and nobody waits for its standstill
            detail = 'a command that does not declare that it moves asked for a velocity'
            raise InternalError(detail=detail)
        if self._is_closed:
            raise Interruption
        self._velocity = velocity
        self._roll_out.command(velocity, self._now_s)
        self._send()

    def heading_rad(self) -> float | None:
        """Return the measured heading [rad]; None without odometry."""
        return self._sensors.odometer.heading_rad if self._had_odometry else None

    def travelled_m(self) -> float | None:
        """Return the way measured since the execution began [m]; None without odometry."""
        return self._hold_up.made_m if self._had_odometry else None

    async def next_scan(self, timeout_s: float) -> Scan | None:
        """Wait for a laser scan that begins to come in from now on; None after `timeout_s` [s]."""
        asked_at_mono_s = time.monotonic()
        while (scan := self._sensors.scan_since(asked_at_mono_s)) is None:
            if time.monotonic() - asked_at_mono_s > timeout_s:
                return None
            await self._next_pulse()  # not `tick`: its time is the command's next one's
            self._raise_if_interrupted()
        return scan

    async def wind_down_tick(self) -> None:
        """Wait for the next control tick, though it was interrupted."""
        await self._next_pulse()
        if self._is_closed or time.monotonic() - self._interrupted_at_mono_s > WIND_DOWN_S:
            raise Interruption

    def report(self, progress: float, message: str) -> None:
        """Tell the client how far it is."""
        self.progress, self.message = min(1.0, max(0.0, progress)), message

    def stop_motion(self, reason: str) -> list[str]:
        """Stop the robot now and cancel the tickets that move it."""
        return self._stop_motion(self.ticket_id, reason)

    # What the runner does with it.

    async def wait_for_odometry(self) -> None:
        """Wait for the first odometry, or until it is clear that none comes."""
        waited_from_mono_s = time.monotonic()
        while self._sensors.expects_odometry:
            if time.monotonic() - waited_from_mono_s > ODOMETRY_GRACE_S:
                return
            await self._next_pulse()
            self._raise_if_interrupted()

    def begin(self, now_s: float) -> None:
        """Start the clocks: the command runs from now on [s]."""
        self._has_begun = True
        self._now_s = self._ticked_at_s = now_s
        self._stood_s = self._clock.stood_s(time.monotonic())
        self._start_distance_m = self._sensors.odometer.distance_m
        self._start_jumps = self._sensors.odometer.jump_count
        self._had_odometry = self._hears_odometry = self._sensors.hears_odometry
        self._look_for_hold_up()

    def pulse(self, now_s: float) -> None:
        """Control tick at `now_s` [s]: let the command, or the stop, go on."""
        self._read_clock(now_s)
        self._end_if_timed_out()
        self._look_for_hold_up()
        self._wake()

    def steady_pulse(self, now_s: float) -> None:
        """Steady tick at `now_s` [s]: what must go on while simulated time is slow or stands."""
        self._read_clock(now_s)
        if self._is_closed or not self._has_begun or self._ending is not None:
            self._wake()
            self._abandon_if_late()
            return
        self._notice_deadline()
        standing_s = self._clock.standing_s(time.monotonic())
        if standing_s > clock_watch.STANDS_S:
            self.lose_clock(f'stood still for {standing_s:.1f} s')
        self._end_if_timed_out()
        self.look_for_jump()
        self._look_for_odometry()
        self._look_for_gate()
        self._notice_silence()
        if self._velocity is not None and self._sensors.is_simulated:
            self._keep_alive()

    def look_for_jump(self) -> None:
        """End a motion whose odometry has jumped since its start: its way is not known."""
        has_jumped = self._sensors.odometer.jump_count > self._start_jumps
        if has_jumped and self._has_begun and self.moves:
            self.interrupt(failed(self._sensors.jumped))

    def lose_clock(self, words: str) -> None:
        """End a motion of which nobody can tell the way any more: time did what it never does."""
        if self._has_begun and self.moves:
            self.interrupt(failed(ClockUnusable(detail=words)))

    def interrupt(self, ending: Ending) -> bool:
        """End it like that: zero now, the command is woken to notice.

        Returns:
            False when it is ending already; the first ending counts.
        """
        if self._ending is not None or self._is_closed:
            return False
        self._ending = ending
        self._interrupted_at_mono_s = time.monotonic()
        self._end_stream()
        self._wake()
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)
        return True

    def wait(self) -> None:
        """Queue up; then await `turn`."""
        self.is_waiting = True
        self._turn = Future()

    def give_turn(self) -> None:
        """Let it start, at once or as soon as it would wait."""
        self.has_turn = True
        if self._turn is not None and not self._turn.done():
            self._turn.set_result(None)

    async def turn(self) -> None:
        """Return when `give_turn` was called; raise Interruption when it never will be."""
        if self._turn is not None and self._ending is None:
            await self._turn
        self.is_waiting = False
        self.message = 'its turn'
        self._raise_if_interrupted()

    async def supervised(self, command: str, running: Coroutine[Any, Any, Any]) -> Any:
        """Return what the command returns, or raise what it raises.

        Raises:
            CancelTimeout: It was interrupted, and did not end within `CANCEL_LIMIT_S`. It runs on,
                but can neither move the robot nor tell anything any more.
        """
        self._command_end, self._command = Future(), command
        self._run_task(_outcome_to(self._command_end, running, self.check))
        result, error = await self._command_end
        self._notice_silence()
        if error is not None:
            raise error
        return result

    @property
    def ending(self) -> Ending | None:
        """How it was interrupted; None = it was not."""
        return self._ending

    def close(self) -> None:
        """Zero, and no more interruptions: the command has ended, whatever way."""
        self._is_closed = True
        self._end_stream()

    async def confirm_followed(self) -> None:
        """Wait until the gate is known to have followed the motion, if there was one.

        Raises:
            SafetyError: It has not; nothing was driven.
        """
        while self._first_sent_mono_s < math.inf and not self._is_followed:
            refusal = self._refusal()
            if refusal is not None:
                raise refusal
            if not self._is_followed:
                await self._next_pulse()

    async def stand_still(self) -> dict[str, Any]:
        """Wait until odometry shows a standing robot; return what was seen, for the result.

        Without odometry, or once that is silent, until the robot must have come to a stand.

        Raises:
            NotAtStandstill: It still moves after `STANDSTILL_LIMIT_S`.
        """
        stopped_at_mono_s = time.monotonic()
        odometer = self._sensors.odometer
        stopped_at_m = odometer.distance_m
        is_missed = not self._had_odometry
        while not odometer.is_standing(stopped_at_mono_s):
            waited_s = time.monotonic() - stopped_at_mono_s
            sample = odometer.fresh(time.monotonic())
            if sample is None and is_missed and self._must_stand(waited_s):
                return {'standstill': 'not measured: no odometry'}
            is_missed = sample is None
            if sample is not None and waited_s > STANDSTILL_LIMIT_S:
                raise self._not_at_standstill()
            await self._next_pulse()
        stop_time_s = odometer.standing_since(stopped_at_mono_s) - stopped_at_mono_s
        return {
            'standstill': 'measured',
            'stop_time_seconds': round(stop_time_s, 3),
            'stop_distance': round(odometer.distance_m - stopped_at_m, 4),
        }

    def _must_stand(self, waited_s: float) -> bool:
        """Whether the robot must stand by now, by what it was commanded.

        Not waited for is what cannot be: time that stands or is wrong, a process that is ending.
        """
        error = self._ending.error if self._ending is not None else None
        cannot_wait = isinstance(error, (Interrupted, ClockUnusable))
        is_clock_standing = self._clock.standing_s(time.monotonic()) > FRESH_S
        has_rolled_out = self._now_s >= self._roll_out.stands_at_s
        return cannot_wait or is_clock_standing or has_rolled_out or waited_s > STANDSTILL_LIMIT_S

    def motion_result(self) -> dict[str, Any]:
        """Return the way travelled, and how it is known."""
        distance_m, source = self.distance_m()
        return {
            'distance_traveled': round(distance_m, 4),
            'distance_commanded': round(self.distance_commanded_m, 4),
            'distance_source': source,
        }

    def distance_m(self) -> tuple[float, str]:
        """Return the way travelled since `begin` [m] and its source: odometry or commanded."""
        if not self._has_begun:
            return 0.0, 'commanded'
        if self._had_odometry and self._sensors.hears_odometry:
            return self._sensors.odometer.distance_m - self._start_distance_m, 'odometry'
        return self.distance_commanded_m, 'commanded'

    def speed_mps(self) -> float:
        """Return the speed now [m/s]: measured if there is odometry, else commanded."""
        sample = self._sensors.odometer.fresh(time.monotonic())
        if sample is not None:
            return sample.speed_mps
        return self._velocity.speed_mps if self._velocity else 0.0

    def _notice_deadline(self) -> None:
        schedule = self.ticket.schedule if self.ticket else NONE
        if schedule.deadline is not None and time.time() > schedule.deadline_s:
            self.interrupt(failed(DeadlinePassed(deadline=schedule.deadline.isoformat())))

    def _not_at_standstill(self) -> NotAtStandstill:
        odometer = self._sensors.odometer
        speed_mps, yaw_rate_radps = odometer.moved_at
        return NotAtStandstill(
            waited_s=STANDSTILL_LIMIT_S,
            speed_mps=speed_mps,
            yaw_rate_radps=yaw_rate_radps,
            standstill_speed_mps=odometer.standstill_limits.speed_mps,
            standstill_yaw_rate_radps=odometer.standstill_limits.yaw_rate_radps,
        )

    def _look_for_odometry(self) -> None:
        """End a motion that has lost its odometry: missed twice, as one's own stall is no loss."""
        if self._sensors.hears_odometry:
            self._hears_odometry, self._misses_odometry = True, False
        elif self._misses_odometry:
            self.interrupt(failed(OdometryLost(limit_s=FRESH_S)))
        else:
            self._misses_odometry = self._hears_odometry and self.moves

    def _look_for_hold_up(self) -> None:
        """End a motion that makes far less way than it is told to."""
        odometer, now_mono_s = self._sensors.odometer, time.monotonic()
        sample = odometer.fresh(now_mono_s)
        if sample is None or not (self._has_begun and self.moves):
            return
        position, heading_rad = complex(sample.x_m, sample.y_m), odometer.heading_rad
        why = self._hold_up.look(self._now_s, now_mono_s, self.velocity, position, heading_rad)
        if why is not None:
            made_m, commanded_m = self._hold_up.made_m, self.distance_commanded_m
            in_all = f', {made_m:.2f} of {commanded_m:.2f} m in all' if commanded_m else ''
            self.interrupt(failed(Blocked(detail=why + in_all)))

    def _read_clock(self, now_s: float) -> None:
        if self._has_begun:
            self._elapsed_s += now_s - self._now_s
            self._now_s = now_s

    def _end_if_timed_out(self) -> None:
        """End it when its time is over; while simulated time stands, that is steady time."""
        timeout_s = self.ticket.timeout_s if self.ticket else 0.0
        stood_s = max(0.0, self._clock.stood_s(time.monotonic()) - self._stood_s)
        if self._has_begun and self._elapsed_s + stood_s > timeout_s:
            self.interrupt(failed(ExecutionTimeout(timeout_s=timeout_s)))

    def _abandon_if_late(self) -> None:
        late_s = time.monotonic() - self._interrupted_at_mono_s
        end = self._command_end
        if end is None or end.done() or late_s < CANCEL_LIMIT_S:
            return
        assert self._ending is not None
        reason = self._ending.reason
        error = CancelTimeout(command=self._command, limit_s=CANCEL_LIMIT_S, reason=reason)
        end.set_result((None, error))

    def _look_for_gate(self) -> None:
        """End a motion that the gate does not follow."""
        refusal = self._refusal()
        if refusal is not None:
            self.interrupt(failed(refusal))

    def _refusal(self) -> OrchestratorError | None:
        """Return why the gate does not follow; None = it does, or has time yet.

        It is missed twice: after a stall of one's own, the first look comes before its answer.
        """
        assert self.ticket is not None
        refusal = None if self._is_followed else self._link.refusal_of(self.ticket.stream)
        self._is_followed = refusal is None
        is_late = time.monotonic() - self._first_sent_mono_s > FOLLOW_S
        was_missed, self._misses_gate = self._misses_gate, is_late and refusal is not None
        return refusal if was_missed and is_late else None

    def _send(self) -> None:
        assert self._velocity is not None
        assert self.ticket is not None
        self._link.send(self.ticket.stream, self._velocity)
        self._sent_at_mono_s = time.monotonic()
        self._first_sent_mono_s = min(self._first_sent_mono_s, self._sent_at_mono_s)

    def _notice_silence(self) -> None:
        """End a motion that was silent for too long: the gate has stopped the robot meanwhile.

        After a block of this process, the command would else be done before the gate is heard.
        """
        silent_s = time.monotonic() - self._sent_at_mono_s
        is_moving = self._velocity is not None and not self._velocity.is_zero
        if is_moving and silent_s > COMMAND_TIMEOUT_S:
            self.interrupt(failed(CommandStale()))

    def _keep_alive(self) -> None:
        if time.monotonic() - self._sent_at_mono_s > KEEP_ALIVE_S:
            self._send()

    def _end_stream(self) -> None:
        if self._velocity is not None and self.ticket is not None:
            self._roll_out.command(self._velocity, self._now_s)
            self._velocity = None
            self._link.end(self.ticket.stream)

    async def _next_pulse(self) -> None:
        self._pulse = Future()
        await self._pulse

    def _wake(self) -> None:
        if self._pulse is not None and not self._pulse.done():
            self._pulse.set_result(None)

    def _raise_if_interrupted(self) -> None:
        if self._ending is not None:
            raise Interruption


async def _outcome_to(
    end: Future, running: Coroutine[Any, Any, Any], check: Callable[[], None]
) -> None:
    """Run the command; what it raises must not reach the executor, which would raise it again.

    Args:
        end: Gets the result and the error.
        running: The command.
        check: Raises what keeps it from beginning, with nothing between that and its first line.
    """
    try:
        check()
        outcome = await running, None
    except BaseException as error:  # `sys.exit` in a plug-in ends its ticket, not the process
        outcome = None, contained(error)
    finally:
        running.close()
    if not end.done():
        end.set_result(outcome)
