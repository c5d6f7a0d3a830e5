"""What `scan` reports, how it turns the base for it, and the picture it draws."""

import asyncio
import dataclasses
import json
import math
import struct
from datetime import datetime, timezone
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from orchestrator_ren.commands import scan_picture
from orchestrator_ren.commands.command import CONTROL_PERIOD_S, Interruption
from orchestrator_ren.commands.drive import TURN_GRACE_S
from orchestrator_ren.commands.drive_settings import DriveSettings
from orchestrator_ren.commands.scan import Scan, ScanParams
from orchestrator_ren.errors import (
    ContractError,
    HeadingNotReached,
    LibraryMissing,
    OutOfRange,
    PictureFailed,
    ScanMissing,
    UnknownParameter,
    WrongType,
)
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.tickets.needs import Needs

SETTINGS = DriveSettings()
NOW = datetime(2026, 11, 24, 20, 11, 5, tzinfo=timezone.utc)
NOWHERE = Path('/nonexistent')
START_HEADING_RAD = 2.5
GATE_TIMEOUT_S = 0.25
PHYSICS_STEPS = 10
OBSTACLES = {0: 3.0, 90: 4.0, 170: 0.8, -60: 2.0}
"""Distances [m] of things 8 degrees wide at these bearings, seen from the start [degrees]."""


TICK_TAKES_S = 0.002


class SimulatedRobot:
    """A `CommandContext` with a lidar among `OBSTACLES`; its base follows with a lag.

    Args:
        view_deg: Field of view of the lidar, around its x axis [degrees].
        scan_period_s: Of the lidar [s]; inf = no scan ever.
        first_scan_s: When the first comes in [s].
        last_scan_s: The lidar dies then [s].
        lag_s: Time constant of the base [s]; 0 = follows at once.
        has_odometry: Whether the heading is measured.
        is_stuck: The base does not turn.
        interrupted_at_s: The execution is to end then [s].
    """

    def __init__(
        self,
        view_deg: int = 360,
        scan_period_s: float = 0.1,
        first_scan_s: float = 0.03,
        last_scan_s: float = math.inf,
        lag_s: float = 0.0,
        has_odometry: bool = True,
        is_stuck: bool = False,
        interrupted_at_s: float = math.inf,
    ) -> None:
        self.sent: list[Velocity] = []
        self.progress: list[tuple[float, str]] = []
        self.now_s = 0.0
        self.turned_rad = 0.0
        self._view_deg = view_deg
        self._scan_period_s = scan_period_s
        self._scan_due_s = first_scan_s
        self._last_scan_s = last_scan_s
        self._lag_s = lag_s
        self._has_odometry = has_odometry
        self._is_stuck = is_stuck
        self._interrupted_at_s = interrupted_at_s
        self._scan: RangeScan | None = None
        self._rate_radps = 0.0
        self._asked_at_s = 0.0
        self._ticked_at_s = 0.0

    async def tick(self) -> float:
        await self._pulse()
        step_s = self.now_s - self._ticked_at_s
        self._ticked_at_s = self.now_s
        return step_s

    async def next_scan(self, timeout_s: float) -> RangeScan | None:
        asked_at_s = self.now_s
        while self._scan is None or self._scan.received_mono_s < asked_at_s:
            if self.now_s - asked_at_s > timeout_s:
                return None
            await self._pulse()
        return self._scan

    def drive(self, velocity: Velocity) -> None:
        self.sent.append(velocity)
        self._asked_at_s = self.now_s

    def heading_rad(self) -> float | None:
        return START_HEADING_RAD + self.turned_rad if self._has_odometry else None

    def travelled_m(self) -> float | None:
        return 0.0 if self._has_odometry else None

    def report(self, progress: float, message: str) -> None:
        self.progress.append((progress, message))

    async def wind_down_tick(self) -> None:
        raise AssertionError('nothing is to be tidied up')

    def stop_motion(self, reason: str) -> list[str]:
        raise AssertionError(f'scan stops nothing: {reason}')

    async def _pulse(self) -> None:
        await asyncio.sleep(0)
        asked_radps = self.sent[-1].yaw_radps if self.sent else 0.0
        dt_s = CONTROL_PERIOD_S / PHYSICS_STEPS
        share = 1.0 - math.exp(-dt_s / self._lag_s) if self._lag_s else 1.0
        for _ in range(PHYSICS_STEPS):
            self._rate_radps += share * (asked_radps - self._rate_radps)
            self.turned_rad += 0.0 if self._is_stuck else self._rate_radps * dt_s
            self.now_s += dt_s
            if self.now_s >= self._scan_due_s and self.now_s < self._last_scan_s:
                self._scan_due_s += self._scan_period_s
                self._scan = self._look()
        if self.now_s >= self._interrupted_at_s:
            raise Interruption
        if self.sent:
            assert self.now_s - self._asked_at_s < GATE_TIMEOUT_S, 'the gate starves'

    def _look(self) -> RangeScan:
        first_deg = -self._view_deg / 2 + 0.5
        turned_deg = math.degrees(self.turned_rad)
        ranges_m = [_range_m(first_deg + n + turned_deg) for n in range(self._view_deg)]
        return RangeScan(
            ranges_m, math.radians(first_deg), math.radians(1.0), 0.1, 10.0, self.now_s
        )


def _range_m(bearing_deg: float) -> float:
    for place_deg, distance_m in OBSTACLES.items():
        if abs(math.remainder(bearing_deg - place_deg, 360.0)) <= 4.0:
            return distance_m
    return math.inf


def scan(settings: DriveSettings = SETTINGS, folder: Path = NOWHERE) -> Scan:
    return Scan(settings, folder, lambda: NOW)


def run(robot: SimulatedRobot, folder: Path = NOWHERE, **params: Any) -> dict[str, Any]:
    command = scan(folder=folder)
    result = asyncio.run(command.run(command.parse(params), robot))
    assert json.loads(json.dumps(result, allow_nan=False)) == result
    return result


def free_at(result: dict[str, Any], bearing_deg: float) -> bool | None:
    free: bool | None = next(
        each['free'] for each in result['sectors'] if each['from'] <= bearing_deg < each['to']
    )
    return free


every_odometry = pytest.mark.parametrize('has_odometry', [True, False], ids=['odometry', 'clock'])


# Parameters, needs, prediction.


def test_all_parameters_have_defaults() -> None:
    assert scan().parse({}) == ScanParams(
        timeout_seconds=2.0, sectors=12, free_distance=1.0, rotate=False, image=False
    )


@pytest.mark.parametrize(
    ('given', 'kind'),
    [
        ({'timeout_seconds': 0}, OutOfRange),
        ({'timeout_seconds': 60.5}, OutOfRange),
        ({'sectors': 0}, OutOfRange),
        ({'sectors': 73}, OutOfRange),
        ({'sectors': 12.0}, WrongType),
        ({'sectors': True}, WrongType),
        ({'free_distance': 0}, OutOfRange),
        ({'free_distance': 31}, OutOfRange),
        ({'rotate': 1}, WrongType),
        ({'image': 'yes'}, WrongType),
        ({'speed': 1.0}, UnknownParameter),
    ],
)  # fmt: skip
def test_bad_parameters_are_refused(given: dict[str, Any], kind: type[ContractError]) -> None:
    with pytest.raises(kind, match=f'params.{next(iter(given))}'):
        scan().parse(given)


def test_it_needs_the_base_to_itself_only_to_rotate() -> None:
    command = scan()
    assert command.needs(command.parse({})) == Needs(shared=frozenset({'lidar'}))
    assert command.needs(command.parse({'rotate': True})) == Needs(
        frozenset({'base'}), frozenset({'lidar'}), moves=True, interlocked=True
    )


@pytest.mark.parametrize(('yaw_rate_radps', 'at_least_s'), [(1.0, 6.28), (0.5, 12.57)])
def test_the_prediction_is_the_time_of_the_turn(yaw_rate_radps: float, at_least_s: float) -> None:
    command = scan(DriveSettings(yaw_rate_radps=yaw_rate_radps))
    assert command.predict(command.parse({})).duration_s == 0.0
    turning = command.predict(command.parse({'rotate': True}))
    assert at_least_s < turning.duration_s < at_least_s + 3.0
    assert (turning.distance_m, turning.speed_mps, turning.end_yaw_rad) == (0.0, 0.0, 0.0)


# One scan.


def test_one_scan_is_reported_and_nothing_moves() -> None:
    robot = SimulatedRobot()
    result = run(robot, sectors=4, free_distance=2.5)
    assert result['nearest'] == 0.8
    assert result['nearest_bearing'] == pytest.approx(170.0, abs=4.1)
    assert result['coverage'] == 1.0
    assert result['scans'] == 1
    assert [each['free'] for each in result['sectors']] == [True, False, True, False]
    assert result['free_sectors'] == [[-180.0, -90.0], [0.0, 90.0]]
    assert 'image' not in result
    assert robot.sent == []


@pytest.mark.parametrize('timeout_seconds', [0.5, 2.0])
def test_no_scan_in_time_is_an_error(timeout_seconds: float) -> None:
    robot = SimulatedRobot(scan_period_s=math.inf, first_scan_s=math.inf)
    with pytest.raises(ScanMissing, match=rf'within {timeout_seconds:g} s'):
        run(robot, timeout_seconds=timeout_seconds, rotate=True)
    assert robot.now_s == pytest.approx(timeout_seconds, abs=2 * CONTROL_PERIOD_S)
    assert robot.sent == []


class BlindRobot(SimulatedRobot):
    """One whose lidar has no reading until `sees_at_s` [s]."""

    sees_at_s = 0.5

    def _look(self) -> RangeScan:
        seen = super()._look()
        if self.now_s >= self.sees_at_s:
            return seen
        return dataclasses.replace(seen, ranges_m=[math.nan] * len(seen.ranges_m))


def test_a_scan_that_shows_nothing_is_waited_beyond() -> None:
    robot = BlindRobot()
    assert run(robot)['nearest'] == 0.8
    assert robot.now_s >= robot.sees_at_s


@pytest.mark.parametrize('rotate', [False, True])
def test_scans_that_show_nothing_are_missing_and_say_why(rotate: bool) -> None:
    robot = BlindRobot()
    robot.sees_at_s = math.inf
    with pytest.raises(ScanMissing, match=r'within 0\.5 s, only .*: the scan has no reading'):
        run(robot, timeout_seconds=0.5, rotate=rotate)
    assert robot.now_s == pytest.approx(0.5, abs=0.25)
    assert robot.sent == []


def test_a_narrow_view_leaves_the_rest_untold() -> None:
    result = run(SimulatedRobot(view_deg=60))
    assert result['coverage'] == pytest.approx(60 / 360, abs=0.001)
    assert result['nearest'] == 3.0
    assert free_at(result, 10) is True
    assert free_at(result, 170) is None


def test_an_interruption_while_it_waits_passes_through() -> None:
    robot = SimulatedRobot(first_scan_s=math.inf, interrupted_at_s=0.3)
    with pytest.raises(Interruption):
        run(robot)


# Turning around.


@every_odometry
@pytest.mark.parametrize('view_deg', [30, 60, 180, 360])
@pytest.mark.parametrize('scan_period_s', [0.04, 0.1, 0.2, 0.25])
def test_a_turn_covers_what_the_lidar_does_not_see_at_once(
    scan_period_s: float, view_deg: int, has_odometry: bool
) -> None:
    robot = SimulatedRobot(view_deg, scan_period_s, has_odometry=has_odometry)
    result = run(robot, rotate=True)
    assert result['coverage'] == pytest.approx(1.0, abs=0.002)
    assert result['scans'] >= 12
    assert result['nearest'] == 0.8
    assert abs(math.remainder(result['nearest_bearing'] - 170.0, 360.0)) < 4.0 + 3.0
    assert free_at(result, 160) is False
    assert [free_at(result, place) for place in (15, 75, -75, -135)] == [True] * 4


def test_the_wait_for_the_first_scan_is_no_part_of_a_turn_by_the_clock() -> None:
    robot = SimulatedRobot(first_scan_s=1.5, has_odometry=False)
    run(robot, rotate=True)
    assert robot.turned_rad == pytest.approx(math.tau, abs=0.02)


@every_odometry
def test_each_scan_counts_where_it_was_taken(has_odometry: bool) -> None:
    """The thing at 170 degrees is 8 degrees wide, and looks not much wider while turning."""
    robot = SimulatedRobot(view_deg=40, has_odometry=has_odometry)
    result = run(robot, rotate=True, sectors=72)
    near = [each['from'] for each in result['sectors'] if each['free'] is False]
    assert set(near) >= {165.0, 170.0}
    assert set(near) <= {160.0, 165.0, 170.0, 175.0}


@pytest.mark.parametrize('first_scan_s', [0.01, 0.02, 0.03, 0.04, 0.05])
@pytest.mark.parametrize('scan_period_s', [0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5])
def test_no_lidar_beats_with_the_control_ticks(scan_period_s: float, first_scan_s: float) -> None:
    robot = SimulatedRobot(90, scan_period_s, first_scan_s)
    result = run(robot, rotate=True)
    assert result['scans'] > 0.4 * 6.3 / max(scan_period_s, 0.1)
    assert result['coverage'] == pytest.approx(1.0, abs=0.002)


@every_odometry
@pytest.mark.parametrize('lag_s', [0.0, 0.1, 0.2])
def test_it_turns_once_around_counter_clockwise(lag_s: float, has_odometry: bool) -> None:
    robot = SimulatedRobot(lag_s=lag_s, has_odometry=has_odometry)
    run(robot, rotate=True)
    assert robot.turned_rad == pytest.approx(math.tau, abs=0.03)
    assert all((each.x_mps, each.y_mps) == (0.0, 0.0) for each in robot.sent)
    assert robot.sent[-1].is_zero


@pytest.mark.parametrize('lag_s', [0.0, 0.1, 0.2])
def test_it_takes_about_as_long_as_predicted(lag_s: float) -> None:
    robot = SimulatedRobot(lag_s=lag_s)
    run(robot, rotate=True)
    predicted_s = scan().predict(scan().parse({'rotate': True})).duration_s
    assert robot.now_s == pytest.approx(predicted_s, abs=0.7)


def test_it_speeds_up_smoothly_and_keeps_to_its_rate() -> None:
    robot = SimulatedRobot(lag_s=0.1)
    run(robot, rotate=True)
    rates_radps = [0.0, *(each.yaw_radps for each in robot.sent)]
    assert max(rates_radps) == pytest.approx(SETTINGS.yaw_rate_radps)
    limit_radps = SETTINGS.yaw_acceleration_radps2 * 2 * CONTROL_PERIOD_S
    assert max(abs(b - a) for a, b in pairwise(rates_radps)) <= limit_radps * 1.2


def test_progress_only_grows_while_it_turns() -> None:
    robot = SimulatedRobot()
    run(robot, rotate=True)
    progress = [value for value, _ in robot.progress]
    assert progress == sorted(progress)
    assert 0.97 < progress[-1] <= 1.0
    assert {message for _, message in robot.progress} == {
        'waiting for a scan', 'turning and looking'
    }  # fmt: skip


def test_a_slow_turn_does_not_take_every_scan() -> None:
    slow = scan(DriveSettings(yaw_rate_radps=0.1))
    robot = SimulatedRobot(view_deg=60)
    result = asyncio.run(slow.run(slow.parse({'rotate': True}), robot))
    assert robot.now_s > 60.0
    assert 90 < result['scans'] <= 180
    assert result['coverage'] == 1.0


@pytest.mark.parametrize('interrupted_at_s', [0.2, 2.0, 6.0])
def test_an_interrupted_turn_asks_for_nothing_more(interrupted_at_s: float) -> None:
    robot = SimulatedRobot(interrupted_at_s=interrupted_at_s)
    with pytest.raises(Interruption):
        run(robot, rotate=True)
    assert robot.now_s == pytest.approx(interrupted_at_s, abs=CONTROL_PERIOD_S)
    assert not robot.sent[-1].is_zero
    assert robot.progress[-1][1] == 'turning and looking'


def test_a_base_that_does_not_turn_is_given_up() -> None:
    robot = SimulatedRobot(is_stuck=True)
    with pytest.raises(HeadingNotReached, match=r'is 360\.0 degrees off'):
        run(robot, rotate=True)
    predicted_s = scan().predict(scan().parse({'rotate': True})).duration_s
    assert robot.now_s == pytest.approx(2.0 * predicted_s + TURN_GRACE_S, abs=0.5)


def test_a_lidar_that_dies_ends_the_turn() -> None:
    robot = SimulatedRobot(last_scan_s=2.0)
    with pytest.raises(ScanMissing, match='within 1 s'):
        run(robot, rotate=True, timeout_seconds=1.0)
    assert robot.now_s == pytest.approx(3.0, abs=0.5)


# The picture.


def size_of(picture: Path) -> tuple[int, int]:
    """Return width and height of a PNG [pixels]."""
    content = picture.read_bytes()
    assert content.startswith(b'\x89PNG\r\n\x1a\n')
    assert content.endswith(b'IEND\xaeB`\x82')
    width, height = struct.unpack('>II', content[16:24])
    return width, height


class PatientRobot(SimulatedRobot):
    """One whose ticks take some time, though not 50 ms.

    Else they take the interpreter from the thread that draws, which then needs minutes.
    """

    async def _pulse(self) -> None:
        await super()._pulse()
        await asyncio.sleep(TICK_TAKES_S)


def test_the_picture_is_a_png_named_after_the_time(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    folder = tmp_path / 'made' / 'for it'
    result = run(PatientRobot(), folder, image=True)
    assert result['image'] == str(folder / 'scan-20261124T201105Z.png')
    assert size_of(Path(result['image'])) == (600, 600)
    assert 5_000 < Path(result['image']).stat().st_size < 500_000
    assert result['scans'] == 1


def test_a_picture_never_takes_the_place_of_another(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    taken = tmp_path / 'scan-20261124T201105Z.png'
    taken.write_text('mine')
    names = [Path(run(PatientRobot(), tmp_path, image=True)['image']).name for _ in range(2)]
    assert names == ['scan-20261124T201105Z-2.png', 'scan-20261124T201105Z-3.png']
    assert taken.read_text() == 'mine'


def test_while_it_draws_a_base_that_turned_is_held_at_zero(tmp_path: Path) -> None:
    """Drawing takes longer than the gate waits; the robot asserts that it does not starve."""
    pytest.importorskip('matplotlib')
    robot = PatientRobot()
    result = run(robot, tmp_path, rotate=True, image=True)
    assert Path(result['image']).exists()
    assert robot.sent[-1].is_zero
    assert robot.progress[-1] == (1.0, 'drawing')


@every_odometry
def test_many_returns_are_added_up_aside_with_the_base_held_at_zero(
    monkeypatch: pytest.MonkeyPatch, has_odometry: bool
) -> None:
    """It took up to 350 ms, in which nobody else was driven or watched."""
    expected = run(SimulatedRobot(has_odometry=has_odometry), rotate=True)
    monkeypatch.setattr('orchestrator_ren.commands.scan.ADDED_UP_AT_ONCE', 1)
    robot = PatientRobot(has_odometry=has_odometry)
    assert run(robot, rotate=True) == expected
    assert robot.sent[-1].is_zero
    assert robot.progress[-1] == (1.0, 'adding up')


def test_a_picture_without_any_return_can_be_drawn(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('matplotlib')
    monkeypatch.setattr(f'{__name__}.OBSTACLES', {})
    result = run(PatientRobot(), tmp_path, image=True, free_distance=0.001)
    assert result['nearest'] is None
    assert size_of(Path(result['image'])) == (600, 600)


def test_a_folder_that_cannot_be_made_is_told_before_anything_moves(tmp_path: Path) -> None:
    pytest.importorskip('matplotlib')
    (tmp_path / 'file').write_text('no folder')
    robot = PatientRobot()
    with pytest.raises(PictureFailed, match=r'file/pictures cannot be written: Not a directory'):
        run(robot, tmp_path / 'file' / 'pictures', image=True, rotate=True)
    assert robot.sent == []


def test_a_picture_that_cannot_be_written_leaves_nothing_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('matplotlib')

    class FullDisk:
        def __enter__(self) -> 'FullDisk':
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def write(self, _: bytes) -> None:
            raise OSError(28, 'No space left on device')

    def open_full(path: Path, mode: str) -> FullDisk:
        assert mode == 'xb'
        path.touch(exist_ok=False)
        return FullDisk()

    monkeypatch.setattr(Path, 'open', open_full)
    monkeypatch.setattr(scan_picture, 'draw', lambda report: b'picture')
    with pytest.raises(PictureFailed, match=r'scan-20261124T201105Z\.png .*: No space left'):
        run(PatientRobot(), tmp_path, image=True)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_without_permission_is_a_clear_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('matplotlib')

    def refuse(path: Path, mode: str) -> None:
        raise PermissionError(13, 'Permission denied')

    monkeypatch.setattr(Path, 'open', refuse)
    monkeypatch.setattr(scan_picture, 'draw', lambda report: b'picture')
    with pytest.raises(PictureFailed, match='Permission denied'):
        run(PatientRobot(), tmp_path, image=True)


def test_without_matplotlib_nothing_moves_and_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scan_picture, 'find_spec', lambda name: None)
    robot = PatientRobot()
    with pytest.raises(LibraryMissing, match=r'matplotlib is not installed.*pip install'):
        run(robot, tmp_path, image=True, rotate=True)
    assert robot.sent == []
    assert run(PatientRobot(), tmp_path)['nearest'] == 0.8


def test_an_interruption_while_it_draws_passes_through(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip('matplotlib')
    robot = PatientRobot(interrupted_at_s=0.08)
    with pytest.raises(Interruption):
        run(robot, tmp_path, image=True)
    assert robot.sent == []
