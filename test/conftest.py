"""For all tests."""

import gc
import itertools
import os
import re
import signal
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from orchestrator_ren.ros.discovery import set_for_process

from .domains import claim_domain

# Tests kill processes. Fast DDS leaves the shared memory of a killed process behind, and others
# that meet it may stall for longer than the gate allows (docs/safety.md): UDP has no such traces.
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')

# Processes that start again are found at once, not at an announcement up to 3 s later.
set_for_process()

# A shell that runs tests in the background has them ignore Ctrl-C, and all that they start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

_namespaces = (f'test_{number}' for number in itertools.count())


def pytest_collection_finish() -> None:
    """Exempt what thousands of tests brought along from garbage collection.

    To look through it takes 0.3 s, and more on a slow machine: as long as the robot's silence
    timers allow. The package's own processes do the same (ros/process.py).
    """
    gc.collect()
    gc.freeze()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Collect what a test with nodes has left behind, before the next one begins.

    Else Python does so in the middle of a later one: 0.7 s were seen, by which time the gate has
    ended that one's motion.
    """
    is_run = yield
    if not item.nodeid.startswith('test/unit/'):
        gc.collect()
    return is_run


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Hand out tests to the workers file by file, but exits one by one: half of all processes.

    Those of them that share a robot stay together. (Groups by xdist's own mark, `loadgroup`,
    are not heeded with pytest 9.2.)
    """
    from xdist.scheduler import LoadScopeScheduling

    class Scheduling(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            path, _, name = nodeid.partition('::')
            robot = re.search(r'\w+ and [\w ]+', name)
            if path != 'test/process/test_exits.py':
                return path
            return robot[0] if robot else nodeid

    config.option.loadscopereorder = False  # the small files of the unit tests fill the end
    return Scheduling(config, log)


@pytest.fixture(scope='session')
def domain_id() -> int:
    """A ROS domain of this worker's own."""
    return claim_domain()


@pytest.fixture(scope='module')
def context(domain_id: int) -> Iterator[Any]:
    """One ROS context for the tests of a file.

    Its keeper holds the middleware's participant: Fast DDS can hang for ever when participants
    are taken down, one a test, while others are being discovered. But not one for all files: a
    participant carries along every publisher it ever had, and tells each new process of them.
    After hundreds of tests a second went by where it is 0.1 s at first, until nodes are there or
    gone; after thousands of publishers, 10 s until a process is heard that starts.
    """
    rclpy = pytest.importorskip('rclpy')
    made = rclpy.Context()
    rclpy.init(context=made, domain_id=domain_id)
    keeper = rclpy.create_node('keeper', context=made)
    yield made
    keeper.destroy_node()
    made.try_shutdown()


@pytest.fixture
def namespace() -> str:
    """A namespace of the test's own: what other tests left is not heard."""
    return next(_namespaces)
