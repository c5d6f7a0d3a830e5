"""The waiting tickets: kept so that few are looked at, and decided as if all were."""

import random
from dataclasses import replace

from hypothesis import given, settings

from orchestrator_ren.tickets.scheduling import Circumstances, Waiting, decide
from orchestrator_ren.tickets.ticket import Priority
from orchestrator_ren.tickets.waiting_queue import WaitingQueue

from .samples import BASE, FREE, NOW_S, circumstances, names, tickets, waiting


def test_a_deadline_that_passes_takes_a_ticket_out() -> None:
    queue = WaitingQueue()
    queue.add(waiting('late', 1, deadline_s=NOW_S + 1.0))
    queue.add(waiting('other', 2))
    assert queue.next_instant_s() == NOW_S + 1.0
    assert names(queue.expired(NOW_S)) == []
    assert names(queue.expired(NOW_S + 1.0)) == ['late']
    assert names(list(queue)) == ['other']
    assert queue.next_instant_s() == float('inf')


def test_a_removed_ticket_neither_starts_nor_wakes_nor_expires() -> None:
    queue = WaitingQueue()
    for arrival, rest in enumerate(({}, {'not_before_s': NOW_S + 1}, {'deadline_s': NOW_S + 2})):
        queue.add(waiting(f't{arrival}', arrival, **rest))
        queue.remove(f't{arrival}')
    assert queue.next_instant_s() == float('inf')
    assert queue.decide(NOW_S + 5, FREE).start == []
    assert queue.expired(NOW_S + 5) == []


def test_a_ticket_added_again_waits_as_it_was_added_last() -> None:
    queue = WaitingQueue()
    queue.add(waiting('t', 1))
    queue.add(waiting('t', 2, not_before_s=NOW_S + 10.0))
    assert queue.decide(NOW_S, FREE).start == []
    assert names(queue.decide(NOW_S + 10.0, FREE).start) == ['t']
    assert len(queue) == 0


@given(tickets, circumstances)
@settings(max_examples=300)
def test_the_queue_decides_as_if_it_looked_at_all(
    found: list[Waiting], circumstances: Circumstances
) -> None:
    queue = WaitingQueue()
    for each in found:
        queue.add(each)
    expected = decide(found, NOW_S, circumstances)
    decision = queue.decide(NOW_S, circumstances)
    assert set(names(decision.start)) == set(names(expected.start))
    assert {each.ticket_id for each in queue} == expected.reasons.keys()


def test_no_low_ticket_waits_much_longer_than_max_wait_among_10_000_arrivals() -> None:
    """One server of 1 s, 10,000 tickets arriving at 95 % of its rate, most of them HIGH."""
    rng, queue, max_wait_s = random.Random(1), WaitingQueue(), 300.0
    waits_s: dict[Priority, list[float]] = {each: [] for each in Priority}
    now_s = arrived_s = NOW_S
    circumstances, left, arrival = Circumstances(max_wait_s=max_wait_s), 10_000, 0
    while left or len(queue):
        while left and arrived_s <= now_s:
            (priority,) = rng.choices(list(Priority), weights=[1, 2, 12, 5])
            queue.add(Waiting(f't{arrival}', priority, arrived_s, arrival, BASE))
            arrival, left = arrival + 1, left - 1
            burst = 1.4 if (arrival // 1000) % 2 else 0.72  # overload comes and goes
            arrived_s += rng.expovariate(burst)
        circumstances = replace(circumstances, steady_s=now_s)
        for each in queue.decide(now_s, circumstances).start:
            waits_s[each.priority].append(now_s - each.since_s)
        now_s += 1.0
    assert sum(map(len, waits_s.values())) == 10_000
    # Whoever is overdue waits for those that were overdue before only.
    backlog_s = max(waits_s[Priority.LOW]) - max_wait_s
    assert max(waits_s[Priority.LOW]) > max_wait_s, 'it was never tried'
    assert backlog_s < 60.0
    assert max(waits_s[Priority.CRITICAL]) < max(waits_s[Priority.LOW])
