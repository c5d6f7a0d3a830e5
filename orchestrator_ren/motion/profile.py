"""Acceleration-limited motion over a given distance, exact whatever the timing of the steps.

The trapezoid: speed up at the acceleration limit, cruise, slow down at the same limit. Its
integral is the distance, and its cruise speed is never exceeded. The same functions serve metres
and radians.
"""

from __future__ import annotations

import math


def duration_s(distance: float, cruise: float, acceleration: float) -> float:
    """Return how long the whole motion takes [s].

    Args:
        distance: To be covered [m or rad, >= 0].
        cruise: Speed not to be exceeded [1/s of that, > 0 unless distance is 0].
        acceleration: [1/s² of that, > 0].
    """
    if distance <= 0.0:
        return 0.0
    if distance * acceleration < cruise * cruise:  # too short to reach the cruise speed
        return 2.0 * math.sqrt(distance / acceleration)
    return distance / cruise + cruise / acceleration


def next_speed(
    speed: float, remaining: float, cruise: float, acceleration: float, step_s: float
) -> float:
    """Return the speed to hold for the next step.

    It is the highest that the acceleration allows, that does not exceed the cruise speed, and
    after whose step the rest of the distance still suffices to slow down to zero.

    Args:
        speed: Held until now [m/s or rad/s, >= 0].
        remaining: Distance still to be covered [m or rad].
        cruise: Speed not to be exceeded.
        acceleration: Limit of the change.
        step_s: How long the speed will be held, as far as known [s, > 0].
    """
    if remaining <= 0.0:
        return 0.0
    rising = speed + acceleration * step_s
    # v * step + v² / (2 a) = remaining, solved for v
    stopping = acceleration * (
        math.sqrt(step_s * step_s + 2.0 * remaining / acceleration) - step_s
    )
    return min(rising, cruise, max(stopping, min(remaining / step_s, acceleration * step_s)))


def approach_speed(remaining: float, gain_hz: float, deceleration: float) -> float:
    """Return the highest speed from which a lagging base still ends at a measured target.

    Proportional close to the target, which a lag does not upset; further away as fast as the
    deceleration allows. Both join smoothly.

    Args:
        remaining: Measured distance to the target [m or rad, >= 0].
        gain_hz: Speed per distance close to the target [1/s, > 0].
        deceleration: [m/s² or rad/s², > 0].
    """
    proportional_within = deceleration / (gain_hz * gain_hz)
    if remaining < proportional_within:
        return gain_hz * remaining
    return math.sqrt(2.0 * deceleration * (remaining - proportional_within / 2.0))
