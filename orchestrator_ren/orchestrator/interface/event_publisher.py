"""Publishes events after the answers that tell of the same: who asks waits for no watcher."""

from __future__ import annotations

from collections import deque

from rclpy.duration import Duration
from rclpy.node import Node

from orchestrator_ren.msg import TicketEvent
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.ready_queue import ReadyQueue

FLUSH_S = 0.2
"""How long the last event is waited for [s]."""


class EventPublisher:
    """Publishes in the order in which they come, as soon as the callback has returned.

    Args:
        node: Owns the publisher; its executor does it.
    """

    def __init__(self, node: Node) -> None:
        self._node = node
        self._due: deque[TicketEvent] = deque()
        self._ready = ReadyQueue(node)
        self._publisher = node.create_publisher(TicketEvent, 'telemetry/events', qos.EVENTS)

    def publish(self, event: TicketEvent) -> None:
        """Publish an event soon; at once where nothing is run by an executor yet."""
        self._due.append(event)
        if self._node.executor is None:
            self._publish_next()
        else:
            self._ready.add(self._publish_next)

    def flush(self) -> None:
        """Publish what is due, and wait until it is received, for a while."""
        while self._due:
            self._publish_next()
        self._publisher.wait_for_all_acked(Duration(seconds=FLUSH_S))

    def _publish_next(self) -> None:
        if self._due:
            self._publisher.publish(self._due.popleft())
