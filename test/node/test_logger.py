"""The log of our nodes, which rclpy makes slow."""

import inspect

import pytest

rclpy = pytest.importorskip('rclpy')

from rcl_interfaces.msg import Log
from rclpy.executors import SingleThreadedExecutor
from rclpy.qos import QoSProfile

from orchestrator_ren.ros.process import ProcessNode


@pytest.fixture
def node(context, namespace):
    made = ProcessNode('told', context=context, namespace=namespace)
    yield made
    made.destroy_node()


@pytest.fixture
def heard(context, node):
    """Spin until so many lines of the node were heard; return them."""
    lines = []
    node.create_subscription(Log, '/rosout', lines.append, QoSProfile(depth=100))
    executor = SingleThreadedExecutor(context=context)
    executor.add_node(node)

    def until(count):
        for _ in range(200):
            found = [each for each in lines if each.name == node.get_logger().name]
            if len(found) >= count:
                return found
            executor.spin_once(timeout_sec=0.05)
        raise AssertionError(f'{lines} within 10 s')

    yield until
    executor.shutdown()


def test_a_line_needs_no_look_through_the_modules_loaded(node, monkeypatch):
    """The first line of a process held its executor for 25 ms, each further one for 0.15 ms."""
    monkeypatch.setattr(inspect, 'getmodule', None)
    assert node.get_logger().info('hello')


def test_a_line_tells_where_it_was_written(node, heard):
    node.get_logger().warning('here')
    node.get_logger().log('and here', rclpy.logging.LoggingSeverity.ERROR)
    for level, line in zip((30, 40), heard(2), strict=True):
        assert (line.level, line.file) == (level, __file__)
        assert line.function == 'test_a_line_tells_where_it_was_written'
    assert [each.msg for each in heard(2)] == ['here', 'and here']


def test_a_line_below_the_level_is_not_written(node):
    assert not node.get_logger().debug('hello')


def test_filtered_lines_are_told_apart_by_where_they_are_written(node, heard):
    for _ in range(3):
        node.get_logger().warning('one', once=True)
        node.get_logger().error('other', once=True)
    node.get_logger().info('end')
    assert [each.msg for each in heard(3)] == ['one', 'other', 'end']
    assert {each.file for each in heard(3)} == {__file__}
