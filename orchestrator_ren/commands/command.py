"""The contract of a command, and the check of its parameters against it."""

from __future__ import annotations

import abc
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar, cast

from pydantic import BaseModel, ValidationError

from orchestrator_ren.commands import params_check
from orchestrator_ren.errors import OutOfRange
from orchestrator_ren.motion.laser_scan import RangeScan
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.velocity import Velocity
from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.recovery import RecoveryPolicy

CONTROL_PERIOD_S = 0.05
"""Time between two ticks of a running command [s]: 20 Hz."""


@dataclass(frozen=True)
class Prediction:
    """What a command will take.

    Attributes:
        duration_s: Until it is done [s, >= 0].
        distance_m: Way the base will travel [m, >= 0].
        speed_mps: Highest speed on the way [m/s, >= 0].
        end_x_m, end_y_m: Where the base will be, in its own frame at the start [m].
        end_yaw_rad: Where it will look then [rad, counter-clockwise].
    """

    duration_s: float = 0.0
    distance_m: float = 0.0
    speed_mps: float = 0.0
    end_x_m: float = 0.0
    end_y_m: float = 0.0
    end_yaw_rad: float = 0.0


class CommandContext(Protocol):
    """What a running command may do; the orchestrator gives one to each execution.

    Every call may raise `Interruption`, which a command lets pass: the orchestrator then stops the
    robot and ends the ticket. So does one that is given what it does not take; the ticket then
    fails with 900. All are for the thread of `run`, until its ticket has ended.
    """

    async def tick(self) -> float:
        """Wait for the next control tick; return the time since the last one [s, >= 0].

        Simulated time where there is any, else steady time.
        """
        ...

    def check(self) -> None:
        """Let what comes next reach the robot; raise Interruption if it must not any more.

        To be called directly before each goal, call or write that reaches the robot, with no
        `await` between. `drive` does so itself, and nothing runs before a first check.
        """
        ...

    def drive(self, velocity: Velocity) -> None:
        """Ask the gate for a velocity; it must be asked again within 0.25 s."""
        ...

    def heading_rad(self) -> float | None:
        """Return the measured heading, not wrapped [rad]; None without odometry."""
        ...

    def travelled_m(self) -> float | None:
        """Return the way measured since the execution began [m]; None without odometry.

        What counts is the way in the direction commanded: sideways is none, backwards takes away.
        """
        ...

    def wake(self) -> None:
        """Let who waits in `tick` go on at once; for what is done when an answer has come.

        The time that this tick returns may be 0. To be called in the thread of `run` only.
        """
        ...

    async def next_scan(self, timeout_s: float) -> RangeScan | None:
        """Wait for a laser scan that comes in from now on; None after `timeout_s` [s, >= 0].

        That is looked at in each control tick, at least in one. The time counts towards the next
        `tick`, and no velocity is asked for meanwhile. The scan is as it came:
        `motion.laser_scan.read` says what it shows, if anything.
        """
        ...

    def report(self, progress: float, message: str) -> None:
        """Tell the client how far it is [0-1], in at most 1,000 characters."""
        ...

    async def wind_down_tick(self) -> None:
        """Wait for the next control tick, though it was interrupted: for what must be tidied up.

        Raises:
            Interruption: It has taken too long; leave it.
        """
        ...

    def stop_motion(self, reason: str) -> list[str]:
        """Stop the robot now and cancel the tickets that move it; return their ids."""
        ...


class Interruption(BaseException):
    """Raised in a running command when its execution is to end now.

    No `Exception`: a command that catches those around a tick, to try again, must end as well.
    """


BUILT_IN = 'built-in'
"""The `source` of the commands of this package."""

ParamsT = TypeVar('ParamsT', bound=BaseModel)


class Command(abc.ABC, Generic[ParamsT]):
    """One thing a ticket can ask for.

    Attributes:
        name: What tickets call it.
        description: One sentence for people.
        params_type: Contract of its parameters; forbids extra fields.
        resources: What it needs for itself alone (`base`, ...).
        shared_resources: What it needs, but others may read at the same time (`lidar`, ...).
        moves: Whether it may move the base: it is then refused while the e-stop is latched, and
            ends at standstill only. Where that depends on the parameters, override `needs`.
        interlocked: Whether it must not run either while the e-stop is latched or the gate lost,
            though it does not move the base: an arm, a brush. What moves always is.
        recovery: What becomes of its tickets after a crash of the orchestrator; for a command that
            moves the robot always FAIL.
        retriable: Whether a client may have it tried again after a failure (`max_attempts`).
        is_urgent: Whether it never waits in the queue, not even in a paused one.
        stops: Whether it stops the robot: that is then done as soon as its ticket is asked for,
            before the store is read or written.
        source: Where it comes from, for people; plug-ins are given the name of their distribution.
        range_errors: The error to raise for a field that breaks its bound (`ge`, `gt`, `le`,
            `lt`); `OutOfRange` where nothing is named.
    """

    name: ClassVar[str]
    description: ClassVar[str]
    params_type: type[ParamsT]
    resources: ClassVar[frozenset[str]] = frozenset()
    moves: ClassVar[bool] = False
    interlocked: ClassVar[bool] = False
    shared_resources: ClassVar[frozenset[str]] = frozenset()
    retriable: ClassVar[bool] = False
    is_urgent: ClassVar[bool] = False
    stops: ClassVar[bool] = False
    source: str = BUILT_IN
    recovery: ClassVar[RecoveryPolicy] = RecoveryPolicy.FAIL
    range_errors: ClassVar[Mapping[tuple[str, str], type[OutOfRange]]] = {}

    def parse(self, given: Mapping[str, Any]) -> ParamsT:
        """Return the validated parameters.

        Raises:
            ContractError: They break the contract; the error names field, value and limit.
        """
        params_check.check_types(self.name, self.params_type, given)
        try:
            return self.params_type(**given)
        except ValidationError as error:
            raise params_check.translated(self.name, self.range_errors, given, error) from error

    def kept(self, params: ParamsT) -> dict[str, Any]:
        """Return the parameters as a ticket keeps them: all, defaults too, in their JSON form.

        `parse` must make equal parameters of them again.
        """
        if hasattr(params, 'model_dump'):
            return params.model_dump(mode='json')
        return cast('dict[str, Any]', json.loads(params.json()))  # pydantic 1

    def needs(self, params: ParamsT) -> Needs:
        """Return what executing it with these parameters needs."""
        return Needs(
            exclusive=self.resources,
            shared=self.shared_resources,
            moves=self.moves,
            interlocked=self.moves or self.interlocked,
        )

    def fit(self, limits: MotionLimits) -> None:
        """Plan within what the gate lets pass; called whenever that is told.

        What would have been slowed down is then refused or predicted longer when a ticket is
        created, instead of being found out on the floor.
        """

    @abc.abstractmethod
    def predict(self, params: ParamsT) -> Prediction:
        """Return what executing it with these parameters will take."""

    @abc.abstractmethod
    async def run(self, params: ParamsT, context: CommandContext) -> dict[str, Any]:
        """Do it, and return what is to be added to the result."""
