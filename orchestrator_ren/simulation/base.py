"""What is known of a wheeled base: mass, size and how fast it follows a velocity command."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple


class Velocity(NamedTuple):
    """A planar velocity in the frame of the base: x forward, y left, z counter-clockwise."""

    vx_mps: float
    vy_mps: float
    wz_radps: float


# How often the controller of the base takes a new command and reads its wheels.
CONTROL_STEP_S = 0.02
STANDSTILL = Velocity(0.0, 0.0, 0.0)


@dataclass(frozen=True)
class Base:
    """A base whose velocity follows its command like a first-order lag with a limited force.

    The defaults are those of a mid-size indoor robot.

    Attributes:
        name: the word users choose it by.
        can_move_sideways: whether the wheels drive along y; if not, they hold it still.
        mass_kg: [kg, > 0].
        radius_m: of the body, seen from above [m, > 0].
        height_m: of the body [m, > 2 * radius_m].
        lag_s: time constant of the velocity, forward and turning [s, > 0].
        grip_s: time constant of a sideways slip that the wheels resist [s, > 0].
        acceleration_mps2: what the motors give forward and, where driven, sideways [m/s², > 0].
        grip_mps2: sideways acceleration at which the wheels lose their hold [m/s², > 0].
        turning_radps2: what the motors give in rotation [rad/s², > 0].
        max_speed_mps: the motors go no faster along either axis [m/s, > 0].
        max_turning_radps: the motors turn the base no faster [rad/s, > 0].
    """

    name: str
    can_move_sideways: bool
    mass_kg: float = 30.0
    radius_m: float = 0.25
    height_m: float = 0.6
    lag_s: float = 0.1
    grip_s: float = 0.01
    acceleration_mps2: float = 6.0
    grip_mps2: float = 8.0
    turning_radps2: float = 12.0
    max_speed_mps: float = 3.5
    max_turning_radps: float = 6.0

    @property
    def inertia_kgm2(self) -> float:
        """Moment of inertia about the vertical axis: that of a solid disc [kg m²]."""
        return 0.5 * self.mass_kg * self.radius_m**2

    def attainable(self, wanted: Velocity) -> Velocity:
        """Return what the motors aim for when `wanted` is commanded.

        A command with NaN or infinity in it is no command: the base stops.
        """
        if not all(math.isfinite(component) for component in wanted):
            return STANDSTILL
        return Velocity(
            _clamped(wanted.vx_mps, self.max_speed_mps),
            _clamped(wanted.vy_mps, self.max_speed_mps) if self.can_move_sideways else 0.0,
            _clamped(wanted.wz_radps, self.max_turning_radps),
        )


BASES = {
    base.name: base
    for base in (
        Base('differential', can_move_sideways=False),
        Base('omnidirectional', can_move_sideways=True),
    )
}


def _clamped(value: float, limit: float) -> float:
    return max(-limit, min(limit, value))
