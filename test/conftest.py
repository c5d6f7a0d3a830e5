"""For all tests."""

import gc
import itertools
import os
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest

from .domains import claim_domain

# Tests kill processes. Fast DDS leaves the shared memory of a killed process behind, and others
# that meet it may stall for longer than the gate allows (docs/safety.md): UDP has no such traces.
os.environ.setdefault('FASTDDS_BUILTIN_TRANSPORTS', 'UDPv4')

# Processes that start again are found at once, not at an announcement up to 3 s later.
for _variable in ('FASTRTPS_DEFAULT_PROFILES_FILE', 'FASTDDS_DEFAULT_PROFILES_FILE'):
    os.environ.setdefault(_variable, str(Path(__file__).with_name('fastdds.xml')))

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


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Say which tests one of several workers must run: those that share what costs a start.

    Tests without ROS are too brief to be handed out one by one.
    """
    for item in items:
        path = item.nodeid.partition('::')[0]
        made = item._fixtureinfo.name2fixturedefs
        shared = {name for name in made if made[name][-1].scope == 'module'}
        if shared or path.startswith(('test/unit/', 'test/check/')):
            indices = item.callspec.indices if hasattr(item, 'callspec') else {}
            variant = ''.join(f' {indices[name]}' for name in sorted(shared & indices.keys()))
            item.add_marker(pytest.mark.xdist_group(path + variant))


def kept_context(domain_id: int) -> Iterator[Any]:
    """Yield one ROS context for many tests.

    Its keeper holds the middleware's participant: Fast DDS can hang for ever when participants
    are taken down, one a test, while others are being discovered.
    """
    rclpy = pytest.importorskip('rclpy')
    made = rclpy.Context()
    rclpy.init(context=made, domain_id=domain_id)
    keeper = rclpy.create_node('keeper', context=made)
    yield made
    keeper.destroy_node()
    made.try_shutdown()


@pytest.fixture(scope='session')
def domain_id() -> int:
    """The ROS domain of this run of the tests."""
    return claim_domain()


@pytest.fixture(scope='session')
def context(domain_id: int) -> Iterator[Any]:
    """One ROS context for all tests but those of processes."""
    yield from kept_context(domain_id)


@pytest.fixture
def namespace() -> str:
    """A namespace of the test's own: what other tests left is not heard."""
    return next(_namespaces)
