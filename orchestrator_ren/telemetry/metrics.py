"""The metrics, on prometheus_client's collectors in a registry of their own."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram
from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric

from orchestrator_ren.tickets.event import Actor, Event, EventType

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


@dataclass(frozen=True)
class Series:
    """One time series at one moment; the fields are those of msg/Metric."""

    name: str
    kind: str
    value: float
    count: int = 0
    upper_bounds: list[float] = field(default_factory=list)
    bucket_counts: list[int] = field(default_factory=list)


class TicketMetrics:
    """Counts what the events tell.

    prometheus_client of Ubuntu 24.04 takes no dots in names, so a collector's own name has
    underscores, and `snapshot` gives the published one.
    """

    def __init__(self) -> None:
        registry = self.registry = CollectorRegistry()
        self._created = Counter('tickets_created', 'Tickets created.', registry=registry)
        self._recovered = Counter(
            'tickets_recovered',
            'Tickets that an earlier run left executing.',
            registry=registry,
        )
        self._pruned = Counter(
            'tickets_pruned', 'Finished tickets removed by the retention.', registry=registry
        )
        self._stored = Gauge('tickets_stored', 'Tickets in the store.', registry=registry)
        self._success = Counter(
            'execution_success', 'Executions that completed.', registry=registry
        )
        self._failure = Counter('execution_failure', 'Executions that failed.', registry=registry)
        self._cancelled = Counter(
            'execution_cancelled', 'Tickets that were cancelled.', registry=registry
        )
        self._latency_ms = Histogram(
            'execution_latency_ms',
            'From the request to execute to the final status [ms].',
            buckets=LATENCY_BOUNDS_MS,
            registry=registry,
        )
        self._published: dict[str, MetricWrapperBase] = {
            'tickets.created': self._created,
            'tickets.recovered': self._recovered,
            'tickets.pruned': self._pruned,
            'tickets.total': self._stored,
            'execution.success': self._success,
            'execution.failure': self._failure,
            'execution.cancelled': self._cancelled,
            'execution.latency_ms': self._latency_ms,
        }

    def count(self, event: Event) -> None:
        """Count an event of this run."""
        if event.type is EventType.TICKET_CREATED:
            self._created.inc()
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

    def set_total(self, total: int) -> None:
        """Set the number of tickets in the store."""
        self._stored.set(total)

    def observe_latency(self, latency_s: float) -> None:
        """Record how long an execution took from its request to its final status [s]."""
        self._latency_ms.observe(latency_s * 1000.0)

    def snapshot(self) -> Iterator[Series]:
        """Yield every series as it is now."""
        for name, collector in self._published.items():
            for family in collector.collect():
                samples = {s.name.removeprefix(family.name): s.value for s in family.samples}
                if family.type == 'histogram':
                    yield _histogram(name, family)
                else:
                    yield Series(name, family.type, samples.get('_total', samples.get('', 0.0)))


def _histogram(name: str, family: Metric) -> Series:
    buckets = [s for s in family.samples if s.name.endswith('_bucket')]
    total = next(s.value for s in family.samples if s.name.endswith('_sum'))
    return Series(
        name,
        family.type,
        total,
        count=int(buckets[-1].value),
        upper_bounds=[float(s.labels['le']) for s in buckets],
        bucket_counts=[int(s.value) for s in buckets],
    )
