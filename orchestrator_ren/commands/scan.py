"""Scan: what the lidar shows around the robot, which turns once around for it if asked to."""

from __future__ import annotations

import math
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, Field

from orchestrator_ren.commands import scan_picture
from orchestrator_ren.commands.command import (
    CONTROL_PERIOD_S,
    Command,
    CommandContext,
    Prediction,
)
from orchestrator_ren.commands.drive import (
    HEADING_TOLERANCE_RAD,
    MAX_STEP_S,
    TURN_GRACE_S,
    next_turn_rate_radps,
    turning_time_s,
)
from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.errors import HeadingNotReached, ScanMissing
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.scan_report import ScanReport
from orchestrator_ren.motion.velocity import ZERO, Velocity
from orchestrator_ren.tickets.needs import Needs

ResultT = TypeVar('ResultT')

ONE_TICK_S = CONTROL_PERIOD_S / 2.0
"""Timeout of a look that ends at the next control tick, with a scan or without [s]."""

MAX_LOOKS = 6
"""Looks in a row while turning; then a tick takes the time. A scan that comes in during that tick
is missed; if the lidar's period were that of looks and tick, 0.35 s, all of them might be.
"""

ADDED_UP_AT_ONCE = 4096
"""Returns whose report takes no more than 3 ms; that of more is made in a thread."""

TYPICAL_STEP_S = 2.0 * CONTROL_PERIOD_S
"""From one judgement of the turning to the next, with a lidar of 10 Hz [s]."""

SCAN_EVERY_RAD = math.radians(2.0)
"""Turned at least between two scans that are taken [rad]; a slow turn sees many more."""


class ScanParams(BaseModel, extra='forbid'):
    """Parameters of `scan`."""

    timeout_seconds: float = Field(
        2.0, gt=0.0, le=60.0, description='How long to wait for a scan [s].'
    )
    sectors: int = Field(
        12, ge=1, le=72, description='Parts the circle is divided into, beginning at -180 degrees.'
    )
    free_distance: float = Field(
        1.0, gt=0.0, le=30.0, description='A sector without a return so near is free [m].'
    )
    rotate: bool = Field(
        False, description='Turn once around, for a lidar that does not see all around.'
    )
    image: bool = Field(False, description='Draw what was seen into a PNG file.')


class Scan(Command[ScanParams]):
    """Reports one scan, or all of a full turn in place.

    Args:
        settings: How this robot turns.
        picture_folder: Where pictures go; made when the first is drawn.
        utc_now: Returns the time, aware UTC; pictures are named after it.
        open_space: What the lidar sends for nothing in sight: see `laser_scan.read`.
    """

    name = 'scan'
    description = 'Report what the lidar sees around the robot, by sectors; moves only to rotate.'
    params_type = ScanParams
    resources = frozenset({'base'})
    shared_resources = frozenset({'lidar'})
    moves = True
    retriable = False

    def __init__(
        self,
        settings: DriveSettings,
        picture_folder: Path,
        utc_now: Callable[[], datetime],
        open_space: str = 'inf',
    ) -> None:
        self._settings = self._own = settings
        self._picture_folder = picture_folder
        self._utc_now = utc_now
        self._open_space = open_space

    def fit(self, limits: MotionLimits) -> None:
        """Turn within what the gate lets pass."""
        self._settings = self._own.within(limits)

    def needs(self, params: ScanParams) -> Needs:
        """Return the base too if it is to turn; else nothing moves."""
        return super().needs(params) if params.rotate else Needs(shared=self.shared_resources)

    def predict(self, params: ScanParams) -> Prediction:
        """Return the time of the turn; it ends where it began."""
        return Prediction(duration_s=_turn_s(self._settings) if params.rotate else 0.0)

    async def run(self, params: ScanParams, context: CommandContext) -> dict[str, Any]:
        """Look, turning or not, and return the report.

        Raises:
            ScanMissing: No scan came in time, or none that shows anything. Look at the lidar.
            HeadingNotReached: The base does not turn.
            LibraryMissing: Matplotlib is not installed, and a picture was asked for.
            PictureFailed: The picture cannot be written.
        """
        if params.image:
            scan_picture.prepare(self._picture_folder)
        report = ScanReport(params.sectors, params.free_distance, self._open_space)
        context.report(0.0, 'waiting for a scan')
        await _take_first(params, report, context)
        if params.rotate:
            await self._turn_around(params, report, context)
        if report.return_count > ADDED_UP_AT_ONCE:
            result = await self._aside(params, context, 'adding up', report.result)
        else:
            result = report.result()
        if params.image:
            draw = partial(scan_picture.write, report, self._picture_folder, self._utc_now())
            result['image'] = str(await self._aside(params, context, 'drawing', draw))
        return result

    async def _turn_around(
        self, params: ScanParams, report: ScanReport, context: CommandContext
    ) -> None:
        turn = _Turn(self._settings, context.heading_rad())
        limit_s = 2.0 * _turn_s(self._settings) + TURN_GRACE_S
        await context.tick()  # the time waited for the first scan is none of the turn's
        seen_at_rad = silent_s = 0.0
        fault = ''
        while not turn.is_done:
            if turn.elapsed_s > limit_s:
                raise HeadingNotReached(
                    error_deg=math.degrees(turn.left_rad), waited_s=turn.elapsed_s
                )
            context.report(1.0 - abs(turn.left_rad) / math.tau, 'turning and looking')
            scan, heading_rad, step_s = await turn.step(context)
            if scan is not None and abs(heading_rad - seen_at_rad) >= SCAN_EVERY_RAD:
                fault = report.add(scan, heading_rad)
                seen_at_rad = seen_at_rad if fault else heading_rad
            silent_s = silent_s + step_s if scan is None or fault else 0.0
            if silent_s > params.timeout_seconds:
                raise _missing(params, fault)
        context.drive(ZERO)

    async def _aside(
        self, params: ScanParams, context: CommandContext, doing: str, work: Callable[[], ResultT]
    ) -> ResultT:
        """Return `work()`, done in a thread: others are to be driven and watched meanwhile."""
        context.report(1.0 if params.rotate else 0.5, doing)
        pool = ThreadPoolExecutor(max_workers=1, thread_name_prefix='scan')
        done = pool.submit(work)
        pool.shutdown(wait=False)
        while not done.done():
            if params.rotate:  # the gate takes silence for a command that hangs
                context.drive(ZERO)
            await context.tick()
        return done.result()


class _Turn:
    """Once around in place, counter-clockwise: by odometry where there is any, else by time."""

    def __init__(self, settings: DriveSettings, start_rad: float | None) -> None:
        self.elapsed_s = 0.0
        self._settings = settings
        self._start_rad = start_rad
        self._turned_rad = 0.0
        self._rate_radps = 0.0
        self._step_s = CONTROL_PERIOD_S

    @property
    def left_rad(self) -> float:
        """What is left to turn; negative beyond it [rad]."""
        return math.tau - self._turned_rad

    @property
    def is_done(self) -> bool:
        """Whether the base looks where it did at the start."""
        return abs(self.left_rad) <= HEADING_TOLERANCE_RAD

    async def step(self, context: CommandContext) -> tuple[RangeScan | None, float, float]:
        """Turn on until a scan comes in, or for `MAX_LOOKS` ticks, and one tick more.

        Returns:
            The scan, if any, the heading it was taken at, seen from the start [rad], and the time
            of the step [s].
        """
        rate_radps = math.copysign(
            next_turn_rate_radps(
                self._settings, abs(self._rate_radps), abs(self.left_rad), self._step_s
            ),
            self.left_rad,
        )
        self._rate_radps = rate_radps
        velocity = Velocity(yaw_radps=rate_radps)
        scan = await _look(velocity, context)
        seen_rad = self._measured(context)
        context.drive(velocity)
        step_s = await context.tick()
        measured_rad = self._measured(context)
        if measured_rad is None:
            measured_rad = self._turned_rad + rate_radps * step_s
        if seen_rad is None:
            seen_rad = measured_rad - rate_radps * CONTROL_PERIOD_S
        self._turned_rad = measured_rad
        self.elapsed_s += step_s
        self._step_s = min(max(step_s, CONTROL_PERIOD_S), MAX_STEP_S)
        # It came in some time during the tick before: half of it ago, on average.
        return scan, seen_rad - rate_radps * CONTROL_PERIOD_S / 2.0, step_s

    def _measured(self, context: CommandContext) -> float | None:
        """Return how far it has turned [rad]; None without odometry."""
        heading_rad = context.heading_rad()
        if heading_rad is None or self._start_rad is None:
            return None
        return heading_rad - self._start_rad


async def _take_first(params: ScanParams, report: ScanReport, context: CommandContext) -> None:
    """Add the first scan that shows something.

    Raises:
        ScanMissing: There was none in time.
    """
    left_s, fault = params.timeout_seconds, ''
    while left_s > 0.0:
        scan = await context.next_scan(left_s)
        if scan is None:
            break
        fault = report.add(scan)
        if not fault:
            return
        left_s -= max(await context.tick(), CONTROL_PERIOD_S)
    raise _missing(params, fault)


def _missing(params: ScanParams, fault: str) -> ScanMissing:
    detail = f', only ones that show nothing: {fault}' if fault else ''
    return ScanMissing(waited_s=params.timeout_seconds, detail=detail)


async def _look(velocity: Velocity, context: CommandContext) -> RangeScan | None:
    """Return the next scan, the velocity held on meanwhile; None after `MAX_LOOKS` ticks."""
    for _ in range(MAX_LOOKS):
        context.drive(velocity)
        scan = await context.next_scan(ONE_TICK_S)
        if scan is not None:
            return scan
    return None


def _turn_s(settings: DriveSettings) -> float:
    """Return how long it takes to turn once around [s]."""
    return turning_time_s(settings, math.tau, TYPICAL_STEP_S)
