"""What the wall clock did during this run, and what that says of the age of finished tickets."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta, timezone

KNOWN_FROM = datetime(2020, 1, 1, tzinfo=timezone.utc)
"""A time before is that of a clock that was never set: it says nothing of an age."""

STEP_S = 1.0
"""Between two looks, the wall clock is set if it goes so much further than the steady one [s]."""

MARGIN_S = 2.0
"""A time that was taken just before a look may be written after it [s]."""

MAX_SPANS = 50
"""Remembered times between two steps; of more, the oldest become one."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_LAST_S = 250_000_000_000.0

Interval = tuple[datetime, datetime]


@dataclass(frozen=True)
class Old:
    """Which finished tickets are old enough to be removed.

    Attributes:
        first_term: Of this run: what has ended in an earlier term, an earlier run has written.
        earlier_before: Those of earlier runs that ended before, if their time is known.
        is_unknown_old: Whether those of earlier runs whose time is not known are old, too.
        recent: Of this run, those that ended within one of these are not old.
    """

    first_term: int
    earlier_before: datetime
    is_unknown_old: bool = False
    recent: tuple[Interval, ...] = ()

    @property
    def before(self) -> datetime:
        """No ticket that ended later is old."""
        known = max(self.earlier_before, KNOWN_FROM if self.is_unknown_old else _EPOCH)
        return max([known, *(begin for begin, _ in self.recent)])


@dataclass(frozen=True)
class _Span:
    """A time without a step; offsets are those of the wall clock to the steady one [s]."""

    begin_mono_s: float
    end_mono_s: float
    low_s: float
    high_s: float
    last_s: float


class RunClock:
    """Compares both clocks, and knows how old what ended in this run is by the steady one."""

    def __init__(self) -> None:
        self._spans: list[_Span] = []
        self._begin_mono_s: float | None = None

    def look(self, wall_s: float, mono_s: float) -> float:
        """Take both clocks [s]; return by how much the wall clock was set since, or 0."""
        offset_s = wall_s - mono_s
        if self._begin_mono_s is None:
            self._begin_mono_s = mono_s
        last = self._spans[-1] if self._spans else None
        step_s = 0.0 if last is None else offset_s - last.last_s
        if last is None or abs(step_s) > STEP_S:
            begin_mono_s = mono_s
            if last is not None:  # it was set at some time between the two looks
                begin_mono_s = last.end_mono_s
                self._spans[-1] = replace(last, end_mono_s=mono_s)
            self._spans.append(_Span(begin_mono_s, mono_s, offset_s, offset_s, offset_s))
            self._forget()
            return step_s
        self._spans[-1] = replace(
            last,
            end_mono_s=mono_s,
            low_s=min(last.low_s, offset_s),
            high_s=max(last.high_s, offset_s),
            last_s=offset_s,
        )
        return 0.0

    def old(self, keep_s: float, mono_s: float, first_term: int) -> Old:
        """Return what is older than `keep_s` at `mono_s` [s]; `look` must have been called."""
        since_mono_s = mono_s - keep_s
        spans = [each for each in self._spans if each.end_mono_s + MARGIN_S >= since_mono_s]
        recent = tuple(_recent(each, since_mono_s) for each in spans)
        # Of several times that it may be now, the earliest lets the most stay.
        now_s = [mono_s + each.low_s for each in spans]
        known_s = [each for each in now_s if each >= KNOWN_FROM.timestamp()]
        earlier_before = _instant(min(known_s) - keep_s) if known_s else _EPOCH
        is_unknown_old = self._begin_mono_s is not None and self._begin_mono_s <= since_mono_s
        return Old(first_term, earlier_before, is_unknown_old, recent)

    def _forget(self) -> None:
        if len(self._spans) > MAX_SPANS:
            first, second = self._spans[:2]
            both = replace(
                second,
                begin_mono_s=first.begin_mono_s,
                low_s=min(first.low_s, second.low_s),
                high_s=max(first.high_s, second.high_s),
            )
            self._spans[:2] = [both]


def _recent(span: _Span, since_mono_s: float) -> Interval:
    begin_s = max(span.begin_mono_s, since_mono_s) + span.low_s - MARGIN_S
    return _instant(begin_s), _instant(span.end_mono_s + span.high_s + MARGIN_S)


def _instant(seconds: float) -> datetime:
    return _EPOCH + timedelta(seconds=min(max(seconds, 0.0), _LAST_S))
