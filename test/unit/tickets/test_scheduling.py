"""Who may start, and why each other one waits."""

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.queue import WaitingQueue
from orchestrator_ren.tickets.scheduling import (
    Circumstances,
    Waiting,
    decide,
    estimated_starts,
    in_order,
)
from orchestrator_ren.tickets.ticket import Priority

BASE = Needs(exclusive=frozenset({'base'}), moves=True, interlocked=True)
CAMERA = Needs(exclusive=frozenset({'camera'}))
LOOKS = Needs(shared=frozenset({'camera'}))
NOW_S = 1_000_000.0
FREE = Circumstances()


def waiting(
    name: str,
    arrival: int,
    needs: Needs = BASE,
    priority: Priority = Priority.NORMAL,
    **rest: float,
) -> Waiting:
    since_s = rest.pop('since_s', NOW_S - 100.0 + arrival)
    return Waiting(name, priority, since_s, arrival, needs, **rest)


def names(tickets: list[Waiting]) -> list[str]:
    return [each.ticket_id for each in tickets]


def started(
    *queue: Waiting, circumstances: Circumstances = FREE, now_s: float = NOW_S
) -> list[str]:
    return names(decide(queue, now_s, circumstances).start)


def reason(name: str, *queue: Waiting, circumstances: Circumstances = FREE) -> str:
    return decide(queue, NOW_S, circumstances).reasons[name]


# The order.


def test_higher_priority_goes_first_then_earlier_arrival() -> None:
    queue = [
        waiting('low', 0, priority=Priority.LOW),
        waiting('normal, late', 3),
        waiting('normal, early', 1),
        waiting('critical', 9, priority=Priority.CRITICAL),
        waiting('high', 2, priority=Priority.HIGH),
    ]
    assert names(in_order(queue, NOW_S, 300.0)) == [
        'critical', 'high', 'normal, early', 'normal, late', 'low',
    ]  # fmt: skip


def test_who_has_waited_for_max_wait_goes_before_all_that_have_not() -> None:
    low = waiting('low', 0, priority=Priority.LOW, since_s=NOW_S - 300.0)
    critical = waiting('critical', 1, priority=Priority.CRITICAL, since_s=NOW_S - 299.0)
    assert names(in_order([critical, low], NOW_S, 300.0)) == ['low', 'critical']
    assert names(in_order([critical, low], NOW_S - 1.0, 300.0)) == ['critical', 'low']


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
        for each in queue.decide(now_s, circumstances).start:
            waits_s[each.priority].append(now_s - each.since_s)
        now_s += 1.0
    assert sum(map(len, waits_s.values())) == 10_000
    # Whoever is overdue waits for those that were overdue before only.
    backlog_s = max(waits_s[Priority.LOW]) - max_wait_s
    assert max(waits_s[Priority.LOW]) > max_wait_s, 'it was never tried'
    assert backlog_s < 60.0
    assert max(waits_s[Priority.CRITICAL]) < max(waits_s[Priority.LOW])


# Resources.


def test_one_of_two_that_need_the_base_starts() -> None:
    second, first = waiting('second', 2), waiting('first', 1)
    assert started(second, first) == ['first']
    assert reason('second', second, first) == 'base is held by first'


def test_others_start_beside_it() -> None:
    assert started(waiting('drive', 1), waiting('look', 2, CAMERA)) == ['drive', 'look']


def test_a_held_resource_is_waited_for_and_its_holder_named() -> None:
    held = Circumstances(running={'driver': waiting('driver', 0)})
    assert started(waiting('drive', 1), circumstances=held) == []
    assert reason('drive', waiting('drive', 1), circumstances=held) == 'base is held by driver'


def test_several_share_a_resource_but_not_with_one_that_needs_it_alone() -> None:
    looks = [waiting('a', 1, LOOKS), waiting('b', 2, LOOKS)]
    assert started(*looks, waiting('alone', 3, CAMERA)) == ['a', 'b']
    assert started(waiting('alone', 0, CAMERA), *looks) == ['alone']


def test_a_ticket_that_waits_is_not_overtaken_by_a_stream_of_others() -> None:
    both = Needs(exclusive=frozenset({'base', 'camera'}))
    held = Circumstances(running={'driver': waiting('driver', 0)})
    queue = waiting('both', 1, both), waiting('look', 2, CAMERA)
    assert started(*queue, circumstances=held) == []
    assert reason('look', *queue, circumstances=held) == 'camera goes first to both'


# What else keeps a ticket from starting.


def test_a_ticket_not_due_holds_nothing() -> None:
    later = waiting('later', 1, priority=Priority.CRITICAL, not_before_s=NOW_S + 2.5)
    assert started(later, waiting('now', 2)) == ['now']
    assert reason('later', later) == 'not due for another 2.5 s'
    assert started(later, now_s=NOW_S + 2.5) == ['later']


def test_nothing_starts_in_a_paused_queue() -> None:
    paused = Circumstances(paused='by a client')
    assert started(waiting('drive', 1), waiting('look', 2, CAMERA), circumstances=paused) == []
    assert 'paused: by a client' in reason(
        'look', waiting('look', 2, CAMERA), circumstances=paused
    )


def test_while_nothing_may_move_only_what_does_not_care_starts() -> None:
    unsafe = Circumstances(unsafe='the e-stop is latched')
    arm = Needs(exclusive=frozenset({'arm'}), interlocked=True)
    queue = waiting('drive', 1), waiting('arm', 2, arm), waiting('look', 3, CAMERA)
    assert started(*queue, circumstances=unsafe) == ['look']
    assert reason('arm', *queue, circumstances=unsafe) == 'the e-stop is latched'


@pytest.mark.parametrize(
    ('running', 'waits', 'is_preempted'),
    [
        (Priority.NORMAL, Priority.CRITICAL, True),
        (Priority.HIGH, Priority.CRITICAL, True),
        (Priority.CRITICAL, Priority.CRITICAL, False),
        (Priority.LOW, Priority.HIGH, False),
    ],
)
def test_critical_preempts_motion_of_lower_priority(
    running: Priority, waits: Priority, is_preempted: bool
) -> None:
    circumstances = Circumstances(
        running={'driver': waiting('driver', 0, priority=running)}, may_preempt=True
    )
    queue = [waiting('urgent', 1, priority=waits)]
    assert bool(decide(queue, NOW_S, circumstances).preempt) == is_preempted
    never = replace(circumstances, may_preempt=False)
    assert decide(queue, NOW_S, never).preempt == {}


def test_what_does_not_move_is_not_preempted() -> None:
    running = {'filming': waiting('filming', 0, CAMERA)}
    queue = [waiting('urgent', 1, CAMERA, Priority.CRITICAL)]
    found = decide(queue, NOW_S, Circumstances(running=running, may_preempt=True))
    assert found.preempt == {}


# When it will start.


def test_estimated_starts_add_up_along_the_resource() -> None:
    held = Circumstances(running={'driver': waiting('driver', 0)})
    queue = [
        waiting('first', 1, duration_s=10.0),
        waiting('second', 2, duration_s=0.0),
        waiting('third', 3, duration_s=5.0),
        waiting('look', 4, CAMERA),
    ]
    starts = estimated_starts(queue, NOW_S, held, {'driver': NOW_S + 4.0})
    assert starts == {'first': NOW_S + 4.0, 'second': NOW_S + 14.0, 'look': NOW_S}, 'unknown ahead'


def test_estimated_start_of_a_ticket_that_is_not_due_follows_those_that_are() -> None:
    queue = [
        waiting('tomorrow', 0, not_before_s=NOW_S + 86_400.0, duration_s=1.0),
        waiting('soon', 1, not_before_s=NOW_S + 4.0, duration_s=1.0),
        waiting('due', 2, duration_s=10.0),
    ]
    assert estimated_starts(queue, NOW_S, FREE, {}) == {
        'due': NOW_S,
        'soon': NOW_S + 10.0,
        'tomorrow': NOW_S + 86_400.0,
    }
    paused = Circumstances(paused='somebody did')
    assert estimated_starts(queue, NOW_S, paused, {}) == {}


def test_ticket_that_fails_before_its_turn_delays_nobody_in_the_estimate() -> None:
    queue = [
        waiting('first', 1, duration_s=10.0),
        waiting('late', 2, duration_s=60.0, deadline_s=NOW_S + 5.0),
        waiting('next', 3, duration_s=1.0),
    ]
    assert estimated_starts(queue, NOW_S, FREE, {}) == {'first': NOW_S, 'next': NOW_S + 10.0}


def test_without_a_known_end_nothing_is_estimated() -> None:
    held = Circumstances(running={'driver': waiting('driver', 0)})
    assert estimated_starts([waiting('next', 1)], NOW_S, held, {}) == {}


# The queue.


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


NEEDS = [
    Needs(),
    BASE,
    CAMERA,
    LOOKS,
    Needs(frozenset({'base', 'arm'}), moves=True, interlocked=True),
    Needs(frozenset({'arm'}), frozenset({'camera'}), interlocked=True),
]
tickets = st.lists(
    st.builds(
        lambda priority, needs, age_s, due_s: (priority, needs, age_s, due_s),
        st.sampled_from(Priority),
        st.sampled_from(NEEDS),
        st.floats(0.0, 600.0),
        st.sampled_from([float('-inf'), NOW_S - 1.0, NOW_S + 1.0]),
    ),
    max_size=12,
).map(
    lambda found: [
        Waiting(f't{arrival}', priority, NOW_S - age_s, arrival, needs, not_before_s=due_s)
        for arrival, (priority, needs, age_s, due_s) in enumerate(found)
    ]
)
circumstances = st.builds(
    Circumstances,
    running=st.lists(st.sampled_from(NEEDS), max_size=2).map(
        lambda found: {f'r{n}': waiting(f'r{n}', -n - 1, needs) for n, needs in enumerate(found)}
    ),
    paused=st.sampled_from(['', '', '', 'by a client']),
    unsafe=st.sampled_from(['', '', 'the e-stop is latched']),
)


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


@given(tickets, circumstances)
def test_no_two_that_start_are_in_each_others_way(
    found: list[Waiting], circumstances: Circumstances
) -> None:
    running = [*circumstances.running.values()]
    for each in decide(found, NOW_S, circumstances).start:
        assert not any(each.needs.conflict(o.needs.exclusive, o.needs.shared) for o in running)
        running.append(each)


@given(tickets, circumstances)
def test_every_ticket_starts_or_has_a_reason(
    found: list[Waiting], circumstances: Circumstances
) -> None:
    decision = decide(found, NOW_S, circumstances)
    told = Counter([*names(decision.start), *decision.reasons])
    assert told == Counter(names(found))
    assert all(decision.reasons.values())
