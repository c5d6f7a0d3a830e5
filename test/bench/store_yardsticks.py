"""What is wanted of the store, and whether it is met."""

from __future__ import annotations

from store_series import Series

CROWD = 8
"""Callers whose creates wait at the same time."""

CREATE = 'create'
CREATE_IN_EMPTY = 'create in an empty store'
CREATE_TOGETHER = f'create, {CROWD} wait'
START = 'start'

READ_P99_MS = 5.0
CREATE_RATIO = 1.2
RAW_RATIO = 1.3
CROWD_RATE = 3000.0


def yardstick_lines(size: int, figures: list[Series]) -> list[str]:
    """Return what was wanted of the largest store, and whether it was met."""
    by_name = {series.name: series for series in figures}
    of_raw = f'of raw sqlite3 <= {RAW_RATIO:g}'
    create, in_empty, start = (by_name[name] for name in (CREATE, CREATE_IN_EMPTY, START))
    rate = by_name[CREATE_TOGETHER].rate
    judged = [
        (name, each.usual_p99_ms, f'ms p99 <= {READ_P99_MS:g}', each.usual_p99_ms <= READ_P99_MS)
        for name, each in by_name.items()
        if name.startswith('page') or name == START
    ]
    ratio = create.p50_ms / in_empty.p50_ms
    judged += [
        (CREATE, ratio, f'of empty <= {CREATE_RATIO:g}', ratio <= CREATE_RATIO),
        *((each.name, each.ratio, of_raw, each.ratio <= RAW_RATIO) for each in (create, start)),
        (CREATE_TOGETHER, rate, f'per s >= {CROWD_RATE:g}', rate >= CROWD_RATE),
    ]
    return [
        f'yardsticks, {size:,} tickets',
        *(
            f'{name:<26}{value:>10.3f} {wanted:<24}{"met" if is_met else "MISSED"}'
            for name, value, wanted, is_met in judged
        ),
    ]
