"""A collector's samples as the time series of `telemetry/metrics`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from prometheus_client.metrics import MetricWrapperBase
from prometheus_client.metrics_core import Metric
from prometheus_client.samples import Sample


@dataclass(frozen=True)
class Series:
    """One time series at one moment; the fields are those of msg/Metric."""

    name: str
    kind: str
    value: float
    count: int = 0
    upper_bounds: list[float] = field(default_factory=list)
    bucket_counts: list[int] = field(default_factory=list)


@dataclass(frozen=True)
class Description:
    """What a collector is called, and what it says.

    Attributes:
        name: Of its series; where there is a label, its values stand in the place of `LABEL`.
        kind: counter, gauge or histogram.
        page_name: On the page for Prometheus.
        words: One sentence.
    """

    name: str
    kind: str
    page_name: str
    words: str


def description_of(name: str, collector: MetricWrapperBase) -> Description:
    """Return what the collector says of itself."""
    [family] = collector.describe()
    labels = collector._labelnames  # nothing public tells them before there is a sample
    ending = '_total' if family.type == 'counter' else ''
    braces = '{' + ', '.join(labels) + '}' if labels else ''
    return Description(
        '.'.join((name, *map(str.upper, labels))),
        family.type,
        f'{family.name}{ending}{braces}',
        family.documentation,
    )


def series_of(name: str, collector: MetricWrapperBase) -> Iterator[Series]:
    """Yield what the collector holds; where it has a label, its value is the end of the name."""
    for family in collector.collect():
        if family.type == 'histogram':
            yield _histogram(name, family)
            continue
        for sample in family.samples:
            yield Series(_name_of(name, sample), family.type, sample.value)


def _name_of(name: str, sample: Sample) -> str:
    return '.'.join((name, *(value.lower() for value in sample.labels.values())))


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
