"""How fast the robot may move, and how fast that may change."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestrator_ren.motion.velocity import Velocity

SPEED_CEILING_MPS = 3.0
"""Highest speed this software ever commands [m/s]; parameters can only lower it."""


@dataclass(frozen=True)
class MotionLimits:
    """What the gate lets pass.

    Attributes:
        max_speed_mps: Speed over ground [m/s, 0 .. SPEED_CEILING_MPS].
        max_yaw_rate_radps: Turning [rad/s, > 0].
        max_acceleration_mps2: Change of the velocity while the speed grows [m/s², > 0].
        max_deceleration_mps2: The same while it shrinks [m/s², > 0]; zero is never held back.
        max_yaw_acceleration_radps2: Change of the turning [rad/s², > 0].
        stop_distance_m: An obstacle that is nearer on the way latches the e-stop [m, >= 0].
        heartbeat_timeout_s: A heartbeat that is silent for longer does, too [s]; 0 = none needed.
    """

    max_speed_mps: float = SPEED_CEILING_MPS
    max_yaw_rate_radps: float = 2.0
    max_acceleration_mps2: float = 3.0
    max_deceleration_mps2: float = 3.0
    max_yaw_acceleration_radps2: float = 6.0
    stop_distance_m: float = 0.0
    heartbeat_timeout_s: float = 0.0

    def clamp(self, wanted: Velocity) -> Velocity:
        """Return `wanted` within the speed limits, in the same direction.

        Translation and turning shrink by one factor, so that the path keeps its shape.
        """
        limit_mps = min(self.max_speed_mps, SPEED_CEILING_MPS)
        factor = min(
            1.0,
            _ratio(limit_mps, wanted.speed_mps),
            _ratio(self.max_yaw_rate_radps, abs(wanted.yaw_radps)),
        )
        return _scaled(wanted, factor)

    def clamp_change(self, previous: Velocity, wanted: Velocity, elapsed_s: float) -> Velocity:
        """Return the velocity between `previous` and `wanted` that `elapsed_s` [s] allows."""
        step_mps = math.hypot(wanted.x_mps - previous.x_mps, wanted.y_mps - previous.y_mps)
        is_slowing = wanted.speed_mps < previous.speed_mps
        limit_mps2 = self.max_deceleration_mps2 if is_slowing else self.max_acceleration_mps2
        factor = min(1.0, _ratio(limit_mps2 * elapsed_s, step_mps))
        yaw_step_radps = self.max_yaw_acceleration_radps2 * elapsed_s
        yaw_change = wanted.yaw_radps - previous.yaw_radps
        return Velocity(
            previous.x_mps + factor * (wanted.x_mps - previous.x_mps),
            previous.y_mps + factor * (wanted.y_mps - previous.y_mps),
            previous.yaw_radps + max(-yaw_step_radps, min(yaw_step_radps, yaw_change)),
        )


def _ratio(limit: float, value: float) -> float:
    return limit / value if value > 0.0 else math.inf


def _scaled(velocity: Velocity, factor: float) -> Velocity:
    if factor >= 1.0:
        return velocity
    return Velocity(velocity.x_mps * factor, velocity.y_mps * factor, velocity.yaw_radps * factor)
