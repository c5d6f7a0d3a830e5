"""The contract of a command, and the check of its parameters against it."""

from __future__ import annotations

import abc
import functools
import inspect
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar, get_type_hints

from pydantic import BaseModel, ValidationError

from orchestrator_ren.errors import (
    MissingParameter,
    NotFinite,
    OrchestratorError,
    OutOfRange,
    UnknownParameter,
    WrongType,
    contained,
)
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
    robot and ends the ticket.
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

    async def next_scan(self, timeout_s: float) -> RangeScan | None:
        """Wait for a laser scan that comes in from now on; None after `timeout_s` [s].

        The time counts towards the next `tick`, and no velocity is asked for meanwhile. The scan
        is as it came: `motion.laser_scan.read` says what it shows, if anything.
        """
        ...

    def report(self, progress: float, message: str) -> None:
        """Tell the client how far it is [0-1]."""
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


class Interruption(Exception):
    """Raised in a running command when its execution is to end now."""


ParamsT = TypeVar('ParamsT', bound=BaseModel)
ResultT = TypeVar('ResultT')


def _containing(function: Callable[..., ResultT]) -> Callable[..., ResultT]:
    """Return the function with all that it raises as errors, `sys.exit` too."""

    @functools.wraps(function)
    def wrapped(*args: Any, **kwargs: Any) -> ResultT:
        try:
            return function(*args, **kwargs)
        except Exception:
            raise
        except BaseException as error:
            raise contained(error) from error

    return wrapped


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
    source: str = 'built-in'
    recovery: ClassVar[RecoveryPolicy] = RecoveryPolicy.FAIL
    range_errors: ClassVar[Mapping[tuple[str, str], type[OutOfRange]]] = {}

    def __init_subclass__(cls, **arguments: Any) -> None:
        """Let what a command checks and predicts raise errors only: it must end no process."""
        super().__init_subclass__(**arguments)
        for name in ('parse', 'needs', 'predict'):
            method = vars(cls).get(name)
            if inspect.isfunction(method) and not inspect.iscoroutinefunction(method):
                setattr(cls, name, _containing(method))

    @_containing
    def parse(self, given: Mapping[str, Any]) -> ParamsT:
        """Return the validated parameters.

        Raises:
            ContractError: They break the contract; the error names field, value and limit.
        """
        _check_types(self, given)
        try:
            return self.params_type(**given)
        except ValidationError as error:
            raise _translated(self, given, error) from error

    def kept(self, params: ParamsT) -> dict[str, Any]:
        """Return the parameters as a ticket keeps them: all of them, defaults too."""
        return dict(params)

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


def _check_types(command: Command[Any], given: Mapping[str, Any]) -> None:
    """Refuse unknown names, and what pydantic would convert: '1.5' for 1.5, true for 1."""
    hints = get_type_hints(command.params_type)
    for name, value in given.items():
        if name not in hints:
            known = ', '.join(hints) or 'none'
            raise UnknownParameter(parameter=name[:80], command=command.name, known=known)
        if hints.get(name) is float:
            _check_number(f'params.{name}', value)
        elif hints.get(name) in (str, bool, int) and type(value) is not hints[name]:
            raise WrongType(
                field=f'params.{name}',
                value=_shown(value),
                expected=f'of type {hints[name].__name__}',
            )


def _check_number(field: str, value: Any) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise WrongType(field=field, value=_shown(value), expected='a number')
    if not -1e300 < value < 1e300 or math.isnan(value):
        raise NotFinite(field=field, value=_shown(value))


def _translated(
    command: Command[Any], given: Mapping[str, Any], error: ValidationError
) -> OrchestratorError:
    """Return our error for the first of pydantic's, whose wording differs between 1 and 2."""
    first = error.errors()[0]
    name = str(first['loc'][0])
    if name not in given:
        return MissingParameter(parameter=name, command=command.name)
    for bound, words in _BOUNDS.items():
        limit = _broken_bound(bound, first)
        if limit is not None:
            kind = command.range_errors.get((name, bound), OutOfRange)
            return kind(
                field=f'params.{name}', value=_shown(given[name]), limit=f'{words} {limit}'
            )
    return WrongType(field=f'params.{name}', value=_shown(given[name]), expected=str(first['msg']))


_BOUNDS = {'ge': 'at least', 'gt': 'more than', 'le': 'at most', 'lt': 'less than'}


def _broken_bound(bound: str, details: Any) -> Any:
    context = details.get('ctx') or {}
    if bound in context:  # pydantic 2
        return context[bound]
    if str(details['type']).endswith(f'not_{bound}'):  # pydantic 1
        return context.get('limit_value')
    return None


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 80 else text[:77] + '...'
