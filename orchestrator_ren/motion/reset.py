"""What odometry says to an operator who asks to release the latch."""

from __future__ import annotations

from orchestrator_ren.motion.gate_input import Reset
from orchestrator_ren.motion.odometry import Odometer


def reset_by(odometer: Odometer, now_mono_s: float) -> Reset:
    """Return the gate's input; odometry that fell silent while the robot moved says it does."""
    standstill = odometer.standstill(now_mono_s)
    if standstill.is_standing is None and odometer.was_moving:
        reason = f'odometry showed the robot moving, and then: {standstill.reason}'
        return Reset(False, f'{reason}; mend it, or start the gate again')
    return Reset(standstill.is_standing, standstill.reason)
