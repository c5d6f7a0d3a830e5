"""The thread of the store: who waits is in one commit, and answered for what he asked himself."""

import threading

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.errors import (
    InternalError,
    RequestIdConflict,
    StoreConflict,
    StoreFull,
    StoreLocked,
    StoreTimeout,
    StoreUnavailable,
)
from orchestrator_ren.orchestrator.store_access import store_worker
from orchestrator_ren.orchestrator.store_access.store_worker import MAX_TOGETHER, StoreWorker

from .store_worker_rig import WAIT_S, Asked, WorkerRig

FULL = StoreFull(url='x', reason='disk is full')


@pytest.fixture
def rig():
    made = WorkerRig()
    yield made
    made.close()


def test_who_comes_alone_waits_for_nobody(rig):
    assert rig.outcomes(rig.join('a')) == ['a']
    assert rig.outcomes(rig.join('b')) == ['b']
    assert rig.commits == [['a'], ['b']]


def test_those_that_wait_are_in_one_commit_and_answered_by_one_wake(rig):
    slow = rig.occupied()
    asked = [rig.join(str(number)) for number in range(8)]
    wakes = rig.executor.wakes
    slow.free()
    assert rig.outcomes(slow, *asked) == ['slow', *map(str, range(8))]
    assert rig.commits == [['slow'], [str(number) for number in range(8)]]
    assert rig.executor.wakes == wakes + 2  # for the slow one, and for the eight


def test_nobody_is_answered_before_the_commit(rig):
    slow = rig.occupied()
    first, last = rig.join('first'), rig.slow(rig.worker.join)
    slow.free()
    rig.outcomes(slow)
    assert last.entered.wait(WAIT_S)
    assert not first.is_done
    last.free()
    assert rig.outcomes(first, last) == ['first', 'slow']
    assert rig.commits == [['slow'], ['first', 'slow']]


def test_a_commit_has_a_limit(rig):
    slow = rig.occupied()
    asked = [rig.join(str(number)) for number in range(MAX_TOGETHER + 3)]
    slow.free()
    rig.outcomes(slow, *asked)
    assert [len(each) for each in rig.commits] == [1, MAX_TOGETHER, 3]


def test_a_commit_that_takes_long_takes_in_nobody_else(rig, monkeypatch):
    monkeypatch.setattr(store_worker, 'MAX_TOGETHER_S', -1.0)
    slow = rig.occupied()
    asked = [rig.join(name) for name in 'abc']
    slow.free()
    rig.outcomes(slow, *asked)
    assert rig.commits == [['slow'], ['a'], ['b'], ['c']]


def test_what_has_to_be_alone_is_and_in_its_turn(rig):
    slow = rig.occupied()
    asked = [rig.join('a'), rig.join('b'), rig.alone('prune'), rig.join('c'), rig.join('d')]
    slow.free()
    rig.outcomes(slow, *asked)
    assert rig.commits == [['slow'], ['a', 'b'], ['prune'], ['c', 'd']]


def test_one_that_is_refused_spoils_no_other(rig):
    slow = rig.occupied()
    refused = [
        RequestIdConflict(request_id='a', ticket_id='b'),
        StoreConflict(ticket_id='a'),
        InternalError(detail='UNIQUE'),
        ZeroDivisionError(),
    ]
    asked = [rig.join('a'), *(rig.join('x', each) for each in refused), rig.join('b')]
    slow.free()
    assert rig.outcomes(slow, *asked) == ['slow', 'a', *refused, 'b']
    assert [[name for name in each if isinstance(name, str)] for each in rig.commits] == [
        ['slow'],
        ['a', 'b'],
    ]


def test_what_exits_in_a_call_ends_neither_the_thread_nor_the_others(rig):
    slow = rig.occupied()
    asked = [rig.join('a'), rig.join('x', SystemExit(3)), rig.join('b')]
    slow.free()
    _, first, exits, last = rig.outcomes(slow, *asked)
    assert (first, type(exits), last) == ('a', InternalError, 'b')
    assert rig.outcomes(rig.join('c')) == ['c']


def test_a_commit_that_fails_fails_all(rig):
    slow = rig.occupied()
    refused = StoreConflict(ticket_id='a')
    asked = [rig.join('a'), rig.join('x', refused), rig.join('b')]
    rig.commit_error = FULL
    slow.free()
    assert rig.outcomes(slow, *asked)[1:] == [FULL, FULL, FULL]
    assert rig.commits == [['slow']]
    rig.commit_error = None
    assert rig.outcomes(rig.join('c')) == ['c']


def test_a_store_that_cannot_begin_is_tried_by_one_at_a_time(rig):
    locked = StoreLocked(url='x', reason='database is locked')
    slow = rig.occupied()
    asked = [rig.join('a'), rig.join('b')]
    rig.begin_error = locked
    slow.free()
    assert rig.outcomes(slow, *asked)[1] is locked
    assert rig.commits == [['slow'], ['b']]


def test_one_too_large_for_the_disk_fails_alone(rig):
    """The whole transaction is lost by it: the others are made again."""
    slow = rig.occupied()
    asked = [rig.join('a'), rig.join('large', FULL), rig.join('b'), rig.join('c')]
    slow.free()
    assert rig.outcomes(slow, *asked) == ['slow', 'a', FULL, 'b', 'c']
    assert rig.commits == [['slow'], ['a'], ['b', 'c']]


def test_one_whose_caller_went_spoils_no_other(rig):
    slow = rig.occupied()
    asked = [rig.join(name) for name in 'abc']
    asked[1].cancel()
    slow.free()
    assert rig.outcomes(slow, asked[0], asked[2]) == ['slow', 'a', 'c']


# When it hangs.


def tick_until(rig, *asked):
    """Let the clock of the node tick until all are answered."""
    pause = threading.Event()
    for _ in range(1000):
        rig.worker.tick()
        if all([each.is_done for each in asked]):
            return
        pause.wait(0.005)
    pytest.fail('timed out')


def test_those_behind_one_that_hangs_are_refused_in_time_and_not_made(rig, monkeypatch):
    slow = rig.occupied()
    before, hanging = rig.join('before'), rig.slow(rig.worker.join)
    slow.free()
    assert hanging.entered.wait(WAIT_S)
    behind = [rig.join('behind'), rig.alone('alone'), rig.join('behind')]
    monkeypatch.setattr(store_worker, 'MAX_WAIT_S', 0.05)
    tick_until(rig, *behind)
    assert {type(each.outcome) for each in behind} == {StoreUnavailable}
    assert 'not made' in str(behind[0].outcome)
    assert 'not made' in str(rig.join('too late').outcome)
    assert not before.is_done
    assert not hanging.is_done
    hanging.free()
    assert rig.outcomes(before, hanging) == ['before', 'slow']
    monkeypatch.setattr(store_worker, 'MAX_WAIT_S', WAIT_S)
    assert rig.outcomes(rig.join('after')) == ['after']
    assert rig.commits == [['slow'], ['before', 'slow'], ['after']]


def test_what_was_undone_is_not_made_again_after_too_long(rig, monkeypatch):
    slow = rig.occupied()
    before, hanging = rig.join('before'), rig.slow(rig.worker.join, FULL)
    slow.free()
    assert hanging.entered.wait(WAIT_S)
    monkeypatch.setattr(store_worker, 'MAX_WAIT_S', 0.0)
    hanging.free()
    for refused in rig.outcomes(before, hanging):
        assert 'this one was not made' in str(refused)
    assert rig.commits == [['slow']]


def test_a_reader_that_hangs_is_not_waited_for(rig, monkeypatch):
    reader = StoreWorker(rig, 'test reader', 'x')
    free = threading.Event()
    hanging = Asked(reader.call(free.wait, WAIT_S))
    monkeypatch.setattr(store_worker, 'MAX_WAIT_S', 0.05)
    rig.worker, writer = reader, rig.worker
    tick_until(rig, hanging)
    assert type(hanging.outcome) is StoreTimeout
    free.set()
    reader.close(lambda: None)
    rig.worker = writer


def test_the_end_waits_for_what_was_asked_for(rig):
    slow, order = rig.occupied(), []
    asked = [rig.join(name) for name in 'ab']
    threading.Thread(target=slow.free).start()
    rig.worker.close(lambda: order.append(list(rig.commits)))
    assert order == [[['slow'], ['a', 'b']]]
    assert rig.outcomes(slow, *asked) == ['slow', 'a', 'b']
