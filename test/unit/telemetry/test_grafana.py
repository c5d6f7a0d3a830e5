"""config/grafana.json asks for nothing that the page for Prometheus does not have."""

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from orchestrator_ren.telemetry.metrics import NAMESPACE, TicketMetrics

DASHBOARD = json.loads(
    (Path(__file__).parents[3] / 'config' / 'grafana.json').read_text(encoding='utf-8')
)
QUERIES = [target['expr'] for panel in DASHBOARD['panels'] for target in panel['targets']]
QUERIES.append(DASHBOARD['templating']['list'][1]['query']['query'])
BY_PROMETHEUS = {'instance', 'job'}
"""Labels that it adds itself."""


@pytest.fixture(scope='module')
def labels_of() -> dict[str, set[str]]:
    """The labels of each sample on the page, by its name."""
    metrics = TicketMetrics()
    metrics.count_refused(107)
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(metrics.page().decode()):
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


@pytest.mark.parametrize('query', QUERIES)
def test_every_query_names_metrics_and_labels_that_exist(
    query: str, labels_of: dict[str, set[str]]
) -> None:
    names = re.findall(rf'\b{NAMESPACE}_\w+', query)
    assert names
    assert set(names) <= set(labels_of)
    known = set().union(*(labels_of[name] for name in names)) | BY_PROMETHEUS
    selected = re.findall(r'(\w+)=', query)
    grouped = [
        each for words in re.findall(r'by \(([^)]*)\)', query) for each in words.split(', ')
    ]
    assert {*selected, *grouped} <= known


@pytest.mark.parametrize('query', QUERIES)
def test_counters_are_shown_as_rates_and_gauges_as_they_are(query: str) -> None:
    is_counter = re.search(rf'{NAMESPACE}_\w+_(total|bucket)', query) is not None
    assert is_counter == bool(re.search(r'(rate|increase)\(', query))
    assert query.count('(') == query.count(')')
    assert query.count('{') == query.count('}')


@pytest.mark.parametrize('query', QUERIES[:-1])
def test_each_robot_can_be_chosen(query: str) -> None:
    asked = len(re.findall(rf'\b{NAMESPACE}_\w+', query))
    assert query.count('instance=~"$instance"') == asked


def test_every_metric_is_on_the_dashboard() -> None:
    shown = ' '.join(QUERIES)
    for each in TicketMetrics().descriptions():
        assert re.sub('{.*', '', each.page_name) in shown, each.page_name


def area(panel: dict[str, Any]) -> set[tuple[int, int]]:
    place = panel['gridPos']
    columns = range(place['x'], place['x'] + place['w'])
    return set(itertools.product(columns, range(place['y'], place['y'] + place['h'])))


def test_panels_lie_beside_each_other() -> None:
    panels = DASHBOARD['panels']
    assert len({each['id'] for each in panels}) == len(panels)
    assert all(max(x for x, _ in area(each)) < 24 for each in panels)
    for one, other in itertools.combinations(panels, 2):
        assert not area(one) & area(other), (one['title'], other['title'])
