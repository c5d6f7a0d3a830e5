"""Floods: whatever is asked of the orchestrator, no callback holds its executor.

An e-stop, the next velocity, everybody else's request: all wait for whoever holds it.
"""

import json
import re
import time

import pytest
from action_msgs.srv import CancelGoal
from builtin_interfaces.msg import Time
from std_msgs.msg import Bool

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.srv import ChangeQueue, CreateTicket, GetHistory, GetQueue, ListTickets

from .watched_orchestrator import WORDS

BUDGET_MS = 5.0
"""On a machine that counts as in `slowness` in `COUNTED_MS`."""

COUNTED_MS = 3.2
MAX_COUNTED = 300_000

OUTLIERS = 1
"""So many may take up to twice as long: what a hypervisor takes counts as CPU time too."""

judged_again = pytest.mark.flaky(reruns=1, only_rerun=['Held'])
"""It may take more, too: 14.7 ms were seen, where 20 floods of the same kind then showed 3.1 at
most. What is ours comes again with the same flood; what the machine took does not."""

WATCHED = 'watched_orchestrator'
AT_ONCE = 8
"""Requests under way: a client of the middleware's default keeps 10 answers."""

DRIVE = {'command': 'drive', 'params': '{speed: 0.5, duration_seconds: 1}'}
SCAN = {'command': 'scan', 'params': '{}'}


def in_turn(system, sent):
    """Return the results of futures, a few of them being under way at a time."""
    under_way, results = [], []
    for each in sent:
        under_way.append(each)
        if len(under_way) >= AT_ONCE:
            system.spin_until(under_way[0].done)
            results.append(under_way.pop(0).result())
    for each in under_way:
        system.spin_until(each.done)
        results.append(each.result())
    return results


def create(system, count, **fields):
    """Return the ids of new tickets."""
    client = system._clients['create_ticket']
    sent = (client.call_async(CreateTicket.Request(**fields)) for _ in range(count))
    return [each.ticket.id for each in in_turn(system, sent)]


def execute(system, ids):
    """Send goals; nobody waits for their results."""
    goals = (ExecuteTicket.Goal(ticket_id=each) for each in ids)
    in_turn(system, map(system.action.send_goal_async, goals))


def slowness():
    """Return how much slower this machine is than the one that the budget is for [>= 1]."""
    took_s = []
    for _ in range(10):
        began_s = time.thread_time()
        sum(range(MAX_COUNTED))
        took_s.append(time.thread_time() - began_s)
    return max(1.0, min(took_s) * 1e3 / COUNTED_MS)


class Held(AssertionError):
    """A callback held the executor for longer than the budget."""


def assert_nobody_is_held(system):
    """No callback held the executor for longer than the budget, outliers aside.

    Raises:
        Held: One did, or more.
    """
    budget_ms = BUDGET_MS * slowness()
    found = re.findall(rf'(.*) {WORDS} ([\d.]+) ms', system.log(WATCHED))
    long = sorted((float(ms), name) for name, ms in found if float(ms) > budget_ms)
    if len(long) > OUTLIERS or any(ms >= 2.0 * budget_ms for ms, _ in long):
        raise Held([f'{name}: {ms} of {budget_ms:.1f} ms' for ms, name in long])


def start(system, **parameters):
    system.start_robot(orchestrator=WATCHED, **parameters)


def ended(system, count):
    system.spin_until(lambda: system.statuses[-1].failed + system.statuses[-1].cancelled >= count)


def let_wait(system, count):
    """Send goals that wait for the base while it drives."""
    start(system)
    system.drive_until_moving()
    execute(system, create(system, count, **DRIVE))
    system.spin_until(lambda: system.statuses[-1].waiting == count)


@judged_again
@pytest.mark.alone
def test_goals_that_wait_hold_nobody(system):
    """350 of them made the orchestrator take its own gate for lost: 502, or 503."""
    let_wait(system, 400)
    system.spin_for(2.0)
    assert system.speed_mps > 0.9
    assert_nobody_is_held(system)


@judged_again
@pytest.mark.alone
def test_e_stop_that_ends_many_waiting_goals_holds_nobody(system):
    let_wait(system, 400)
    system.e_stop.publish(Bool(data=True))
    ended(system, 401)
    assert_nobody_is_held(system)


@judged_again
@pytest.mark.alone
def test_cancelling_all_goals_at_once_holds_nobody(system):
    """What rclpy itself does to answer takes 13 us for each goal, in one piece."""
    let_wait(system, 150)
    cancel = system.client.create_client(CancelGoal, 'execute_ticket/_action/cancel_goal')
    system.spin_until(cancel.service_is_ready)
    (answer,) = in_turn(system, [cancel.call_async(CancelGoal.Request())])
    assert len(answer.goals_canceling) == 151
    ended(system, 151)
    assert_nobody_is_held(system)


def test_one_goal_too_many_is_refused_with_its_code_and_a_stop_is_not(system):
    start(system, max_waiting_goals=3)
    _, first = system.drive_until_moving()
    execute(system, create(system, 2, **DRIVE))
    refused = system.result(system.execute(system.create(**DRIVE)))
    assert (refused.error_code, refused.ticket.status) == (210, 'PENDING')
    assert 'max_waiting_goals: 3 goals' in refused.message
    assert system.result(system.execute(system.create(command='stop'))).success
    assert system.result(first).ticket.status == 'CANCELLED'


@judged_again
@pytest.mark.alone
def test_a_queue_that_is_resumed_starts_no_more_than_may_be_executed(system):
    """All 4,000 scans started at once."""
    start(system, dispatch='auto', max_executions=20)
    system.call(ChangeQueue, 'pause_queue')
    create(system, 400, **SCAN)
    most = []
    system.call(ChangeQueue, 'resume_queue')

    def are_done():
        most.append(len(system.statuses[-1].executing_ids))
        return system.statuses[-1].completed == 400

    system.spin_until(are_done, 60.0)
    assert 2 < max(most) <= 20
    assert_nobody_is_held(system)


@judged_again
@pytest.mark.alone
def test_a_page_ends_before_it_is_too_large_and_its_token_carries_on(system):
    """A page of 54 MB was sent in one piece; the drive beside it ended with 503."""
    start(system)
    system.drive_until_moving()
    metadata = json.dumps({'note': 'x' * 60_000})
    ids = create(system, 120, **DRIVE, metadata=metadata)
    found, token = [], ''
    while not found or token:
        page = system.call(ListTickets, 'list_tickets', limit=1000, page_token=token)
        assert 0 < len(page.tickets) < 20
        assert page.total == 121
        found, token = [*found, *(each.id for each in page.tickets)], page.next_page_token
    assert found[:120] == ids[::-1]
    assert system.speed_mps > 0.9
    assert_nobody_is_held(system)


@judged_again
@pytest.mark.alone
def test_the_longest_pages_hold_nobody(system):
    start(system, dispatch='auto')
    system.call(ChangeQueue, 'pause_queue')
    create(system, 1000, **DRIVE)
    for _ in range(3):
        assert len(system.call(GetQueue, 'get_queue', limit=1000).entries) == 1000
        page = system.call(ListTickets, 'list_tickets', limit=1000)
        assert len(page.tickets) > 200
        assert page.next_page_token
        history = system.call(GetHistory, 'get_history', ticket_id=page.tickets[0].id, limit=1000)
        assert len(history.events) == 2
    assert_nobody_is_held(system)


@judged_again
@pytest.mark.alone
def test_many_tickets_whose_deadline_passes_at_once_hold_nobody(system):
    start(system, dispatch='auto')
    system.call(ChangeQueue, 'pause_queue')
    deadline = Time(sec=int(time.time()) + 7)
    create(system, 250, **DRIVE, deadline=deadline)
    assert time.time() < deadline.sec, 'they were not created in time'
    ended(system, 250)
    assert_nobody_is_held(system)
