"""The metrics, on prometheus_client's collectors in a registry of their own."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, TypeVar

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.metrics import MetricWrapperBase

from orchestrator_ren.telemetry.queue_wait import QueueWait
from orchestrator_ren.telemetry.series import (
    Description,
    Series,
    description_of,
    series_of,
)
from orchestrator_ren.tickets.event import Actor, Event, EventType
from orchestrator_ren.tickets.ticket import Status

LATENCY_BOUNDS_MS = (
    1,
    2,
    5,
    10,
    20,
    50,
    100,
    200,
    500,
    1000,
    2000,
    5000,
    10000,
    20000,
    60000,
    120000,
    300000,
    600000,
)

COMMIT_BOUNDS_MS = (0.5, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000)

NAMESPACE = 'orchestrator'
"""Before each name on the page for Prometheus."""

CollectorT = TypeVar('CollectorT', bound=MetricWrapperBase)


class TicketMetrics:
    """Counts what the events tell, and what it is told.

    Of several robots Prometheus knows which is which by where it asks; no label names a ticket.
    prometheus_client of Ubuntu 24.04 takes no dots in names, so a collector's own name has
    underscores, and `snapshot` gives the published one.
    """

    def __init__(self) -> None:
        # When each was made: as many series again, of no use.
        disable_created_metrics()  # type: ignore[no-untyped-call]
        self._registry = CollectorRegistry()
        self._published: dict[str, MetricWrapperBase] = {}
        self._queue_wait = QueueWait()
        self._add_tickets()
        self._add_executions()
        self._add_requests_and_store()
        self._add_gate()

    def _add_tickets(self) -> None:
        self._created = self._counter('tickets.created', 'Tickets created.')
        self._taken = self._counter('tickets.taken', 'Tickets for any robot, taken by this one.')
        self._recovered = self._counter(
            'tickets.recovered', 'Tickets that an earlier run left executing.'
        )
        self._pruned = self._counter(
            'tickets.pruned', 'Finished tickets removed by the retention.'
        )
        self._stored = self._add(Gauge, 'tickets.total', 'tickets_stored', 'Tickets in the store.')
        by_status = self._add(
            Gauge, 'tickets', 'tickets', 'Tickets in the store, by status.', labelnames=['status']
        )
        self._of_status = {each: by_status.labels(each.value) for each in Status}
        self._wait_ms = self._histogram(
            'queue.wait_ms', 'From QUEUED to EXECUTING [ms].', LATENCY_BOUNDS_MS
        )

    def _add_executions(self) -> None:
        self._success = self._counter('execution.success', 'Executions that completed.')
        self._failure = self._counter('execution.failure', 'Executions that failed.')
        self._cancelled = self._counter('execution.cancelled', 'Tickets that were cancelled.')
        self._latency_ms = self._histogram(
            'execution.latency_ms',
            'From the request to execute to the final status [ms].',
            LATENCY_BOUNDS_MS,
        )

    def _add_requests_and_store(self) -> None:
        self._refused = self._counter(
            'requests.refused', 'Requests and goals refused, by error code.', labelnames=['code']
        )
        self._commit_ms = self._histogram(
            'store.commit_ms',
            'From the first change of a commit until all of it is on disk [ms].',
            COMMIT_BOUNDS_MS,
        )

    def _add_gate(self) -> None:
        self._of_gate = (
            self._counter('gate.e_stops', 'Times that a cause of the e-stop set in.'),
            self._counter('gate.refused', 'Commands that the gate refused.'),
            self._counter('gate.stops', 'Calls of `stop`.'),
        )
        self._is_latched = self._gauge('gate.latched', '1 = the e-stop is latched.')
        self._period_ms = self._gauge(
            'gate.command_period_ms',
            'Longest time between two commands that the gate took, in the last seconds [ms].',
        )
        self._age_ms = self._gauge(
            'gate.command_age_ms',
            'Highest age of a command when the gate took it, in the last seconds [ms].',
        )
        self._silence_ms = self._gauge(
            'gate.silence_ms', 'Since the last word of the gate; ten come a second [ms].'
        )

    def _add(
        self, kind: type[CollectorT], name: str, own_name: str, words: str, **options: Any
    ) -> CollectorT:
        collector = kind(own_name, words, namespace=NAMESPACE, registry=self._registry, **options)
        self._published[name] = collector
        return collector

    def _counter(self, name: str, words: str, **options: Any) -> Counter:
        return self._add(Counter, name, name.replace('.', '_'), words, **options)

    def _gauge(self, name: str, words: str) -> Gauge:
        return self._add(Gauge, name, name.replace('.', '_'), words)

    def _histogram(self, name: str, words: str, bounds: Sequence[float]) -> Histogram:
        return self._add(Histogram, name, name.replace('.', '_'), words, buckets=bounds)

    def count(self, event: Event) -> None:
        """Count an event of this run."""
        waited_s = self._queue_wait.take(event)
        if waited_s is not None:
            self._wait_ms.observe(waited_s * 1000.0)
        if event.type is EventType.TICKET_CREATED:
            self._created.inc()
        elif event.type is EventType.TICKET_TAKEN:
            self._taken.inc()
        elif event.type is EventType.EXECUTION_COMPLETED:
            self._success.inc()
        elif event.type is EventType.EXECUTION_FAILED:
            self._failure.inc()
            if event.actor is Actor.RECOVERY:
                self._recovered.inc()
        elif event.type is EventType.EXECUTION_CANCELLED:
            self._cancelled.inc()

    def count_pruned(self, number: int) -> None:
        """Count tickets that the retention has removed."""
        self._pruned.inc(number)

    def count_refused(self, code: int) -> None:
        """Count a request that was refused with an error code."""
        self._refused.labels(str(code)).inc()

    def count_gate(self, e_stops: int, refused: int, stops: int) -> None:
        """Count what a gate has done since it was heard last."""
        for counter, number in zip(self._of_gate, (e_stops, refused, stops), strict=True):
            counter.inc(number)

    def set_gate(
        self, *, is_latched: bool, silence_s: float, period_s: float, age_s: float
    ) -> None:
        """Set how the gate is now, and how commands come to it."""
        self._is_latched.set(is_latched)
        self._period_ms.set(period_s * 1000.0)
        self._age_ms.set(age_s * 1000.0)
        self._silence_ms.set(silence_s * 1000.0)

    def set_stored(self, counts: Mapping[Status, int]) -> None:
        """Set the number of tickets in the store, by status."""
        self._stored.set(sum(counts.values()))
        for status, gauge in self._of_status.items():
            gauge.set(counts.get(status, 0))

    def observe_latency(self, latency_s: float) -> None:
        """Record how long an execution took from its request to its final status [s]."""
        self._latency_ms.observe(latency_s * 1000.0)

    def observe_commit(self, commit_s: float) -> None:
        """Record how long a commit of the store took [s]; may be called from any thread."""
        self._commit_ms.observe(commit_s * 1000.0)

    def snapshot(self) -> Iterator[Series]:
        """Yield every series as it is now."""
        for name, collector in self._published.items():
            yield from series_of(name, collector)

    def descriptions(self) -> Iterator[Description]:
        """Yield what there is, whether anything has been counted or not."""
        for name, collector in self._published.items():
            yield description_of(name, collector)

    def page(self) -> bytes:
        """Return all as Prometheus reads it; may be called from any thread."""
        return generate_latest(self._registry)
