"""What the stores of the robots that are there know of all their robots."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone

from orchestrator_ren.client.answers import Fleet, Robot
from orchestrator_ren.errors import NotAnswered, OrchestratorError, RobotNotInStore
from orchestrator_ren.gateway.robots import Robots

GLANCE_S = 0.3
"""How long each may take to tell where somebody looks [s]: the STOP of a page that names no robot
asks who is there, and a store that hangs must not hold it up."""

PATIENCE_S = 1.5
"""How long each may take to tell where it is needed [s]."""

_NEVER = datetime.min.replace(tzinfo=timezone.utc)


async def fleets_of(robots: Robots, patience_s: float) -> dict[str, Fleet | None]:
    """Return what the store of each robot knows, by the namespace of who was asked.

    None for one that does not tell within `patience_s` [s].
    """
    names = await robots.namespaces()
    told = await asyncio.gather(*(_fleet(robots, each, patience_s) for each in names))
    return dict(zip(names, told, strict=True))


@dataclass(frozen=True)
class Store:
    """A store, as those tell of it that work on it.

    Attributes:
        namespaces: Of these.
        fleet: What it knows.
    """

    namespaces: tuple[str, ...]
    fleet: Fleet


def stores_of(told: Mapping[str, Fleet | None]) -> list[Store]:
    """Return the stores; what knows the same robot is the same store, asked several times."""
    stores: list[Store] = []
    for namespace in sorted(each for each, fleet in told.items() if fleet is not None):
        mine = Store((namespace,), told[namespace] or Fleet(()))
        same = [each for each in stores if _names(each.fleet) & _names(mine.fleet)]
        stores = [each for each in stores if each not in same]
        stores.append(_merged([*same, mine]))
    return stores


def who_knows(name: str, fleets: Mapping[str, Fleet | None]) -> str:
    """Return the namespace whose store has that robot, where possible one that misses it.

    Raises:
        RobotNotInStore: None has.
        NotAnswered: Not all stores have told whether they have.
    """
    told = {where: fleet.robots for where, fleet in fleets.items() if fleet is not None}
    found = {where: each.is_alive for where in told for each in told[where] if each.name == name}
    if not found and (not told or None in fleets.values()):
        detail = f"nobody has told of a robot '{name}', and not all have told"
        raise NotAnswered(name='list_robots', waited_s=PATIENCE_S, detail=detail)
    if not found:
        names = {each.name for robots in told.values() for each in robots}
        raise RobotNotInStore(robot=name, known=', '.join(sorted(names)) or 'none')
    return min(found, key=lambda each: found[each])


async def _fleet(robots: Robots, namespace: str, patience_s: float) -> Fleet | None:
    """Return what it tells; None where it does not."""
    try:
        robot = await robots.named(namespace)
        return await robot.client.robots(timeout_s=patience_s)
    except OrchestratorError:
        return None


def _merged(stores: Sequence[Store]) -> Store:
    """Return them as one, with each robot as it was seen last."""
    seen: dict[str, Robot] = {}
    for each in (robot for store in stores for robot in store.fleet.robots):
        seen[each.name] = max(seen.get(each.name, each), each, key=_freshness)
    robots = tuple(seen[name] for name in sorted(seen))
    waiting = max(each.fleet.waiting_for_any for each in stores)
    namespaces = tuple(name for each in stores for name in each.namespaces)
    return Store(namespaces, Fleet(robots, waiting))


def _names(fleet: Fleet) -> set[str]:
    return {each.name for each in fleet.robots}


def _freshness(robot: Robot) -> tuple[bool, datetime]:
    return robot.is_alive, robot.last_seen or _NEVER
