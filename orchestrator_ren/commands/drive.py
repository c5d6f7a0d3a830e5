"""Drive: so fast, in that direction, for so long."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar

from pydantic import BaseModel, Field

from orchestrator_ren.commands.command import (
    CONTROL_PERIOD_S,
    Command,
    CommandContext,
    Prediction,
)
from orchestrator_ren.errors import (
    DurationNotPositive,
    HeadingNotReached,
    OutOfRange,
    SpeedAboveLimit,
    SpeedNegative,
)
from orchestrator_ren.motion import profile
from orchestrator_ren.motion.limits import SPEED_CEILING_MPS, MotionLimits
from orchestrator_ren.motion.odometry import wrap_angle
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

MAX_STEP_S = 0.25
"""Longest step the profile plans for [s]; the gate ends the motion beyond it."""


FITTING_SHARE = 0.9
"""Part of the gate's limits of acceleration that is planned with; a tick that comes early, or a
correction of the heading, takes the rest."""


class DriveParams(BaseModel, extra='forbid'):
    """Parameters of `drive`; the distance driven is speed times duration."""

    speed: float = Field(ge=0.0, le=SPEED_CEILING_MPS, description='Speed not exceeded [m/s].')
    direction: float = Field(
        0.0,
        ge=-360.0,
        le=360.0,
        description="Degrees counter-clockwise from the robot's x axis when it starts.",
    )
    duration_seconds: float = Field(
        gt=0.0, le=3600.0, description='Time at that speed [s]; speeding up and slowing down add.'
    )


@dataclass(frozen=True)
class DriveSettings:
    """How this robot drives.

    Attributes:
        is_holonomic: The base translates in any direction; else it turns to the heading first.
        max_speed_mps: Highest speed a ticket may ask for [m/s, <= SPEED_CEILING_MPS].
        acceleration_mps2: Of the speed profile [m/s², > 0].
        yaw_rate_radps: Of turns [rad/s, > 0].
        yaw_acceleration_radps2: Of turns [rad/s², > 0].
    """

    is_holonomic: bool = False
    max_speed_mps: float = SPEED_CEILING_MPS
    acceleration_mps2: float = 1.0
    yaw_rate_radps: float = 1.0
    yaw_acceleration_radps2: float = 2.0

    def within(self, limits: MotionLimits) -> DriveSettings:
        """Return the settings of drives that the gate does not have to slow down."""
        change_mps2 = min(limits.max_acceleration_mps2, limits.max_deceleration_mps2)
        return replace(
            self,
            max_speed_mps=min(self.max_speed_mps, limits.max_speed_mps),
            acceleration_mps2=min(self.acceleration_mps2, change_mps2 * FITTING_SHARE),
            yaw_rate_radps=min(self.yaw_rate_radps, limits.max_yaw_rate_radps),
            yaw_acceleration_radps2=min(
                self.yaw_acceleration_radps2, limits.max_yaw_acceleration_radps2 * FITTING_SHARE
            ),
        )

    def misfits(self, limits: MotionLimits) -> list[str]:
        """Return in words which of them the gate's limits lower."""
        fitting = self.within(limits)
        return [
            f'{name} {getattr(self, name):g} is lowered to {getattr(fitting, name):g}'
            for name in (each.name for each in fields(self))
            if getattr(self, name) != getattr(fitting, name)
        ]


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

    def predict(self, params: DriveParams) -> Prediction:
        """Return the time of the turn and the drive, the distance, and where that leads."""
        distance_m = params.speed * params.duration_seconds
        bearing_rad = wrap_angle(math.radians(params.direction))
        return Prediction(
            duration_s=self._turn_s(params) + self._translation_s(params),
            distance_m=distance_m,
            speed_mps=params.speed,
            end_x_m=distance_m * math.cos(bearing_rad),
            end_y_m=distance_m * math.sin(bearing_rad),
            end_yaw_rad=0.0 if self._settings.is_holonomic else bearing_rad,
        )

    async def run(self, params: DriveParams, context: CommandContext) -> dict[str, Any]:
        """Turn to the direction where the base needs it, then drive."""
        bearing_rad = wrap_angle(math.radians(params.direction))
        turn_s, translation_s = self._turn_s(params), self._translation_s(params)
        turn_share = turn_s / (turn_s + translation_s)
        hold_rad = context.heading_rad()
        if not self._settings.is_holonomic:
            await self._turn(bearing_rad, 2.0 * turn_s + TURN_GRACE_S, context, turn_share)
            hold_rad = None if hold_rad is None else hold_rad + bearing_rad
            bearing_rad = 0.0
        await self._translate(params, bearing_rad, hold_rad, context, turn_share)
        return {}

    def _turn_s(self, params: DriveParams) -> float:
        """Return how long the turn takes a base without lag, by doing it [s]."""
        if self._settings.is_holonomic:
            return 0.0
        angle_rad = abs(wrap_angle(math.radians(params.direction)))
        return turning_time_s(self._settings, angle_rad, CONTROL_PERIOD_S)

    def _translation_s(self, params: DriveParams) -> float:
        distance_m = params.speed * params.duration_seconds
        if distance_m == 0.0:  # speed 0: stand still for the time
            return params.duration_seconds
        return profile.duration_s(distance_m, params.speed, self._settings.acceleration_mps2)

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
        distance_m = params.speed * params.duration_seconds
        if distance_m == 0.0:
            await _stand(params.duration_seconds, context)
            return
        travelled_m = speed_mps = 0.0
        step_s = CONTROL_PERIOD_S
        while (remaining_m := distance_m - travelled_m) > 1e-6:
            speed_mps = profile.next_speed(
                speed_mps,
                remaining_m,
                params.speed,
                self._settings.acceleration_mps2,
                min(max(step_s, CONTROL_PERIOD_S), MAX_STEP_S),
            )
            context.drive(
                Velocity(
                    speed_mps * math.cos(bearing_rad),
                    speed_mps * math.sin(bearing_rad),
                    _correction_radps(hold_rad, context.heading_rad()),
                )
            )
            done = travelled_m / distance_m
            context.report(share_done + (1.0 - share_done) * done, 'driving')
            step_s = await context.tick()
            travelled_m += speed_mps * step_s


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
