"""What is counted of a robot at work, on its topic and on the page for Prometheus."""

import socket
import subprocess
import sys
import urllib.request
from itertools import pairwise

import pytest

pytest.importorskip('rclpy')

from builtin_interfaces.msg import Time
from prometheus_client.parser import text_string_to_metric_families

from .conftest import Commander, diagnostics_of, level

HOST = '127.0.0.1'
READER = """
import sys, time, urllib.request
while True:
    with urllib.request.urlopen(sys.argv[1], timeout=5.0) as answer:
        assert answer.read()
    print('reads', flush=True)
    time.sleep(0.02)
"""


def free_port():
    with socket.socket() as found:
        found.bind((HOST, 0))
        return found.getsockname()[1]


def samples_of(port):
    """Return the samples of the page, each by its name and the values of its labels."""
    with urllib.request.urlopen(f'http://{HOST}:{port}/metrics', timeout=5.0) as answer:
        text = answer.read().decode()
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


@pytest.fixture
def scraped(rig):
    port = free_port()
    rig.start(orchestrator={'prometheus_port': port})
    return rig, lambda: samples_of(port)


def test_a_ticket_is_counted_on_the_page(scraped):
    rig, samples = scraped
    ticket_id = rig.created_id('{speed: 0.5, duration_seconds: 0.5}')
    assert rig.execute(ticket_id).result().success
    rig.spin_until(lambda: samples()['orchestrator_tickets', 'COMPLETED'] == 1.0)
    found = samples()
    assert found['orchestrator_tickets_created_total',] == 1.0
    assert found['orchestrator_execution_success_total',] == 1.0
    assert found['orchestrator_queue_wait_ms_count',] == 1.0
    assert 0.0 < found['orchestrator_queue_wait_ms_sum',] < 5000.0
    assert found['orchestrator_store_commit_ms_count',] >= 4.0
    assert found['orchestrator_store_commit_ms_sum',] > 0.0
    assert 0.0 <= found['orchestrator_gate_silence_ms',] < 1000.0
    assert not any(ticket_id in str(name) for name in found)


def test_what_is_refused_is_counted_by_its_code(scraped):
    rig, samples = scraped
    assert not rig.create('{speed: 99, duration_seconds: 1}').success
    assert not rig.execute('tick-20260101-00000000').result().success
    rig.spin_until(lambda: ('orchestrator_requests_refused_total', '107') in samples())
    rig.spin_until(lambda: ('orchestrator_requests_refused_total', '201') in samples())
    assert rig.metric('requests.refused.107').value == 1.0


def test_the_health_check_is_no_refusal(scraped):
    rig, samples = scraped
    rig.press()
    rig.spin_until(lambda: rig.status().error_code == 501)
    rig.spin_until(lambda: samples()['orchestrator_gate_latched',] == 1.0)
    assert not [name for name in samples() if name[0] == 'orchestrator_requests_refused_total']


def test_e_stops_and_stops_are_those_of_the_gate(scraped):
    rig, samples = scraped
    rig.drive_until_moving()
    assert rig.stop().success
    rig.press()
    rig.spin_until(lambda: samples()['orchestrator_gate_e_stops_total',] == 1.0)
    assert samples()['orchestrator_gate_stops_total',] == 1.0
    rig.spin_until(lambda: samples()['orchestrator_gate_latched',] == 1.0)
    rig.restart_gate()
    rig.spin_until(lambda: samples()['orchestrator_gate_e_stops_total',] >= 1.0)


def test_how_commands_come_to_the_gate_is_told_while_they_do(scraped):
    rig, samples = scraped
    assert samples()['orchestrator_gate_command_period_ms',] == 0.0
    rig.drive_until_moving()
    rig.spin_until(lambda: samples()['orchestrator_gate_command_period_ms',] > 0.0)
    found = samples()
    assert 40.0 < found['orchestrator_gate_command_period_ms',] < 250.0
    assert 0.0 <= found['orchestrator_gate_command_age_ms',] < 250.0


@pytest.mark.parametrize('stamp', [Time(sec=-(2**31)), Time(sec=2**31 - 1, nanosec=2**32 - 1)])
def test_a_stamp_that_is_no_time_moves_and_stops_nothing_by_itself(scraped, stamp):
    rig, _ = scraped
    commander = Commander(rig)
    commander.send('a#1', x=0.2, stamp=stamp)
    rig.spin_until(lambda: rig.e_stop_states[-1].stream == 'a#1')
    assert rig.e_stop_states[-1].command_age_seconds >= 0.0
    assert rig.e_stop_states[-1].stop_count == 0


def test_a_port_in_use_is_one_warning_and_the_robot_drives(rig):
    with socket.socket() as taken:
        taken.bind((HOST, 0))
        taken.listen()
        port = taken.getsockname()[1]
        found = diagnostics_of(rig)
        rig.start(orchestrator={'prometheus_port': port})
        assert rig.execute(rig.created_id('{speed: 0.5, duration_seconds: 0.5}')).result().success
        rig.spin_until(lambda: level(found, 'metrics page') == 1)
    assert found['metrics page'].message.startswith(f'no metrics on {HOST}:{port}: ')


def test_by_default_there_is_no_page(running):
    found = diagnostics_of(running)
    running.spin_until(lambda: level(found, 'metrics page') == 0)
    assert found['metrics page'].message == 'off'


def test_the_page_ends_with_the_orchestrator(rig):
    port = free_port()
    rig.start(orchestrator={'prometheus_port': port})
    samples_of(port)
    rig.stop_orchestrator()
    with pytest.raises(OSError, match='refused'):
        samples_of(port)


def test_nobody_pays_for_metrics_that_nobody_reads(running, monkeypatch):
    publisher = running.orchestrator._telemetry._metrics
    monkeypatch.setattr(publisher, 'publish', lambda _: pytest.fail('published'))
    monkeypatch.setattr(publisher, 'get_subscription_count', lambda: 0)
    seen = len(running.statuses)
    running.spin_until(lambda: len(running.statuses) >= seen + 3)


@pytest.fixture
def often_read(rig):
    """The rig, whose page another process reads 50 times a second."""
    port = free_port()
    rig.start(orchestrator={'prometheus_port': port})
    reader = subprocess.Popen(
        [sys.executable, '-c', READER, f'http://{HOST}:{port}/metrics'], stdout=subprocess.PIPE
    )
    yield rig, reader
    reader.kill()
    reader.communicate()


@pytest.mark.alone
def test_reading_the_page_fifty_times_a_second_leaves_the_period_of_commands_alone(often_read):
    rig, reader = often_read
    assert reader.stdout.readline() == b'reads\n'
    rig.drive_until_moving('{speed: 0.5, duration_seconds: 30}')
    seen = len(rig.cmd_vel)
    rig.spin_until(lambda: len(rig.cmd_vel) >= seen + 60, 20.0)
    gaps_s = [b - a for (a, _), (b, _) in pairwise(rig.cmd_vel[seen:])]
    assert sum(gaps_s) / len(gaps_s) == pytest.approx(0.05, abs=0.01)
    assert max(gaps_s) < 0.2
    assert reader.poll() is None
