"""The executor, with another thread that does something at the worst of moments."""

import sys
import threading
import time

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy.task import Future as RosFuture

from orchestrator_ren.ros.executor import CachedExecutor
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.wait_set import WaitSet

from .test_executor import Spun


@pytest.fixture
def spun(context, namespace):
    made = Spun(CachedExecutor, context, namespace)
    yield made
    made.close()


class Interruption:
    """Lets something happen in another thread while this one is at a step of a method.

    Args:
        method: Such as `CachedExecutor._let_go`.
        kind: Of the step: `opcode` or `line`.
        at: Which step, from 0 on.
        act: What happens; it gets a second, or is left to itself.
    """

    def __init__(self, method, kind, at, act):
        self._code = method.__code__
        self._kind = kind
        self._left = at
        self._act = act
        self.has_happened = False

    def __enter__(self):
        self._before = sys.gettrace()
        sys.settrace(self._on_call)
        return self

    def __exit__(self, *_):
        sys.settrace(self._before)

    def _on_call(self, frame, _event, _argument):
        if frame.f_code is not self._code:
            return None
        frame.f_trace_opcodes = self._kind == 'opcode'
        return self._on_step

    def _on_step(self, _frame, event, _argument):
        if event == self._kind and not self.has_happened:
            self._left -= 1
            if self._left < 0:
                self.has_happened = True
                thread = threading.Thread(target=self._act, daemon=True)
                thread.start()
                thread.join(1.0)
        return self._on_step


def steps(method, kind, act, do, prepare=lambda: None):
    """Do something again and again, interrupted at each step of a method in turn."""
    at = 0
    while True:
        prepare()
        with Interruption(method, kind, at, act) as interruption:
            do()
        if not interruption.has_happened:
            return
        yield at
        at += 1


def test_what_is_made_at_any_moment_is_served(spun):
    """Made between the look at a mark and its removal, it was overlooked until the next wake."""

    def make():
        timers.append(spun.node.create_timer(0.001, spun.see('made')))

    def look():
        spun.executor.spin_once(timeout_sec=0.0)

    timers = []
    for _ in steps(CachedExecutor._current_wait_set, 'opcode', make, look):
        spun.executor.spin_once(timeout_sec=0.5)
        assert spun.seen
        spun.node.destroy_timer(timers.pop())
        spun.executor.spin_once(timeout_sec=0.0)
        spun.seen.clear()


def test_nobody_lets_go_of_what_another_thread_waits_for(spun, context, namespace, monkeypatch):
    """Whoever had looked whether somebody waits could close what that one had made meanwhile."""
    executor, close, closed = spun.executor, WaitSet.close, []
    node = rclpy.create_node('other', namespace=namespace, context=context)

    def watched_close(wait_set):
        closed.append(executor._is_waiting)
        close(wait_set)

    def spin():
        spinning.append(threading.Thread(target=executor.spin_once, args=(0.3,)))
        spinning[-1].start()
        time.sleep(0.1)  # it waits, or for the lock

    def add():
        executor.add_node(node)
        executor.spin_once(timeout_sec=0.0)

    def remove():
        executor.remove_node(node)

    spinning = []
    monkeypatch.setattr(WaitSet, 'close', watched_close)
    for _ in steps(CachedExecutor._let_go, 'line', spin, remove, add):
        while spinning:
            spinning.pop().join(5.0)
        assert not any(closed)
    node.destroy_node()


def test_what_could_not_be_waited_for_can_be_taken_down(spun, monkeypatch):
    """A wait set that could not be made kept all that it was to have been made of."""

    def fail(*_):
        raise RuntimeError('the middleware')

    publisher, listener = spun.topic(spun.see('topic'))
    spun.node.create_timer(10.0, spun.see('timer'))
    with monkeypatch.context() as patched:
        patched.setattr(WaitSet, '_make', fail)
        with pytest.raises(RuntimeError, match='the middleware'):
            spun.executor.spin_once(timeout_sec=0.0)
    spun.node.destroy_subscription(listener)
    spun.spin_until(lambda: not publisher.get_subscription_count())


@pytest.mark.parametrize('kind', [Future, RosFuture])
def test_who_awaits_a_future_that_is_cancelled_goes_on(spun, kind):
    """With one of ours, the executor turned in circles for ever."""
    awaited = kind()

    async def wait():
        spun.seen.append(await awaited)

    Tasks(spun.node).run(wait())
    spun.spin(3)
    awaited.cancel()
    spun.executor.wake()
    spun.spin_until(lambda: spun.seen == [None], timeout_s=1.0)
    used_s = time.thread_time()
    spun.spin(10)
    assert time.thread_time() - used_s < 0.1
