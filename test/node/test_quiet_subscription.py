"""A topic that wakes its process only while somebody attends to it."""

import time

import pytest

rclpy = pytest.importorskip('rclpy')

from rclpy.executors import SingleThreadedExecutor
from rclpy.serialization import deserialize_message
from std_msgs.msg import Int32

from orchestrator_ren.ros import qos
from orchestrator_ren.ros.executor import CachedExecutor
from orchestrator_ren.ros.quiet_subscription import QuietNode, QuietSubscription

DEPTH = qos.SENSOR.depth


class Bench:
    """A quiet subscription, and who publishes to it."""

    def __init__(self, executor, options):
        self.executor = executor
        self.node = QuietNode('quiet', **options)
        executor.add_node(self.node)
        self.heard = []
        self.quiet = QuietSubscription(self.node, Int32, 'numbers', qos.SENSOR, self._on_message)
        self.publisher = self.node.create_publisher(Int32, 'numbers', 10)
        self.spin_until(lambda: self.publisher.get_subscription_count())
        self._meet()

    def _meet(self):
        """Wait until what is published arrives, and nothing does any more."""
        while not self.heard:
            self.publish(-1)
            self.spin_for(0.02)
            self.quiet.look()
        self.spin_for(0.05)
        self.quiet.look()
        self.heard.clear()

    def _on_message(self, raw, received_mono_s):
        self.heard.append((deserialize_message(raw, Int32).data, received_mono_s))

    @property
    def numbers(self):
        return [number for number, _ in self.heard]

    def publish(self, *numbers):
        for each in numbers:
            self.publisher.publish(Int32(data=each))

    def arrive(self, *numbers):
        """Publish, and let it come in."""
        self.publish(*numbers)
        self.spin_for(0.05)

    def spin_until(self, condition, timeout_s=5.0):
        until_mono_s = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < until_mono_s
            self.executor.spin_once(timeout_sec=0.01)

    def spin_for(self, duration_s):
        until_mono_s = time.monotonic() + duration_s
        self.spin_until(lambda: time.monotonic() >= until_mono_s)


@pytest.fixture(params=[SingleThreadedExecutor, CachedExecutor])
def bench(request, rig):
    executor = request.param(context=rig.context)
    found = Bench(executor, rig.options)
    yield found
    executor.shutdown()
    found.node.destroy_node()


def test_what_comes_in_waits_until_somebody_looks(bench):
    bench.arrive(1, 2)
    assert bench.numbers == []
    bench.quiet.look()
    assert bench.numbers == [1, 2]
    bench.quiet.look()
    assert bench.numbers == [1, 2]


def test_the_newest_are_kept_where_more_come_than_may_wait(bench):
    bench.arrive(*range(3 * DEPTH))
    bench.quiet.look()
    assert bench.numbers == list(range(2 * DEPTH, 3 * DEPTH))


def test_what_waited_has_the_time_when_it_came_in(bench):
    bench.quiet.look()
    times_mono_s = []
    for number in range(3):
        times_mono_s.append(time.monotonic())
        bench.arrive(number)
    bench.quiet.look()
    for (_, received_mono_s), sent_mono_s in zip(bench.heard, times_mono_s, strict=True):
        assert 0.0 <= received_mono_s - sent_mono_s < 0.045


def test_attention_hands_on_what_waits_first_and_then_each_at_once(bench):
    bench.arrive(1, 2)
    bench.quiet.attend(True)
    assert bench.numbers == [1, 2]
    bench.publish(3)
    bench.spin_until(lambda: bench.numbers == [1, 2, 3])
    bench.quiet.look()
    assert bench.numbers == [1, 2, 3]


def test_attention_that_ends_loses_nothing(bench):
    bench.quiet.attend(True)
    bench.publish(1)
    bench.quiet.attend(False)
    bench.spin_for(0.05)
    bench.quiet.look()
    assert bench.numbers == [1]
    bench.arrive(2)
    assert bench.numbers == [1]
    bench.quiet.look()
    assert bench.numbers == [1, 2]


def test_an_executor_that_waits_beside_unread_messages_does_not_turn_in_circles(bench):
    """QoS events are woken by messages, too, with Fast DDS: it cost a whole core."""
    bench.arrive(1)
    used_s = time.thread_time()
    for _ in range(4):
        bench.publish(1)
        bench.executor.spin_once(timeout_sec=0.2)
    assert time.thread_time() - used_s < 0.2


def waiting(bench, monkeypatch, *received_ns):
    """Have messages wait that the middleware says came then; return when the last did."""
    raw = b'\x00\x01\x00\x00\x07\x00\x00\x00'
    found = [(raw, {'received_timestamp': each}) for each in received_ns]
    monkeypatch.setattr(bench.quiet, '_take', lambda: found.pop(0) if found else None)
    bench.quiet.look()
    assert bench.numbers == [7] * len(received_ns)
    return bench.heard[-1][1]


def test_without_a_time_of_the_middleware_it_is_as_old_as_it_can_be(bench, monkeypatch):
    bench.quiet.look()
    looked_mono_s = time.monotonic()
    bench.spin_for(0.1)
    received_mono_s = waiting(bench, monkeypatch, 0)
    assert received_mono_s == pytest.approx(looked_mono_s, abs=0.02)


def test_without_a_time_of_the_middleware_each_message_wakes_from_then_on(bench, monkeypatch):
    waiting(bench, monkeypatch, 0)
    bench.quiet.attend(False)
    sent_mono_s = time.monotonic()
    bench.publish(8)
    bench.spin_until(lambda: bench.numbers == [7, 8])
    assert bench.heard[-1][1] - sent_mono_s < 0.05


@pytest.mark.parametrize('step_s', [-3600.0, -1.0, 3600.0])
def test_what_waited_while_the_system_clock_was_set_is_as_old_as_it_can_be(
    bench, monkeypatch, step_s
):
    """Set back, it made what had waited through a freeze of the process as new as can be."""
    bench.quiet.look()
    looked_mono_s = time.monotonic()
    bench.spin_for(0.1)
    received_ns = time.time_ns() - int(step_s * 1e9)
    received_mono_s = waiting(bench, monkeypatch, received_ns)
    assert received_mono_s == pytest.approx(looked_mono_s, abs=0.02)


def test_time_does_not_go_back_from_message_to_message_while_the_system_clock_does(
    bench, monkeypatch
):
    bench.quiet.look()
    bench.spin_for(0.1)
    now_ns = time.time_ns()
    waiting(bench, monkeypatch, now_ns + 3_600_000_000_000, now_ns - 50_000_000)
    times = [received_mono_s for _, received_mono_s in bench.heard]
    assert times == sorted(times)
