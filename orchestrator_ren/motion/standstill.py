"""Whether the robot stands: what odometry says of its speed, and what its pose does."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orchestrator_ren.motion.odometry import OdometrySample

STANDSTILL_SPEED_MPS = 0.01
STANDSTILL_YAW_RATE_RADPS = 0.01
STANDSTILL_TIME_S = 0.1
"""The robot stands when it was slower than the two speeds for this time [s]."""

POSE_NOISE_M = 0.001
POSE_NOISE_RAD = 0.001
"""What the pose of a robot that stands may move beyond the two speeds: encoders count in steps
of about a millimetre. With the time above, a pose that moves at 0.02 m/s is seen to move."""

LOOKS_BACK_S = 0.5
"""How far back, within a standstill, the pose is compared with [s]: a creep so slow that it hides
in the noise for a tenth of a second does not hide for longer."""

SHORTEST_S = 0.001
"""Two samples that came nearer to each other are taken for so far apart [s]."""


@dataclass(frozen=True)
class StandstillLimits:
    """What counts as standing: slower than both.

    Attributes:
        speed_mps: [m/s, > 0].
        yaw_rate_radps: [rad/s, > 0].
    """

    speed_mps: float = STANDSTILL_SPEED_MPS
    yaw_rate_radps: float = STANDSTILL_YAW_RATE_RADPS

    def allow(self, speed_mps: float, yaw_rate_radps: float) -> bool:
        """Whether a robot that moves like that stands."""
        return speed_mps < self.speed_mps and abs(yaw_rate_radps) < self.yaw_rate_radps


@dataclass(frozen=True)
class Standstill:
    """What is known of it.

    Attributes:
        is_standing: None = not known.
        reason: Why it is said not to stand, or not to be known, in words.
    """

    is_standing: bool | None
    reason: str = ''


class StandstillWatch:
    """Follows the samples; a standstill holds while twist and pose show one.

    Attributes:
        since_mono_s: When the standstill began [s]; inf = there is none.
        speed_mps, yaw_rate_radps: The larger of what twist and pose showed, when it was seen to
            move last [m/s, rad/s, >= 0].
    """

    def __init__(self, limits: StandstillLimits) -> None:
        self.limits = limits
        self.since_mono_s = math.inf
        self.speed_mps = self.yaw_rate_radps = 0.0
        self._has_moved = False
        self._past: deque[OdometrySample] = deque()

    def begin(self, sample: OdometrySample) -> None:
        """Begin anew with this sample: there is none before that it could be compared with."""
        self._past.clear()
        self.since_mono_s = math.inf
        self._has_moved = False
        self._judge(sample, 0.0, 0.0, SHORTEST_S)

    def begin_after_jump(self, sample: OdometrySample, jump_mps: float, jump_radps: float) -> None:
        """Begin anew with this sample, which came from elsewhere at these speeds."""
        self.begin(sample)
        self._has_moved = True
        self.speed_mps = max(sample.speed_mps, jump_mps)
        self.yaw_rate_radps = max(abs(sample.yaw_rate_radps), jump_radps)

    def add(self, sample: OdometrySample) -> None:
        """Take the next sample."""
        while sample.received_mono_s - self._past[0].received_mono_s > LOOKS_BACK_S:
            if len(self._past) == 1:
                break
            self._past.popleft()
        first = self._past[0]
        elapsed_s = max(sample.received_mono_s - first.received_mono_s, SHORTEST_S)
        moved_m = math.hypot(sample.x_m - first.x_m, sample.y_m - first.y_m)
        turned_rad = abs(math.remainder(sample.yaw_rad - first.yaw_rad, math.tau))
        self._judge(sample, moved_m / elapsed_s, turned_rad / elapsed_s, elapsed_s)

    def verdict(self, latest_mono_s: float) -> Standstill:
        """Return what is known, the latest sample having come then [s]."""
        if latest_mono_s - self.since_mono_s >= STANDSTILL_TIME_S:
            return Standstill(True)
        if math.isinf(self.since_mono_s):
            return Standstill(False, f'odometry shows the robot moving: {self._shown}')
        reason = f'odometry has shown it standing for less than {STANDSTILL_TIME_S:g} s'
        if self._has_moved:
            return Standstill(False, f'{reason}; before: {self._shown}')
        return Standstill(None, reason)

    @property
    def _shown(self) -> str:
        return (
            f'{self.speed_mps:.3f} m/s and {self.yaw_rate_radps:.3f} rad/s; standing is below'
            f' {self.limits.speed_mps:g} m/s and {self.limits.yaw_rate_radps:g} rad/s'
        )

    def _judge(
        self, sample: OdometrySample, pose_mps: float, pose_radps: float, elapsed_s: float
    ) -> None:
        """Go on standing, or begin to stand, or not, by the twist and by the pose's own speeds."""
        is_slow = self.limits.allow(sample.speed_mps, sample.yaw_rate_radps)
        is_pose_slow = self.limits.allow(
            pose_mps - POSE_NOISE_M / elapsed_s, max(0.0, pose_radps - POSE_NOISE_RAD / elapsed_s)
        )
        if not (is_slow and is_pose_slow):
            self._has_moved = True
            self.speed_mps = max(sample.speed_mps, pose_mps)
            self.yaw_rate_radps = max(abs(sample.yaw_rate_radps), pose_radps)
            self.since_mono_s = math.inf
            self._past.clear()
        if is_slow and math.isinf(self.since_mono_s):
            self.since_mono_s = sample.received_mono_s
        self._past.append(sample)
