"""The robots that can be asked, by their namespaces."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from orchestrator_ren.errors import RobotUnknown
from orchestrator_ren.gateway.feed import Feed

if TYPE_CHECKING:
    from rclpy.node import Node

    from orchestrator_ren.client import AsyncTicketClient

SERVICE, TYPE = 'get_status', 'orchestrator_ren/srv/GetStatus'
"""Whoever offers this is a robot."""

LOOK_S = 1.0
"""How long is believed what was found in the graph [s]."""

YOUNG_S = 3.0
"""So long after its start, the gateway may not have heard yet of a robot that is there [s]."""

YOUNG_LOOK_S = 0.1
"""Between two looks meanwhile [s]."""


class Robot:
    """One robot: the client that asks it, and what happens there.

    Attributes:
        namespace: Without slashes around it; empty = none.
        client: Asks it.
        feed: What happens there, live.
    """

    def __init__(
        self, namespace: str, client: AsyncTicketClient, log: Callable[[str], object]
    ) -> None:
        self.namespace = namespace
        self.client = client
        self.feed = Feed(client, log)


class Robots:
    """Finds them in the graph, and keeps a client of each that was asked.

    Args:
        node: Whose executor another thread spins.
        default: Namespace of the robot that is meant where none is named; empty = that of the
            node, or the only one that is there.
    """

    def __init__(self, node: Node, default: str) -> None:
        self._node = node
        self._default = default.strip('/')
        self._own = node.get_namespace().strip('/')
        self._known: dict[str, Robot] = {}
        self._there: list[str] = []
        self._only = ''
        self._looked_at_mono_s = float('-inf')
        self._began_mono_s = time.monotonic()

    @property
    def _is_young(self) -> bool:
        return time.monotonic() - self._began_mono_s < YOUNG_S

    async def namespaces(self) -> list[str]:
        """Return the namespaces that have an orchestrator, as far as they were discovered."""
        from orchestrator_ren.ros.graph import namespaces_with

        believed_s = YOUNG_LOOK_S if self._is_young else LOOK_S
        if time.monotonic() - self._looked_at_mono_s >= believed_s:
            self._there = await asyncio.to_thread(namespaces_with, self._node, SERVICE, TYPE)
            self._looked_at_mono_s = time.monotonic()
        return self._there

    async def named(self, namespace: str) -> Robot:
        """Return the robot of that namespace; a STOP right after a restart must find it.

        Raises:
            RobotUnknown: There is none.
        """
        name = namespace.strip('/')
        while name not in self._known and name not in (there := await self.namespaces()):
            if not self._is_young:
                raise RobotUnknown(robot=_shown(name), known=_listed(there))
            await asyncio.sleep(YOUNG_LOOK_S)
        return self._robot(name)

    async def default(self) -> Robot:
        """Return the robot that is meant where none is named.

        Whether it is the only one is known a while after the start: it must not be another one,
        nor become another one when it has gone.

        Raises:
            RobotUnknown: Several are there, and none of them is that one.
        """
        if self._default:
            return self._robot(self._default)
        while self._own not in (there := await self.namespaces()) and self._is_young:
            await asyncio.sleep(YOUNG_LOOK_S)
        if self._own in there or not there:
            return self._robot(self._own)
        if not self._only and len(there) == 1:
            self._only = there[0]
        if there != [self._only]:
            meant = f'{_shown(self._only)} alone' if self._only else 'the only one'
            raise RobotUnknown(robot=meant, known=_listed(there))
        return self._robot(self._only)

    async def let_go(self) -> None:
        """Let those go who follow, or wait for the end of a ticket."""
        for each in self._known.values():
            await each.feed.close()

    async def close(self) -> None:
        """Let go of all clients, once nobody asks any more."""
        for each in self._known.values():
            await each.client.close()

    def _robot(self, namespace: str) -> Robot:
        if namespace not in self._known:
            from orchestrator_ren.client import AsyncTicketClient

            client = AsyncTicketClient(namespace, node=self._node, requested_by='')
            self._known[namespace] = Robot(namespace, client, self._node.get_logger().error)
        return self._known[namespace]


def _shown(namespace: str) -> str:
    return f"'{namespace}'" if namespace else 'the one without a namespace'


def _listed(namespaces: list[str]) -> str:
    return ', '.join(map(_shown, namespaces)) or 'none'
