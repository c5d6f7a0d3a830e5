"""One odometry message, as it is judged."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class OdometrySample:
    """One odometry message.

    Attributes:
        x_m, y_m: Position [m].
        yaw_rad: Heading [rad].
        speed_mps: Magnitude of the translation [m/s, >= 0].
        yaw_rate_radps: Turning [rad/s].
        received_mono_s: When it came in, on the steady clock [s].
        stamp_s: When it was taken, by the clock of who sent it [s]; 0 = not told.
        orientation_length: Of the quaternion; that of a rotation is 1.
        out_of_plane: Sum of what else it says; only whether that is a number counts.
    """

    x_m: float
    y_m: float
    yaw_rad: float
    speed_mps: float
    yaw_rate_radps: float
    received_mono_s: float
    stamp_s: float = 0.0
    orientation_length: float = 1.0
    out_of_plane: float = 0.0
