"""What a `drive` ticket says, and how the robot that gets it drives."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace

from pydantic import BaseModel, Field

from orchestrator_ren.motion.limits import SPEED_CEILING_MPS, MotionLimits
from orchestrator_ren.motion.odometry import wrap_angle
from orchestrator_ren.motion.response import Response

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
    reverse: bool = Field(
        False, description='Go backwards: look in the direction, drive in the opposite one.'
    )

    @property
    def distance_m(self) -> float:
        """Way to be driven [m, >= 0]."""
        return self.speed * self.duration_seconds

    @property
    def bearing_rad(self) -> float:
        """Where the robot is to look, or to go [rad, -pi < bearing <= pi]."""
        return wrap_angle(math.radians(self.direction))

    @property
    def sign(self) -> float:
        """Whether it goes along the bearing, 1, or against it, -1."""
        return -1.0 if self.reverse else 1.0


@dataclass(frozen=True)
class DriveSettings:
    """How this robot drives.

    Attributes:
        is_holonomic: The base translates in any direction; else it turns to the heading first.
        max_speed_mps: Highest speed a ticket may ask for [m/s, <= SPEED_CEILING_MPS].
        acceleration_mps2: Of the speed profile [m/s², > 0].
        yaw_rate_radps: Of turns [rad/s, > 0].
        yaw_acceleration_radps2: Of turns [rad/s², > 0].
        min_distance_share: Part of the distance that must be measured at the end [0-1].
    """

    is_holonomic: bool = False
    max_speed_mps: float = SPEED_CEILING_MPS
    acceleration_mps2: float = 1.0
    yaw_rate_radps: float = 1.0
    yaw_acceleration_radps2: float = 2.0
    min_distance_share: float = 0.9

    @property
    def response(self) -> Response:
        """How the base follows drives with these settings."""
        return Response(self.acceleration_mps2, self.yaw_acceleration_radps2)

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
