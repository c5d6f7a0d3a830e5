"""Who may start, and why each other one waits."""

from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given

from orchestrator_ren.tickets.needs import Needs
from orchestrator_ren.tickets.scheduling import (
    Circumstances,
    Waiting,
    decide,
    estimated_starts,
    in_order,
)
from orchestrator_ren.tickets.ticket import Priority

from .samples import CAMERA, FREE, LOOKS, NOW_S, circumstances, names, tickets, waiting


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


def test_among_equals_age_decides_and_in_the_same_instant_arrival() -> None:
    queue = [
        waiting('second', 2, since_s=NOW_S),
        waiting('put back', 3, since_s=NOW_S - 1.0),
        waiting('first', 1, since_s=NOW_S),
    ]
    assert names(in_order(queue, NOW_S, 300.0)) == ['put back', 'first', 'second']


def test_who_has_waited_for_max_wait_goes_before_all_that_have_not() -> None:
    low = waiting('low', 0, priority=Priority.LOW, since_s=NOW_S - 300.0)
    critical = waiting('critical', 1, priority=Priority.CRITICAL, since_s=NOW_S - 299.0)
    assert names(in_order([critical, low], NOW_S, 300.0)) == ['low', 'critical']
    assert names(in_order([critical, low], NOW_S - 1.0, 300.0)) == ['critical', 'low']


def test_how_long_a_ticket_has_waited_is_told_by_the_steady_clock_alone() -> None:
    """A clock that was set right by a day let every LOW ticket go before the CRITICAL ones."""
    low = waiting('low', 0, priority=Priority.LOW, since_s=50.0)
    high = waiting('high', 1, priority=Priority.HIGH, since_s=100.0)
    a_minute_later = Circumstances(steady_s=160.0)
    for now_s in (0.0, NOW_S, NOW_S + 86400.0, 4e9):
        assert started(low, high, now_s=now_s, circumstances=a_minute_later) == ['high']
    assert started(low, high, circumstances=Circumstances(steady_s=350.0)) == ['low']


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


def test_while_nothing_can_be_written_not_even_a_plan_or_what_is_awaited_starts() -> None:
    away = Circumstances(held='the store is away', paused='by a crash', lets_awaited_start=True)
    plan = replace(waiting('plan', 1, Needs()), is_plan=True)
    awaited = replace(waiting('awaited', 2), is_awaited=True)
    assert started(plan, awaited, circumstances=away) == []
    assert reason('plan', plan, circumstances=away) == 'the store is away'
    assert started(plan, awaited, circumstances=replace(away, held='')) == ['plan', 'awaited']


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


# How many at a time.


def test_no_more_are_executed_at_a_time_than_allowed_and_the_others_are_told_why() -> None:
    running = {'r': waiting('r', 0, LOOKS)}
    few = Circumstances(running=running, max_executions=3)
    decision = decide([waiting(f't{n}', n, LOOKS) for n in range(1, 5)], NOW_S, few)
    assert names(decision.start) == ['t1', 't2']
    reason = '3 tickets are being executed, the most at a time (max_executions)'
    assert decision.reasons == {'t3': reason, 't4': reason}


def test_dry_runs_are_counted_on_their_own() -> None:
    full = Circumstances(running={'r': waiting('r', 0, LOOKS)}, max_executions=1)
    queue = [waiting('plan', 1, Needs(), is_plan=True), waiting('other', 2, Needs(), is_plan=True)]
    assert names(decide(queue, NOW_S, full).start) == ['plan']


def test_who_waits_for_a_place_among_the_executed_is_not_overtaken() -> None:
    full = Circumstances(running={'r': waiting('r', 0, LOOKS)}, max_executions=1)
    queue = [waiting('first', 1, CAMERA), waiting('second', 2, Needs())]
    assert decide(queue, NOW_S, full).start == []
    assert names(decide(queue, NOW_S, Circumstances(max_executions=1)).start) == ['first']


# When it will start.


def test_estimated_start_waits_for_a_place_among_the_executed() -> None:
    running = {'a': waiting('a', 0, Needs()), 'b': waiting('b', 0, Needs())}
    full = Circumstances(running=running, max_executions=2)
    queue = [waiting(f't{n}', n, Needs(), duration_s=10.0) for n in range(1, 4)]
    ends_s = {'a': NOW_S + 5.0, 'b': NOW_S + 7.0}
    assert estimated_starts(queue, NOW_S, full, ends_s) == {
        't1': NOW_S + 5.0,
        't2': NOW_S + 7.0,
        't3': NOW_S + 15.0,
    }
    assert estimated_starts(queue, NOW_S, full, {'a': NOW_S + 5.0}) == {
        't1': NOW_S + 5.0,
        't2': NOW_S + 15.0,
        't3': NOW_S + 25.0,
    }
    assert estimated_starts(queue, NOW_S, full, {}) == {}


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
