"""A topic that wakes its process only while somebody attends to it."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.subscription import Subscription
from rclpy.waitable import Waitable


class QuietNode(Node):
    """A node some of whose subscriptions may be asleep: its executor does not wait for those."""

    _asleep: frozenset[object] = frozenset()

    @property
    def subscriptions(self) -> Iterator[Subscription]:
        """Those that an executor waits for."""
        return (each for each in super().subscriptions if each not in self._asleep)

    @property
    def waitables(self) -> Iterator[Waitable]:
        """Those that an executor waits for.

        Not the QoS events of what is asleep: with Fast DDS, messages wake whoever waits for these.
        """
        return (each for each in super().waitables if each not in self._asleep)

    def let_sleep(self, subscription: Subscription, is_asleep: bool) -> None:
        """Let its executor wait for the subscription no longer, or again."""
        entities = {subscription, *subscription.event_handlers}
        self._asleep = self._asleep | entities if is_asleep else self._asleep - entities
        if self.executor is not None:
            self.executor.wake()


class QuietSubscription:
    """Hands on each message at once while it is attended to, and otherwise when somebody looks.

    What comes in meanwhile waits in the middleware's queue, of the depth of the profile: an idle
    process is not woken by a busy topic, which is nearly all that such a topic costs. Where the
    middleware does not tell when a message came in, none waits: each wakes the process.

    Args:
        node: Owns the subscription.
        message_type: Of the topic.
        topic: Its name.
        profile: Of the subscription; its depth is what may wait.
        on_message: Called with each message, serialized, and the steady time when it came in [s].
    """

    def __init__(
        self,
        node: QuietNode,
        message_type: type,
        topic: str,
        profile: QoSProfile,
        on_message: Callable[[bytes, float], None],
    ) -> None:
        self._node = node
        self._type = message_type
        self._depth = profile.depth
        self._on_message = on_message
        self._is_awake = False
        self._is_timed = True
        self._latest_mono_s = time.monotonic()
        self._subscription = node.create_subscription(
            message_type, topic, self._on_woken, profile, raw=True
        )
        node.let_sleep(self._subscription, True)

    def attend(self, is_attended: bool) -> None:
        """Be woken by each message from now on, or by none; what waits is handed on first."""
        self.look()
        self._let_wake(is_attended or not self._is_timed)

    def look(self) -> None:
        """Hand on what waits, oldest first; nothing does while it is attended to."""
        if self._is_awake:
            return
        for _ in range(self._depth):  # at most: some topics come faster than they can be read
            taken = self._take()
            if taken is None:
                break
            raw, info = taken
            self._is_timed = info['received_timestamp'] > 0
            self._latest_mono_s = self._received_mono_s(info['received_timestamp'])
            self._on_message(raw, self._latest_mono_s)
        self._latest_mono_s = time.monotonic()
        self._let_wake(not self._is_timed)

    def _let_wake(self, is_awake: bool) -> None:
        if is_awake != self._is_awake:
            self._is_awake = is_awake
            self._node.let_sleep(self._subscription, not is_awake)

    def _take(self) -> tuple[bytes, dict[str, Any]] | None:
        handle = self._subscription.handle
        with handle:
            return handle.take_message(self._type, True)  # type: ignore[no-any-return]

    def _received_mono_s(self, received_ns: int) -> float:
        """Return when a message came in that waited [s]: after the one, or the look, before.

        Args:
            received_ns: By the system's clock, which may be set meanwhile; 0 = not told. Where it
                cannot be right, the message is as old as it can be.
        """
        age_s = (time.time_ns() - received_ns) * 1e-9
        if age_s < 0.0:
            return self._latest_mono_s
        return max(self._latest_mono_s, time.monotonic() - age_s)

    def _on_woken(self, raw: bytes) -> None:
        self._latest_mono_s = time.monotonic()
        self._on_message(raw, self._latest_mono_s)
