"""Coroutines beside callbacks: resumed when they can go on, heard when they raise."""

import gc
import threading
import time

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy import task

from orchestrator_ren.ros.executor import CachedExecutor
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.ready_queue import SLICE_S, ReadyQueue
from orchestrator_ren.ros.tasks import Tasks
from orchestrator_ren.ros.worker import Worker


class Spun:
    """A node that is spun by the test."""

    def __init__(self, context, namespace):
        self.executor = CachedExecutor(context=context)
        self.node = rclpy.create_node('spun', namespace=namespace, context=context)
        self.executor.add_node(self.node)
        self.tasks = Tasks(self.node)
        self.spins = 0

    def spin_until(self, condition, timeout_s=10.0):
        until_mono_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < until_mono_s, 'timed out'
            self.spins += 1
            self.executor.spin_once(timeout_sec=0.05)

    def forget(self):
        """Let go what was run."""
        self.executor.shutdown()
        self.tasks = self.executor = None
        gc.collect()

    def close(self):
        if self.executor is not None:
            self.executor.shutdown()
        self.node.destroy_node()


@pytest.fixture
def spun(context, namespace):
    made = Spun(context, namespace)
    yield made
    made.close()


class Counted:
    """Awaits a future, and counts how often it is resumed for that."""

    def __init__(self, future):
        self.future, self.resumed = future, 0

    def __await__(self):
        while not self.future.done():
            yield self.future
            self.resumed += 1
        return self.future.result()


def test_coroutine_that_waits_is_resumed_once_when_it_can_go_on(spun):
    """Below rclpy 7.1.9, a task that waits is resumed at every wake of the executor."""
    waits, outcomes = Counted(Future()), []

    async def wait():
        outcomes.append(await waits)

    spun.tasks.run(wait())
    for _ in range(20):
        spun.executor.wake()
        spun.executor.spin_once(timeout_sec=0.05)
    assert waits.resumed == 0
    waits.future.set_result('done')
    spun.spin_until(lambda: outcomes)
    assert (outcomes, waits.resumed) == (['done'], 1)


@pytest.mark.parametrize('kind', [Future, task.Future])
def test_futures_of_other_threads_and_of_rclpy_are_awaited(spun, kind):
    outcomes = []

    async def wait(future):
        outcomes.append(await future)

    futures = [kind() for _ in range(200)]
    for each in futures:
        spun.tasks.run(wait(each))

    def set_all():
        for number, each in enumerate(futures):
            each.set_result(number)
            spun.executor.wake()

    thread = threading.Thread(target=set_all)
    thread.start()
    spun.spin_until(lambda: len(outcomes) == 200)
    thread.join()
    assert sorted(outcomes) == list(range(200))


@pytest.mark.parametrize('kind', [Future, task.Future])
@pytest.mark.parametrize('run', ['run', 'leave'])
def test_one_that_waits_for_what_nobody_else_knows_waits_on(spun, run, kind):
    """The collector ended it: GeneratorExit was raised in its midst, and ended the process."""
    ended = []

    async def wait():
        try:
            await kind()
        finally:
            ended.append('ended')

    getattr(spun.tasks, run)(wait())
    for _ in range(5):
        spun.executor.spin_once(timeout_sec=0.05)
    gc.collect()
    assert ended == []
    spun.forget()
    assert ended == ['ended']


def test_one_that_waits_in_a_way_of_old_rclpy_does_not_keep_the_executor_busy(spun):
    class Unknown:
        def __await__(self):
            while not outcomes:
                yield

    async def wait():
        await Unknown()
        outcomes.append('went on')

    outcomes = []
    spun.tasks.run(wait())
    for _ in range(5):
        spun.executor.spin_once(timeout_sec=0.05)
    began_s = time.monotonic()
    for _ in range(5):
        spun.executor.spin_once(timeout_sec=0.05)
    if not hasattr(spun.executor, '_call_task_in_next_spin'):  # what rclpy does from 7.1.9 on
        assert time.monotonic() - began_s > 0.1
    outcomes.append('it may')
    spun.spin_until(lambda: 'went on' in outcomes)


def test_coroutine_awaits_a_worker(spun):
    worker, outcomes = Worker(spun.node, 'test'), []

    async def wait():
        outcomes.append(await worker.call(threading.current_thread))
        with pytest.raises(ZeroDivisionError):
            await worker.call(lambda: 1 / 0)
        outcomes.append('raised')

    spun.tasks.run(wait())
    spun.spin_until(lambda: len(outcomes) == 2)
    assert outcomes[0] is not threading.main_thread()
    worker.close()


@pytest.mark.parametrize('run', ['run', 'leave'])
@pytest.mark.parametrize('error', [RuntimeError('a defect'), SystemExit(3)])
def test_what_is_raised_after_an_await_is_raised_by_the_executor(spun, run, error):
    """In rclpy 7.1.9 to 10.0.9 it vanishes."""
    begin, others = Future(), []

    async def wait(and_then):
        await begin
        and_then()

    def fail():
        raise error

    getattr(spun.tasks, run)(wait(fail))
    spun.tasks.run(wait(lambda: others.append('went on')))
    spun.executor.spin_once(timeout_sec=0.05)
    begin.set_result(None)
    with pytest.raises(type(error)):
        spun.spin_until(lambda: False)
    spun.spin_until(lambda: others)


def test_those_that_are_not_left_are_waited_for(spun):
    begin, ended = Future(), []

    async def wait(name):
        await begin
        ended.append(name)

    async def wait_for_all():
        await spun.tasks.all_ended()
        ended.append('all')

    waiting = wait_for_all()
    spun.tasks.leave(wait('left'))
    for each in 'a', 'b':
        spun.tasks.run(wait(each))
    spun.tasks.leave(waiting)
    for _ in range(5):
        spun.executor.spin_once(timeout_sec=0.05)
    assert ended == []
    begin.set_result(None)
    spun.spin_until(lambda: 'all' in ended)
    assert sorted(ended[: ended.index('all')]) >= ['a', 'b']


def test_many_that_are_ready_let_others_in_between(spun):
    ready, order = ReadyQueue(spun.node), []

    def busy():
        until_s = time.thread_time() + SLICE_S / 4
        while time.thread_time() < until_s:
            pass
        order.append('busy')

    for _ in range(100):
        ready.add(busy)
    timer = spun.node.create_timer(0.001, lambda: order.append('timer'))
    spun.spin_until(lambda: order.count('busy') == 100)
    spun.node.destroy_timer(timer)
    assert order.count('timer') > 5
    assert spun.spins > 20


def test_who_breathes_lets_others_in_between(spun):
    order = []

    async def loop():
        for _ in range(3):
            await spun.tasks.breathe()
            order.append('loop')

    spun.tasks.run(loop())
    spun.tasks.run(loop())
    spun.spin_until(lambda: len(order) == 6)
    spun.executor.create_task(lambda: order.append('other'))
    spun.spin_until(lambda: 'other' in order)
