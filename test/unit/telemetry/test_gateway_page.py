"""The gateway's page for Prometheus says of a robot what the robot's own page says."""

import re

from prometheus_client.parser import text_string_to_metric_families

from orchestrator_ren.telemetry.gateway_page import GatewayPage
from orchestrator_ren.telemetry.metrics import TicketMetrics
from orchestrator_ren.tickets.ticket import Status


def samples(text):
    return {
        (each.name, tuple(sorted(each.labels.items()))): each.value
        for family in text_string_to_metric_families(text.decode())
        for each in family.samples
    }


def test_what_a_robot_tells_is_what_its_own_page_has_with_its_name():
    metrics = TicketMetrics()
    metrics.set_stored({Status.PENDING: 3, Status.FAILED: 2})
    metrics.count_refused(107)
    metrics.observe_commit(0.003)
    metrics.set_gate(is_latched=True, silence_s=0.1, period_s=0.05, age_s=0.001)
    own = samples(metrics.page())
    shown = samples(GatewayPage().text({'robot1': list(metrics.snapshot())}))
    for (name, labels), value in own.items():
        assert shown[name, tuple(sorted([*labels, ('robot', 'robot1')]))] == value, name


def test_two_robots_stand_beside_each_other_and_one_that_is_silent():
    series = list(TicketMetrics().snapshot())
    shown = samples(GatewayPage().text({'a': series, 'b': series, 'c': None}))
    up = {labels: value for (name, labels), value in shown.items() if name == 'orchestrator_up'}
    assert up == {(('robot', 'a'),): 1.0, (('robot', 'b'),): 1.0, (('robot', 'c'),): 0.0}


def test_requests_are_counted_by_method_and_status():
    page = GatewayPage()
    page.count('GET', 200)
    page.count('GET', 200)
    page.count('POST', 409)
    shown = samples(page.text({}))
    assert shown['http_gateway_requests_total', (('method', 'GET'), ('status', '200'))] == 2.0
    assert not [name for name, _ in shown if re.search(r'_created$', name)]
