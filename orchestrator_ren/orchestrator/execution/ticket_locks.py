"""Turns for those who want to change the same ticket."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from rclpy.node import Node

from orchestrator_ren.ros.future import Future


class TicketLocks:
    """A lock for each ticket, for coroutines of the node's executor.

    Whoever reads a ticket, decides, and writes it holds its lock: an execution that began with
    what was read before a cancel was written would wait for a turn that never comes.

    Args:
        node: Its executor goes on with who waits.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._released: dict[str, Future | None] = {}

    @asynccontextmanager
    async def held(self, ticket_id: str) -> AsyncIterator[None]:
        """Hold the lock of a ticket; those who want it meanwhile wait."""
        while ticket_id in self._released:
            released = self._released[ticket_id] = self._released[ticket_id] or Future()
            await released
        self._released[ticket_id] = None
        try:
            yield
        finally:
            self._release(ticket_id)

    def _release(self, ticket_id: str) -> None:
        released, executor = self._released.pop(ticket_id), self._node.executor
        if released is not None:
            released.set_result(None)
            if executor is not None:
                executor.wake()
