"""What an executor waits for: all that its nodes have, in a wait set that is made once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from typing import Any, NamedTuple

from rclpy.context import Context
from rclpy.guard_condition import GuardCondition
from rclpy.impl.implementation_singleton import rclpy_implementation as _rclpy
from rclpy.node import Node
from rclpy.waitable import NumberOfEntities

InvalidHandle = _rclpy.InvalidHandle


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
        self._held = ExitStack()
        self._held.enter_context(context.handle)
        self._guards = [each.handle for each in guards if self._hold(each.handle)]
        self._waitables = [each for node in nodes for each in node.waitables if self._hold(each)]
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

    def is_of(self, nodes: Iterable[Node]) -> bool:
        """Whether the nodes still have what they had."""
        return self._seen == entities_of(nodes)

    def has(self, entity: Any) -> bool:
        """Whether it is waited for."""
        return any(each is entity for each in self._seen)

    def wait(self, timeout_ns: int, is_wanted: Callable[[Any], bool] | None = None) -> Ready:
        """Wait until something is ready, and return what is.

        Args:
            timeout_ns: Longest time [ns]; negative = no limit.
            is_wanted: What is not shall not be looked at; None = all is.
        """
        waitables = [each for each in self._waitables if is_wanted is None or is_wanted(each)]
        self._set.clear_entities()
        self._fill(is_wanted)
        added = [each for each in waitables if self._add_waitable(each)]
        self._set.wait(timeout_ns)
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
        for waitable in self._waitables:
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
        for kind, found in self._entities.items():
            add = getattr(self._set, f'add_{kind.name}')
            for each in found:
                if is_wanted is None or is_wanted(each):
                    add(each.handle)
        for guard in self._guards:
            self._set.add_guard_condition(guard)

    def _add_waitable(self, waitable: Any) -> bool:
        try:
            waitable.add_to_wait_set(self._set)
        except InvalidHandle:  # taken down by another thread this moment
            return False
        return True
