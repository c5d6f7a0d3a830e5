"""What the fleet of the story is asked for, what happens to it, and what must come of it.

The outcome is computed here from the script and from what is promised of a fleet, without any
robot: the story is right if the robots and their database come to the same.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

HAS = {'r1': frozenset({'lift'}), 'r2': frozenset({'camera'}), 'r3': frozenset({'crane'})}
"""The robots, and their capabilities."""

START = {'r1': (0.0, 0.0), 'r2': (0.0, 2.0), 'r3': (0.0, -2.0)}
"""Where they stand at first [m, m], all facing +x."""

ANY = 'any'

E_STOP, KILL, RESTART = 'e-stop', 'kill', 'restart of the server'
"""What happens in the midst of a drive."""

E_STOPPED, DECLARED_STOPPED = 501, 216


@dataclass(frozen=True)
class Asked:
    """A ticket: a drive, or a look around where there is no way to go.

    Attributes:
        name: By which the story knows it.
        robot: Whose it is; or `any`.
        turn_deg: To the left, from where the robot faces then.
        way_m: To drive.
        speed_mps: Of the drive.
        needs: Capabilities.
    """

    name: str
    robot: str
    turn_deg: float = 0.0
    way_m: float = 0.0
    speed_mps: float = 1.5
    needs: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Scene:
    """Tickets that are asked for at once, and what happens while they are executed.

    Attributes:
        title: In a few words.
        asked: Each robot's own first: they are under way before those for any are asked for.
        event: What happens once all that can drive do; empty = nothing.
        victim: To whom; empty = to what all share.
        after: Tickets that are asked for when it has happened, and the robot was freed.
    """

    title: str
    asked: tuple[Asked, ...]
    event: str = ''
    victim: str = ''
    after: tuple[Asked, ...] = ()


def _lift(name: str, **way: float) -> Asked:
    return Asked(name, ANY, needs=frozenset({'lift'}), **way)


def _camera(name: str, **way: float) -> Asked:
    return Asked(name, ANY, needs=frozenset({'camera'}), **way)


def _crane(name: str, **way: float) -> Asked:
    return Asked(name, ANY, needs=frozenset({'crane'}), **way)


SCRIPT = (
    Scene(
        'each its own, and one that nobody can do',
        (
            Asked('r1 along the lane', 'r1', way_m=4.0),
            Asked('r1 farther', 'r1', way_m=4.0),
            Asked('r1 to the aisle', 'r1', way_m=2.3),
            Asked('r2 to the left', 'r2', turn_deg=90.0, way_m=3.0),
            Asked('r2 up the aisle', 'r2', way_m=2.0),
            Asked('r2 farther', 'r2', way_m=2.0),
            Asked('r3 to the right', 'r3', turn_deg=-90.0, way_m=3.0),
            Asked('r3 farther', 'r3', way_m=2.0),
            Asked('r3 round the corner', 'r3', turn_deg=-90.0, way_m=2.0),
            Asked('under water', ANY, way_m=1.0, needs=frozenset({'submarine'})),
        ),
    ),
    Scene(
        'for any, by what they need',
        (
            _lift('lift 1', turn_deg=90.0, way_m=4.0),
            _lift('lift 2', way_m=5.0),
            _camera('camera 1', way_m=3.0),
            _camera('camera 2', way_m=2.0),
            _crane('crane 1', turn_deg=-90.0, way_m=3.0),
            _crane('crane 2', turn_deg=90.0, way_m=1.0),
        ),
    ),
    Scene(
        'for any, and one robot is free',
        (
            Asked('r1 slowly', 'r1', way_m=5.0, speed_mps=0.36),
            Asked('r2 slowly', 'r2', turn_deg=90.0, way_m=3.0, speed_mps=0.21),
            Asked('any 1', ANY, turn_deg=-90.0, way_m=4.0),
            Asked('any 2', ANY, turn_deg=90.0, way_m=2.0),
        ),
    ),
    Scene(
        'the server restarts under three drives',
        (
            Asked('r1 while it restarts', 'r1', turn_deg=90.0, way_m=3.0, speed_mps=0.5),
            Asked('r2 while it restarts', 'r2', turn_deg=180.0, way_m=3.0, speed_mps=0.5),
            Asked('r3 while it restarts', 'r3', way_m=2.0, speed_mps=0.4),
        ),
        RESTART,
    ),
    Scene(
        'r3 is e-stopped',
        (
            Asked('r3 e-stopped', 'r3', turn_deg=180.0, way_m=8.0, speed_mps=1.0),
            Asked('r3 behind it', 'r3', way_m=1.0),
        ),
        E_STOP,
        'r3',
        (Asked('r3 again', 'r3', turn_deg=90.0, way_m=2.0),),
    ),
    Scene(
        'r2 is killed',
        (
            Asked('r2 killed', 'r2', turn_deg=90.0, way_m=8.0, speed_mps=1.0),
            Asked('r2 behind it', 'r2', way_m=1.0),
        ),
        KILL,
        'r2',
        (Asked('any that is alive', ANY), _camera('camera 3')),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """How a ticket ends.

    Attributes:
        status: As the ticket says.
        code: Of its error; 0 = none.
        robots: One of these has it; empty = nobody.
    """

    status: str
    code: int = 0
    robots: tuple[str, ...] = ()


@dataclass
class Place:
    """Where a robot is, as far as can be known: between two points, and facing where.

    Attributes:
        near, far: The points [m, m]; the same where the way is known.
        yaw_deg: Counter-clockwise from +x.
    """

    near: tuple[float, float]
    far: tuple[float, float]
    yaw_deg: float = 0.0

    def drive(self, ticket: Asked, is_to_the_end: bool) -> None:
        """Move by the way of a ticket, or by some part of it."""
        self.yaw_deg += ticket.turn_deg
        self.far = self._moved(self.far, ticket.way_m)
        if is_to_the_end:
            self.near = self._moved(self.near, ticket.way_m)

    def _moved(self, point: tuple[float, float], way_m: float) -> tuple[float, float]:
        yaw_rad = math.radians(self.yaw_deg)
        return point[0] + way_m * math.cos(yaw_rad), point[1] + way_m * math.sin(yaw_rad)

    def off_m(self, point: tuple[float, float]) -> float:
        """Return how far a point is from where it may be [m]."""
        along = self.far[0] - self.near[0], self.far[1] - self.near[1]
        length2 = along[0] ** 2 + along[1] ** 2
        to = point[0] - self.near[0], point[1] - self.near[1]
        share = (along[0] * to[0] + along[1] * to[1]) / length2 if length2 else 0.0
        share = min(1.0, max(0.0, share))
        nearest = self.near[0] + share * along[0], self.near[1] + share * along[1]
        return math.dist(point, nearest)


@dataclass
class Prediction:
    """What must come of a script.

    Attributes:
        outcomes: Of each ticket, by its name.
        places: Of each robot, at the end.
    """

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    places: dict[str, Place] = field(
        default_factory=lambda: {name: Place(at, at) for name, at in START.items()}
    )
    _alive: set[str] = field(default_factory=lambda: set(HAS))

    def play(self, scene: Scene) -> None:
        """Add what comes of a scene."""
        for ticket in scene.asked:
            self.outcomes[ticket.name] = self._outcome(ticket, scene)
        if scene.event == KILL:
            self._alive.discard(scene.victim)
        for ticket in scene.after:
            self.outcomes[ticket.name] = self._end(ticket, self._able(ticket, set()))

    def _outcome(self, ticket: Asked, scene: Scene) -> Outcome:
        if ticket.robot == scene.victim:
            return self._stopped(ticket, scene)
        busy = {each.robot for each in scene.asked} if not ticket.needs else set()
        return self._end(ticket, self._able(ticket, busy))

    def _stopped(self, ticket: Asked, scene: Scene) -> Outcome:
        """Return how a ticket of the victim ends; its first is the one under way."""
        first = next(each for each in scene.asked if each.robot == scene.victim)
        if ticket == first:
            self.places[ticket.robot].drive(ticket, is_to_the_end=False)
            code = E_STOPPED if scene.event == E_STOP else DECLARED_STOPPED
            return Outcome('FAILED', code, (ticket.robot,))
        if scene.event == E_STOP:  # it waits, and is done once somebody lets the queue go on
            return self._end(ticket, (ticket.robot,))
        return Outcome('QUEUED', 0, (ticket.robot,))

    def _able(self, ticket: Asked, busy: set[str]) -> tuple[str, ...]:
        """Return who may do it: one with work of its own takes nothing that is for any."""
        if ticket.robot != ANY:
            return (ticket.robot,)
        free = self._alive - busy
        return tuple(name for name in HAS if name in free and ticket.needs <= HAS[name])

    def _end(self, ticket: Asked, able: tuple[str, ...]) -> Outcome:
        if not able:
            return Outcome('QUEUED')
        if ticket.way_m:
            [robot] = able  # else the script leaves open where they end
            self.places[robot].drive(ticket, is_to_the_end=True)
        return Outcome('COMPLETED', 0, able)


def predicted() -> Prediction:
    """Return what must come of the script."""
    prediction = Prediction()
    for scene in SCRIPT:
        prediction.play(scene)
    return prediction


def tickets() -> Iterator[Asked]:
    """Yield all that is asked for."""
    for scene in SCRIPT:
        yield from (*scene.asked, *scene.after)
