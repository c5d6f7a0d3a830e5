"""What an executor waits for: all that its nodes have, in a wait set that is made once."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from rclpy.context import Context
from rclpy.event_handler import EventHandler
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.waitable import NumberOfEntities

InvalidHandle = _rclpy.InvalidHandle

EVENTS_S = 0.05
"""Events of publishers and subscriptions are looked at so often while there is much else [s]: each
publisher and subscription has two, and that is more than all else together."""

CALM_S = 0.025
"""After a wait that was as long as this, there is not much else [s]."""


class Kind(NamedTuple):
    """A kind of what a node has.

    Attributes:
        name: In rclpy's wait set.
        entities: The node's attribute.
        count: The attribute of rclpy's NumberOfEntities.
    """

    name: str
    entities: str
    count: str


KINDS = (
    Kind('timer', 'timers', 'num_timers'),
    Kind('subscription', 'subscriptions', 'num_subscriptions'),
    Kind('guard_condition', 'guards', 'num_guard_conditions'),
    Kind('client', 'clients', 'num_clients'),
    Kind('service', 'services', 'num_services'),
)
"""In the order in which a SingleThreadedExecutor serves those of a node that are ready."""

WAITABLE = Kind('waitable', 'waitables', '')
"""Actions and QoS events, which are served first."""

Ready = list[tuple[Kind, Any]]


def entities_of(nodes: Iterable[Node]) -> list[Any]:
    """Return all that can be waited for."""
    kinds = (WAITABLE, *KINDS)
    return [each for kind in kinds for node in nodes for each in getattr(node, kind.entities)]


class WaitSet:
    """Waits for the entities that some nodes have now; none of them is taken down before `close`.

    rclpy makes a wait set for each wait, and enters and leaves the handle of each entity for it:
    half of the time of a program that answers requests.

    Args:
        nodes: Theirs are waited for.
        guards: Waited for besides.
        context: Of the nodes.
    """

    def __init__(
        self, nodes: Sequence[Node], guards: Sequence[GuardCondition], context: Context
    ) -> None:
        self._seen = entities_of(nodes)
        self._is_calm = True
        self._events_at_mono_s = -math.inf
        with ExitStack() as self._held:  # let go of if this fails
            self._held.enter_context(context.handle)
            self._guards = [each.handle for each in guards if self._hold(each.handle)]
            waitables = [each for node in nodes for each in node.waitables if self._hold(each)]
            self._events = [each for each in waitables if isinstance(each, EventHandler)]
            self._waitables = [each for each in waitables if not isinstance(each, EventHandler)]
            self._entities = {
                kind: [
                    each
                    for node in nodes
                    for each in getattr(node, kind.entities)
                    if self._hold(each.handle)
                ]
                for kind in KINDS
            }
            self._by_pointer = {
                each.handle.pointer: each for found in self._entities.values() for each in found
            }
            self._set = self._make(context)
            self._additions = [
                (getattr(self._set, f'add_{kind.name}'), each.handle, each)
                for kind, found in self._entities.items()
                for each in found
            ]
            self._held = self._held.pop_all()

    def is_of(self, nodes: Iterable[Node]) -> bool:
        """Whether the nodes still have what they had."""
        return self._seen == entities_of(nodes)

    def wait(self, limit_s: float, is_wanted: Callable[[Any], bool] | None = None) -> Ready:
        """Wait until something is ready, and return what is; sometimes it is nothing.

        Args:
            limit_s: Longest time [s, or inf].
            is_wanted: What is not shall not be looked at; None = all is.
        """
        began_mono_s = time.monotonic()
        with_events = self._is_calm or began_mono_s > self._events_at_mono_s + EVENTS_S
        limit_s = limit_s if with_events else min(limit_s, EVENTS_S)
        self._set.clear_entities()
        self._fill(is_wanted)
        added = self._fill_waitables(with_events, is_wanted)
        self._set.wait(-1 if math.isinf(limit_s) else int(limit_s * 1e9))
        ended_mono_s = time.monotonic()
        self._is_calm = ended_mono_s - began_mono_s >= CALM_S
        if with_events:
            self._events_at_mono_s = ended_mono_s
        ready: Ready = [(WAITABLE, each) for each in added if each.is_ready(self._set)]
        for kind in KINDS:
            for pointer in self._set.get_ready_entities(kind.name):
                entity = self._by_pointer.get(pointer)
                if entity is not None:  # else a guard of the executor itself
                    ready.append((kind, entity))
        return ready

    def close(self) -> None:
        """Let go of all of them; not while somebody waits."""
        self._held.close()

    def _hold(self, handle: Any) -> bool:
        """Keep it from being taken down, if it is not yet."""
        try:
            self._held.enter_context(handle)
        except InvalidHandle:
            return False
        return True

    def _make(self, context: Context) -> Any:
        size = NumberOfEntities(num_gcs=len(self._guards))
        for waitable in (*self._waitables, *self._events):
            size = size + waitable.get_num_entities()
        for kind, found in self._entities.items():
            setattr(size, kind.count, getattr(size, kind.count) + len(found))
        return _rclpy.WaitSet(
            size.num_subscriptions,
            size.num_guard_conditions,
            size.num_timers,
            size.num_clients,
            size.num_services,
            size.num_events,
            context.handle,
        )

    def _fill(self, is_wanted: Callable[[Any], bool] | None) -> None:
        for add, handle, entity in self._additions:
            if is_wanted is None or is_wanted(entity):
                add(handle)
        for guard in self._guards:
            self._set.add_guard_condition(guard)

    def _fill_waitables(
        self, with_events: bool, is_wanted: Callable[[Any], bool] | None
    ) -> list[Any]:
        waitables = [*self._waitables, *self._events] if with_events else self._waitables
        return [
            each
            for each in waitables
            if (is_wanted is None or is_wanted(each)) and self._add_waitable(each)
        ]

    def _add_waitable(self, waitable: Any) -> bool:
        try:
            waitable.add_to_wait_set(self._set)
        except InvalidHandle:  # taken down by another thread this moment
            return False
        return True
