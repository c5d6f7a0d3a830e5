"""What odometry says of the motion: way travelled, heading, standstill; and what is not believed.

Each sample is judged where it comes in. One that is no reading counts as none; a step that no base
can make is not added. Both are remembered, for whoever must tell why.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestrator_ren.motion.cadence import Cadence
from orchestrator_ren.motion.limits import SPEED_CEILING_MPS
from orchestrator_ren.motion.odometry_sample import OdometrySample
from orchestrator_ren.motion.pose_noise import PoseNoise
from orchestrator_ren.motion.standstill import (
    NOISE_SHARE,
    SHORTEST_S,
    STANDSTILL_TIME_S,
    Standstill,
    StandstillLimits,
    StandstillWatch,
)

FRESH_S = 0.5
"""Odometry older than this counts as none [s]."""

LOWEST_RATE_HZ = 5.0
"""Odometry that comes less often counts as none: at 3.0 m/s, half a metre is driven between two
samples, and turning at 10 rad/s could no more be told from turning the other way [Hz]."""

LONGEST_INTERVAL_S = 1.1 / LOWEST_RATE_HZ
"""Mean time between two samples at most [s]; a timer of 5 Hz may be a little late."""

ORIENTATION_TOLERANCE = 0.1
"""How far the length of an orientation may be from 1: rounded numbers, not another quantity."""

FARTHEST_M = 1e9
"""A position beyond is none [m]: it could not tell millimetres any more, nor a map."""

TURNING_CEILING_RADPS = 10.0
"""No base turns faster [rad/s]: the highest value of the gate's limit."""

SLACK = 1.5
"""How much faster than the ceilings a pose may move: wheels slip, hands push, filters catch up."""

MARGIN_M = 0.05
MARGIN_RAD = 0.05
"""What a pose may move beyond that at once: noise, and small corrections."""

GOOD_AGAIN = 10
"""So many good samples in a row, and what was refused before them is no trouble any more."""

TOLD_S = 5.0
"""How long after the last message, or a jump, that is still told as a trouble [s]."""


def wrap_angle(angle_rad: float) -> float:
    """Return the same direction within (-pi, pi] [rad]."""
    wrapped = math.remainder(angle_rad, 2.0 * math.pi)
    return math.pi if wrapped == -math.pi else wrapped


@dataclass(frozen=True)
class OdometryJump:
    """A step that no base can make.

    Attributes:
        number: Of this jump, counted from 1; a motion compares it with that at its start.
        step_m: Between the two positions [m, >= 0].
        turn_deg: Between the two headings [degrees, >= 0].
        within_s: Time a base may have had for it [s].
        at_mono_s: When it came in [s].
    """

    number: int
    step_m: float
    turn_deg: float
    within_s: float
    at_mono_s: float


def refusal_of(sample: OdometrySample, previous: OdometrySample | None) -> str:
    """Return why a sample counts as none; empty = it counts."""
    numbers = {
        'position': math.hypot(sample.x_m, sample.y_m),
        'orientation': sample.orientation_length,
        'heading': sample.yaw_rad,
        'speed': sample.speed_mps,
        'turning rate': sample.yaw_rate_radps,
        'motion out of the plane': sample.out_of_plane,
    }
    for name, value in numbers.items():
        if not math.isfinite(value):
            return f'{name} is {value}, which is no number'
    if abs(sample.orientation_length - 1.0) > ORIENTATION_TOLERANCE:
        return f'orientation has length {sample.orientation_length:.2f}; that of a rotation is 1'
    if numbers['position'] > FARTHEST_M:
        return f'position is {numbers["position"]:.3g} m away'
    if previous is not None and sample.stamp_s > 0.0 and _is_repeated(sample, previous):
        return f'the message stamped {sample.stamp_s:.3f} s is repeated'
    return ''


def _is_repeated(sample: OdometrySample, previous: OdometrySample) -> bool:
    """Whether somebody sends again what was measured once: its time has not gone on."""
    return (sample.stamp_s, sample.x_m, sample.y_m, sample.yaw_rad, sample.speed_mps) == (
        previous.stamp_s,
        previous.x_m,
        previous.y_m,
        previous.yaw_rad,
        previous.speed_mps,
    )


class Odometer:
    """Judges odometry samples, and adds them up.

    Args:
        standstill: What counts as standing.
        is_simulated: Stamps count for the rate too: a simulator may be slower than time.

    Attributes:
        jump: The last step that no base can make; None = there was none.
        refused_count: Samples that counted as none so far.
    """

    def __init__(
        self,
        standstill: StandstillLimits = StandstillLimits(),  # noqa: B008 - frozen
        *,
        is_simulated: bool = False,
    ) -> None:
        self.jump: OdometryJump | None = None
        self.refused_count = 0
        self._is_simulated = is_simulated
        self._latest: OdometrySample | None = None
        self._anchor: OdometrySample | None = None
        self._noise = PoseNoise()
        self._cadence = Cadence()
        self._standstill = StandstillWatch(standstill)
        self._distance_m = self._way_m = 0.0
        self._heading_rad = 0.0
        self._refusal = ''
        self._good_in_a_row = 0
        self._heard_at_mono_s = -math.inf

    def add(self, sample: OdometrySample) -> None:
        """Take the next sample; one that is no reading is only remembered as a trouble."""
        self._heard_at_mono_s = sample.received_mono_s
        refusal = refusal_of(sample, self._latest)
        if refusal:
            self._refusal, self._good_in_a_row = refusal, 0
            self.refused_count += 1
            return
        self._good_in_a_row += 1
        if self._good_in_a_row >= GOOD_AGAIN:
            self._refusal = ''
        if self._latest is None:
            self._cadence.begin(sample.received_mono_s, sample.stamp_s)
            self._standstill.begin(sample)
            self._heading_rad = sample.yaw_rad
            self._anchor = sample
            self._noise.begin(complex(sample.x_m, sample.y_m), sample.yaw_rad)
        else:
            self._step(self._latest, sample)
        self._latest = sample
        # What is known to be noise only later was told as way already: it does not shrink.
        self._way_m = max(self._way_m, self._distance_m + self._step_m)

    def fresh(self, now_mono_s: float) -> OdometrySample | None:
        """Return the latest sample; None when it is older than `FRESH_S`, or they are too rare.

        The rate is known from the second sample on.
        """
        if self._latest is None or now_mono_s - self._latest.received_mono_s > FRESH_S:
            return None
        return None if self._interval_s > LONGEST_INTERVAL_S else self._latest

    def trouble(self, now_mono_s: float) -> str:
        """Return why not all that comes in counts; empty = it does, or nothing comes in."""
        if now_mono_s - self._heard_at_mono_s > TOLD_S:
            return ''
        if self._refusal:
            return self._refusal
        if self._interval_s > LONGEST_INTERVAL_S:
            rate_hz = 1.0 / self._interval_s
            return f'it comes at {rate_hz:.1f} Hz; at least {LOWEST_RATE_HZ:g} Hz is needed'
        if self.jump is not None and now_mono_s - self.jump.at_mono_s <= TOLD_S:
            step = f'{self.jump.step_m:.2f} m and {self.jump.turn_deg:.0f} degrees'
            return f'it jumped by {step} within {self.jump.within_s:.2f} s'
        return self._absurd_speed

    @property
    def has_begun(self) -> bool:
        """Whether there was any sample."""
        return self._latest is not None

    @property
    def jump_count(self) -> int:
        """How many steps there were so far that no base can make."""
        return 0 if self.jump is None else self.jump.number

    @property
    def distance_m(self) -> float:
        """Length of the path since the first sample, without jumps [m, >= 0].

        Steps below the noise of the pose are no way: added up, a robot that stands would make
        metres. Nor is what two sources on one topic are apart.
        """
        return self._way_m

    @property
    def heading_rad(self) -> float:
        """Heading that does not wrap, without jumps: two turns to the left are 4 pi [rad]."""
        return self._heading_rad

    @property
    def standstill_limits(self) -> StandstillLimits:
        """What counts as standing."""
        return self._standstill.limits

    @property
    def moved_at(self) -> tuple[float, float]:
        """Speed [m/s] and turning rate [rad/s] when it was seen to move last, both >= 0."""
        return self._standstill.speed_mps, self._standstill.yaw_rate_radps

    def standstill(self, now_mono_s: float) -> Standstill:
        """Return whether the robot stands now, by twist and pose, or why that is not known."""
        if self._latest is None or self.fresh(now_mono_s) is None:
            return Standstill(None, self.trouble(now_mono_s) or 'no odometry is heard')
        return self._standstill.verdict(self._latest.received_mono_s)

    @property
    def was_moving(self) -> bool:
        """Whether what was heard last showed the robot moving."""
        latest = self._latest
        if latest is None:
            return False
        return self._standstill.verdict(latest.received_mono_s).is_standing is False

    def is_standing(self, since_mono_s: float) -> bool:
        """Whether the robot has stood for `STANDSTILL_TIME_S`, all of it after `since_mono_s`."""
        if self._latest is None or self._interval_s > LONGEST_INTERVAL_S:
            return False
        stood_s = self._latest.received_mono_s - self.standing_since(since_mono_s)
        return stood_s >= STANDSTILL_TIME_S

    def standing_since(self, since_mono_s: float) -> float:
        """Return when the robot began to stand, `since_mono_s` at the earliest [s]; inf = not."""
        return max(self._standstill.since_mono_s, since_mono_s)

    @property
    def _interval_s(self) -> float:
        return self._cadence.interval_s(by_stamps=self._is_simulated)

    @property
    def _step_m(self) -> float:
        """Way since the anchor, once that is more than noise [m]."""
        if self._latest is None or self._anchor is None:
            return 0.0
        step_m = _between_m(self._anchor, self._latest)
        return step_m if step_m > NOISE_SHARE * self._noise.position_m else 0.0

    @property
    def _absurd_speed(self) -> str:
        """What the twist says, where no base does that. It is believed: it keeps none standing."""
        assert self._latest is not None
        speed_mps, rate_radps = self._latest.speed_mps, abs(self._latest.yaw_rate_radps)
        if speed_mps <= SLACK * SPEED_CEILING_MPS and rate_radps <= SLACK * TURNING_CEILING_RADPS:
            return ''
        return f'its twist says {speed_mps:.1f} m/s and {rate_radps:.1f} rad/s; no base does that'

    def _step(self, latest: OdometrySample, sample: OdometrySample) -> None:
        """Go from one sample to the next."""
        elapsed_s = self._cadence.add(sample.received_mono_s, sample.stamp_s)
        step_m = _between_m(latest, sample)
        turn_rad = wrap_angle(sample.yaw_rad - latest.yaw_rad)
        if (
            step_m > SLACK * SPEED_CEILING_MPS * elapsed_s + MARGIN_M
            or abs(turn_rad) > SLACK * TURNING_CEILING_RADPS * elapsed_s + MARGIN_RAD
        ):
            self._jump_to(sample, step_m, turn_rad, elapsed_s)
            return
        self._heading_rad += turn_rad
        self._advance()
        if sample.received_mono_s - latest.received_mono_s > FRESH_S:
            self._begin_again(sample)
            return
        self._noise.add(complex(sample.x_m, sample.y_m), sample.yaw_rad)
        self._standstill.add(sample)

    def _advance(self) -> None:
        """Add the way up to the sample before the one that comes."""
        step_m = self._step_m
        if step_m > 0.0:
            self._distance_m += step_m
            self._anchor = self._latest

    def _begin_again(self, sample: OdometrySample) -> None:
        """Go on after a silence; its way is of now: taken for noise, it would be of later."""
        assert self._anchor is not None
        self._distance_m += _between_m(self._anchor, sample)
        self._anchor = sample
        self._noise.begin(complex(sample.x_m, sample.y_m), sample.yaw_rad)
        self._standstill.begin(sample)

    def _jump_to(
        self, sample: OdometrySample, step_m: float, turn_rad: float, elapsed_s: float
    ) -> None:
        self._advance()
        self._anchor = sample
        self._noise.begin(complex(sample.x_m, sample.y_m), sample.yaw_rad)
        self.jump = OdometryJump(
            self.jump_count + 1,
            step_m,
            abs(math.degrees(turn_rad)),
            elapsed_s,
            sample.received_mono_s,
        )
        time_s = max(elapsed_s, SHORTEST_S)
        self._standstill.begin_after_jump(sample, step_m / time_s, abs(turn_rad) / time_s)


def _between_m(one: OdometrySample, other: OdometrySample) -> float:
    return math.hypot(other.x_m - one.x_m, other.y_m - one.y_m)
