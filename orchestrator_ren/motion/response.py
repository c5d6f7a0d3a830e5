"""How a base answers to what it is commanded, as far as that is known without looking."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestrator_ren.motion.velocity import Velocity

BASE_LAG_S = 0.5
"""A base stands so long after it could, at the latest [s]: from command to wheels it takes up to
0.2 s, and a base that follows like a first-order lag of 0.2 s has lost nine tenths after 0.5 s."""


@dataclass(frozen=True)
class Response:
    """How fast the base changes its velocity: as fast as `drive` lets it.

    Attributes:
        acceleration_mps2: [m/s², > 0].
        yaw_acceleration_radps2: [rad/s², > 0].
    """

    acceleration_mps2: float = 1.0
    yaw_acceleration_radps2: float = 2.0

    def stopping_s(self, velocity: Velocity) -> float:
        """Return how long after a zero the base may roll on [s, >= 0]."""
        if velocity.is_zero:
            return 0.0
        return BASE_LAG_S + max(
            velocity.speed_mps / self.acceleration_mps2,
            abs(velocity.yaw_radps) / self.yaw_acceleration_radps2,
        )


class RollOut:
    """When a base that nobody measures stands again, by what it was commanded."""

    def __init__(self, response: Response) -> None:
        self.stands_at_s = -math.inf
        self._response = response

    def command(self, velocity: Velocity, now_s: float) -> None:
        """Take what is commanded at `now_s` [s]; a zero that follows does not undo it."""
        if not velocity.is_zero:
            self.stands_at_s = max(self.stands_at_s, now_s + self._response.stopping_s(velocity))
