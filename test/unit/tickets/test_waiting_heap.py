"""The heap of waiting tickets: always the first at hand, and no larger than its members."""

import random

from orchestrator_ren.tickets.scheduling import Waiting
from orchestrator_ren.tickets.waiting_heap import WaitingHeap

from .samples import waiting


class Crowd:
    """Tickets that come to a heap and leave from anywhere; knows which is the first."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        self.keys: dict[str, tuple[float, int]] = {}
        self.heap = WaitingHeap(self.is_member)
        self._count = 0

    def is_member(self, each: Waiting) -> bool:
        return each.ticket_id in self.keys

    def come(self) -> None:
        self._count += 1
        key = self.rng.choice([0.0, 1.0, self.rng.random()]), self._count
        each = waiting(f't{self._count}', self._count)
        self.keys[each.ticket_id] = key
        self.heap.push(key, each)

    def leave(self) -> None:
        if self.keys:
            del self.keys[self.rng.choice(list(self.keys))]
            self.heap.sweep()

    def first(self) -> str | None:
        return min(self.keys, key=self.keys.__getitem__, default=None)


def test_the_first_is_the_lowest_of_those_that_have_not_left() -> None:
    for seed in range(100):
        crowd = Crowd(seed)
        for _ in range(200):
            crowd.rng.choice([crowd.come, crowd.come, crowd.leave])()
            first = crowd.heap.first()
            assert (first and first.ticket_id) == crowd.first()


def test_who_is_popped_is_gone_whatever_heap_held_it() -> None:
    crowd = Crowd(1)
    for _ in range(300):
        crowd.come()
    for _ in range(100):
        crowd.leave()
    order = []
    while (first := crowd.heap.first()) is not None:
        crowd.heap.pop()
        order.append(crowd.keys.pop(first.ticket_id))
    assert order == sorted(order)
    assert len(order) == 200
    assert len(crowd.heap) == 0


def test_it_stays_as_large_as_its_members() -> None:
    crowd = Crowd(2)
    for _ in range(100):
        crowd.come()
    for _ in range(20_000):
        crowd.come()
        crowd.leave()
    assert len(crowd.keys) == 100
    assert len(crowd.heap) < 300
