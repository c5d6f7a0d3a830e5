"""What comes in to the gate: one class for each kind of input."""

from __future__ import annotations

import math
from dataclasses import dataclass

from orchestrator_ren.errors import MotionStopped
from orchestrator_ren.motion.e_stop import Cause
from orchestrator_ren.motion.velocity import Velocity


@dataclass(frozen=True)
class Origin:
    """Who sent something, and to whom.

    Attributes:
        orchestrator_id: Random number of the orchestrator's start.
        term: Fencing number of the orchestrator.
        number: Counts up with all that it sends.
        gate_id: The run of the gate that it is meant for.
    """

    orchestrator_id: int = 0
    term: int = 0
    number: int = 0
    gate_id: int = 0


@dataclass(frozen=True)
class Announcement:
    """Input: an orchestrator tells that it is there, and takes over where its term is higher."""

    origin: Origin


@dataclass(frozen=True)
class Command:
    """Input: a velocity wanted by the orchestrator.

    Attributes:
        origin: Who sent it.
        stream: `<ticket id>#<attempt>`.
        velocity: In the robot's frame.
        is_planar: False when the message asked for motion out of the plane.
        is_last: This zero ends the stream.
        simulated_step_s: Simulated time since the last command [s, >= 0]; 0 on a real robot. A
            simulator faster than time accelerates the robot by its own clock.
        clearance_m: Free way in the direction of the velocity, and in that of what the robot was
            sent last [m, >= 0]; infinite = not known to be limited.
        clearance_reason: Why it is not known, where nothing is seen on the way; else empty.
    """

    origin: Origin
    stream: str
    velocity: Velocity
    is_planar: bool = True
    is_last: bool = False
    simulated_step_s: float = 0.0
    clearance_m: float = math.inf
    clearance_reason: str = ''


@dataclass(frozen=True)
class Press:
    """Input: a cause of the e-stop sets in, such as `true` on its topic."""

    source: str
    cause: Cause = Cause.TOPIC


@dataclass(frozen=True)
class Release:
    """Input: a cause of the e-stop has ended, such as by `false` on its topic."""

    cause: Cause = Cause.TOPIC


@dataclass(frozen=True)
class Reset:
    """Input: an operator asks to release the latch.

    Attributes:
        is_standing: What odometry says; None = there is none.
        reason: Why it is said not to stand, in words.
    """

    is_standing: bool | None = None
    reason: str = 'odometry shows the robot moving'


@dataclass(frozen=True)
class Heartbeat:
    """Input: whoever watches over the robot is alive."""


@dataclass(frozen=True)
class Standing:
    """Input: odometry says whether the robot stands."""

    is_standing: bool


@dataclass(frozen=True)
class StopRequest:
    """Input: zero now, without latching; `code` is the error the stream is closed with."""

    code: int = MotionStopped.code
    reason: str = 'the stop service was called'


@dataclass(frozen=True)
class Tick:
    """Input: time has passed."""


Input = (
    Announcement | Command | Press | Release | Reset | Heartbeat | Standing | StopRequest | Tick
)
