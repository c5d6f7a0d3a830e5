"""What follows for the orchestrator from what a gate says, as values for whoever acts on them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from orchestrator_ren.errors import (
    CommandRefused,
    CommandStale,
    EStopActive,
    GateLost,
    InternalError,
    MotionStopped,
    NotFollowed,
    OrchestratorError,
)
from orchestrator_ren.motion.gate_state import Fact, FactKind
from orchestrator_ren.motion.limits import MotionLimits
from orchestrator_ren.motion.peer_reader import News


@dataclass(frozen=True)
class LimitsChanged:
    """What the gate lets pass was told first, or has changed."""

    limits: MotionLimits


@dataclass(frozen=True)
class AnnouncementDue:
    """The gate is to be told that this orchestrator is there."""


@dataclass(frozen=True)
class MotionEnded:
    """The gate has stopped the robot by itself; an empty stream = every motion is to end."""

    stream: str
    error: OrchestratorError


@dataclass(frozen=True)
class BecameUnsafe:
    """Nothing may move: the e-stop has latched, or the gate is lost."""

    error: OrchestratorError


@dataclass(frozen=True)
class Warned:
    """Somebody should read this."""

    text: str


@dataclass(frozen=True)
class StateChanged:
    """It became possible or impossible to move, or is for another reason."""


Outcome = LimitsChanged | AnnouncementDue | MotionEnded | BecameUnsafe | Warned | StateChanged


def outcomes_of(news: News) -> list[Outcome]:
    """Return what follows from what is new, in the order in which it came to be."""
    outcomes: list[Outcome] = []
    if news.is_restarted:
        outcomes.append(BecameUnsafe(GateLost(detail='was started again')))
    if news.is_gap:
        missed = GateLost(detail='was not heard while it did something')
        outcomes.append(MotionEnded('', missed))
    found = (_outcome_of(fact) for fact in news.facts)
    return [*outcomes, *(each for each in found if each is not None)]


def _outcome_of(fact: Fact) -> Outcome | None:
    if fact.kind is FactKind.REDUCED:
        return Warned(f'the gate slows {fact.stream} down: {fact.reason}')
    if fact.kind is FactKind.LATCHED:
        return BecameUnsafe(EStopActive(source=fact.reason))
    if fact.kind is FactKind.STOPPED:
        return MotionEnded('', error_of(fact))
    if fact.kind is FactKind.ENDED and fact.code:  # else this orchestrator ended it itself
        return MotionEnded(fact.stream, error_of(fact))
    return None


def error_of(fact: Fact) -> OrchestratorError:
    """Return the error that the gate tells of."""
    kinds: dict[int, Callable[[], OrchestratorError]] = {
        EStopActive.code: lambda: EStopActive(source=fact.reason),
        GateLost.code: lambda: GateLost(detail=fact.reason),
        CommandStale.code: CommandStale,
        MotionStopped.code: lambda: MotionStopped(source=fact.reason),
        CommandRefused.code: CommandRefused,
        InternalError.code: lambda: InternalError(detail=f'the cmd_vel gate: {fact.reason}'),
    }
    default = partial(NotFollowed, stream=fact.stream, reason=fact.reason)
    return kinds.get(fact.code, default)()
