"""The system's clock is set while the orchestrator runs: nothing is lost, early or overtaken."""

import datetime as real
import time
from types import SimpleNamespace

import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time

from orchestrator_ren.orchestrator.store_access import retention
from orchestrator_ren.ros import wall_clock

from .conftest import settle, stamp_of

DAY_S = 86400.0


@pytest.fixture
def clock(monkeypatch):
    """The system's clock, ahead of the real one by `ahead_s`."""
    true_s, fake = time.time, SimpleNamespace(ahead_s=0.0)
    fake.now_s = lambda: true_s() + fake.ahead_s

    class Datetime(real.datetime):
        @classmethod
        def now(cls, tz=None):
            return real.datetime.fromtimestamp(fake.now_s(), tz)

    monkeypatch.setattr(time, 'time', fake.now_s)
    monkeypatch.setattr(wall_clock, 'datetime', Datetime)
    return fake


def is_noticed(rig, clock):
    spans = rig.orchestrator._run_clock._spans
    return abs(spans[-1].last_s - (clock.now_s() - time.monotonic())) < 0.5


def test_ticket_of_1970_stays_and_its_request_makes_no_second_one(rig, clock, monkeypatch):
    """It was removed as 56 years old, and the same request was executed once more."""
    monkeypatch.setattr(retention, 'PERIOD_S', 0.2)
    clock.ahead_s = 60.0 - time.time()
    rig.start(base=False)
    made = rig.create('', 'stop', request_id='once')
    assert made.ticket.created_at.sec < 3600
    assert rig.execute(made.ticket.id).result().success
    clock.ahead_s = 0.0
    rig.spin_until(lambda: is_noticed(rig, clock))
    rig.spin_for(2.5)
    again = rig.create('', 'stop', request_id='once')
    assert (again.created, again.ticket.id) == (False, made.ticket.id)


def test_tickets_start_in_the_order_they_came_though_the_clock_was_set_back(automatic, clock):
    """The later ticket was the older one, by a clock that was set back by an hour."""
    automatic.pause_queue()
    first = automatic.created_id('', command='listen')
    clock.ahead_s = -3600.0
    second = automatic.created_id('', command='listen')
    entries = automatic.queue().entries
    assert [each.ticket_id for each in entries] == [first, second]
    since_s = [each.waiting_since.sec + each.waiting_since.nanosec * 1e-9 for each in entries]
    assert since_s == sorted(since_s)
    assert abs(since_s[0] - clock.now_s()) < 10.0


def test_a_clock_that_is_set_ahead_makes_no_ticket_overdue(automatic, clock):
    """All LOW tickets had waited for longer than max_wait_s, and went before the others."""
    automatic.pause_queue()
    low = automatic.created_id('', command='listen', priority=1)
    clock.ahead_s = DAY_S
    critical = automatic.created_id('', command='listen', priority=4)
    automatic.spin_until(lambda: is_noticed(automatic, clock))
    assert [each.ticket_id for each in automatic.queue().entries] == [critical, low]


def test_deadline_and_start_are_those_of_the_clock_that_was_set(automatic, clock):
    """It was noticed up to a minute later."""
    automatic.pause_queue()
    soon = stamp_of(time.time() + 3600.0)
    expiring = automatic.created_id('', command='deaf', deadline=soon)
    starting = automatic.created_id('', command='brief', not_before=soon)
    clock.ahead_s = 3601.0
    assert automatic.await_status(expiring, 'FAILED', 4.0).error_code == 208
    automatic.resume_queue()
    automatic.spin_until(lambda: starting in automatic.started(), 4.0)


def test_waiting_tickets_of_a_later_time_keep_their_order_over_a_restart(extra, clock):
    clock.ahead_s = DAY_S
    extra.start(orchestrator={'dispatch': 'auto'})
    settle(extra)
    extra.pause_queue()
    ids = [extra.created_id('', command='listen') for _ in range(3)]
    extra.stop_orchestrator()
    clock.ahead_s = 0.0
    extra.start_orchestrator(dispatch='auto')
    settle(extra)
    ids.append(extra.created_id('', command='listen'))
    assert [each.ticket_id for each in extra.queue().entries] == ids


NO_TIMES = [
    (Time(sec=1, nanosec=10**9), '.nanosec is 1000000000; it must be 0 to 999999999'),
    (Time(sec=0, nanosec=2**32 - 1), '.nanosec is 4294967295'),
    (Time(sec=-1), '.sec is -1; it must be 0 (none) or after 1970'),
    (Time(sec=-(2**31), nanosec=5), '.sec is -2147483648'),
]


def test_time_that_is_none_is_refused_by_name(rig):
    """It was taken, and told as 1901."""
    rig.start(base=False)
    for stamp, words in NO_TIMES:
        for field in ('not_before', 'deadline'):
            answer = rig.create('', 'stop', **{field: stamp})
            assert (answer.success, answer.error_code) == (False, 106)
            assert answer.message.startswith(f'{field}{words}')
        for field in ('created_from', 'created_until'):
            answer = rig.list_tickets(**{field: stamp})
            assert (answer.success, answer.error_code) == (False, 106)
            assert answer.message.startswith(f'{field}{words}')
    assert rig.create('', 'stop', not_before=Time(sec=1, nanosec=999_999_999)).success


def test_rest_before_a_retry_lasts_as_long_as_it_does(automatic, clock):
    """It began an hour later, by a clock that was set back by an hour."""
    ticket_id = automatic.created_id('', command='flaky', max_attempts=2, backoff_seconds=2.0)
    automatic.spin_until(lambda: 'execution_failed' in automatic.event_types(ticket_id))
    clock.ahead_s = -3600.0
    automatic.spin_until(lambda: automatic.started().count(ticket_id) == 2, 5.0)


def test_clock_beyond_the_last_time_of_a_message_stops_nothing(rig, clock):
    """In 2082 no status could be told, and no request answered: every message was refused."""
    clock.ahead_s = 56 * 365 * DAY_S
    rig.start(base=False)
    ticket_id = rig.created_id('', command='stop')
    assert rig.execute(ticket_id).result().success
    assert rig.get(ticket_id).created_at.sec == 2**31 - 1
