"""The waiting tickets: kept so that few are looked at, and decided as if all were."""

import random
import time
from dataclasses import replace

import pytest
from hypothesis import given, settings

from orchestrator_ren.tickets.scheduling import Circumstances, Waiting, decide
from orchestrator_ren.tickets.ticket import Priority
from orchestrator_ren.tickets.waiting_queue import WaitingQueue

from .samples import BASE, FREE, LOOKS, NOW_S, circumstances, names, tickets, waiting


def test_a_deadline_that_passes_takes_a_ticket_out() -> None:
    queue = WaitingQueue()
    queue.add(waiting('late', 1, deadline_s=NOW_S + 1.0))
    queue.add(waiting('other', 2))
    assert queue.next_instant_s() == NOW_S + 1.0
    assert names(queue.expired(NOW_S, 9)) == []
    assert names(queue.expired(NOW_S + 1.0, 9)) == ['late']
    assert names(list(queue)) == ['other']
    assert queue.next_instant_s() == float('inf')


def test_a_removed_ticket_neither_starts_nor_wakes_nor_expires() -> None:
    queue = WaitingQueue()
    for arrival, rest in enumerate(({}, {'not_before_s': NOW_S + 1}, {'deadline_s': NOW_S + 2})):
        queue.add(waiting(f't{arrival}', arrival, **rest))
        queue.remove(f't{arrival}')
    assert queue.next_instant_s() == float('inf')
    assert queue.let_in(NOW_S + 5, 9)
    assert queue.decide(NOW_S + 5, FREE).start == []
    assert queue.expired(NOW_S + 5, 9) == []


def test_a_ticket_added_again_waits_as_it_was_added_last() -> None:
    queue = WaitingQueue()
    queue.add(waiting('t', 1))
    queue.add(waiting('t', 2, not_before_s=NOW_S + 10.0))
    assert queue.let_in(NOW_S, 9)
    assert queue.decide(NOW_S, FREE).start == []
    assert queue.let_in(NOW_S + 10.0, 9)
    assert names(queue.decide(NOW_S + 10.0, FREE).start) == ['t']
    assert len(queue) == 0


def test_a_ticket_whose_time_lies_ahead_again_holds_up_nobody_and_is_waited_for() -> None:
    """The clock was set back: those like it waited with it, and its own time was slept through."""
    queue = WaitingQueue()
    queue.add(waiting('later', 1, not_before_s=NOW_S))
    assert queue.let_in(NOW_S, 9)
    assert queue.decide(NOW_S, replace(FREE, paused='for a while')).start == []
    queue.add(waiting('other', 2))
    assert queue.let_in(NOW_S - 50.0, 9)
    assert names(queue.decide(NOW_S - 50.0, FREE).start) == ['other']
    assert queue.next_instant_s() == NOW_S
    assert queue.let_in(NOW_S, 9)
    assert names(queue.decide(NOW_S, FREE).start) == ['later']


@given(tickets, circumstances)
@settings(max_examples=300)
def test_the_queue_decides_as_if_it_looked_at_all(
    found: list[Waiting], circumstances: Circumstances
) -> None:
    queue = WaitingQueue()
    for each in found:
        queue.add(each)
    expected = decide(found, NOW_S, circumstances)
    assert queue.let_in(NOW_S, len(found) + 1)
    decision = queue.decide(NOW_S, circumstances)
    assert names(decision.start) == names(expected.start)
    assert decision.preempt == expected.preempt
    assert decision.reasons.items() <= expected.reasons.items()
    assert {each.ticket_id for each in queue} == expected.reasons.keys()


def test_of_many_that_are_due_at_once_some_are_let_in_at_a_time() -> None:
    queue = WaitingQueue()
    for number in range(10):
        queue.add(waiting(f't{number}', number, not_before_s=NOW_S - 1.0))
    assert not queue.let_in(NOW_S, 4)
    assert queue.next_instant_s() < NOW_S, 'it is to be looked again at once'
    assert not queue.let_in(NOW_S, 4)
    assert queue.let_in(NOW_S, 4)
    assert names(queue.decide(NOW_S, FREE).start) == ['t0']


def test_of_many_that_expire_at_once_some_are_returned_at_a_time() -> None:
    queue = WaitingQueue()
    for number in range(10):
        queue.add(waiting(f't{number}', number, deadline_s=NOW_S))
    found = [names(queue.expired(NOW_S, 4)) for _ in range(4)]
    assert list(map(len, found)) == [4, 4, 2, 0]
    assert [each for some in found for each in some] == [f't{number}' for number in range(10)]
    assert len(queue) == queue.count_ahead(Priority.LOW) == 0


def test_tickets_ahead_are_counted_by_priority() -> None:
    queue = WaitingQueue()
    for number, priority in enumerate([Priority.LOW, Priority.HIGH, Priority.HIGH]):
        queue.add(waiting(f't{number}', number, priority=priority))
    queue.add(waiting('t1', 3, priority=Priority.CRITICAL))
    assert [queue.count_ahead(each) for each in Priority] == [3, 2, 2, 1]
    assert names(queue.decide(NOW_S, FREE).start) == ['t1']
    assert [queue.count_ahead(each) for each in Priority] == [2, 1, 1, 0]


@pytest.mark.parametrize('rest', [{'not_before_s': NOW_S + 1e6}, {'deadline_s': NOW_S + 1e6}, {}])
def test_what_was_added_and_removed_leaves_nothing_behind(rest: dict[str, float]) -> None:
    """200,000 tickets cancelled behind one that was due later all stayed in memory."""
    queue = WaitingQueue()
    queue.add(waiting('later', 0, **(rest or {'not_before_s': NOW_S + 1.0})))
    for number in range(1, 20_000):
        queue.add(waiting('t', number, **rest))
        queue.remove('t')
    heaps = [queue._by_start, queue._by_deadline, *queue._by_age.values()]
    assert sum(map(len, heaps)) < 20
    assert names(list(queue)) == ['later']


def test_a_decision_among_4_000_that_need_nothing_starts_as_many_as_may() -> None:
    """All 4,000 started at once, and to decide that took 2.1 s."""
    queue = WaitingQueue()
    for number in range(4000):
        queue.add(waiting(f't{number}', number, LOOKS))
    began_s = time.thread_time()
    decision = queue.decide(NOW_S, Circumstances(max_executions=32))
    took_s = time.thread_time() - began_s
    assert names(decision.start) == [f't{number}' for number in range(32)]
    assert decision.reasons == {
        't32': '32 tickets are being executed, the most at a time (max_executions)'
    }
    assert took_s < 0.005


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
