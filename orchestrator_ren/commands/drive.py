"""Drive: so fast, in that direction, for so long, forwards or backwards."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, ClassVar

from orchestrator_ren.commands.command import (
    CONTROL_PERIOD_S,
    Command,
    CommandContext,
    Prediction,
)
from orchestrator_ren.commands.drive_settings import DriveParams, DriveSettings
from orchestrator_ren.errors import (
    Blocked,
    DurationNotPositive,
    HeadingNotReached,
    OutOfRange,
    SpeedAboveLimit,
    SpeedNegative,
)
from orchestrator_ren.motion import profile
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.translation import Translation
from orchestrator_ren.motion.velocity import ZERO, Velocity

HEADING_TOLERANCE_RAD = 0.01
HEADING_GAIN_HZ = 3.0
"""Turning commanded per heading error [rad/s per rad]; low enough for 0.25 s of lag."""

APPROACH_SHARE = 0.7
"""Part of the acceleration limit that the end of a turn plans with; a lag takes the rest."""

MAX_CORRECTION_RADPS = 0.5
"""Turning used to hold the heading while driving [rad/s]."""

TURN_GRACE_S = 5.0
"""Time a turn may take beyond twice its prediction [s]."""

TRANSLATION_GRACE_S = 5.0
"""Time a translation may take beyond twice its prediction [s]: slipping wheels, a slower gate."""

MAX_STEP_S = 0.25
"""Longest step the profile plans for [s]; the gate ends the motion beyond it."""


def next_turn_rate_radps(
    settings: DriveSettings, rate_radps: float, error_rad: float, step_s: float
) -> float:
    """Return the turning to hold for the next step, for a heading so far off [rad/s, >= 0].

    Args:
        settings: How this robot turns.
        rate_radps: Turning now [rad/s, >= 0].
        error_rad: What is left to turn [rad, >= 0].
        step_s: About how long the step will be [s].
    """
    limit_radps2 = settings.yaw_acceleration_radps2
    return min(
        rate_radps + limit_radps2 * step_s,
        settings.yaw_rate_radps,
        profile.approach_speed(error_rad, HEADING_GAIN_HZ, APPROACH_SHARE * limit_radps2),
    )


def turning_time_s(settings: DriveSettings, angle_rad: float, step_s: float) -> float:
    """Return how long a turn takes a base without lag, by doing it in such steps [s]."""
    rate_radps = elapsed_s = 0.0
    while angle_rad > HEADING_TOLERANCE_RAD:
        rate_radps = next_turn_rate_radps(settings, rate_radps, angle_rad, step_s)
        angle_rad -= rate_radps * step_s
        elapsed_s += step_s
    return elapsed_s


class Drive(Command[DriveParams]):
    """Moves the base; cannot move it wrongly, because every velocity passes the gate."""

    name = 'drive'
    description = 'Drive at a speed [m/s] in a direction [degrees] for a duration [s].'
    params_type = DriveParams
    resources = frozenset({'base'})
    moves = True
    range_errors: ClassVar[Mapping[tuple[str, str], type[OutOfRange]]] = {
        ('speed', 'ge'): SpeedNegative,
        ('speed', 'le'): SpeedAboveLimit,
        ('duration_seconds', 'gt'): DurationNotPositive,
    }

    def __init__(self, settings: DriveSettings) -> None:
        self._settings = self._own = settings

    def fit(self, limits: MotionLimits) -> None:
        """Plan within what the gate lets pass."""
        self._settings = self._own.within(limits)

    def parse(self, given: Mapping[str, Any]) -> DriveParams:
        """Return the validated parameters, the speed within this robot's own limit too."""
        params = super().parse(given)
        if params.speed > self._settings.max_speed_mps:
            raise SpeedAboveLimit(
                field='params.speed',
                value=params.speed,
                limit=f'at most {self._settings.max_speed_mps}{self._whose}',
            )
        return params

    @property
    def _whose(self) -> str:
        is_own = self._settings.max_speed_mps == self._own.max_speed_mps
        return '' if is_own else ", the cmd_vel gate's max_speed_mps"

    def kept(self, params: DriveParams) -> dict[str, Any]:
        """Return the parameters as a ticket keeps them; `reverse` only where it is true.

        A request that is sent again after an update must have the same content as before it.
        """
        return {name: value for name, value in dict(params).items() if name != 'reverse' or value}

    def predict(self, params: DriveParams) -> Prediction:
        """Return the time of the turn and the drive, the distance, and where that leads."""
        way_m, bearing_rad = params.sign * params.distance_m, params.bearing_rad
        return Prediction(
            duration_s=self._turn_s(params) + self._translation_s(params),
            distance_m=params.distance_m,
            speed_mps=params.speed,
            end_x_m=way_m * math.cos(bearing_rad) + 0.0,  # no -0.0
            end_y_m=way_m * math.sin(bearing_rad) + 0.0,
            end_yaw_rad=0.0 if self._settings.is_holonomic else bearing_rad,
        )

    async def run(self, params: DriveParams, context: CommandContext) -> dict[str, Any]:
        """Turn to the direction where the base needs it, then drive.

        Raises:
            HeadingNotReached: The base does not turn.
            Blocked: It has not made the way after more than twice the time. Clear the way.
        """
        bearing_rad = params.bearing_rad
        turn_s, translation_s = self._turn_s(params), self._translation_s(params)
        turn_share = turn_s / (turn_s + translation_s)
        hold_rad = context.heading_rad()
        if not self._settings.is_holonomic:
            await self._turn(bearing_rad, 2.0 * turn_s + TURN_GRACE_S, context, turn_share)
            hold_rad = None if hold_rad is None else hold_rad + bearing_rad
            bearing_rad = 0.0
        if params.distance_m == 0.0:
            await _stand(params.duration_seconds, context)
        else:
            await self._translate(params, bearing_rad, hold_rad, context, turn_share)
        return {}

    def _turn_s(self, params: DriveParams) -> float:
        """Return how long the turn takes a base without lag, by doing it [s]."""
        if self._settings.is_holonomic:
            return 0.0
        return turning_time_s(self._settings, abs(params.bearing_rad), CONTROL_PERIOD_S)

    def _translation_s(self, params: DriveParams) -> float:
        if params.distance_m == 0.0:  # speed 0: stand still for the time
            return params.duration_seconds
        return profile.duration_s(
            params.distance_m, params.speed, self._settings.acceleration_mps2
        )

    async def _turn(
        self, bearing_rad: float, limit_s: float, context: CommandContext, share: float
    ) -> None:
        """Turn in place by `bearing_rad`, closed loop on odometry where there is any."""
        start_rad = context.heading_rad()
        turned_rad = rate_radps = elapsed_s = 0.0
        while abs(error_rad := bearing_rad - turned_rad) > HEADING_TOLERANCE_RAD:
            if elapsed_s > limit_s:
                raise HeadingNotReached(error_deg=math.degrees(error_rad), waited_s=elapsed_s)
            rate_radps = math.copysign(
                next_turn_rate_radps(
                    self._settings, abs(rate_radps), abs(error_rad), CONTROL_PERIOD_S
                ),
                error_rad,
            )
            context.drive(Velocity(yaw_radps=rate_radps))
            context.report(share * (1.0 - abs(error_rad / bearing_rad)), 'turning')
            step_s = await context.tick()
            elapsed_s += step_s
            heading_rad = context.heading_rad()
            turned_rad = (
                turned_rad + rate_radps * step_s
                if heading_rad is None or start_rad is None
                else heading_rad - start_rad
            )

    async def _translate(
        self,
        params: DriveParams,
        bearing_rad: float,
        hold_rad: float | None,
        context: CommandContext,
        share_done: float,
    ) -> None:
        """Drive the distance along `bearing_rad` in the robot's frame, heading `hold_rad`."""
        drive = Translation(params.distance_m, params.speed, self._settings.acceleration_mps2)
        ahead_x, ahead_y = (params.sign * f(bearing_rad) for f in (math.cos, math.sin))
        limit_s = 2.0 * self._translation_s(params) + TRANSLATION_GRACE_S
        start_m, step_s = context.travelled_m(), CONTROL_PERIOD_S
        while not drive.is_done:
            if drive.elapsed_s > limit_s:
                return self._judge(drive.share, params.distance_m)
            speed_mps = drive.next_speed_mps(min(max(step_s, CONTROL_PERIOD_S), MAX_STEP_S))
            correction_radps = _correction_radps(hold_rad, context.heading_rad())
            context.drive(Velocity(speed_mps * ahead_x, speed_mps * ahead_y, correction_radps))
            context.report(share_done + (1.0 - share_done) * drive.share, 'driving')
            step_s = await context.tick()
            drive.advance(step_s, _way_m(start_m, context.travelled_m()))

    def _judge(self, share: float, distance_m: float) -> None:
        """Refuse to call it done, where too little of the way was made in all that time."""
        if share < self._settings.min_distance_share:
            raise Blocked(detail=f'it made {share * distance_m:.2f} of {distance_m:.2f} m')


def _way_m(start_m: float | None, travelled_m: float | None) -> float | None:
    """Return the way measured since the start; None without odometry."""
    return None if start_m is None or travelled_m is None else travelled_m - start_m


def _correction_radps(hold_rad: float | None, heading_rad: float | None) -> float:
    """Return the turning that brings the measured heading back; 0 without odometry."""
    if hold_rad is None or heading_rad is None:
        return 0.0
    wanted_radps = HEADING_GAIN_HZ * (hold_rad - heading_rad)
    return max(-MAX_CORRECTION_RADPS, min(MAX_CORRECTION_RADPS, wanted_radps))


async def _stand(duration_s: float, context: CommandContext) -> None:
    elapsed_s = 0.0
    while elapsed_s < duration_s:
        context.drive(ZERO)
        context.report(elapsed_s / duration_s, 'standing')
        elapsed_s += await context.tick()
