"""The page that Prometheus reads of the HTTP gateway: its requests, and the metrics of robots."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from prometheus_client.registry import Collector
from prometheus_client.utils import floatToGoString

from orchestrator_ren.telemetry.metrics import TicketMetrics
from orchestrator_ren.telemetry.series import Description

CONTENT_TYPE = CONTENT_TYPE_LATEST
"""Of the page, as the library writes it."""

FAMILIES: dict[str, Any] = {
    'counter': CounterMetricFamily,
    'gauge': GaugeMetricFamily,
    'histogram': HistogramMetricFamily,
}


class RobotSeries(Protocol):
    """A time series as a robot tells it; the fields of msg/Metric."""

    @property
    def name(self) -> str:
        """Its name, with dots."""

    @property
    def value(self) -> float:
        """Of a histogram the sum."""

    @property
    def upper_bounds(self) -> Sequence[float]:
        """Of a histogram's buckets."""

    @property
    def bucket_counts(self) -> Sequence[int]:
        """How many are below each bound."""


Robots = Mapping[str, Sequence[RobotSeries] | None]
"""The series of each robot by its namespace; None = it has not answered."""


class GatewayPage:
    """Counts requests, and tells what robots have told, with the label `robot`."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._robots = _RobotsCollector()
        self._registry.register(self._robots)
        self._requests = Counter(
            'http_gateway_requests',
            'Requests answered.',
            ['method', 'status'],
            registry=self._registry,
        )

    def count(self, method: str, status: int) -> None:
        """Count a request that was answered."""
        self._requests.labels(method, str(status)).inc()

    def text(self, robots: Robots) -> bytes:
        """Return the page."""
        self._robots.robots = robots
        return generate_latest(self._registry)


class _RobotsCollector(Collector):
    def __init__(self) -> None:
        self.robots: Robots = {}
        self._descriptions = list(TicketMetrics().descriptions())

    def collect(self) -> Iterator[Metric]:
        """Yield the families that the robots' own pages have."""
        words = '1 = the robot has answered.'
        answered = GaugeMetricFamily('orchestrator_up', words, labels=['robot'])
        for robot, series in self.robots.items():
            answered.add_metric([robot], float(series is not None))
        yield answered
        for each in self._descriptions:
            yield self._family(each)

    def _family(self, description: Description) -> Metric:
        page_name, _, labels = description.page_name.partition('{')
        names = re.findall(r'\w+', labels)
        kind = FAMILIES[description.kind]
        family: Metric = kind(page_name, description.words, labels=['robot', *names])
        begin = description.name.rpartition('.')[0] + '.' if names else ''
        for robot, series in self.robots.items():
            for each in series or ():
                if each.name == description.name:
                    _add(family, [robot], each)
                elif begin and each.name.startswith(begin):
                    _add(family, [robot, each.name.removeprefix(begin).upper()], each)
        return family


def _add(family: Any, labels: list[str], series: RobotSeries) -> None:
    if isinstance(family, HistogramMetricFamily):
        bounds = map(floatToGoString, series.upper_bounds)
        buckets = list(zip(bounds, map(float, series.bucket_counts), strict=True))
        family.add_metric(labels, buckets, series.value)
    else:
        family.add_metric(labels, series.value)
