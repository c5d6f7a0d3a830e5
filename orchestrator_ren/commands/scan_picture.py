"""A picture of a scan report: what is around the robot, seen from above."""

from __future__ import annotations

import io
import itertools
import math
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from orchestrator_ren.errors import LibraryMissing, PictureFailed
from orchestrator_ren.motion.scan_report import ScanReport, free_arcs

if TYPE_CHECKING:
    from matplotlib.axes import Axes

SIZE_INCHES = 6.0
DOTS_PER_INCH = 100
MIN_RADIUS_M = 0.5
"""Of what is shown [m]."""

FREE = '#cfe8cf'
RETURN = '#c9302c'
RING = '#b8bfc6'
ROBOT = '#1f6fb4'


def prepare(folder: Path) -> None:
    """See to it that a picture can be drawn, before anything moves for it.

    Raises:
        LibraryMissing: Matplotlib is not installed.
        PictureFailed: The folder is not there and cannot be made.
    """
    if find_spec('matplotlib') is None:
        raise LibraryMissing(library='matplotlib', command='pip install matplotlib')
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise PictureFailed(path=folder, reason=error.strerror or error) from error


def write(report: ScanReport, folder: Path, at: datetime) -> Path:
    """Draw the report into a new PNG file, named after the time; return its path.

    It takes a second: call it from a thread where others wait.

    Args:
        report: To draw; must not change meanwhile.
        folder: Where the file goes.
        at: Of the scan, aware UTC.

    Raises:
        PictureFailed: The file cannot be written; nothing of it is left.
    """
    picture = draw(report)
    for path in _paths(folder, at):
        try:
            with path.open('xb') as file:
                _fill(path, file, picture)
        except FileExistsError:
            continue
        except OSError as error:
            raise PictureFailed(path=path, reason=error.strerror or error) from error
        return path
    raise AssertionError('the names do not end')


def draw(report: ScanReport) -> bytes:
    """Return a PNG: the robot in the middle, its x axis up, what is free in green."""
    from matplotlib.figure import Figure  # here: the command works without, and starts faster

    # No pyplot: it keeps figures in a global and is not made for threads.
    figure = Figure(figsize=(SIZE_INCHES, SIZE_INCHES), dpi=DOTS_PER_INCH, layout='constrained')
    axes = figure.add_subplot()
    returns = list(report.returns())
    farthest_m = max((range_m for _, range_m in returns), default=0.0)
    radius_m = max(1.05 * farthest_m, 1.5 * report.free_distance_m, MIN_RADIUS_M)
    _draw_free(axes, report, radius_m)
    _draw_rings(axes, radius_m)
    places = [_place(bearing_deg, range_m) for bearing_deg, range_m in returns]
    axes.plot([x for x, _ in places], [y for _, y in places], '.', color=RETURN, markersize=2)
    axes.plot(0.0, 0.0, marker='^', color=ROBOT, markersize=10)
    axes.set_xlim(-radius_m, radius_m)
    axes.set_ylim(-radius_m, radius_m)
    axes.set_aspect('equal')
    axes.set_axis_off()
    picture = io.BytesIO()
    figure.savefig(picture, format='png')
    return picture.getvalue()


def _draw_free(axes: Axes, report: ScanReport, radius_m: float) -> None:
    from matplotlib.patches import Wedge

    for from_deg, to_deg in free_arcs(report.sectors()):
        axes.add_patch(Wedge((0.0, 0.0), radius_m, from_deg + 90.0, to_deg + 90.0, color=FREE))


def _draw_rings(axes: Axes, radius_m: float) -> None:
    """Draw about four circles at round distances."""
    from matplotlib.patches import Circle

    decade_m = 10.0 ** math.floor(math.log10(radius_m / 4.0))
    step_m = next(n * decade_m for n in (1, 2, 5, 10) if n * decade_m >= radius_m / 4.0)
    for number in range(1, int(radius_m / step_m) + 1):
        ring_m = number * step_m
        axes.add_patch(Circle((0.0, 0.0), ring_m, fill=False, color=RING, linewidth=0.8))
        axes.annotate(f'{ring_m:g} m', (0.0, -ring_m), ha='center', va='center', fontsize=8)


def _place(bearing_deg: float, range_m: float) -> tuple[float, float]:
    """Return where it is in the picture: x of the robot up, y to the left [m, m]."""
    bearing_rad = math.radians(bearing_deg)
    return -range_m * math.sin(bearing_rad), range_m * math.cos(bearing_rad)


def _paths(folder: Path, at: datetime) -> Iterator[Path]:
    """Yield names for it without end; the first that is not taken is its own."""
    stem = f'scan-{at:%Y%m%dT%H%M%SZ}'
    yield folder / f'{stem}.png'
    for number in itertools.count(2):
        yield folder / f'{stem}-{number}.png'


def _fill(path: Path, file: io.BufferedWriter, picture: bytes) -> None:
    try:
        file.write(picture)
        file.flush()
    except OSError:
        path.unlink(missing_ok=True)
        raise
