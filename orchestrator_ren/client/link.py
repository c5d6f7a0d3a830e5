"""The way to a robot's nodes: asks services, sends goals, hears topics."""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rclpy.callback_groups import ReentrantCallbackGroup
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.executors import SingleThreadedExecutor
from rclpy.node import Node
from rclpy.qos import QoSProfile

from orchestrator_ren.client.own_node import OwnNode
from orchestrator_ren.client.waiting import Signal, Wait
from orchestrator_ren.errors import CalledFromCallback, NotAnswered
from orchestrator_ren.ros import qos
from orchestrator_ren.ros.executor import CachedExecutor
from orchestrator_ren.ros.graph import namespaces_with

POLL_S = 0.005
"""Between two looks whether a server is there [s]."""

REPEAT_S = 0.7
"""What may be asked twice is asked again after so long [s]: a server that has just started may not
know yet where to answer, and one that was killed stays in the graph for a while."""

HEARD = 1000
"""Messages of a topic that wait for who listens; the oldest go."""

_SPINS = {
    SingleThreadedExecutor._spin_once_impl.__code__,
    CachedExecutor._spin_once_impl.__code__,
}
"""What is below a callback that has its executor for itself alone."""


class Heard:
    """What has come in on a topic and was not looked at yet, oldest first."""

    def __init__(self, signal: Signal) -> None:
        self.signal = signal
        self._messages: deque[Any] = deque(maxlen=HEARD)

    def take(self) -> list[Any]:
        """Return it; then nothing is left."""
        taken = []
        while self._messages:
            taken.append(self._messages.popleft())
        return taken

    def on_message(self, message: Any) -> None:
        """Keep it for who listens."""
        self._messages.append(message)
        self.signal.set()


class Link:
    """Makes what it needs of ROS when it is asked for first, once; from any thread.

    Args:
        namespace: Of the robot; empty = that of the node.
        node: Whose executor somebody spins in another thread; None = one of its own.
        domain_id: ROS domain of its own node; None = that of ROS_DOMAIN_ID.
    """

    def __init__(self, namespace: str, node: Node | None, domain_id: int | None) -> None:
        self._namespace = namespace.strip('/')
        self._given = node
        self._domain_id = domain_id
        self._own: OwnNode | None = None
        self._lock = threading.RLock()
        self._clients: dict[str, Any] = {}
        self._publishers: dict[str, Any] = {}
        self._goals: Any = None
        self._is_closed = False
        self._group = ReentrantCallbackGroup()

    def name(self, name: str) -> str:
        """Return the robot's name of a service or topic."""
        return f'/{self._namespace}/{name}' if self._namespace else name

    @property
    def node(self) -> Node:
        """The node; made now, where it is an own one that was not needed yet.

        Raises:
            RuntimeError: It was closed.
        """
        with self._lock:
            if self._is_closed:
                raise RuntimeError('the client is closed')
            if self._given is not None:
                return self._given
            if self._own is None:
                self._own = OwnNode(f'/{self._namespace}', self._domain_id)
            return self._own.node

    def namespaces(self) -> list[str]:
        """Return the namespaces that have an orchestrator, as far as they were discovered."""
        return namespaces_with(self.node, 'get_status', 'orchestrator_ren/srv/GetStatus')

    def close(self) -> None:
        """Let go of all that was made; may be called again."""
        with self._lock:
            if self._is_closed:
                return
            if self._given is not None:
                self._destroy(self._given)
            self._is_closed = True
        if self._own is not None:
            self._own.close()

    def _destroy(self, node: Node) -> None:
        for client in self._clients.values():
            node.destroy_client(client)
        for publisher in self._publishers.values():
            node.destroy_publisher(publisher)
        if self._goals is not None:
            self._goals.destroy()

    async def ask(
        self,
        kind: Any,
        name: str,
        request: Any,
        limit_s: float,
        is_repeatable: bool,
        is_vain: Callable[[], bool] = lambda: False,
    ) -> Any:
        """Return what a service answers.

        Args:
            kind: Type of the service.
            name: Its name.
            request: The message.
            limit_s: How long it may take in all, also until it is there [s].
            is_repeatable: Whether it may be done twice without harm.
            is_vain: Looked at now and then: whether it is of no use to wait any longer.

        Raises:
            NotAnswered: Nobody did in time.
        """
        until_mono_s = time.monotonic() + limit_s
        client = self._client(kind, name)

        def is_ready() -> bool:
            return client.service_is_ready() or is_vain()

        await self.until_ready(is_ready, self.name(name), limit_s, until_mono_s)
        signal = Signal()
        calls: list[Any] = []
        try:
            while not calls or (until_mono_s > time.monotonic() and not is_vain()):
                rest_s = until_mono_s - time.monotonic()
                if is_repeatable or not calls:
                    calls.append(client.call_async(request))
                    calls[-1].add_done_callback(signal.set)
                await Wait(signal, min(rest_s, REPEAT_S))
                for each in calls:
                    if each.done():
                        return each.result()
        finally:
            for each in calls:
                client.remove_pending_request(each)
        detail = 'it is there, but its process hangs, is very busy, or was killed a moment ago'
        raise NotAnswered(name=self.name(name), waited_s=limit_s, detail=detail)

    async def until_ready(
        self, is_ready: Callable[[], bool], name: str, limit_s: float, until_mono_s: float
    ) -> None:
        """Wait until a server is there, to that time, which is so long after the begin.

        Raises:
            NotAnswered: There is none in time.
        """
        self._check_thread(name)
        signal = Signal()
        while not is_ready():
            if time.monotonic() >= until_mono_s:
                raise not_there(name, limit_s)
            await Wait(signal, POLL_S)

    def missing(self, name: str, limit_s: float, is_any: bool) -> NotAnswered:
        """Return the error that a topic does not tell what is wanted, or nothing at all."""
        if not is_any:
            return not_there(self.name(name), limit_s)
        detail = 'it does not say what is waited for: look whether the gate hears this client'
        return NotAnswered(name=self.name(name), waited_s=limit_s, detail=detail)

    @property
    def goals(self) -> Any:
        """The client of the action; made now, where it was not needed yet."""
        from orchestrator_ren.client.goal import GoalClient  # five topics more, and their types

        node = self.node
        with self._lock:
            if self._goals is None:
                self._goals = GoalClient(node, self.name('execute_ticket'))
            return self._goals

    @contextmanager
    def listening(
        self, kind: Any, name: str, profile: QoSProfile, signal: Signal
    ) -> Iterator[Heard]:
        """Hear a topic meanwhile."""
        heard, node = Heard(signal), self.node
        self._check_thread(self.name(name))
        subscription = node.create_subscription(
            kind, self.name(name), heard.on_message, profile, callback_group=self._group
        )
        try:
            yield heard
        finally:
            if not self._is_closed:
                node.destroy_subscription(subscription)

    def publish(self, kind: Any, name: str, message: Any) -> None:
        """Publish it: reliable, for those who listen now."""
        node = self.node
        with self._lock:
            if name not in self._publishers:
                self._publishers[name] = node.create_publisher(
                    kind,
                    self.name(name),
                    10,
                    event_callbacks=PublisherEventCallbacks(use_default_callbacks=False),
                )
            publisher = self._publishers[name]
        publisher.publish(message)

    def is_only_publisher(self, name: str) -> bool:
        """Whether this client has published on a topic, and nobody else, as far as is known."""
        return name in self._publishers and self.node.count_publishers(self.name(name)) == 1

    def _client(self, kind: Any, name: str) -> Any:
        node = self.node
        with self._lock:
            if name not in self._clients:
                self._clients[name] = node.create_client(
                    kind, self.name(name), qos_profile=qos.SERVICES, callback_group=self._group
                )
            return self._clients[name]

    def _check_thread(self, name: str) -> None:
        """Refuse to wait in a callback for what only the end of this callback lets come in.

        Raises:
            CalledFromCallback: The executor of the node has this thread.
        """
        executor = self.node.executor
        frame = sys._getframe()
        while frame.f_back is not None:
            frame = frame.f_back
            if frame.f_code in _SPINS and frame.f_locals.get('self') is executor:
                raise CalledFromCallback(name=name)


def not_there(name: str, limit_s: float) -> NotAnswered:
    """Return the error that nobody is there."""
    detail = (
        'nobody offers it; look whether orchestrator and gate run, with this namespace and the'
        ' same ROS_DOMAIN_ID'
    )
    return NotAnswered(name=name, waited_s=limit_s, detail=detail)
