"""The latched e-stop: a cause latches, its end never releases, only a reset does."""

from __future__ import annotations

import enum
from collections.abc import Iterable
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
    """What latched it; the value is the name of its flag in EStopState."""

    TOPIC = 'topic'
    """`true` on the e_stop topic; active until it says `false`."""
    START = 'start'
    """The gate was told to start latched."""
    RESTART = 'restart'
    """It was latched when the gate ended, or the file that tells cannot be read."""
    HEARTBEAT = 'heartbeat'
    """The heartbeat is silent; active until it is heard again."""
    OBSTACLE = 'obstacle'
    """Something was too near in the direction of travel, or no scan told that nothing is."""
    NOT_STANDING = 'not_standing'
    """The robot moved on long after the zero; active until odometry shows it standing."""
    PUBLISHER = 'publisher'
    """Somebody else publishes on cmd_vel; active until he is gone."""


UNTIL = {
    Cause.TOPIC: 'the e_stop topic must say false first',
    Cause.HEARTBEAT: 'the heartbeat must be heard again first',
    Cause.NOT_STANDING: 'odometry must show the robot standing first',
    Cause.PUBLISHER: 'the other publisher on cmd_vel must be gone first',
}
"""What ends the causes that stay active."""


@dataclass(frozen=True)
class EStop:
    """State of the e-stop.

    Attributes:
        causes: What latched it since the last reset; empty = free.
        active: Those that still hold, of which no reset can free it.
        source: What latched it first, for people.
        count: Times that a cause set in so far (edges, not messages).
    """

    causes: frozenset[Cause] = frozenset()
    active: frozenset[Cause] = frozenset()
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
        return EStopStatus.STOPPED if self.active else EStopStatus.READY_TO_RESET


def latched(causes: Iterable[Cause], source: str, active: Iterable[Cause] = ()) -> EStop:
    """Return the e-stop of a gate that starts latched; what was active is, until it has ended."""
    return EStop(causes=frozenset(causes), active=frozenset(active), source=source)


def press(e_stop: EStop, cause: Cause, source: str) -> EStop:
    """Return the e-stop with a cause set in; told again and again it counts once."""
    stays = {cause} & UNTIL.keys()
    return replace(
        e_stop,
        causes=e_stop.causes | {cause},
        active=e_stop.active | stays,
        source=e_stop.source or source,
        count=e_stop.count + (cause not in e_stop.active),
    )


def release(e_stop: EStop, cause: Cause) -> EStop:
    """Return the e-stop after the end of a cause; the latch stays."""
    return replace(e_stop, active=e_stop.active - {cause})


def reset(e_stop: EStop) -> EStop:
    """Return the e-stop free again.

    Raises:
        ResetRefused: A cause is still active; the error tells what ends it.
    """
    for cause in Cause:
        if cause in e_stop.active:
            raise ResetRefused(reason=UNTIL[cause])
    return EStop(count=e_stop.count)
