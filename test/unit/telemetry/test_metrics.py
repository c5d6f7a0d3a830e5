"""What is counted, and how it is told."""

import math
from datetime import datetime, timezone

import pytest

from orchestrator_ren.telemetry.metrics import LATENCY_BOUNDS_MS, Series, TicketMetrics
from orchestrator_ren.tickets.event import Actor, Event, EventType

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
COUNTED = {
    EventType.TICKET_CREATED: {'tickets.created'},
    EventType.EXECUTION_COMPLETED: {'execution.success'},
    EventType.EXECUTION_FAILED: {'execution.failure'},
    EventType.EXECUTION_CANCELLED: {'execution.cancelled'},
}


@pytest.fixture
def metrics() -> TicketMetrics:
    return TicketMetrics()


def series_of(metrics: TicketMetrics) -> dict[str, Series]:
    return {series.name: series for series in metrics.snapshot()}


def happen(metrics: TicketMetrics, kind: EventType, times: int = 1) -> None:
    for _ in range(times):
        metrics.count(Event(NOW, kind, Actor.DISPATCHER))


def test_every_series_is_there_before_anything_happens(metrics: TicketMetrics) -> None:
    found = series_of(metrics)
    assert {name: series.kind for name, series in found.items()} == {
        'tickets.created': 'counter',
        'tickets.recovered': 'counter',
        'tickets.pruned': 'counter',
        'tickets.total': 'gauge',
        'execution.success': 'counter',
        'execution.failure': 'counter',
        'execution.cancelled': 'counter',
        'execution.latency_ms': 'histogram',
    }
    assert all(series.value == 0.0 for series in found.values())


@pytest.mark.parametrize('kind', EventType)
def test_an_event_counts_where_it_belongs_and_nowhere_else(
    kind: EventType, metrics: TicketMetrics
) -> None:
    happen(metrics, kind, 3)
    counted = {name for name, series in series_of(metrics).items() if series.value}
    assert counted == COUNTED.get(kind, set())
    assert all(series_of(metrics)[name].value == 3.0 for name in counted)


def test_the_total_is_what_the_store_holds(metrics: TicketMetrics) -> None:
    metrics.set_total(1000)
    happen(metrics, EventType.TICKET_CREATED, 2)
    found = series_of(metrics)
    assert found['tickets.total'].value == 1000.0
    assert found['tickets.created'].value == 2.0


def test_an_interrupted_ticket_is_a_failure_and_a_recovery(metrics: TicketMetrics) -> None:
    metrics.count(Event(NOW, EventType.EXECUTION_FAILED, Actor.RECOVERY))
    metrics.count(Event(NOW, EventType.TICKET_QUEUED, Actor.RECOVERY))
    counted = {name: series.value for name, series in series_of(metrics).items() if series.value}
    assert counted == {'tickets.recovered': 1.0, 'execution.failure': 1.0}


def test_removed_tickets_are_counted(metrics: TicketMetrics) -> None:
    metrics.count_pruned(20)
    metrics.count_pruned(3)
    assert series_of(metrics)['tickets.pruned'].value == 23.0


def test_latency_is_a_histogram_in_milliseconds(metrics: TicketMetrics) -> None:
    for latency_s in (0.0005, 0.003, 0.003, 7.0, 5000.0):
        metrics.observe_latency(latency_s)
    latency = series_of(metrics)['execution.latency_ms']
    assert latency.value == pytest.approx(5_007_006.5)
    assert latency.count == 5
    below = dict(zip(latency.upper_bounds, latency.bucket_counts, strict=True))
    assert [below[bound] for bound in (1, 2, 5, 5000, 10000, 600000, math.inf)] == [
        1, 1, 3, 3, 4, 4, 5,
    ]  # fmt: skip


def test_the_bounds_of_the_histogram_are_those_published(metrics: TicketMetrics) -> None:
    bounds = series_of(metrics)['execution.latency_ms'].upper_bounds
    assert bounds == [*map(float, LATENCY_BOUNDS_MS), math.inf]
    assert bounds == sorted(set(bounds))


def test_a_latency_on_a_bound_counts_below_it(metrics: TicketMetrics) -> None:
    metrics.observe_latency(0.005)
    latency = series_of(metrics)['execution.latency_ms']
    assert latency.bucket_counts[latency.upper_bounds.index(5.0)] == 1
    assert latency.bucket_counts[latency.upper_bounds.index(2.0)] == 0


def test_only_the_histogram_has_buckets(metrics: TicketMetrics) -> None:
    for name, series in series_of(metrics).items():
        has_buckets = name == 'execution.latency_ms'
        assert bool(series.upper_bounds) == bool(series.bucket_counts) == has_buckets


def test_two_sets_of_metrics_do_not_mix(metrics: TicketMetrics) -> None:
    other = TicketMetrics()
    happen(metrics, EventType.EXECUTION_FAILED)
    assert series_of(other)['execution.failure'].value == 0.0
