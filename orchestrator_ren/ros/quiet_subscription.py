"""A topic that wakes the process only while somebody attends to it."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from rclpy.callback_groups import CallbackGroup
from rclpy.node import Node
from rclpy.qos import QoSProfile
from rclpy.serialization import deserialize_message


class QuietSubscription:
    """Hands on each message at once while it is attended to, and otherwise when somebody looks.

    What comes in meanwhile waits in the middleware's queue, of the depth of the profile: an idle
    process is not woken by a busy topic, which is nearly all that such a topic costs.

    Args:
        node: Owns the subscription.
        message_type: Of the topic.
        topic: Its name.
        profile: Of the subscription; its depth is what may wait.
        on_message: Called with each message, and with the steady time when it came in [s].
    """

    def __init__(
        self,
        node: Node,
        message_type: type,
        topic: str,
        profile: QoSProfile,
        on_message: Callable[[Any, float], None],
    ) -> None:
        self._type = message_type
        self._on_message = on_message
        self._depth = profile.depth
        self._attention = _Attention()
        self._looked_at_mono_s = time.monotonic()
        self._subscription = node.create_subscription(
            message_type,
            topic,
            self._on_woken,
            profile,
            callback_group=self._attention,
            raw=True,
        )

    def attend(self, is_attended: bool) -> None:
        """Be woken by each message from now on, or by none; what waits is handed on first."""
        if is_attended != self._attention.is_paid:
            self.look()
            self._attention.is_paid = is_attended

    def look(self) -> None:
        """Hand on what waits, oldest first; nothing does while it is attended to."""
        if self._attention.is_paid:
            return
        for _ in range(self._depth):  # a topic that comes faster than it is read ends nowhere
            taken = self._take()
            if taken is None:
                break
            raw, info = taken
            received_mono_s = self._received_mono_s(info['received_timestamp'])
            self._on_message(deserialize_message(raw, self._type), received_mono_s)
        self._looked_at_mono_s = time.monotonic()

    def _take(self) -> tuple[bytes, dict[str, Any]] | None:
        handle = self._subscription.handle
        with handle:
            return handle.take_message(self._type, True)  # type: ignore[no-any-return]

    def _received_mono_s(self, received_ns: int) -> float:
        """Return when a message came in that waited [s]: after the look before, and until now.

        Args:
            received_ns: By the system's clock, which may be set meanwhile; 0 = the middleware does
                not tell: then it is as old as it can be.
        """
        now_mono_s = time.monotonic()
        age_s = max(0.0, (time.time_ns() - received_ns) * 1e-9)
        return max(self._looked_at_mono_s, now_mono_s - age_s)

    def _on_woken(self, raw: bytes) -> None:
        self._looked_at_mono_s = time.monotonic()
        self._on_message(deserialize_message(raw, self._type), self._looked_at_mono_s)


class _Attention(CallbackGroup):
    """Lets an executor wait for what is in it only while attention is paid.

    That holds for the QoS events of the subscription, too: with Fast DDS, whoever waits for these is
    woken by messages.
    """

    def __init__(self) -> None:
        super().__init__()
        self.is_paid = False

    def can_execute(self, entity: object) -> bool:
        return self.is_paid

    def beginning_execution(self, entity: object) -> bool:
        return self.is_paid

    def ending_execution(self, entity: object) -> None:
        pass
