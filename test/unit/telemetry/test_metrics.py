"""What is counted, and how it is told."""

import math
import re
from datetime import datetime, timedelta, timezone

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator_ren.telemetry.metrics import COMMIT_BOUNDS_MS, LATENCY_BOUNDS_MS, TicketMetrics
from orchestrator_ren.telemetry.queue_wait import MOST, QueueWait
from orchestrator_ren.telemetry.series import Series
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.ticket import Status

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=timezone.utc)
COUNTED = {
    EventType.TICKET_CREATED: {'tickets.created'},
    EventType.TICKET_TAKEN: {'tickets.taken'},
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
        'tickets.taken': 'counter',
        'tickets.recovered': 'counter',
        'tickets.pruned': 'counter',
        'tickets.total': 'gauge',
        'execution.success': 'counter',
        'execution.failure': 'counter',
        'execution.cancelled': 'counter',
        'execution.latency_ms': 'histogram',
        'queue.wait_ms': 'histogram',
        'store.commit_ms': 'histogram',
        'gate.e_stops': 'counter',
        'gate.refused': 'counter',
        'gate.stops': 'counter',
        'gate.latched': 'gauge',
        'gate.silence_ms': 'gauge',
        'gate.command_period_ms': 'gauge',
        'gate.command_age_ms': 'gauge',
        **{f'tickets.{each.value.lower()}': 'gauge' for each in Status},
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
    metrics.set_stored({Status.PENDING: 400, Status.FAILED: 600})
    happen(metrics, EventType.TICKET_CREATED, 2)
    found = series_of(metrics)
    assert found['tickets.total'].value == 1000.0
    assert found['tickets.created'].value == 2.0
    assert found['tickets.pending'].value == 400.0
    assert found['tickets.failed'].value == 600.0
    metrics.set_stored({Status.PENDING: 1})
    assert series_of(metrics)['tickets.failed'].value == 0.0


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


def test_only_histograms_have_buckets(metrics: TicketMetrics) -> None:
    for series in series_of(metrics).values():
        has_buckets = series.kind == 'histogram'
        assert bool(series.upper_bounds) == bool(series.bucket_counts) == has_buckets


def test_the_wait_is_that_from_queued_to_executing(metrics: TicketMetrics) -> None:
    def happen_at(kind: EventType, after_s: float, ticket_id: str) -> None:
        at = NOW + timedelta(seconds=after_s)
        metrics.count(Event(at, kind, Actor.DISPATCHER, ticket_id))

    happen_at(EventType.EXECUTION_STARTED, 0.0, 'queued by an earlier run')
    happen_at(EventType.TICKET_QUEUED, 0.0, 'a')
    happen_at(EventType.TICKET_QUEUED, 1.0, 'cancelled')
    happen_at(EventType.TICKET_QUEUED, 9.0, 'before the clock was set back')
    happen_at(EventType.EXECUTION_CANCELLED, 2.0, 'cancelled')
    happen_at(EventType.EXECUTION_STARTED, 3.0, 'a')
    happen_at(EventType.EXECUTION_STARTED, 8.0, 'before the clock was set back')
    wait = series_of(metrics)['queue.wait_ms']
    assert (wait.count, wait.value) == (2, 3000.0)
    assert len(metrics._queue_wait) == 0, 'nothing is remembered of what has ended'


def test_a_ticket_that_is_taken_goes_on_waiting_and_begins_to_where_it_was_queued_elsewhere(
    metrics: TicketMetrics,
) -> None:
    def happen_at(kind: EventType, after_s: float, ticket_id: str) -> None:
        at = NOW + timedelta(seconds=after_s)
        metrics.count(Event(at, kind, Actor.DISPATCHER, ticket_id))

    happen_at(EventType.TICKET_QUEUED, 0.0, 'queued and taken here')
    happen_at(EventType.TICKET_TAKEN, 1.0, 'queued and taken here')
    happen_at(EventType.EXECUTION_STARTED, 3.0, 'queued and taken here')
    happen_at(EventType.TICKET_TAKEN, 5.0, 'queued elsewhere')
    happen_at(EventType.EXECUTION_STARTED, 6.0, 'queued elsewhere')
    wait = series_of(metrics)['queue.wait_ms']
    assert (wait.count, wait.value) == (2, 4000.0)
    assert len(metrics._queue_wait) == 0


def test_tickets_that_others_take_do_not_fill_the_memory() -> None:
    """Of a ticket for any robot, nothing is heard again where it was asked for."""
    wait = QueueWait()
    for number in range(MOST + 5):
        wait.take(Event(NOW, EventType.TICKET_QUEUED, Actor.CLIENT, str(number)))
    assert len(wait) == MOST
    wait.take(Event(NOW, EventType.TICKET_QUEUED, Actor.CLIENT, '5'))
    wait.take(Event(NOW, EventType.TICKET_QUEUED, Actor.CLIENT, 'newest'))
    later = NOW + timedelta(seconds=1)
    started = [
        wait.take(Event(later, EventType.EXECUTION_STARTED, Actor.DISPATCHER, each))
        for each in ('4', '5', '6', '7')
    ]
    assert started == [None, 1.0, None, 1.0]


def test_refusals_are_counted_by_code(metrics: TicketMetrics) -> None:
    for code in (107, 107, 501):
        metrics.count_refused(code)
    found = series_of(metrics)
    assert found['requests.refused.107'].value == 2.0
    assert found['requests.refused.501'].value == 1.0


def test_what_the_gate_tells_is_counted(metrics: TicketMetrics) -> None:
    metrics.count_gate(1, 20, 0)
    metrics.count_gate(1, 0, 3)
    metrics.set_gate(is_latched=True, silence_s=0.05, period_s=0.06, age_s=0.002)
    found = series_of(metrics)
    names = ('e_stops', 'refused', 'stops', 'latched', 'silence_ms')
    assert [found[f'gate.{name}'].value for name in names] == [2.0, 20.0, 3.0, 1.0, 50.0]
    assert found['gate.command_period_ms'].value == pytest.approx(60.0)
    assert found['gate.command_age_ms'].value == pytest.approx(2.0)


def test_a_commit_is_a_histogram_in_milliseconds(metrics: TicketMetrics) -> None:
    metrics.observe_commit(0.003)
    commit = series_of(metrics)['store.commit_ms']
    assert (commit.count, commit.value) == (1, pytest.approx(3.0))
    assert commit.upper_bounds == [*map(float, COMMIT_BOUNDS_MS), math.inf]


def test_the_page_for_prometheus_has_them_all_and_no_more(metrics: TicketMetrics) -> None:
    metrics.count_refused(107)
    families = {
        each.name: each for each in text_string_to_metric_families(metrics.page().decode())
    }
    described = list(metrics.descriptions())
    told = {re.sub(r'(_total)?({.*)?$', '', each.page_name): each for each in described}
    assert {name: each.type for name, each in families.items()} == {
        name: each.kind for name, each in told.items()
    }
    assert len(families) == len(described)
    assert all(name.startswith('orchestrator_') for name in families)


def test_no_ticket_is_named_by_a_label(metrics: TicketMetrics) -> None:
    for kind in EventType:
        metrics.count(Event(NOW, kind, Actor.CLIENT, 'tick-20260102-0badcafe', 'drive'))
    page = metrics.page().decode()
    assert 'tick-' not in page
    labels = {
        name
        for family in text_string_to_metric_families(page)
        for sample in family.samples
        for name in sample.labels
    }
    assert labels == {'le', 'status'}


def test_descriptions_are_those_of_what_is_published(metrics: TicketMetrics) -> None:
    metrics.count_refused(107)
    patterns = {re.sub(r'[A-Z]+$', r'[a-z0-9]+', d.name): d.kind for d in metrics.descriptions()}
    for name, series in series_of(metrics).items():
        found = [kind for pattern, kind in patterns.items() if re.fullmatch(pattern, name)]
        assert series.kind in found, name


def test_two_sets_of_metrics_do_not_mix(metrics: TicketMetrics) -> None:
    other = TicketMetrics()
    happen(metrics, EventType.EXECUTION_FAILED)
    assert series_of(other)['execution.failure'].value == 0.0
