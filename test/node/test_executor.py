"""The executor of our programs does what rclpy's does, and what rclpy's should do."""

import gc
import threading
import time

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy.action import ActionClient, ActionServer
from rclpy.callback_groups import MutuallyExclusiveCallbackGroup, ReentrantCallbackGroup
from rclpy.event_handler import PublisherEventCallbacks
from rclpy.executors import ExternalShutdownException, SingleThreadedExecutor
from rclpy.qos import QoSProfile, ReliabilityPolicy
from rclpy.task import Future as RosFuture
from std_msgs.msg import Bool
from std_srvs.srv import Trigger

from orchestrator_ren.action import ExecuteTicket
from orchestrator_ren.ros.executor import CachedExecutor, make_executor
from orchestrator_ren.ros.future import Future
from orchestrator_ren.ros.wait_set import WaitSet

DEEP = QoSProfile(depth=100)

BEST_EFFORT = QoSProfile(depth=1, reliability=ReliabilityPolicy.BEST_EFFORT)


class Spun:
    """A node on an executor that the test spins."""

    def __init__(self, executor, context, namespace):
        self.executor = executor(context=context)
        self.node = rclpy.create_node('spun', namespace=namespace, context=context)
        self.executor.add_node(self.node)
        self.seen = []

    def see(self, what):
        return lambda *_: self.seen.append(what)

    def spin_until(self, condition, timeout_s=10.0):
        until_mono_s = time.monotonic() + timeout_s
        while not (value := condition()):
            assert time.monotonic() < until_mono_s, 'timed out'
            self.executor.spin_once(timeout_sec=0.05)
        return value

    def spin(self, times):
        for _ in range(times):
            self.executor.spin_once(timeout_sec=0.02)

    def topic(self, callback, name='topic', **options):
        """Return a publisher that a subscription listens to."""
        publisher = self.node.create_publisher(Bool, name, 10)
        listener = self.node.create_subscription(Bool, name, callback, 10, **options)
        self.spin_until(lambda: publisher.get_subscription_count())
        return publisher, listener

    def service(self, handler, name='service', **options):
        """Return a client whose server is there."""
        self.node.create_service(Trigger, name, handler, **options)
        client = self.node.create_client(Trigger, name)
        self.spin_until(client.service_is_ready)
        return client

    def close(self):
        self.executor.shutdown()
        self.node.destroy_node()


@pytest.fixture(params=[CachedExecutor, SingleThreadedExecutor])
def either(request, context, namespace):
    """What both must do."""
    made = Spun(request.param, context, namespace)
    yield made
    made.close()


@pytest.fixture
def spun(context, namespace):
    made = Spun(CachedExecutor, context, namespace)
    yield made
    made.close()


def succeeded(_request, response):
    response.success = True
    return response


def test_timers_topics_services_and_guards_are_served(either):
    publisher, _ = either.topic(either.see('topic'))
    either.node.create_timer(0.01, either.see('timer'))
    either.node.create_guard_condition(either.see('guard')).trigger()
    answer = either.service(succeeded).call_async(Trigger.Request())
    publisher.publish(Bool())
    either.spin_until(lambda: {'topic', 'timer', 'guard'} <= set(either.seen) and answer.done())
    assert answer.result().success


def test_action_is_served(either):
    async def execute(goal):
        goal.succeed()
        return ExecuteTicket.Result(message='done')

    ActionServer(either.node, ExecuteTicket, 'action', execute)
    client = ActionClient(either.node, ExecuteTicket, 'action')
    either.spin_until(client.server_is_ready)
    sent = client.send_goal_async(ExecuteTicket.Goal())
    either.spin_until(sent.done)
    result = sent.result().get_result_async()
    either.spin_until(result.done)
    assert result.result().result.message == 'done'


@pytest.mark.parametrize('kind', [Future, RosFuture])
def test_handler_that_awaits_is_answered_when_another_thread_lets_it_go_on(either, kind):
    begun = []

    async def handle(request, response):
        begun.append(kind())
        await begun[-1]
        return succeeded(request, response)

    client = either.service(handle, callback_group=ReentrantCallbackGroup())
    answers = [client.call_async(Trigger.Request()) for _ in range(5)]
    either.spin_until(lambda: len(begun) == 5)

    def let_go_on():
        for each in begun:
            each.set_result(None)
            either.executor.wake()

    threading.Thread(target=let_go_on).start()
    either.spin_until(lambda: all(each.done() for each in answers))
    assert all(each.result().success for each in answers)


def test_answers_that_become_due_at_once_are_all_heard(spun):
    """Of 25, 15 were lost: a client keeps 10, and took one while all were sent."""
    begun = []

    async def handle(request, response):
        begun.append(Future())
        await begun[-1]
        return succeeded(request, response)

    client = spun.service(handle, callback_group=ReentrantCallbackGroup(), qos_profile=DEEP)
    answers = [client.call_async(Trigger.Request()) for _ in range(25)]
    spun.spin_until(lambda: len(begun) == 25)
    for each in begun:
        each.set_result(None)
    spun.spin_until(lambda: all(each.done() for each in answers))


def test_what_is_made_while_it_spins_is_served(either):
    either.node.create_timer(0.01, either.see('first'))
    either.spin_until(lambda: either.seen)
    either.node.create_timer(0.01, either.see('second'))
    either.spin_until(lambda: 'second' in either.seen)


def test_what_another_thread_makes_is_served_by_a_spin_that_has_begun(either):
    threading.Timer(0.1, lambda: either.node.create_timer(0.01, either.see('timer'))).start()
    began_s = time.monotonic()
    while not either.seen:
        either.executor.spin_once(timeout_sec=5.0)
    assert time.monotonic() - began_s < 2.0


def test_what_is_destroyed_is_called_no_more_even_if_it_was_ready(either):
    publisher, listener = either.topic(either.see('topic'))
    publisher.publish(Bool())
    timer = either.node.create_timer(
        0.01, lambda: either.seen.append('timer') or either.node.destroy_subscription(listener)
    )
    deadline_s = time.monotonic() + 0.1
    while time.monotonic() < deadline_s:  # both get ready
        pass
    either.spin_until(lambda: 'timer' in either.seen)
    either.node.destroy_timer(timer)
    seen = list(either.seen)
    either.spin(10)
    assert either.seen == seen
    assert seen.count('topic') <= 1


def test_destroyed_subscription_leaves_the_graph(spun):
    publisher, listener = spun.topic(spun.see('topic'))
    spun.node.destroy_subscription(listener)
    spun.spin_until(lambda: not publisher.get_subscription_count())


def test_node_that_is_removed_is_served_no_more_and_can_be_taken_down(spun, context, namespace):
    other = rclpy.create_node('other', namespace=namespace, context=context)
    other.create_timer(0.01, spun.see('timer'))
    publisher = spun.node.create_publisher(Bool, 'topic', 10)
    other.create_subscription(Bool, 'topic', spun.see('topic'), 10)
    spun.executor.add_node(other)
    spun.spin_until(lambda: spun.seen and publisher.get_subscription_count())
    spun.executor.remove_node(other)
    other.destroy_node()
    seen = list(spun.seen)
    spun.spin_until(lambda: not publisher.get_subscription_count())
    assert spun.seen == seen


def test_group_that_excludes_lets_nobody_in_while_one_waits_and_does_not_spin_for_it(either):
    group, go_on = MutuallyExclusiveCallbackGroup(), Future()

    async def wait(_message):
        either.seen.append('begins')
        await go_on
        either.seen.append('ends')

    publisher, _ = either.topic(wait, callback_group=group)
    second, _ = either.topic(either.see('second'), 'second', callback_group=group)
    either.spin(5)
    publisher.publish(Bool())
    either.spin_until(lambda: 'begins' in either.seen)
    second.publish(Bool())
    guard = either.node.create_guard_condition(either.see('guard'), callback_group=group)
    guard.trigger()
    cpu_s = time.thread_time()
    either.spin(20)
    assert time.thread_time() - cpu_s < 0.2
    assert either.seen == ['begins']
    go_on.set_result(None)
    either.executor.wake()
    either.spin_until(lambda: len(either.seen) == 4)
    assert either.seen[:2] == ['begins', 'ends']


@pytest.mark.parametrize('is_late', [False, True])
def test_what_a_callback_raises_is_raised(spun, is_late):
    """What a coroutine raised after an `await` vanished in rclpy 7.1.9 to 10.0.9."""
    go_on = Future()

    async def fail(_message):
        if is_late:
            spun.seen.append('waits')
            await go_on
        raise ZeroDivisionError

    publisher, _ = spun.topic(fail)
    publisher.publish(Bool())
    if is_late:
        spun.spin_until(lambda: spun.seen)
    go_on.set_result(None)
    with pytest.raises(ZeroDivisionError):
        spun.spin_until(lambda: False)
    spun.node.create_timer(0.01, spun.see('timer'))
    spun.spin_until(lambda: 'timer' in spun.seen)


@pytest.mark.parametrize('is_late', [False, True])
def test_what_a_task_raises_is_raised_once(spun, is_late):
    go_on = RosFuture()

    async def fail():
        if is_late:
            await go_on
        raise ZeroDivisionError

    spun.executor.create_task(fail())
    if is_late:
        spun.spin(3)
        go_on.set_result(None)
        spun.executor.wake()
    with pytest.raises(ZeroDivisionError):
        spun.spin_until(lambda: False)
    spun.spin(5)


def test_task_gives_its_result_to_who_awaits_it(either):
    go_on = RosFuture()

    async def give():
        await go_on
        return 42

    async def take():
        either.seen.append(await either.executor.create_task(give()))

    either.executor.create_task(take())
    either.spin(3)
    assert either.seen == []
    go_on.set_result(None)
    either.executor.wake()
    either.spin_until(lambda: either.seen)
    assert either.seen == [42]


def test_task_that_is_cancelled_while_it_waits_is_forgotten(spun):
    async def wait():
        await RosFuture()

    task = spun.executor.create_task(wait())
    spun.spin(3)
    task.cancel()
    spun.spin(3)
    assert not spun.executor._waiting_tasks


def test_spin_ends_when_another_thread_has_a_task_done(either):
    threading.Timer(0.1, lambda: either.executor.create_task(either.see('task'))).start()
    began_s = time.monotonic()
    while not either.seen:
        either.executor.spin_once(timeout_sec=5.0)
    assert time.monotonic() - began_s < 2.0


def test_no_task_of_another_thread_is_overlooked(spun):
    """Each comes at another moment of the loop."""
    done, total = [], 3000

    def create():
        for number in range(total):
            spun.executor.create_task(done.append, number)
            if number % 7 == 0:
                time.sleep(0.0001)

    thread = threading.Thread(target=create)
    thread.start()
    while len(done) < total:
        count = len(done)
        spun.executor.spin_once(timeout_sec=5.0)
        assert len(done) > count, 'it slept while there was something to do'
    thread.join()
    assert done == list(range(total))


@pytest.mark.parametrize('timeout_s', [0.0, 0.1])
def test_spin_with_nothing_to_do_ends_in_time(spun, timeout_s):
    spun.spin(5)
    began_s = time.monotonic()
    spun.executor.spin_once(timeout_sec=timeout_s)
    assert timeout_s <= time.monotonic() - began_s < timeout_s + 0.1


def test_spin_until_future_complete_ends_with_it(either):
    client = either.service(succeeded)
    answer = client.call_async(Trigger.Request())
    either.executor.spin_until_future_complete(answer, 10.0)
    assert answer.result().success
    began_s = time.monotonic()
    either.executor.spin_until_future_complete(RosFuture(), 0.1)
    assert time.monotonic() - began_s < 1.0


def test_callback_may_spin_itself(spun):
    """In rclpy from 7.1.9 on it may not."""
    client = spun.service(succeeded, callback_group=ReentrantCallbackGroup())

    def call():
        timer.cancel()
        answer = client.call_async(Trigger.Request())
        while not answer.done():
            spun.executor._spin_once_impl(1.0)
        spun.seen.append(answer.result().success)

    timer = spun.node.create_timer(0.01, call, callback_group=ReentrantCallbackGroup())
    spun.spin_until(lambda: spun.seen)
    assert spun.seen == [True]


def test_wait_that_fails_is_made_anew(spun, monkeypatch):
    def fail(*_):
        raise RuntimeError('the middleware')

    spun.node.create_timer(0.01, spun.see('timer'))
    spun.spin_until(lambda: spun.seen)
    with monkeypatch.context() as patched:
        patched.setattr(WaitSet, '_fill', fail)
        with pytest.raises(RuntimeError, match='the middleware'):
            spun.executor.spin_once(timeout_sec=1.0)
    broken = spun.executor._wait_set
    spun.spin_until(lambda: len(spun.seen) > 3)
    assert broken is None


def test_spin_ends_when_another_thread_shuts_it_down(either):
    thread = threading.Thread(target=either.executor.spin)
    thread.start()
    time.sleep(0.1)  # let it wait
    either.executor.shutdown()
    thread.join(5.0)
    assert not thread.is_alive()


def test_spin_raises_when_the_context_was_shut_down(namespace):
    context = rclpy.Context()
    context.init()
    executor = CachedExecutor(context=context)
    node = rclpy.create_node('spun', namespace=namespace, context=context)
    executor.add_node(node)
    executor.spin_once(timeout_sec=0.0)
    threading.Timer(0.1, context.shutdown).start()
    with pytest.raises(ExternalShutdownException):
        executor.spin_once(timeout_sec=5.0)
    executor.shutdown()
    node.destroy_node()


def test_task_that_comes_back_for_ever_lets_others_in_between(either):
    def come_back():
        either.executor.create_task(come_back)

    come_back()
    either.node.create_timer(0.01, either.see('timer'))
    either.spin_until(lambda: len(either.seen) > 3)


@pytest.mark.parametrize('is_busy', [False, True])
def test_event_of_a_publisher_is_told(either, is_busy):
    if is_busy:
        either.node.create_timer(0.002, either.see('timer'))
    events = PublisherEventCallbacks(incompatible_qos=either.see('incompatible'))
    either.node.create_publisher(Bool, 'topic', BEST_EFFORT, event_callbacks=events)
    either.spin(20)
    either.node.create_subscription(Bool, 'topic', either.see('topic'), 10)
    either.spin_until(lambda: 'incompatible' in either.seen)


def test_nothing_is_kept_of_what_has_ended(spun):
    async def handle(request, response):
        go_on = Future()
        spun.executor.create_task(go_on.set_result, None)
        await go_on
        return succeeded(request, response)

    client = spun.service(handle, callback_group=ReentrantCallbackGroup())

    def call(times):
        for _ in range(times):
            answer = client.call_async(Trigger.Request())
            spun.spin_until(answer.done)

    def kept():
        gc.collect()
        executor = spun.executor
        held = len(executor._runs), len(executor._waiting_tasks), len(executor._steps)
        return *held, sum(isinstance(each, RosFuture) for each in gc.get_objects())

    call(20)
    before = kept()
    call(500)
    assert kept() == before


def test_rclpy_whose_inner_parts_are_others_gets_its_own_executor(
    context, namespace, monkeypatch, capfd
):
    node = rclpy.create_node('spun', namespace=namespace, context=context)
    executor = make_executor([node], is_stock_wanted=False)
    assert type(executor) is CachedExecutor
    assert executor.context is context
    executor.shutdown()
    monkeypatch.setattr(CachedExecutor, '_take_timer', None)
    executor = make_executor([node], is_stock_wanted=False)
    assert type(executor) is SingleThreadedExecutor
    assert executor.context is context
    assert executor.get_nodes() == [node]
    assert 'its own executor is used' in capfd.readouterr().err
    executor.shutdown()
    assert type(make_executor([node], is_stock_wanted=True)) is SingleThreadedExecutor
    node.destroy_node()
