"""Whether the robot stands: what odometry says of its speed, and what its pose does."""

from __future__ import annotations

import math
from collections import deque
from dataclasses import dataclass

from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.pose_noise import PoseNoise

STANDSTILL_SPEED_MPS = 0.01
STANDSTILL_YAW_RATE_RADPS = 0.01
STANDSTILL_TIME_S = 0.1
"""The robot stands when it was slower than the two speeds for this time [s]."""

POSE_NOISE_M = 0.001
POSE_NOISE_RAD = 0.001
"""What the pose of a robot that stands may move beyond the two speeds: encoders count in steps
of about a millimetre. With the time above, a pose that moves at 0.02 m/s is seen to move."""

NOISE_SHARE = 5.0
"""How many standard deviations of its noise a pose may move while it stands: the largest of some
dozen differences of two. A pose that creeps as little is told from noise by its twist only."""

MOST_NOISE_M = 0.0042
MOST_NOISE_RAD = 0.0042
"""More noise is none, but something else, such as two sources: nobody knows where the robot is."""

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
        self._past: deque[_Pose] = deque()
        self._noise = PoseNoise()

    def begin(self, sample: OdometrySample) -> None:
        """Begin anew with this sample: there is none before that it could be compared with."""
        self._past.clear()
        self.since_mono_s = math.inf
        self._has_moved = False
        self._noise.begin(complex(sample.x_m, sample.y_m), sample.yaw_rad)
        self._judge(sample, _Pose.of(sample), None)

    def begin_after_jump(self, sample: OdometrySample, jump_mps: float, jump_radps: float) -> None:
        """Begin anew with this sample, which came from elsewhere at these speeds."""
        self.begin(sample)
        self._has_moved = True
        self.speed_mps = max(sample.speed_mps, jump_mps)
        self.yaw_rate_radps = max(abs(sample.yaw_rate_radps), jump_radps)

    def add(self, sample: OdometrySample) -> None:
        """Take the next sample."""
        while sample.received_mono_s - self._past[0].at_mono_s > LOOKS_BACK_S:
            if len(self._past) == 1:
                break
            self._past.popleft()
        pose = _Pose.of(sample)
        self._noise.add(pose.position, pose.yaw_rad)
        self._judge(sample, pose, self._past[0])

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

    def _judge(self, sample: OdometrySample, pose: _Pose, first: _Pose | None) -> None:
        """Go on standing, or begin to stand, or not, by the twist and by the pose."""
        is_slow = self.limits.allow(sample.speed_mps, sample.yaw_rate_radps)
        if not (is_slow and (first is None or self._stays(first, pose))):
            self._has_moved = True
            pose_mps, pose_radps = (0.0, 0.0) if first is None else first.speeds_to(pose)
            self.speed_mps = max(sample.speed_mps, pose_mps)
            self.yaw_rate_radps = max(abs(sample.yaw_rate_radps), pose_radps)
            self.since_mono_s = math.inf
            self._past.clear()
        if is_slow and math.isinf(self.since_mono_s):
            self.since_mono_s = sample.received_mono_s
        self._past.append(pose)

    def _stays(self, first: _Pose, pose: _Pose) -> bool:
        """Whether the pose moved no more than one that stands may in that time."""
        time_s = max(pose.at_mono_s - first.at_mono_s, STANDSTILL_TIME_S)
        noise_m = NOISE_SHARE * min(self._noise.position_m, MOST_NOISE_M)
        noise_rad = NOISE_SHARE * min(self._noise.heading_rad, MOST_NOISE_RAD)
        moved_m = abs(pose.position - first.position) - POSE_NOISE_M - noise_m
        turned_rad = first.turn_rad(pose) - POSE_NOISE_RAD - noise_rad
        return self.limits.allow(moved_m / time_s, max(0.0, turned_rad) / time_s)


@dataclass(frozen=True)
class _Pose:
    at_mono_s: float
    position: complex
    yaw_rad: float

    @staticmethod
    def of(sample: OdometrySample) -> _Pose:
        return _Pose(sample.received_mono_s, complex(sample.x_m, sample.y_m), sample.yaw_rad)

    def turn_rad(self, later: _Pose) -> float:
        return abs(math.remainder(later.yaw_rad - self.yaw_rad, math.tau))

    def speeds_to(self, later: _Pose) -> tuple[float, float]:
        elapsed_s = max(later.at_mono_s - self.at_mono_s, SHORTEST_S)
        return abs(later.position - self.position) / elapsed_s, self.turn_rad(later) / elapsed_s
