"""The end of a motion on the floor: the robot stands."""

from __future__ import annotations

import time
from typing import Any

from orchestrator_ren.errors import ClockUnusable, Interrupted, NotAtStandstill
from orchestrator_ren.motion.attempt_clock import AttemptClock
from orchestrator_ren.motion.clock_watch import ClockWatch
from orchestrator_ren.motion.odometry import FRESH_S, Odometer
from orchestrator_ren.motion.response import RollOut
from orchestrator_ren.orchestrator.execution.interrupt import Interrupt
from orchestrator_ren.orchestrator.execution.pulse import Pulse

STANDSTILL_LIMIT_S = 5.0
"""How long the robot may move on after the zero command [s]."""


class Standstill:
    """Waits for the robot to stand after a motion.

    Args:
        odometer: Of the robot.
        had_odometry: Whether there was odometry at the start of the motion.
        roll_out: When it stands by what it was commanded.
        clock: Of the attempt.
        clock_watch: Whether simulated time stands.
        pulse: The control tick.
        interrupt: How the motion was ended.
    """

    def __init__(
        self,
        odometer: Odometer,
        had_odometry: bool,
        roll_out: RollOut,
        clock: AttemptClock,
        clock_watch: ClockWatch,
        pulse: Pulse,
        interrupt: Interrupt,
    ) -> None:
        self._odometer = odometer
        self._had_odometry = had_odometry
        self._roll_out = roll_out
        self._clock = clock
        self._clock_watch = clock_watch
        self._pulse = pulse
        self._interrupt = interrupt

    async def reached(self) -> dict[str, Any]:
        """Wait until odometry shows a standing robot; return what was seen, for the result.

        Without odometry, or once that is silent, until the robot must have come to a stand.

        Raises:
            NotAtStandstill: It still moves after `STANDSTILL_LIMIT_S`.
        """
        stopped_at_mono_s = time.monotonic()
        odometer = self._odometer
        stopped_at_m = odometer.distance_m
        is_missed = not self._had_odometry
        while not odometer.is_standing(stopped_at_mono_s):
            waited_s = time.monotonic() - stopped_at_mono_s
            sample = odometer.fresh(time.monotonic())
            if sample is None and is_missed and self._must_stand(waited_s):
                return {'standstill': 'not measured: no odometry'}
            is_missed = sample is None
            if sample is not None and waited_s > STANDSTILL_LIMIT_S:
                raise self._not_reached()
            await self._pulse.next()
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
        ending = self._interrupt.ending
        error = ending.error if ending is not None else None
        cannot_wait = isinstance(error, (Interrupted, ClockUnusable))
        is_clock_standing = self._clock_watch.standing_s(time.monotonic()) > FRESH_S
        has_rolled_out = self._clock.now_s >= self._roll_out.stands_at_s
        return cannot_wait or is_clock_standing or has_rolled_out or waited_s > STANDSTILL_LIMIT_S

    def _not_reached(self) -> NotAtStandstill:
        speed_mps, yaw_rate_radps = self._odometer.moved_at
        limits = self._odometer.standstill_limits
        return NotAtStandstill(
            waited_s=STANDSTILL_LIMIT_S,
            speed_mps=speed_mps,
            yaw_rate_radps=yaw_rate_radps,
            standstill_speed_mps=limits.speed_mps,
            standstill_yaw_rate_radps=limits.yaw_rate_radps,
        )
