"""The latched e-stop: `true` latches, `false` never releases, only a reset does."""

from __future__ import annotations

import enum
from dataclasses import dataclass, replace

from orchestrator_ren.errors import ResetRefused


class EStopStatus(str, enum.Enum):
    """What an operator needs to know."""

    FREE = 'FREE'
    """Commands pass."""
    STOPPED = 'STOPPED'
    """Latched, and a cause is still active: a reset is refused."""
    READY_TO_RESET = 'READY_TO_RESET'
    """Latched, no cause is active any more."""


class Cause(str, enum.Enum):
    """What latched it."""

    TOPIC = 'topic'
    """`true` on the e_stop topic."""
    START = 'start'
    """The gate was told to start latched."""


@dataclass(frozen=True)
class EStop:
    """State of the e-stop.

    Attributes:
        causes: What latched it since the last reset; empty = free.
        is_pressed: The e_stop topic's last word was `true`.
        source: What latched it first, for people.
        count: Presses so far (edges, not messages).
    """

    causes: frozenset[Cause] = frozenset()
    is_pressed: bool = False
    source: str = ''
    count: int = 0

    @property
    def is_latched(self) -> bool:
        """Whether nothing may move."""
        return bool(self.causes)

    @property
    def status(self) -> EStopStatus:
        """The state in one word."""
        if not self.is_latched:
            return EStopStatus.FREE
        return EStopStatus.STOPPED if self.is_pressed else EStopStatus.READY_TO_RESET


def latched_at_start() -> EStop:
    """Return the e-stop of a gate that was told to start latched."""
    return EStop(causes=frozenset({Cause.START}), source='latched at start')


def press(e_stop: EStop, source: str) -> EStop:
    """Return the e-stop after `true` from `source`; repeated words count once."""
    return replace(
        e_stop,
        causes=e_stop.causes | {Cause.TOPIC},
        is_pressed=True,
        source=e_stop.source or source,
        count=e_stop.count + (not e_stop.is_pressed),
    )


def release(e_stop: EStop) -> EStop:
    """Return the e-stop after `false`: the cause is gone, the latch stays."""
    return replace(e_stop, is_pressed=False)


def reset(e_stop: EStop) -> EStop:
    """Return the e-stop free again.

    Raises:
        ResetRefused: It is still pressed; publish `false` at its source first.
    """
    if e_stop.is_pressed:
        raise ResetRefused(reason='it is still pressed; its topic must say false first')
    return EStop(count=e_stop.count)
