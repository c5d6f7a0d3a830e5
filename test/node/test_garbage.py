"""What lives for long must not end as a ring of references: the collector does not see it."""

import gc
import sys
from types import CoroutineType

import pytest

pytest.importorskip('rclpy')

from orchestrator_ren.orchestrator.execution.pulse import Pulse
from orchestrator_ren.ros import garbage

SHORT = '{speed: 0.2, duration_seconds: 0.3}'
LONG = '{speed: 0.2, duration_seconds: 60}'


@pytest.fixture
def collector():
    """Python's, switched off; calling it returns what it found of ours."""
    gc.collect()
    gc.disable()
    gc.set_debug(gc.DEBUG_SAVEALL)

    def found():
        gc.garbage.clear()
        gc.collect()
        names = [
            type(each).__qualname__
            for each in gc.garbage
            if type(each).__module__.startswith('orchestrator_ren')
        ]
        names += [each.__qualname__ for each in gc.garbage if isinstance(each, CoroutineType)]
        gc.garbage.clear()
        return names

    yield found
    gc.set_debug(0)
    gc.enable()


def test_executions_and_what_waited_for_them_leave_no_ring(running, collector):
    ids = [running.created_id(SHORT) for _ in range(3)]
    executions = [running.execute(each) for each in ids]
    cancelled = running.execute(running.created_id(LONG))
    running.spin_until(lambda: len(running.orchestrator._dispatch.dispatcher) >= 2)
    cancelled.cancel()
    assert [each.result().success for each in executions] == [True] * 3
    assert not cancelled.result().success
    refused = running.execute(ids[0]).result()
    assert refused.error_code == 204
    running.list_tickets()
    running.spin_for(0.3)
    del executions, cancelled
    assert collector() == []


def test_a_ring_would_be_found(collector):
    ring = Pulse()
    ring._next = ring
    del ring
    assert collector() == ['Pulse']


@pytest.mark.skipif(sys.version_info >= (3, 14), reason='the collector takes small steps itself')
def test_collector_looks_at_no_more_than_what_is_new():
    """4,000 tickets that started made it hold every callback for 78 ms."""
    thresholds, callbacks = gc.get_threshold(), list(gc.callbacks)
    try:
        garbage.exempt_what_stays()
        kept = [[each] for each in range(100_000)]
        seen = sum(len(gc.get_objects(generation=each)) for each in range(3))
    finally:
        gc.set_threshold(*thresholds)
        gc.callbacks[:] = callbacks
    assert len(kept) == 100_000
    assert seen < 10_000
